// `climatebatch index`: one climate index from files to a file, without a database.
// Reading stands in ingest/, what is computed in cli/index/.
import { realpath } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Argv } from "yargs";
import { readReadingOptions } from "../ingest/series/readingOptions.ts";
import { count, formatReading } from "../ingest/series/report.ts";
import { DAY_LENGTH_BANDS } from "../job/indices/fireDayLength.ts";
import { RejectedError } from "../model/errors.ts";
import { DEFAULT_BASE_PERIOD, formatPeriod } from "../model/periods.ts";
import type { CommandContext, CommandOf } from "./command.ts";
import { FILE_LAYOUTS, fileReadingOptions, fileVariables, readingWords, showReading } from "./fileReading.ts";
import {
  CLIMATE_INDICES,
  describeNeeds,
  INDEX_DESCRIPTIONS,
  type IndexOption,
  indicesWith,
} from "./index/catalogue.ts";
import { type IndexTally, readDailySeries } from "./index/indexFiles.ts";
import { indexOutput } from "./index/indexOutput.ts";
import {
  describeSettings,
  FFMC_COEFFICIENT_WORDS,
  HUMIDITY_WORDS,
  IN_BASE_WORDS,
  type IndexSettings,
  readIndexSettings,
  YEAR_END_WORDS,
  YEAR_WORDS,
} from "./index/settings.ts";
import { list, text } from "./optionKinds.ts";
import { STANDARD_OUTPUT, writeOutput } from "./outputFile.ts";
import { startProgress } from "./progress.ts";

/** Which indices an option bears on, in its help. */
const of = (option: IndexOption) => `(${indicesWith(option).join(", ")})`;

function buildOptions(yargs: Argv) {
  return yargs
    .positional("name", { choices: CLIMATE_INDICES, demandOption: true, describe: "which climate index; see below" })
    .options({
      input: {
        ...list,
        demandOption: true,
        describe: "NetCDF, Zarr, Parquet, .csv or .csv.gz with daily values; several are one series",
      },
      output: {
        ...text,
        demandOption: true,
        describe: "file to write: NetCDF when its name ends in .nc, else CSV; - for CSV on standard output",
      },
      "base-period": {
        ...text,
        describe: `FIRST-LAST, the years that thresholds and distributions come from [default: ${formatPeriod(DEFAULT_BASE_PERIOD)}] ${of("base-period")}`,
      },
      "in-base": {
        choices: IN_BASE_WORDS,
        describe: `years of the base period judged without their own values, or (none) with them, as other packages do [default: leave-one-out] ${of("in-base")}`,
      },
      year: {
        choices: YEAR_WORDS,
        describe: `hazard: warm seasons from January and cold ones from July north of the equator, the other way round south of it; told by the year they start in [default: hazard] ${of("year")}`,
      },
      "year-end": {
        choices: YEAR_END_WORDS,
        describe: `the 5 days around 1 January and 31 December: within the same year as climdex, or across its ends as xclim [default: within] ${of("year-end")}`,
      },
      "ffmc-coefficient": {
        type: "string",
        choices: FFMC_COEFFICIENT_WORDS,
        describe: `of the fine fuel moisture code: 250*59.5/101, or 147.2 as printed in 1987 and used by xclim [default: 147.27723] ${of("ffmc-coefficient")}`,
      },
      bands: {
        choices: DAY_LENGTH_BANDS,
        describe: `latitudes where the day-length tables change: cffdrs, or gfwed as xclim [default: cffdrs] ${of("bands")}`,
      },
      humidity: {
        choices: HUMIDITY_WORDS,
        describe: `use this variable as it is [default: hursmin if it is there, else an estimate of it from hurs, tas and tasmax] ${of("humidity")}`,
      },
      ...fileReadingOptions,
    })
    .example(
      "$0 index WSDI --input station.csv --output wsdi.csv --latitude 37.57 --longitude 126.97 --map HighTemp=tasmax",
      "warm spells of one station",
    )
    .example(
      "$0 index SPEI12 --input hist-*.csv ssp245-*.csv --output spei.csv",
      "a model's history and its future as one series",
    )
    .example(
      "$0 index CSDI --input grid.csv.gz --output - --base-period 1981-2010 --year-end across --in-base none --year calendar",
      "as xclim counts on a calendar without leap days, to another program",
    )
    .example(
      "$0 index FWI --input day.csv --output fwi.csv --ffmc-coefficient 147.2 --bands gfwed --humidity hurs",
      "fire weather as xclim computes it",
    )
    .epilogue(
      `${describeIndices()}\n\n` +
        "Output as CSV: cell,latitude,longitude,year,value, or date (YYYY-MM for SPEI12 and SPI12, YYYY-MM-DD for FWI) in place of year; an empty value where it is " +
        "missing: too many days of the year (15, or 3 of a month) or of a month (3), or too few valid years (20) in the base period. Cells are numbered from " +
        "the south-west, coordinates rounded to 0.0001 degrees, longitudes from -180 to 180. Day counts of a 360-day calendar are told for a year of 365 days. " +
        "As NetCDF: cells by times (CF, featureType timeSeries), a time being the first day of its year or month; NaN is missing. Rx1day, Rx5day: calendar years. TX90p in the base period: leave-one-out instead of the bootstrap of Zhang et al. (2005), which it replaces at less cost. " +
        "FWI starts with 85, 6, 15 on the first day with all variables; FWI95 leaves out the first year of a cell.\n\n" +
        `${FILE_LAYOUTS}Dates: YYYY-MM-DD or YYYYMMDD. ${fileVariables()}\n\n` +
        "The values are those of climatebatch run, from the digits of the files (the database rounds to 7).",
    );
}

function describeIndices(): string {
  const lines = CLIMATE_INDICES.map((name) => {
    const { longName, unit, step, needs } = INDEX_DESCRIPTIONS[name];
    return `  ${name.padEnd(7)} by ${step} [${unit}]: ${longName}. Needs ${describeNeeds(needs)}.`;
  });
  return ["Indices:", ...lines].join("\n");
}

export function makeIndexCommand({ signal }: CommandContext): CommandOf<typeof buildOptions> {
  return {
    command: "index <name>",
    describe: "compute one climate index from files to a file, without a database",
    builder: buildOptions,
    handler: async (argv) => {
      const settings = readIndexSettings(argv.name, argv);
      const options = readReadingOptions(await readingWords(argv.input, argv, signal));
      await refuseOverwritingInput(argv.output, argv.input);
      const reading = showReading(!process.stderr.isTTY);
      const read = await readDailySeries(options, settings, reading, signal).finally(() => reading.stop());
      process.stderr.write(`${formatReading(read.report)}\n`);
      const cells = read.series.places.length;
      const tally: IndexTally = { values: 0, empty: 0, remarks: new Map() };
      const progress = process.stderr.isTTY ? startProgress("computing", cells, "cells") : undefined;
      let done = 0;
      const onCell = () => progress?.update(++done);
      const write = writeOutput(argv.output, (sink) =>
        pipeline(indexOutput(read, settings, argv.output, tally, onCell), sink, { signal }),
      );
      await write.finally(() => {
        progress?.stop();
        read.close(true);
      });
      process.stderr.write(`${describeOutcome(settings, tally, cells, argv.output)}\n`);
    },
  };
}

async function refuseOverwritingInput(output: string, inputs: readonly string[]): Promise<void> {
  if (output === STANDARD_OUTPUT) return;
  const real = (file: string) => realpath(file).catch(() => undefined);
  const target = await real(output);
  for (const input of inputs) {
    if (target === undefined || (await real(input)) !== target) continue;
    throw new RejectedError("InvalidOption", `--output "${output}" is a file of --input too. Name another file.`);
  }
}

function describeOutcome(settings: IndexSettings, tally: IndexTally, cells: number, output: string): string {
  const { longName, unit } = INDEX_DESCRIPTIONS[settings.name];
  const remarks = [...tally.remarks].map(
    ([remark, about]) => `  ${remark}${about === cells ? "" : ` (${count(about, "cell")} of ${cells})`}`,
  );
  const how = describeSettings(settings);
  return [
    `${settings.name}, ${longName} [${unit}]${how === "" ? "" : `: ${how}`}`,
    ...remarks,
    `${count(tally.values, "value")}, ${tally.empty.toLocaleString("en")} empty, ${output === STANDARD_OUTPUT ? "to standard output" : `in ${output}`}`,
  ].join("\n");
}
