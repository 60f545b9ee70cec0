// `climatebatch load sea-levels` and `load sea-level-rise`: extreme levels at stations, and the rise of the mean.
import { type SeaLevelOutcome, writeSeaLevelRise, writeSeaLevels } from "../database/seaLevels.ts";
import { readRiseFiles } from "../ingest/sea/readRiseFiles.ts";
import { readStationFiles, type ShapeSign } from "../ingest/sea/readStationFiles.ts";
import { LENGTH_UNITS, type LengthUnit } from "../ingest/sea/seaTable.ts";
import { readNumberStyle } from "../ingest/series/readingOptions.ts";
import { count, describeFailedBatches } from "../ingest/series/report.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { numberStyleOptions } from "./fileReading.ts";
import { databaseOption, failBatchesOption, files, jsonOption, text, texts } from "./options.ts";
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
    arguments: { file },
    options: {
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
      "A cell takes the nearest station within 50 km. A stored station is replaced." +
      `\n\n${FILE_ADDRESSES}`,
  },
  (argv, { signal }) =>
    withLocalFiles(argv, signal, async (argv) => {
      const { unit, shapeSign, missing } = argv;
      const numbers = readNumberStyle(argv);
      const stations = await readStationFiles(argv.file, { unit, shapeSign, missing, numbers }, signal);
      const outcome = await withDatabase(
        argv,
        "load sea-levels",
        ({ client }) => writeSeaLevels(client, stations, argv.failRunningBatches),
        "create",
      );
      const facts = { ...outcome, stations: stations.map(({ name, record }) => ({ name, kind: record.kind })) };
      printFacts(
        argv,
        facts,
        () => `${count(outcome.written, "station")} stored${describeOutcome(outcome, "extreme_sea_levels")}`,
      );
    }),
);

export const loadSeaLevelRiseCommand = defineCommand(
  {
    arguments: { file },
    options: {
      series: {
        ...text,
        value: "NAME",
        describe: "name of the series where the table has none [default: the file's name]",
      },
      ...shared,
    },
    notes:
      "Rise above the mean of 1995-2014. Columns: scenario (ssp126, ssp245, ssp370, ssp585) and either year and rise, or a column per year. " +
      "Of several quantiles the median is taken, of several confidences medium, of several processes the total. With latitude and longitude a " +
      "series holds within 200 km; without, wherever none is near. Without any series the global mean of AR6 is used, flagged." +
      `\n\n${FILE_ADDRESSES}`,
  },
  (argv, { signal }) =>
    withLocalFiles(argv, signal, async (argv) => {
      const { rises, passedOver, otherExperiments } = await readRiseFiles(
        argv.file,
        { ...argv, numbers: readNumberStyle(argv) },
        signal,
      );
      const outcome = await withDatabase(
        argv,
        "load sea-level-rise",
        ({ client }) => writeSeaLevelRise(client, rises, argv.failRunningBatches),
        "create",
      );
      const others = otherExperiments.length > 0 ? ` (left out: ${otherExperiments.join(", ")})` : "";
      const end = describeOutcome(outcome, "sea_level_rise");
      const facts = { ...outcome, passedOver, otherExperiments };
      printFacts(argv, facts, () => `${rises.length} series of sea-level rise stored${others}${end}`);
    }),
);

function describeOutcome({ failedBatches, revision }: SeaLevelOutcome, input: string): string {
  return [`; ${input} is now at revision ${revision}.`, ...describeFailedBatches(failedBatches)].join("\n");
}
