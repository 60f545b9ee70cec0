// What every command shares: the context it runs in, the meaning of exit codes, and options that several have.
import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { RejectedError } from "../model/errors.ts";
import { type Period, parsePeriod } from "../model/periods.ts";
import { flag } from "./optionKinds.ts";

export const COMMAND_EXIT_CODES = {
  done: 0,
  /** A batch failed, or the program has a bug. */
  failed: 1,
  /** What was asked or given is wrong; nothing was changed. */
  rejected: 2,
  /** Computed, but readers still see the results before. */
  notPublished: 3,
  /** The database cannot be reached or was lost; the same command may work later. */
  unavailable: 4,
  /** Ctrl-C or SIGTERM; run again to go on. */
  interrupted: 130,
} as const;

export interface CommandContext {
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  setExitCode(code: number): void;
}

/** The options that a builder declares, as yargs infers them. */
export type OptionsOf<Build extends (yargs: Argv) => unknown> =
  ReturnType<Build> extends Argv<infer Options> ? Options : never;
export type ArgumentsOf<Build extends (yargs: Argv) => unknown> = ArgumentsCamelCase<OptionsOf<Build>>;
export type CommandOf<Build extends (yargs: Argv) => unknown> = CommandModule<object, OptionsOf<Build>>;

export const jsonOption = {
  json: { ...flag, describe: "print facts as JSON on standard output, for scripts" },
} as const;

export function printJson(facts: unknown): void {
  process.stdout.write(`${JSON.stringify(facts, undefined, 2)}\n`);
}

/** Facts for scripts with --json, else the words that tell them. */
export function printFacts<Facts>(
  argv: { readonly json: boolean },
  facts: Facts,
  tell: (facts: Facts) => string,
): void {
  if (argv.json) printJson(facts);
  else print(tell(facts));
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Columns aligned, numbers to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = rows.map((row) => row.map((value) => (value === null ? "-" : String(value))));
  const widths = header.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]!.length)));
  const isNumber = header.map((_, column) =>
    rows.every((row) => row[column] === null || typeof row[column] === "number"),
  );
  const line = (words: readonly string[]) =>
    words
      .map((word, column) => (isNumber[column] ? word.padStart(widths[column]!) : word.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

export function parsePeriods(texts: readonly string[] | undefined, option: string): readonly Period[] | undefined {
  return texts?.map((text) => parsePeriod(text, option));
}

export function checkWholeNumber(value: number | undefined, option: string, least: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  // The parser keeps no word of what it could not read as a number.
  const got = Number.isNaN(value) ? "got something else" : `got "${value}"`;
  throw new RejectedError(
    "InvalidOption",
    `${option} expects a whole number from ${least}, but ${got}. Give one, such as ${option} ${least + 1}.`,
  );
}

/** Options of text that collect their values themselves, each time they are given. */
const COLLECTING_OPTIONS: ReadonlySet<string> = new Set(["map", "units", "blank", "missing", "variables", "derive"]);

/** Refuses an option given twice that has one value, and one given without any that takes several. */
export function checkOccurrences(
  argv: Readonly<Record<string, unknown>>,
  known: { readonly key: Readonly<Record<string, unknown>>; readonly array: readonly string[] },
): true {
  for (const name of Object.keys(known.key)) {
    const value = argv[name];
    if (!Array.isArray(value) || COLLECTING_OPTIONS.has(name)) continue;
    if (known.array.includes(name)) {
      if (value.length > 0) continue;
      throw new RejectedError(
        "InvalidOption",
        `--${name} expects one value or more, but got none. Give them, or leave --${name} out.`,
      );
    }
    const shown = name === "database" ? "" : ` (${value.join(", ")})`;
    throw new RejectedError(
      "InvalidOption",
      `--${name} has one value, but was given ${value.length} times${shown}. Give it once.`,
    );
  }
  return true;
}

export function checkBatchId(text: string): string {
  if (!/^\d{1,18}$/.test(text)) {
    throw new RejectedError(
      "InvalidOption",
      `BATCH is the number of a batch, but got "${text}". List them: climatebatch status`,
    );
  }
  return text;
}
