// `climatebatch load climate`: climate series from files, with progress while they are read and a report at the end.
import type { Client } from "pg";
import { CONFLICT_RULES } from "../database/climateMerge.ts";
import { DERIVABLE } from "../ingest/series/derivation.ts";
import { type IngestProgress, ingestFiles } from "../ingest/series/ingestFiles.ts";
import { readIngestOptions } from "../ingest/series/options.ts";
import { formatReport } from "../ingest/series/report.ts";
import { defineCommand } from "./command.ts";
import { findAddress, withDatabase } from "./database.ts";
import { FILE_LAYOUTS, fileReadingOptions, fileVariables, readingWords, showReading } from "./fileReading.ts";
import {
  databaseOption,
  failBatchesOption,
  files,
  flag,
  gridOption,
  jsonOption,
  number,
  text,
  texts,
} from "./options.ts";
import { printFacts } from "./printing.ts";
import { type Progress, startProgress } from "./progress.ts";
import { FILE_ADDRESSES, withLocalFiles } from "./remoteFiles.ts";

export const loadClimateCommand = defineCommand(
  {
    arguments: {
      file: {
        ...files,
        required: true,
        describe: "NetCDF, Zarr (folder or .zip), Parquet, .csv or .csv.gz; several are one series",
      },
    },
    options: {
      scenario: {
        ...text,
        short: "s",
        required: true,
        describe: "scenario that the files belong to; made when it is new",
      },
      grid: { ...gridOption, describe: "grid that the places belong to; made when it is new" },
      ...fileReadingOptions,
      calendar: {
        ...fileReadingOptions.calendar,
        describe: "calendar of the dates [default: the scenario's, else from the files]",
      },
      parent: { ...text, value: "SCENARIO", describe: "scenario of the years before --first-year" },
      "first-year": { ...number, value: "YEAR", describe: "the scenario's own first year" },
      "on-conflict": {
        ...text,
        value: "RULE",
        choices: CONFLICT_RULES,
        default: "fail",
        describe: "when a day is stored with another value: fail, replace it, or keep it",
      },
      derive: {
        ...texts,
        value: "VARIABLE,…",
        rare: true,
        describe: `series that no file has, from others: ${DERIVABLE.join(", ")}; tas from tasmax and tasmin, hurs from tas and tdps, or tas, huss and ps`,
      },
      check: { ...flag, describe: "read and check everything, report what would happen, write nothing" },
      ...failBatchesOption("that use this input"),
      ...jsonOption,
      ...databaseOption,
    },
    examples: [
      [
        "load climate station.csv --scenario observed --latitude 37.57 --longitude 126.97 --map HighTemp=tasmax,LowTemp=tasmin --blank pr=0",
        "one station, a column per variable, named differently",
      ],
      [
        "load climate ssp245.csv --scenario ssp245 --parent historical --first-year 2015 --units tasmax=K,tasmin=K",
        "a model's future, in kelvin",
      ],
      ["load climate hist-*.csv.gz --scenario historical", "a model's history in several files"],
    ],
    notes:
      FILE_LAYOUTS +
      `Dates: YYYY-MM-DD or YYYYMMDD (daily), YYYY-MM or columns year and month (monthly), column year (yearly).\n\n` +
      `${fileVariables()}\n\n` +
      "All or nothing: when anything is wrong, the database stays as it was." +
      `\n\n${FILE_ADDRESSES}`,
  },
  (argv, { signal }) =>
    withLocalFiles(argv, signal, async (argv, restore) => {
      const options = readIngestOptions({ ...argv, ...(await readingWords(argv.file, argv, signal)) });
      const load = (client?: Client) => {
        const progress = showProgress(argv.json, argv.check);
        return ingestFiles(client, options, progress, signal).finally(() => progress.stop());
      };
      // A check reads files without a database, unless one is named to compare with.
      const isAlone = argv.check && (await findAddress(argv)) === null;
      const report = isAlone
        ? await load()
        : await withDatabase(argv, "load climate", ({ client }) => load(client), "create");
      const files = report.files.map((one) => ({ ...one, file: restore(one.file) }));
      printFacts(argv, { ...report, files }, formatReport);
    }),
);

/** Shorter writing needs no progress. */
const QUIET_SECONDS = 5;

/** A bar on a terminal, a line per file elsewhere, nothing with --json. */
function showProgress(json: boolean, isCheck: boolean): IngestProgress & { stop(): void } {
  const reading = showReading(json);
  let writing: Progress | undefined;
  return {
    ...reading,
    onWriting: (cells) => {
      reading.stop();
      if (!json)
        writing = startProgress(isCheck ? "comparing" : "writing", cells, "cells", { quietSeconds: QUIET_SECONDS });
    },
    onCellWritten: (cells) => writing?.update(cells),
    stop: () => {
      reading.stop();
      writing?.stop();
    },
  };
}
