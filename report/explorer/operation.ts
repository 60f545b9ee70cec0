// One request of the read API: its parameters, its answer and its table, and reading the parameters of a query.
import type { ClientBase } from "pg";
import { z } from "zod";
import { RejectedError } from "../../model/errors.ts";
import type { ExplainRisk } from "./explainedRisk.ts";

/** What operations read with. */
export interface ReadContext {
  readonly client: ClientBase;
  readonly explainRisk: ExplainRisk;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface Operation {
  readonly summary: string;
  /** Of what is published: its answers carry an ETag that names the batches. */
  readonly isOfPublication: boolean;
  readonly parameters: z.ZodObject;
  readonly answer: z.ZodType;
  /** Runs inside a snapshot. */
  read(context: ReadContext, parameters: never): Promise<unknown>;
  /** The answer for format=csv. */
  tabulate(answer: never): Table;
  /** Parameters of the next page; null after the last. */
  next?(answer: never): Readonly<Record<string, string | number>> | null;
}

export function defineOperation<Parameters extends z.ZodObject, Answer extends z.ZodType>(operation: {
  readonly summary: string;
  readonly isOfPublication: boolean;
  readonly parameters: Parameters;
  readonly answer: Answer;
  read(context: ReadContext, parameters: z.output<Parameters>): Promise<unknown>;
  tabulate(answer: z.output<Answer>): Table;
  next?(answer: z.output<Answer>): Readonly<Record<string, string | number>> | null;
}): Operation {
  return { ...operation, parameters: operation.parameters.extend(FORMAT) } as unknown as Operation;
}

const FORMAT = { format: z.enum(["json", "csv"]).default("json").describe("csv: the answer as a table, RFC 4180") };

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** Numbers as text. Number() alone would read nothing, blanks and 0x10 as numbers. */
const decimal = z.string().max(100).regex(DECIMAL, "expected a number").transform(Number);

export function degrees(most: number, description: string) {
  return decimal.pipe(z.number().min(-most).max(most)).describe(description);
}

export function whole(least: number, most: number, description: string) {
  return decimal.pipe(z.number().int().min(least).max(most)).describe(description);
}

/** A part of the answer's size: rows of a page. */
export function limit(most: number, usual: number) {
  return whole(1, most, `at most so many; ${usual} unless given`).default(usual);
}

/** Names separated by commas; absent: all. */
export function names(description: string) {
  return z
    .string()
    .max(2000)
    .optional()
    .transform((given) => given?.split(",").filter((name) => name !== ""))
    .describe(description);
}

/** Every problem of the query at once. */
export function readParameters({ parameters }: Operation, search: URLSearchParams): { readonly format: string } {
  const repeated = [...search.keys()].find((name, at, all) => all.indexOf(name) !== at);
  if (repeated !== undefined) throw new RejectedError("InvalidParameter", `${repeated} was given twice. Give it once.`);
  const given = Object.fromEntries(search);
  const parsed = parameters.safeParse(given);
  if (parsed.success) return parsed.data as unknown as { readonly format: string };
  const problems = parsed.error.issues.map((issue) => {
    const name = issue.path.join(".");
    const found = Object.hasOwn(given, name) ? `, found ${JSON.stringify(given[name]!.slice(0, 100))}` : "";
    return `${name || "query"}: ${issue.message}${found}`;
  });
  const known = Object.keys(parameters.shape).join(", ");
  throw new RejectedError("InvalidParameter", `${problems.join("; ")}. Parameters: ${known}`);
}

export function formatCsv({ columns, rows }: Table): string {
  const format = (value: unknown) => {
    if (value === null || value === undefined) return "";
    const text = Array.isArray(value) ? value.join(" ") : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(format).join(",")}\r\n`).join("");
}

/** Rows of objects that have their columns as fields. */
export function tableOf<Row extends object>(columns: readonly (keyof Row & string)[], rows: readonly Row[]): Table {
  return { columns, rows: rows.map((row) => columns.map((column) => row[column])) };
}
