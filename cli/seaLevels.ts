// `climatebatch sea-levels` and `sea-level-rise`: how high the sea comes at stations, and how much its mean rises.
// Reading stands in ingest/sea/, writing in database/seaLevels.ts.
import type { Argv } from "yargs";
import { type SeaLevelOutcome, writeSeaLevelRise, writeSeaLevels } from "../database/seaLevels.ts";
import { readRiseFiles } from "../ingest/sea/readRiseFiles.ts";
import { readStationFiles, type ShapeSign } from "../ingest/sea/readStationFiles.ts";
import { LENGTH_UNITS, type LengthUnit } from "../ingest/sea/seaTable.ts";
import { count, describeFailedBatches } from "../ingest/series/report.ts";
import { type CommandContext, type CommandOf, jsonOption, printFacts } from "./command.ts";
import { databaseOption, failBatchesOption, withDatabase } from "./database.ts";
import { files, text } from "./optionKinds.ts";

const shared = {
  unit: {
    choices: Object.keys(LENGTH_UNITS) as LengthUnit[],
    default: "m" as LengthUnit,
    describe: "unit of the levels",
    requiresArg: true,
  },
  ...failBatchesOption("of coastal flood"),
  ...jsonOption,
  ...databaseOption,
} as const;

const file = { ...files, describe: ".csv or .csv.gz, UTF-8" } as const;

function buildStationOptions(yargs: Argv) {
  return yargs
    .positional("file", file)
    .options({
      "shape-sign": {
        choices: ["hosking", "coles"] as ShapeSign[],
        requiresArg: true,
        describe: "whose sign a column of GEV shapes has: hosking (negative is a heavy tail, as SciPy) or coles",
      },
      ...shared,
    })
    .epilogue(
      "Columns: station, latitude, longitude, and one of: location and scale (and shape); return_period and level, or a column per " +
        "return period such as rp100; year and level (yearly maxima, at least 10). Also, where known: reference_year (middle of the years " +
        "behind them), record_years (how many), datum_offset (to add, from the station's datum to that of the cells' elevations). " +
        "A cell takes the nearest station within 50 km. A station that is stored already is replaced.",
    );
}

export function makeSeaLevelsCommand({
  signal,
}: Pick<CommandContext, "signal">): CommandOf<typeof buildStationOptions> {
  return {
    command: "sea-levels <file..>",
    describe: "load extreme sea levels of stations: parameters, return levels or yearly maxima",
    builder: buildStationOptions,
    handler: async (argv) => {
      const { unit, shapeSign } = argv;
      const stations = await readStationFiles(argv.file, { unit, shapeSign }, signal);
      const outcome = await withDatabase(argv, "sea-levels", ({ client }) =>
        writeSeaLevels(client, stations, argv.failRunningBatches),
      );
      const facts = { ...outcome, stations: stations.map(({ name, told }) => ({ name, kind: told.kind })) };
      printFacts(
        argv,
        facts,
        () => `${count(outcome.written, "station")} stored${describeOutcome(outcome, "extreme_sea_levels")}`,
      );
    },
  };
}

function buildRiseOptions(yargs: Argv) {
  return yargs
    .positional("file", file)
    .options({
      series: { ...text, describe: "name of the series where the table tells none [default: the file's name]" },
      ...shared,
    })
    .epilogue(
      "Rise above the mean of 1995-2014. Columns: scenario (ssp126, ssp245, ssp370, ssp585) and either year and rise, or a column per year; " +
        "of several quantiles the median, of several confidences medium, of several processes the total is taken. With latitude and longitude a " +
        "series holds within 200 km; without, wherever none is near. Without any series the global mean of AR6 stands in, flagged.",
    );
}

export function makeSeaLevelRiseCommand({
  signal,
}: Pick<CommandContext, "signal">): CommandOf<typeof buildRiseOptions> {
  return {
    command: "sea-level-rise <file..>",
    describe: "load regional sea-level rise by scenario and year",
    builder: buildRiseOptions,
    handler: async (argv) => {
      const { rises, passedOver, otherExperiments } = await readRiseFiles(argv.file, argv, signal);
      const outcome = await withDatabase(argv, "sea-level-rise", ({ client }) =>
        writeSeaLevelRise(client, rises, argv.failRunningBatches),
      );
      const others = otherExperiments.length > 0 ? ` (left out: ${otherExperiments.join(", ")})` : "";
      const end = describeOutcome(outcome, "sea_level_rise");
      const facts = { ...outcome, passedOver, otherExperiments };
      printFacts(argv, facts, () => `${rises.length} series of sea-level rise stored${others}${end}`);
    },
  };
}

function describeOutcome({ failedBatches, revision }: SeaLevelOutcome, input: string): string {
  return [`; ${input} is now at revision ${revision}.`, ...describeFailedBatches(failedBatches)].join("\n");
}
