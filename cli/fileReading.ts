// What every command that reads CSV files shares: the options that say how, their explanation, and progress meanwhile.
// What the options mean stands in cli/ingest/readingOptions.ts.
import { CALENDARS } from "../model/calendars.ts";
import type { ReadingProgress } from "./ingest/readFiles.ts";
import { describeVariables, type ReadingWords } from "./ingest/readingOptions.ts";
import { type Progress, startProgress } from "./progress.ts";

const text = { type: "string", requiresArg: true } as const;
/** Repeatable; an array option of yargs would take the files that follow it. */
const texts = { ...text, coerce: (given: string | readonly string[] | undefined) => [given ?? []].flat() } as const;

export const fileReadingOptions = {
  map: { ...texts, describe: "which column is which variable: COLUMN=VARIABLE,…" },
  latitude: { type: "number", requiresArg: true, describe: "degrees north, when all rows are of one place" },
  longitude: { type: "number", requiresArg: true, describe: "degrees east of that place" },
  units: { ...texts, describe: "units of the files, over what headers say: VARIABLE=UNIT,…" },
  blank: { ...texts, describe: "what a blank means: VARIABLE=NUMBER,…; without it a blank is missing" },
  missing: { ...texts, describe: "further marks of missing values, such as -99.9; NA and NaN are known" },
  calendar: { choices: CALENDARS, describe: "calendar of the dates [default: told by the dates]" },
} as const;

export const FILE_LAYOUTS =
  `Wide: date, latitude, longitude and a column per variable, as in date,latitude,longitude,tasmax,pr. ` +
  `Long: date, latitude, longitude, variable, value. Headers may carry a unit: "tasmax (K)". `;

export function fileVariables(): string {
  return `Variables: ${describeVariables()}.`;
}

/** What yargs made of fileReadingOptions. */
export interface FileReadingArguments {
  readonly map: readonly string[] | undefined;
  readonly latitude: number | undefined;
  readonly longitude: number | undefined;
  readonly units: readonly string[] | undefined;
  readonly blank: readonly string[] | undefined;
  readonly missing: readonly string[] | undefined;
  readonly calendar: ReadingWords["calendar"];
}

export function readingWords(files: readonly string[], argv: FileReadingArguments): ReadingWords {
  const { latitude, longitude, calendar, map = [], units = [], blank = [], missing = [] } = argv;
  return { files, latitude, longitude, calendar, map, units, blank, missing };
}

const KILOBYTE = 1000;

/** A bar on a terminal, a line per file elsewhere, nothing when `quiet`. */
export function showReading(quiet: boolean): ReadingProgress & { stop(): void } {
  let bar: Progress | undefined;
  let bytesRead = 0;
  const onTerminal = process.stderr.isTTY;
  return {
    onFiles: (bytes) => {
      if (!quiet && onTerminal) bar = startProgress("reading", Math.ceil(bytes / KILOBYTE), "kB");
    },
    onBytes: (bytes) => {
      bytesRead += bytes;
      bar?.update(Math.floor(bytesRead / KILOBYTE));
    },
    onFileRead: (file, rows) => {
      if (!quiet && !onTerminal) process.stderr.write(`${file}: ${rows} rows\n`);
    },
    stop: () => {
      bar?.stop();
      bar = undefined;
    },
  };
}
