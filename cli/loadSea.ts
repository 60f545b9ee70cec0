// `climatebatch load sea-levels` and `load sea-level-rise`: extreme levels at stations, and the rise of the mean.
import type { Client } from "pg";
import { readGridCells } from "../database/cellSources.ts";
import { type SeaLevelOutcome, writeSeaLevelRise, writeSeaLevels } from "../database/seaLevels.ts";
import type { GaugeReport } from "../ingest/sea/gaugeFiles.ts";
import { DATUMS, TRENDS } from "../ingest/sea/gaugeRecord.ts";
import { CONFIDENCES, type RiseChoice } from "../ingest/sea/readRiseArrays.ts";
import { readRiseFiles } from "../ingest/sea/readRiseFiles.ts";
import { readStationFiles, type ShapeSign } from "../ingest/sea/readStationFiles.ts";
import { LENGTH_UNITS, type LengthUnit } from "../ingest/sea/seaTable.ts";
import { readNumberStyle } from "../ingest/series/readingOptions.ts";
import { count, describeFailedBatches } from "../ingest/series/report.ts";
import { RejectedError } from "../model/errors.ts";
import type { Period } from "../model/periods.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { numberStyleOptions } from "./fileReading.ts";
import { databaseOption, failBatchesOption, files, jsonOption, number, parseYears, text, texts } from "./options.ts";
import { printFacts } from "./printing.ts";
import { FILE_ADDRESSES, withLocalFiles } from "./remoteFiles.ts";

const shared = {
  unit: {
    ...text,
    choices: Object.keys(LENGTH_UNITS) as LengthUnit[],
    default: "m",
    describe: "unit of the levels",
  },
  missing: {
    ...texts,
    value: "MARK,…",
    describe: "marks of missing values, such as -99999; NA and NaN are known",
  },
  ...numberStyleOptions,
  ...failBatchesOption("of coastal flood"),
  ...jsonOption,
  ...databaseOption,
} as const;

const file = { ...files, required: true, describe: ".csv or .csv.gz, UTF-8" } as const;

export const loadSeaLevelsCommand = defineCommand(
  {
    arguments: {
      file: { ...file, describe: ".csv or .csv.gz; or the hours of tide gauges: GESLA-3, UHSLC (CSV, NetCDF), KHOA" },
    },
    options: {
      station: { ...text, value: "NAME", describe: "the one gauge that all files of hours are of" },
      latitude: { ...number, describe: "degrees north of that gauge" },
      longitude: { ...number, describe: "degrees east of it" },
      complete: {
        ...number,
        default: 0.9,
        describe: "share of a year's hours that a gauge needs for the year to count",
      },
      trend: {
        ...text,
        choices: TRENDS,
        default: "remove",
        describe: "of gauges: subtract each year's mean from its highest level, or keep it",
      },
      datum: {
        ...text,
        choices: DATUMS,
        default: "epoch",
        describe: "of gauges: levels above the mean sea level of --epoch, or above the gauge's own datum",
      },
      epoch: {
        ...text,
        value: "FIRST-LAST",
        parse: parseYears,
        describe: "years whose mean sea level gauges refer to [default: 1995-2014]",
      },
      "datum-offset": {
        ...number,
        describe: "m to add to levels of gauges, from their datum to that of the cells' elevations",
      },
      "shape-sign": {
        ...text,
        choices: ["hosking", "coles"] satisfies ShapeSign[],
        describe: "sign of a column of GEV shapes: hosking (negative is a heavy tail, as SciPy) or coles",
      },
      ...shared,
    },
    notes:
      "Columns: station, latitude, longitude, and one of: location and scale (and shape); return_period and level, or a column per " +
      "return period such as rp100; year and level (yearly maxima, at least 10). Also, where known: reference_year (middle of the years " +
      "behind them), record_years (how many), datum_offset (to add, from the station's datum to that of the cells' elevations). " +
      "Of hours of gauges the highest level of each complete year is stored, above the mean sea level of --epoch and without its trend. " +
      "A cell takes the nearest station within 50 km. A stored station is replaced." +
      `\n\n${FILE_ADDRESSES}`,
  },
  (argv, { signal }) =>
    withLocalFiles(argv, signal, async (argv) => {
      const { unit, shapeSign, missing } = argv;
      const numbers = readNumberStyle(argv);
      const gauge = { ...argv, epoch: argv.epoch ?? EPOCH, complete: checkShare(argv.complete) };
      const { stations, gauges } = await readStationFiles(
        argv.file,
        { unit, shapeSign, missing, numbers, gauge },
        signal,
      );
      const outcome = await withDatabase(
        argv,
        "load sea-levels",
        ({ client }) => writeSeaLevels(client, stations, argv.failRunningBatches),
        "create",
      );
      const facts = { ...outcome, stations: stations.map(({ name, record }) => ({ name, kind: record.kind })), gauges };
      printFacts(argv, facts, () =>
        [
          ...gauges.map(describeGauge),
          `${count(outcome.written, "station")} stored${describeOutcome(outcome, "extreme_sea_levels")}`,
        ].join("\n"),
      );
    }),
);

export const loadSeaLevelRiseCommand = defineCommand(
  {
    arguments: { file: { ...file, describe: ".csv or .csv.gz, UTF-8; AR6's total_…_confidence_values.nc" } },
    options: {
      quantile: { ...number, default: 0.5, describe: "of several quantiles the one that is taken, from 0 to 1" },
      confidence: {
        ...text,
        choices: CONFIDENCES,
        default: "medium",
        describe: "of AR6: medium, or low (with the ice-sheet processes that are poorly known)",
      },
      locations: {
        ...text,
        value: "WHICH",
        describe: "of AR6's NetCDF: gauges, grid, or numbers such as 955,956 [default: both]",
      },
      grid: {
        ...text,
        short: "g",
        value: "GRID",
        describe: "of AR6's NetCDF: only locations within 200 km of this grid's cells",
      },
      series: {
        ...text,
        value: "NAME",
        describe: "name of the series where the table has none [default: the file's name]",
      },
      ...shared,
    },
    notes:
      "Rise above the mean of 1995-2014. Columns: scenario (ssp126, ssp245, ssp370, ssp585) and either year and rise, or a column per year. " +
      "Of several processes the total is taken. With latitude and longitude a " +
      "series holds within 200 km; without, wherever none is near. Without any series the global mean of AR6 is used, flagged." +
      `\n\n${FILE_ADDRESSES}`,
  },
  (argv, { signal }) =>
    withLocalFiles(argv, signal, async (argv) => {
      const read = async (client?: Client) => {
        const near = client === undefined ? undefined : await readGridCells(client, argv.grid!);
        return readRiseFiles(argv.file, { ...argv, ...readChoice(argv), near, numbers: readNumberStyle(argv) }, signal);
      };
      // What is wrong with files is found before a database is needed, unless its cells choose among them.
      const early = argv.grid === undefined ? await read() : undefined;
      const { rises, passedOver, otherExperiments, withoutValues, outcome } = await withDatabase(
        argv,
        "load sea-level-rise",
        async ({ client }) => {
          const found = early ?? (await read(client));
          return { ...found, outcome: await writeSeaLevelRise(client, found.rises, argv.failRunningBatches) };
        },
        "create",
      );
      const others = otherExperiments.length > 0 ? ` (left out: ${otherExperiments.join(", ")})` : "";
      const land = withoutValues > 0 ? ` (left out: ${count(withoutValues, "location")} without values)` : "";
      const end = describeOutcome(outcome, "sea_level_rise");
      const facts = { ...outcome, passedOver, otherExperiments, withoutValues };
      printFacts(argv, facts, () => `${rises.length} series of sea-level rise stored${others}${land}${end}`);
    }),
);

/** As of sea-level rise. */
const EPOCH: Period = { firstYear: 1995, lastYear: 2014 };

function checkShare(complete: number): number {
  if (complete > 0 && complete <= 1) return complete;
  throw new RejectedError("InvalidOption", `--complete expects a share up to 1, such as 0.9, but got "${complete}".`);
}

function describeGauge({ badValues, datum, incompleteYears, name, years }: GaugeReport): string {
  const left = incompleteYears.length > 0 ? `, left out as incomplete: ${incompleteYears.join(", ")}` : "";
  const bad = badValues > 0 ? `; ${count(badValues, "value")} marked as bad` : "";
  return `${name}: maxima of ${count(years, "year")}${left}${bad}${datum === null ? "" : `; datum of the file: ${datum}`}`;
}

function readChoice({
  quantile,
  locations,
}: {
  readonly quantile: number;
  readonly locations: string | undefined;
}): Pick<RiseChoice, "locations"> {
  if (!(quantile >= 0 && quantile <= 1)) {
    throw new RejectedError(
      "InvalidOption",
      `--quantile expects a number from 0 to 1, such as 0.83, but got "${quantile}".`,
    );
  }
  if (locations === undefined || locations === "gauges" || locations === "grid") return { locations };
  const numbers = locations.split(",").map((one) => (/^\s*\d+\s*$/.test(one) ? Number(one) : Number.NaN));
  if (numbers.every((one) => !Number.isNaN(one))) return { locations: new Set(numbers) };
  throw new RejectedError(
    "InvalidOption",
    `--locations expects gauges, grid, or numbers of AR6's locations such as 955,956, but got "${locations}".`,
  );
}

function describeOutcome({ failedBatches, revision }: SeaLevelOutcome, input: string): string {
  return [`; ${input} is now at revision ${revision}.`, ...describeFailedBatches(failedBatches)].join("\n");
}
