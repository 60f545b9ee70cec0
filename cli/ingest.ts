// `climatebatch ingest`: the words people type, progress while files are read, and the report at the end.
// Reading and checking stands in ingest/, writing in database/climateWriter.ts.
import type { Argv } from "yargs";
import { CONFLICT_RULES, type ConflictRule } from "../database/climateMerge.ts";
import { DEFAULT_GRID } from "../database/gridCells.ts";
import { DERIVABLE } from "../ingest/series/derivation.ts";
import { type IngestProgress, ingestFiles } from "../ingest/series/ingestFiles.ts";
import { readIngestOptions } from "../ingest/series/options.ts";
import { formatReport } from "../ingest/series/report.ts";
import { type CommandContext, type CommandOf, jsonOption, printFacts } from "./command.ts";
import { databaseOption, failBatchesOption, withDatabase } from "./database.ts";
import { FILE_LAYOUTS, fileReadingOptions, fileVariables, readingWords, showReading } from "./fileReading.ts";
import { files, flag, number, text, texts } from "./optionKinds.ts";
import { type Progress, startProgress } from "./progress.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .positional("file", {
      ...files,
      describe: "NetCDF, Zarr (folder or .zip), Parquet, .csv or .csv.gz; several are one series",
    })
    .options({
      scenario: { ...text, demandOption: true, describe: "scenario the files belong to; made when it is new" },
      ...fileReadingOptions,
      grid: { ...text, default: DEFAULT_GRID, describe: "grid the places belong to; made when it is new" },
      "on-conflict": {
        choices: CONFLICT_RULES,
        default: "fail" as ConflictRule,
        describe: "a day that is stored with another value: fail, replace it, or keep it",
      },
      parent: { ...text, describe: "scenario that the years before --first-year come from" },
      "first-year": { ...number, describe: "the scenario's own first year" },
      calendar: {
        ...fileReadingOptions.calendar,
        describe: "calendar of the dates [default: the scenario's, else told by the dates]",
      },
      ...failBatchesOption("that use this input"),
      derive: {
        ...texts,
        describe: `series that no file has, from others: ${DERIVABLE.join(",")}; tas from tasmax and tasmin, hurs from tas and tdps, or tas, huss and ps`,
      },
      check: { ...flag, describe: "read and check everything, say what would happen, write nothing" },
      ...jsonOption,
      ...databaseOption,
    })
    .example(
      "$0 ingest station.csv --scenario observed --latitude 37.57 --longitude 126.97 --map HighTemp=tasmax,LowTemp=tasmin --blank pr=0",
      "one station, wide, other headers",
    )
    .example("$0 ingest hist-*.csv.gz --scenario historical", "a model's history in several files")
    .example(
      "$0 ingest ssp245.csv --scenario ssp245 --parent historical --first-year 2015 --units tasmax=K,tasmin=K",
      "its future, in kelvin",
    )
    .epilogue(
      FILE_LAYOUTS +
        `Dates: YYYY-MM-DD or YYYYMMDD (daily), YYYY-MM or columns year and month (monthly), column year (yearly).\n\n` +
        `${fileVariables()}\n\n` +
        "All or nothing: whatever is wrong, the database stays as it was.",
    );
}

export function makeIngestCommand({ signal }: Pick<CommandContext, "signal">): CommandOf<typeof buildOptions> {
  return {
    command: "ingest <file..>",
    describe: "load climate series from NetCDF, Zarr, Parquet or CSV files into a scenario",
    builder: buildOptions,
    handler: async (argv) => {
      const options = readIngestOptions({
        ...argv,
        derive: argv.derive ?? [],
        ...(await readingWords(argv.file, argv, signal)),
      });
      const report = await withDatabase(argv, "ingest", ({ client }) => {
        const progress = showProgress(argv.json, argv.check);
        return ingestFiles(client, options, progress, signal).finally(() => progress.stop());
      });
      printFacts(argv, report, formatReport);
    },
  };
}

/** Shorter writing needs no words. */
const QUIET_SECONDS = 5;

/** A bar on a terminal, a line per file elsewhere, nothing with --json. */
function showProgress(json: boolean, isCheck: boolean): IngestProgress & { stop(): void } {
  const reading = showReading(json);
  let writing: Progress | undefined;
  return {
    ...reading,
    onWriting: (cells) => {
      reading.stop();
      if (!json) writing = startProgress(isCheck ? "comparing" : "writing", cells, "cells", QUIET_SECONDS);
    },
    onCellWritten: (cells) => writing?.update(cells),
    stop: () => {
      reading.stop();
      writing?.stop();
    },
  };
}
