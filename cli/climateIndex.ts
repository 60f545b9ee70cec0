// `climatebatch index`: one climate index from files to a file, without a database.
import { realpath } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { readReadingOptions } from "../ingest/series/readingOptions.ts";
import { count, formatReading } from "../ingest/series/report.ts";
import { DAY_LENGTH_BANDS } from "../job/indices/fireDayLength.ts";
import { RejectedError } from "../model/errors.ts";
import { DEFAULT_BASE_PERIOD, formatPeriod } from "../model/periods.ts";
import { defineCommand } from "./command.ts";
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
import { files, outputOption, text } from "./options.ts";
import { checkOutput, STANDARD_OUTPUT, writeOutput } from "./outputFile.ts";
import { startProgress } from "./progress.ts";

/** Which indices an option applies to, in its help. */
const of = (option: IndexOption) => `(${indicesWith(option).join(", ")})`;

export const indexCommand = defineCommand(
  {
    arguments: { name: { ...text, choices: CLIMATE_INDICES, required: true, describe: "which climate index" } },
    options: {
      input: {
        ...files,
        required: true,
        describe: "NetCDF, Zarr, Parquet, .csv or .csv.gz with daily values; several are one series",
      },
      output: {
        ...outputOption,
        describe: "file to write: NetCDF when its name ends in .nc, else CSV; - for CSV on standard output",
      },
      "base-period": {
        ...text,
        value: "FIRST-LAST",
        describe: `years that thresholds and distributions come from [default: ${formatPeriod(DEFAULT_BASE_PERIOD)}] ${of("base-period")}`,
      },
      "in-base": {
        ...text,
        rare: true,
        choices: IN_BASE_WORDS,
        describe: `years of the base period judged without their own values, or (none) with them, as other packages do [default: leave-one-out] ${of("in-base")}`,
      },
      year: {
        ...text,
        choices: YEAR_WORDS,
        rare: true,
        describe: `hazard: warm seasons from January and cold ones from July north of the equator, the other way round south of it; named for the year they start in [default: hazard] ${of("year")}`,
      },
      "year-end": {
        ...text,
        rare: true,
        choices: YEAR_END_WORDS,
        describe: `the 5 days around 1 January and 31 December: within the same year as climdex, or across its ends as xclim [default: within] ${of("year-end")}`,
      },
      "ffmc-coefficient": {
        ...text,
        rare: true,
        choices: FFMC_COEFFICIENT_WORDS,
        describe: `of the fine fuel moisture code: 250*59.5/101, or 147.2 as printed in 1987 and used by xclim [default: 147.27723] ${of("ffmc-coefficient")}`,
      },
      bands: {
        ...text,
        rare: true,
        choices: DAY_LENGTH_BANDS,
        describe: `latitudes where the day-length tables change: cffdrs, or gfwed as xclim [default: cffdrs] ${of("bands")}`,
      },
      humidity: {
        ...text,
        rare: true,
        choices: HUMIDITY_WORDS,
        describe: `use this variable as it is [default: hursmin if present, else an estimate of it from hurs, tas and tasmax] ${of("humidity")}`,
      },
      ...fileReadingOptions,
    },
    examples: [
      [
        "index WSDI --input station.csv --output wsdi.csv --latitude 37.57 --longitude 126.97 --map HighTemp=tasmax",
        "warm spells of one station",
      ],
      [
        "index SPEI12 --input hist-*.csv ssp245-*.csv --output spei.csv",
        "a model's history and its future as one series",
      ],
      [
        "index CSDI --input grid.csv.gz --output - --base-period 1981-2010 --year-end across --in-base none --year calendar",
        "as xclim counts on a calendar without leap days, to another program",
      ],
      [
        "index FWI --input day.csv --output fwi.csv --ffmc-coefficient 147.2 --bands gfwed --humidity hurs",
        "fire weather as xclim computes it",
      ],
    ],
    notes:
      `${describeIndices()}\n\n` +
      "Output as CSV: cell,latitude,longitude,year,value, or date (YYYY-MM for SPEI12 and SPI12, YYYY-MM-DD for FWI) in place of year; an empty value where it is " +
      "missing: too many days of the year (15, or 3 of a month) or of a month (3), or too few valid years (20) in the base period. Cells are numbered from " +
      "the south-west, coordinates rounded to 0.0001 degrees, longitudes from -180 to 180. Day counts of a 360-day calendar are given for a year of 365 days. " +
      "As NetCDF: cells by times (CF, featureType timeSeries), a time being the first day of its year or month; NaN is missing. Rx1day, Rx5day: calendar years. TX90p in the base period: leave-one-out instead of the bootstrap of Zhang et al. (2005), which it replaces at less cost. " +
      "FWI starts with 85, 6, 15 on the first day with all variables; FWI95 leaves out the first year of a cell.\n\n" +
      `${FILE_LAYOUTS}Dates: YYYY-MM-DD or YYYYMMDD. ${fileVariables()}\n\n` +
      "The values are those of climatebatch run, from the digits of the files (the database rounds to 7).",
  },
  async (argv, { signal }) => {
    const settings = readIndexSettings(argv.name, argv);
    const options = readReadingOptions(await readingWords(argv.input, argv, signal));
    await refuseOverwritingInput(argv.output, argv.input);
    await checkOutput(argv.output);
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
);

function describeIndices(): string {
  const lines = CLIMATE_INDICES.map((name) => {
    const { longName, unit, step, needs } = INDEX_DESCRIPTIONS[name];
    return `  ${name.padEnd(7)} by ${step} [${unit}]: ${longName}. Needs ${describeNeeds(needs)}.`;
  });
  return ["Indices:", ...lines].join("\n");
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
