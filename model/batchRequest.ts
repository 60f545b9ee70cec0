// What can be requested of a batch: one schema, which the command line, SQL, the ClimateBatch and planning share. A test holds
// the checks of the database and of the custom resource to it.
import { z } from "zod";
import { CALCULATION_REQUESTS, METHODS } from "./calculations.ts";
import { RejectedError } from "./errors.ts";
import { DEFAULT_BASE_PERIOD, LONGEST_PERIOD_YEARS, SHORTEST_PERIOD_YEARS, yearsIn } from "./periods.ts";
import { RISKS } from "./risks.ts";

export const NAME_MAX_LENGTH = 100;
const MOST_SCENARIOS = 64;
const MOST_PERIODS = 24;
const MOST_CELLS_PER_SHARD = 1_000_000;
const MOST_PARALLELISM = 1_000;
const MOST_REJECTED_CELLS = 1_000_000_000_000;

/** Letters and digits of any script, and a few marks that mean nothing to a shell or a URL. */
const name = z
  .string()
  .regex(/^([A-Za-z0-9_.+-]|[^\0-\x7f])+$/, "expected a name of letters, digits and _ . + -")
  .refine((text) => [...text].length <= NAME_MAX_LENGTH, `expected at most ${NAME_MAX_LENGTH} characters`);

const wholeNumber = (least: number, most: number) => {
  const expected = `expected a whole number from ${least} to ${most}`;
  return z.int(expected).min(least, expected).max(most, expected);
};

const setOf = <Item extends z.ZodType>(item: Item, most: number) =>
  z
    .array(item)
    .min(1, "expected at least one")
    .max(most, `expected at most ${most}`)
    .refine(
      (items) => new Set(items.map((one) => JSON.stringify(one))).size === items.length,
      "expected each only once",
    )
    .readonly();

const year = wholeNumber(1_000, 9_999);

const period = z
  .strictObject({ firstYear: year, lastYear: year })
  .refine(
    (span) => yearsIn(span) >= SHORTEST_PERIOD_YEARS && yearsIn(span) <= LONGEST_PERIOD_YEARS,
    `expected a span of ${SHORTEST_PERIOD_YEARS} to ${LONGEST_PERIOD_YEARS} years`,
  )
  .readonly();

/** Absent: what the database holds decides, or a default. */
export const BATCH_REQUEST = z
  .strictObject({
    calculation: z.enum(CALCULATION_REQUESTS),
    methods: z.enum(METHODS).exactOptional(),
    /** A target grid. */
    grid: name.exactOptional(),
    risks: setOf(z.enum(RISKS), RISKS.length).exactOptional(),
    scenarios: setOf(name, MOST_SCENARIOS).exactOptional(),
    basePeriod: period.exactOptional(),
    periods: setOf(period, MOST_PERIODS).exactOptional(),
    cellsPerShard: wholeNumber(1, MOST_CELLS_PER_SHARD).exactOptional(),
    /** Shards at the same time; each holds a database connection. */
    parallelism: wholeNumber(1, MOST_PARALLELISM).exactOptional(),
    /** More cells with implausible input fail the batch. */
    maxRejectedCells: wholeNumber(0, MOST_REJECTED_CELLS).exactOptional(),
  })
  .refine(({ calculation, methods }) => methods !== "predecessor" || calculation === "probability", {
    path: ["methods"],
    message: "predecessor computes probability only: the predecessor's hazard scores were placeholders",
  })
  .readonly();

export type BatchRequest = z.infer<typeof BATCH_REQUEST>;
/** A request without its calculation, as SQL takes it. */
export type RequestOptions = Omit<BatchRequest, "calculation">;

export const DEFAULT_METHODS: NonNullable<BatchRequest["methods"]> = "published";

/** How a request is computed when it does not say. */
export const REQUEST_DEFAULTS = { methods: DEFAULT_METHODS, basePeriod: DEFAULT_BASE_PERIOD } as const;

/** A request from another program or a person; messages begin with `origin`. All problems are reported together. */
export function readBatchRequest(request: unknown, origin: string): BatchRequest {
  const parsed = BATCH_REQUEST.safeParse(request);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`);
  throw new RejectedError("InvalidRequest", `${origin}: ${problems.join("; ")}.`);
}
