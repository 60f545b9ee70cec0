// What every command that reads climate files shares: the options that say how, their explanation, and progress meanwhile.
// What the options mean stands in ingest/series/readingOptions.ts.

import type { ReadingProgress } from "../ingest/series/readFiles.ts";
import { describeVariables, type ReadingWords } from "../ingest/series/readingOptions.ts";
import { readStations } from "../ingest/series/stations.ts";
import { CALENDARS } from "../model/calendars.ts";
import { number, text, texts } from "./optionKinds.ts";
import { type Progress, startProgress } from "./progress.ts";

export const fileReadingOptions = {
  map: { ...texts, describe: "which column or array is which variable: NAME=VARIABLE,…" },
  latitude: { ...number, describe: "degrees north, when all rows are of one place" },
  longitude: { ...number, describe: "degrees east of that place" },
  stations: { ...text, describe: "table of stations that rows name by number: station, latitude, longitude" },
  units: { ...texts, describe: "units of the files, over what headers say: VARIABLE=UNIT,…" },
  blank: { ...texts, describe: "what a blank in a table means: VARIABLE=NUMBER,…; without it a blank is missing" },
  missing: { ...texts, describe: "further marks of missing values in tables, such as -99.9; NA and NaN are known" },
  variables: { ...texts, describe: "variables to take: VARIABLE,… [default: all that are found]" },
  calendar: { choices: CALENDARS, describe: "calendar of the dates [default: told by the files]" },
  spool: {
    ...text,
    describe: "folder for values on their way, of large files [default: the system's for temporary files]",
  },
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
  readonly variables: readonly string[] | undefined;
  readonly spool: string | undefined;
  readonly stations: string | undefined;
}

export async function readingWords(
  files: readonly string[],
  argv: FileReadingArguments,
  signal: AbortSignal,
): Promise<ReadingWords> {
  const stations = argv.stations === undefined ? undefined : await readStations(argv.stations, signal);
  const { latitude, longitude, calendar, spool, map = [], units = [], blank = [], missing = [], variables = [] } = argv;
  return { files, latitude, longitude, calendar, spool, stations, map, units, blank, missing, variables };
}

const MEGABYTE = 1e6;
/** Shorter reading needs no words beside those of its files. */
const QUIET_SECONDS = 5;

/** A bar on a terminal, a line per file elsewhere, nothing when `quiet`. */
export function showReading(quiet: boolean): ReadingProgress & { stop(): void } {
  let bar: Progress | undefined;
  let bytesRead = 0;
  const onTerminal = process.stderr.isTTY;
  return {
    onFiles: (bytes) => {
      if (!quiet) bar = startProgress("reading", bytes / MEGABYTE, "MB", QUIET_SECONDS);
    },
    onBytes: (bytes) => {
      bytesRead += bytes;
      bar?.update(bytesRead / MEGABYTE);
    },
    onFileRead: (file, count, noun) => {
      if (!quiet && !onTerminal) process.stderr.write(`${file}: ${count} ${noun}\n`);
    },
    stop: () => {
      bar?.stop();
      bar = undefined;
    },
  };
}
