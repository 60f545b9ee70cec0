// What a command takes: kinds of options and arguments, the types that follow from them, and the options that several
// commands share.
import { availableParallelism } from "node:os";
import { DEFAULT_GRID } from "../database/gridCells.ts";
import { CALCULATION_REQUESTS, METHODS } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { DEFAULT_BASE_PERIOD, formatPeriod, type Period, parsePeriod } from "../model/periods.ts";
import { RISKS } from "../model/risks.ts";

export interface Option {
  readonly type: "text" | "number" | "flag" | "switch" | "list" | "files" | "texts";
  readonly describe: string;
  /** What help shows in place of the value, such as FILE. */
  readonly value?: string;
  readonly short?: string;
  /** Its name of before, which goes on working. */
  readonly formerly?: string;
  readonly choices?: readonly string[];
  readonly default?: string | number | boolean;
  readonly required?: true | undefined;
  /** The value is a whole number, at least this one. */
  readonly least?: number;
  /** Turns each text into what the command works with; throws RejectedError. */
  readonly parse?: (text: string, option: string) => unknown;
  /** In a block of its own in help, because most commands have it. */
  readonly shared?: true;
  /** Only in `--help --all` when the help would be longer than a screen. */
  readonly rare?: true;
}
export type Options = Readonly<Record<string, Option>>;

export interface Usage {
  /** What is written before the options, in this order; the last may take several words. */
  readonly arguments?: Options;
  readonly options: Options;
  readonly examples?: readonly (readonly [words: string, effect: string])[];
  readonly notes?: string;
}

type Parsed<O> = O extends { parse: (...given: never[]) => infer Value }
  ? Value
  : O extends { choices: readonly (infer Choice)[] }
    ? Choice
    : O extends { type: "number" }
      ? number
      : string;
type ValueOf<O> = O extends { type: "flag" }
  ? boolean
  : O extends { type: "switch" }
    ? boolean | undefined
    : O extends { type: "texts" }
      ? readonly string[]
      : O extends { type: "list" | "files" }
        ? readonly Parsed<O>[] | (O extends { required: true } ? never : undefined)
        : Parsed<O> | (O extends { required: true } | { default: unknown } ? never : undefined);
type CamelCase<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Name;
type ValuesOf<Given> = { readonly [Name in keyof Given as CamelCase<Name>]: ValueOf<Given[Name]> };

/** What a command receives: each argument and option by its name in camelCase. */
export type ArgumentsOf<U extends Usage> = ValuesOf<U["options"]> & ValuesOf<U["arguments"]>;

export const text = { type: "text" } as const;
export const number = { type: "number" } as const;
/** Off unless it is given, or on by default and turned off by --no-…. */
export const flag = { type: "flag" } as const;
/** On, off, or left to the command. */
export const toggle = { type: "switch" } as const;
/** A,B or repeated; words that follow belong to it where the command takes no further argument. */
export const list = { type: "list" } as const;
/** The same with names of files, which may contain commas. */
export const files = { type: "files", value: "FILE" } as const;
/** A list of NAME=VALUE pairs or marks, split where they are read. */
export const texts = { type: "texts" } as const;

export const jsonOption = {
  json: { ...flag, shared: true, describe: "print facts as JSON on standard output, for scripts" },
} as const;

export const EMBEDDED = "embedded:";
export const DEFAULT_DATABASE = `${EMBEDDED}.climatebatch/data`;

export const databaseOption = {
  database: {
    ...text,
    short: "d",
    value: "ADDRESS",
    shared: true,
    describe: `postgres://user:password@host:port/name, or ${EMBEDDED}DIR for an embedded PostgreSQL in that folder [default: DATABASE_* or .env, else ${DEFAULT_DATABASE}]`,
  },
} as const;

/** Of commands that change what batches read; `which`: of the batches that read it. */
export function failBatchesOption(which: string) {
  return {
    "fail-running-batches": { ...flag, shared: true, describe: `end unfinished batches ${which} as failed` },
  } as const;
}

export const gridOption = { ...text, short: "g", value: "GRID", default: DEFAULT_GRID } as const;

export const outputOption = { ...text, short: "o", value: "FILE", required: true } as const;

export const clusterOptions = {
  kubeconfig: {
    ...text,
    value: "FILE",
    shared: true,
    describe:
      "which cluster, and as which user [default: KUBECONFIG, else the pod's service account, else ~/.kube/config]",
  },
  namespace: {
    ...text,
    short: "n",
    value: "NAME",
    shared: true,
    describe: "namespace of the ClimateBatches [default: the context's, else default]",
  },
} as const;

export const batchArgument = { ...text, parse: parseBatchId, describe: "number of the batch" } as const;

function parseBatchId(text: string): string {
  if (/^\d{1,18}$/.test(text)) return text;
  throw new RejectedError(
    "InvalidOption",
    `BATCH is the number of a batch, but got "${text}". List batches: climatebatch status`,
  );
}

export const basePeriodOption = {
  ...text,
  value: "FIRST-LAST",
  parse: parsePeriod,
  default: formatPeriod(DEFAULT_BASE_PERIOD),
  describe: "what thresholds and changes refer to; always computed too",
} as const;

export const calculationArgument = {
  calculation: {
    ...text,
    choices: CALCULATION_REQUESTS,
    required: true,
    describe: "probability: P(H) by bin with damage rates; hazard: Hazard Score; all: both from one read",
  },
} as const;

/** What a batch is requested with, on this machine or of a cluster. */
export const requestOptions = {
  grid: { ...text, short: "g", value: "GRID", describe: "target grid [default: the only one]" },
  scenario: {
    ...list,
    short: "s",
    describe: "scenarios [default: every scenario with data that is not another's history]",
  },
  period: {
    ...list,
    short: "p",
    value: "FIRST-LAST",
    parse: parsePeriod,
    describe: "periods [default: 2021-2040, 2041-2060, 2061-2080, 2081-2100, as far as there are data]",
  },
  "base-period": basePeriodOption,
  risk: { ...list, short: "r", choices: RISKS, describe: "risks [default: all]" },
  methods: {
    ...text,
    choices: METHODS,
    describe: "published: the documented science; predecessor: the numbers of the previous system",
  },
  "cells-per-shard": {
    ...number,
    least: 1,
    rare: true,
    describe: "how the work is divided; results do not depend on it [default: by cells and workers]",
  },
  "max-rejected-cells": {
    ...number,
    least: 0,
    rare: true,
    describe: "fail when more cells have implausible input [default: no limit]",
  },
} as const;

export const workersOption = {
  workers: {
    ...number,
    least: 1,
    default: availableParallelism(),
    describe: "shards at a time, each a process and a database connection",
  },
} as const;

/** What a publication may take from readers. */
export const replaceOptions = {
  "replace-grid": { ...flag, describe: "publish over results of another grid" },
  "allow-fewer": { ...flag, describe: "publish although readers lose some results" },
} as const;

export const publishOption = {
  publish: { ...flag, default: true, describe: "compute only: readers keep the results before" },
} as const;

/** FIRST-LAST */
export function parseYears(text: string, option: string): Period {
  const match = /^(\d{4})-(\d{4})$/.exec(text);
  const [firstYear, lastYear] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || !(firstYear <= lastYear)) {
    throw new RejectedError("InvalidOption", `${option} expects FIRST-LAST, such as 1977-2023, but got "${text}".`);
  }
  return { firstYear, lastYear };
}
