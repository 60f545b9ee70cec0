// The options of every command that reads climate files, their explanation, and progress of the reading.
import type { ReadingProgress } from "../ingest/series/readFiles.ts";
import { describeVariables, type ReadingWords } from "../ingest/series/readingOptions.ts";
import { readStations } from "../ingest/series/stations.ts";
import { CALENDARS } from "../model/calendars.ts";
import { type ArgumentsOf, number, text, texts } from "./options.ts";
import { type Progress, startProgress } from "./progress.ts";

export const fileReadingOptions = {
  map: { ...texts, value: "NAME=VARIABLE,…", describe: "which column or array is which variable" },
  latitude: { ...number, describe: "degrees north, when all rows are of one place" },
  longitude: { ...number, describe: "degrees east of that place" },
  stations: {
    ...text,
    value: "FILE",
    rare: true,
    describe: "table of the stations that rows name by number: station, latitude, longitude",
  },
  units: { ...texts, value: "VARIABLE=UNIT,…", describe: "units of the files, instead of those in headers" },
  blank: {
    ...texts,
    value: "VARIABLE=NUMBER,…",
    describe: "what a blank in a table means; without it a blank is missing",
  },
  missing: {
    ...texts,
    value: "MARK,…",
    rare: true,
    describe: "further marks of missing values in tables, such as -99.9; NA and NaN are known",
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
  const { latitude, longitude, calendar, spool, map, units, blank, missing, variables } = argv;
  return { files, latitude, longitude, calendar, spool, stations, map, units, blank, missing, variables };
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
