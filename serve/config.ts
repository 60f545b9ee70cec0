// The settings of `serve`: the predecessor's variables under their names and defaults, and a few of our own. All problems
// are reported together; docs/migrate.md and .env.example list every one.
import { z } from "zod";
import { ADDRESS_VARIABLES, type Environment } from "../database/address.ts";
import { CALCULATIONS, type Calculation } from "../model/calculations.ts";
import { CONCURRENCY_POLICIES, type ConcurrencyPolicy } from "../model/climateBatch.ts";
import { RejectedError } from "../model/errors.ts";
import { DEFAULT_TRIGGER_CHANNEL } from "../model/requests.ts";
import { findScheduleProblem, type YearlySchedule } from "./yearlySchedule.ts";

export interface ServeConfig {
  readonly triggerChannel: string;
  readonly schedules: Readonly<Record<Calculation, YearlySchedule>>;
  /** A firing that was missed is made up for within so long after its instant; 0: never. */
  readonly lateWindowMs: number;
  /** Shard processes at the same time, of all batches together. */
  readonly workers: number;
  readonly cellsPerShard: number;
  /** A user's own bins, rates and anchors; read when a batch is planned. */
  readonly methodsFile: string | undefined;
  /** Processes of the same name share the work of one database: one leads, the others are on standby. */
  readonly installation: string;
  /** Replace: a later request of a calculation cancels the earlier one, running or waiting. */
  readonly concurrencyPolicy: ConcurrencyPolicy;
  readonly pollIntervalMs: number;
  /** An address of this machine that probes and scrapes are answered at. */
  readonly probeHost: string;
  /** null: nothing is served. */
  readonly probePort: number | null;
  /** Of the pages and the read API; loopback unless other machines are let in on purpose. */
  readonly exploreHost: string;
  /** null: neither pages nor API. */
  readonly explorePort: number | null;
  readonly logLevel: string;
}

const HOUR_MS = 3_600_000;
const DEFAULT_ZONE = "Asia/Seoul";
const LOG_LEVELS = { debug: "debug", info: "info", warn: "warn", warning: "warn", error: "error", critical: "error" };

const whole = (least: number, most: number) => {
  const expected = `expected a whole number from ${least} to ${most}`;
  return z.coerce.number({ error: expected }).int(expected).min(least, expected).max(most, expected);
};
const schedule = (name: Uppercase<Calculation>, hour: number) =>
  ({
    [`${name}_SCHEDULE_MONTH`]: whole(1, 12).default(1),
    [`${name}_SCHEDULE_DAY`]: whole(1, 31).default(1),
    [`${name}_SCHEDULE_HOUR`]: whole(0, 23).default(hour),
    [`${name}_SCHEDULE_MINUTE`]: whole(0, 59).default(0),
  }) as Record<
    `${Uppercase<Calculation>}_SCHEDULE_${(typeof SCHEDULE_FIELDS)[number]}`,
    z.ZodDefault<z.ZodCoercedNumber>
  >;
const SCHEDULE_FIELDS = ["MONTH", "DAY", "HOUR", "MINUTE"] as const;

const SERVE_ENV = z.object({
  NOTIFY_CHANNEL: z.string().max(63, "expected a channel of at most 63 characters").default(DEFAULT_TRIGGER_CHANNEL),
  PARALLEL_WORKERS: whole(1, 1000).default(4),
  BATCH_SIZE: whole(1, 1_000_000).default(1000),
  ...schedule("PROBABILITY", 2),
  ...schedule("HAZARD", 4),
  SCHEDULE_TIME_ZONE: z.string().default(DEFAULT_ZONE),
  SCHEDULE_LATE_HOURS: whole(0, 24 * 365).default(24 * 7),
  METHODS_FILE: z.string().optional(),
  CLIMATEBATCH_INSTALLATION: z.string().max(200, "expected at most 200 characters").default("serve"),
  CONCURRENCY_POLICY: z.enum(CONCURRENCY_POLICIES, { error: "expected Queue or Replace" }).default("Queue"),
  POLL_SECONDS: whole(1, 3600).default(60),
  // Other machines have to be let in on purpose.
  PROBE_HOST: z.string().default("127.0.0.1"),
  PROBE_PORT: whole(0, 65_535).default(8080),
  EXPLORE_HOST: z.string().default("127.0.0.1"),
  EXPLORE_PORT: whole(0, 65_535).default(8090),
  LOG_LEVEL: z
    .string()
    .toLowerCase()
    .pipe(z.enum(Object.keys(LOG_LEVELS), { error: "expected debug, info, warning or error" }))
    .default("info"),
});
export const SERVE_VARIABLES = Object.keys(SERVE_ENV.shape);

const KNOWN: ReadonlySet<string> = new Set([...SERVE_VARIABLES, ...ADDRESS_VARIABLES]);
/** A misspelt one of these would be ignored unnoticed until January. */
const OUR_PREFIXES = /^(DATABASE|NOTIFY|PARALLEL|PROBABILITY|HAZARD|SCHEDULE)_/;

export interface ReadConfig {
  readonly config: ServeConfig;
  /** Variables of the `.env` file that nothing here reads. */
  readonly ignored: readonly string[];
}

/** `file`: what the `.env` says; `environment` wins over it. */
export function readServeConfig(file: Environment, environment: Environment): ReadConfig {
  const given = Object.fromEntries(
    Object.entries({ ...file, ...environment }).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = SERVE_ENV.safeParse(given);
  const problems = Object.keys(given)
    .filter((name) => OUR_PREFIXES.test(name) && !KNOWN.has(name))
    .map((name) => `${name}: there is no such setting; known are ${nearestTo(name)}`);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues)
      problems.push(`${String(path[0])}: ${message}; found "${given[String(path[0])]}"`);
    throw invalid(problems);
  }
  const { data } = parsed;
  const schedules = Object.fromEntries(
    CALCULATIONS.map((calculation) => [calculation, readSchedule(data, calculation)]),
  ) as Record<Calculation, YearlySchedule>;
  for (const calculation of CALCULATIONS) {
    const problem = findScheduleProblem(schedules[calculation]);
    if (problem !== null)
      problems.push(`${problem.setting ?? `${calculation.toUpperCase()}_SCHEDULE_DAY`}: ${problem.message}`);
  }
  if (problems.length > 0) throw invalid([...new Set(problems)]);
  return {
    config: {
      triggerChannel: data.NOTIFY_CHANNEL,
      schedules,
      lateWindowMs: data.SCHEDULE_LATE_HOURS * HOUR_MS,
      workers: data.PARALLEL_WORKERS,
      cellsPerShard: data.BATCH_SIZE,
      methodsFile: data.METHODS_FILE,
      installation: data.CLIMATEBATCH_INSTALLATION,
      concurrencyPolicy: data.CONCURRENCY_POLICY,
      pollIntervalMs: data.POLL_SECONDS * 1000,
      probeHost: data.PROBE_HOST,
      probePort: data.PROBE_PORT === 0 ? null : data.PROBE_PORT,
      exploreHost: data.EXPLORE_HOST,
      explorePort: data.EXPLORE_PORT === 0 ? null : data.EXPLORE_PORT,
      logLevel: LOG_LEVELS[data.LOG_LEVEL as keyof typeof LOG_LEVELS],
    },
    ignored: Object.keys(file).filter((name) => !KNOWN.has(name)),
  };
}

function readSchedule(data: z.infer<typeof SERVE_ENV>, calculation: Calculation): YearlySchedule {
  const name = calculation.toUpperCase() as Uppercase<Calculation>;
  const [month, day, hour, minute] = SCHEDULE_FIELDS.map((field) => data[`${name}_SCHEDULE_${field}`]) as [
    number,
    number,
    number,
    number,
  ];
  return { month, day, hour, minute, zone: data.SCHEDULE_TIME_ZONE };
}

function nearestTo(name: string): string {
  const prefix = name.slice(0, name.indexOf("_") + 1);
  return [...KNOWN].filter((known) => known.startsWith(prefix)).join(", ") || [...KNOWN].join(", ");
}

function invalid(problems: readonly string[]): RejectedError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new RejectedError(
    "InvalidConfiguration",
    `The settings (environment and .env) have ${count}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
  );
}
