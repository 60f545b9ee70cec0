// The options of every command that reads climate files, their explanation, and progress of the reading.
import type { ReadingProgress } from "../ingest/series/readFiles.ts";
import { describeVariables, type ReadingWords, STATISTICS } from "../ingest/series/readingOptions.ts";
import { readStations } from "../ingest/series/stations.ts";
import { CALENDARS } from "../model/calendars.ts";
import { FREQUENCIES } from "../model/variables.ts";
import { type ArgumentsOf, number, text, texts } from "./options.ts";
import { type Progress, startProgress } from "./progress.ts";

/** How the numbers of a table are written. */
export const numberStyleOptions = {
  decimal: { ...text, choices: [".", ","], default: ".", rare: true, describe: "decimal separator of tables" },
  thousands: { ...text, value: "CHARACTER", rare: true, describe: "separator of thousands in tables, such as ," },
} as const;

export const fileReadingOptions = {
  map: { ...texts, value: "NAME=VARIABLE,…", describe: "which column or array is which variable" },
  latitude: { ...number, describe: "degrees north, when all rows are of one place" },
  longitude: { ...number, describe: "degrees east of that place" },
  stations: {
    ...text,
    value: "FILE",
    rare: true,
    describe: "table of the stations that rows name by number or name: station, name, latitude, longitude",
  },
  station: {
    ...text,
    value: "STATION",
    rare: true,
    describe: "number or name of the one station of all rows, looked up in --stations",
  },
  units: { ...texts, value: "VARIABLE=UNIT,…", describe: "units of the files, instead of those in headers" },
  blank: {
    ...texts,
    value: "VARIABLE=NUMBER,…",
    describe: "what a blank in a table means; without it a blank is missing",
  },
  missing: {
    ...texts,
    value: "[VARIABLE=]MARK,…",
    rare: true,
    describe: "marks of missing values, of all variables or of one, such as pr=-9; NA and NaN are known",
  },
  "read-as": {
    ...texts,
    value: "WORD=NUMBER,…",
    rare: true,
    describe: "words in tables that mean a number, such as T=0 for a trace of rain",
  },
  ...numberStyleOptions,
  frequency: {
    ...text,
    choices: FREQUENCIES,
    rare: true,
    describe: "time step of files that do not say it, such as one file per day",
  },
  "time-zone": {
    ...text,
    value: "ZONE",
    rare: true,
    describe: "zone of local days that a table writes as instants in UTC, such as Asia/Seoul",
  },
  select: {
    ...texts,
    value: "AXIS=LABEL,…",
    rare: true,
    describe: "one position of an axis beside time and place, such as a member: number=3",
  },
  statistic: {
    ...text,
    choices: STATISTICS,
    rare: true,
    describe: "what daily values are that a file does not explain, as in ERA5's daily statistics",
  },
  variables: { ...texts, value: "VARIABLE,…", rare: true, describe: "variables to take [default: all in the files]" },
  calendar: { ...text, choices: CALENDARS, rare: true, describe: "calendar of the dates [default: from the files]" },
  spool: {
    ...text,
    value: "FOLDER",
    rare: true,
    describe: "for values of large files while they are read [default: the system's for temporary files]",
  },
} as const;

export const FILE_LAYOUTS =
  `Wide: date, latitude, longitude and a column per variable, as in date,latitude,longitude,tasmax,pr. ` +
  `Long: date, latitude, longitude, variable, value. Headers may carry a unit: "tasmax (K)". `;

export function fileVariables(): string {
  return `Variables: ${describeVariables()}.`;
}

type FileReadingArguments = ArgumentsOf<{ options: typeof fileReadingOptions }>;

export async function readingWords(
  files: readonly string[],
  argv: FileReadingArguments,
  signal: AbortSignal,
): Promise<ReadingWords> {
  const stations = argv.stations === undefined ? undefined : await readStations(argv.stations, signal);
  const { latitude, longitude, station, calendar, spool, map, units, blank, missing, variables } = argv;
  const { readAs, decimal, thousands, frequency, timeZone, select, statistic } = argv;
  return {
    ...{ files, latitude, longitude, station, calendar, spool, stations, map, units, blank, missing, variables },
    ...{ readAs, decimal, thousands, frequency, timeZone, select, statistic },
  };
}

const MEGABYTE = 1e6;
/** Shorter reading needs no progress. */
const QUIET_SECONDS = 5;

/** A bar on a terminal, a line per file elsewhere, nothing when `quiet`. */
export function showReading(quiet: boolean): ReadingProgress & { stop(): void } {
  let bar: Progress | undefined;
  let bytesRead = 0;
  const onTerminal = process.stderr.isTTY;
  return {
    onFiles: (bytes) => {
      if (!quiet) bar = startProgress("reading", bytes / MEGABYTE, "MB", { quietSeconds: QUIET_SECONDS });
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
