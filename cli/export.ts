// `climatebatch export`: results as tables and maps for other tools; stored series as CSV or NetCDF.
import { DEFAULT_GRID } from "../database/gridCells.ts";
import type { SeriesRequest } from "../database/seriesExport.ts";
import { isNetcdfName } from "../ingest/formats/stationFile.ts";
import { readVariables } from "../ingest/series/readingOptions.ts";
import { CALCULATIONS } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { FREQUENCIES } from "../model/variables.ts";
import { EXPORT_FORMATS, exportTo, formatOf, NESTING_FORMATS } from "../report/exportFormats.ts";
import { exportOasis } from "../report/exportOasis.ts";
import type { ExportRequest } from "../report/exportSelection.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { exportSeries } from "./exportSeries.ts";
import {
  type ArgumentsOf,
  batchArgument,
  databaseOption,
  flag,
  list,
  outputOption,
  requestOptions,
  text,
  type Usage,
} from "./options.ts";
import { checkFolder, checkOutput, writeFolder, writeOutput } from "./outputFile.ts";

const SERIES = "series";
const NETCDF = "netcdf";
const OASIS = "oasis";

const usage = {
  arguments: {
    calculation: {
      ...text,
      choices: [...CALCULATIONS, SERIES],
      required: true,
      describe: "which results, or the stored climate series",
    },
  },
  options: {
    output: { ...outputOption, describe: "file to write, - for standard output; for oasis a new folder" },
    format: {
      ...text,
      choices: [...EXPORT_FORMATS, OASIS],
      describe:
        "of the file [default: by its suffix; csv on standard output]; of series csv or netcdf; oasis writes a folder",
    },
    batch: { ...batchArgument, describe: "rows of this batch [default: what is published]" },
    risk: { ...requestOptions.risk, describe: "only these risks [default: all]" },
    scenario: { ...list, short: "s", describe: "only these scenarios [default: all]; of series exactly one" },
    period: { ...requestOptions.period, describe: "only these periods [default: all]" },
    bbox: {
      ...text,
      value: "W,S,E,N",
      parse: parseBox,
      describe: "only cells between west, south, east and north [degrees]",
    },
    columns: {
      ...list,
      value: "COLUMN",
      describe: "only these columns, such as latitude,longitude,rl100 [default: all]",
    },
    nested: {
      ...flag,
      rare: true,
      describe: "csv and json: bins, return levels and indicators as JSON in one column each",
    },
    grid: {
      ...text,
      rare: true,
      short: "g",
      value: "GRID",
      describe: `of series: their grid [default: ${DEFAULT_GRID}]`,
    },
    frequency: { ...text, rare: true, choices: FREQUENCIES, describe: "of series: how often [default: daily]" },
    variables: { ...list, rare: true, value: "VARIABLE", describe: "of series: only these variables [default: all]" },
    provenance: { ...flag, rare: true, describe: "also batch and time; without, equal results are equal bytes" },
    ...databaseOption,
  },
  examples: [
    ["export hazard --output hazard.csv", "every published Hazard Score"],
    ["export probability --output results.geoparquet", "for GeoPandas and QGIS"],
    ["export hazard --output hazard.nc --risk drought,wildfire", "maps for xarray"],
    ["export probability --format oasis --output oasis", "model data for Oasis LMF"],
    ["export probability --format json --scenario ssp585 --output -", "to another program"],
    ["export series --scenario ssp585 --variables tasmax --output tasmax.nc", "series, as load climate takes them"],
  ],
} as const satisfies Usage;

type ExportArguments = ArgumentsOf<typeof usage>;

export const exportCommand = defineCommand(usage, async (argv) => {
  const { calculation, output } = argv;
  if (argv.format === OASIS) return writeOasis(argv);
  await checkOutput(output);
  if (calculation === SERIES) {
    const { format, ...request } = readSeriesRequest(argv);
    return withDatabase(argv, "export", ({ client }) =>
      writeOutput(output, (sink) => exportSeries(client, request, format, sink)),
    );
  }
  const request = { ...readResultsRequest(argv), calculation };
  const format = formatOf(output, argv.format);
  if (request.nested && !NESTING_FORMATS.includes(format)) {
    const formats = NESTING_FORMATS.join(" and ");
    throw new RejectedError(
      "InvalidOption",
      `--nested is for ${formats}, not for ${format}. Leave it out, or name another --format.`,
    );
  }
  return withDatabase(argv, "export", ({ client }) =>
    writeOutput(output, (sink) => exportTo(client, format, request, sink)),
  );
});

/** Tables of Oasis have columns of their own. */
async function writeOasis(argv: ExportArguments): Promise<void> {
  const { calculation, output } = argv;
  if (calculation !== "probability") {
    throw new RejectedError(
      "InvalidOption",
      `--format ${OASIS} is for probability, not for ${calculation}. Give: climatebatch export probability --format ${OASIS} --output FOLDER`,
    );
  }
  const idle = (["columns", "nested", "provenance"] as const).find(
    (name) => argv[name] !== undefined && argv[name] !== false,
  );
  if (idle !== undefined)
    throw new RejectedError("InvalidOption", `--${idle} does not apply to --format ${OASIS}. Leave it out.`);
  await checkFolder(output);
  const request = { ...readResultsRequest(argv), calculation };
  await withDatabase(argv, "export", ({ client }) =>
    writeFolder(output, (folder) => exportOasis(client, request, folder)),
  );
}

function readResultsRequest(argv: ExportArguments): Omit<ExportRequest, "calculation"> {
  refuseOptions(argv, "grid", "frequency", "variables");
  const {
    batch: batchId,
    risk: risks,
    scenario: scenarios,
    period: periods,
    bbox: box,
    columns,
    nested,
    provenance,
  } = argv;
  return { provenance, nested, batchId, risks, scenarios, periods, box, columns };
}

/** Degrees: west, south, east, north. */
function parseBox(given: string): readonly [number, number, number, number] {
  const box = given.split(",").map(Number);
  const [west, south, east, north] = box as [number, number, number, number];
  if (box.length === 4 && west <= east && south <= north) return [west, south, east, north];
  throw new RejectedError(
    "InvalidOption",
    `--bbox expects WEST,SOUTH,EAST,NORTH in degrees, such as 126,34,130,39, but got "${given}".`,
  );
}

function readSeriesRequest(argv: ExportArguments): SeriesRequest & { readonly format: "csv" | "netcdf" } {
  refuseOptions(argv, "batch", "risk", "period", "bbox", "columns");
  const [scenario, ...others] = argv.scenario ?? [];
  if (scenario === undefined || others.length > 0) {
    throw new RejectedError(
      "InvalidOption",
      "export series takes the series of one scenario. Give it: --scenario NAME.",
    );
  }
  const format = argv.format ?? (isNetcdfName(argv.output) ? NETCDF : "csv");
  if (format !== "csv" && format !== NETCDF)
    throw new RejectedError("InvalidOption", `--format ${format} is for results. Give csv or netcdf.`);
  const variables = argv.variables === undefined ? undefined : readVariables("--variables", argv.variables);
  return { scenario, grid: argv.grid ?? DEFAULT_GRID, frequency: argv.frequency ?? "daily", variables, format };
}

function refuseOptions(argv: ExportArguments, ...names: readonly (keyof ExportArguments)[]): void {
  const idle = names.find((name) => argv[name] !== undefined);
  if (idle === undefined) return;
  throw new RejectedError("InvalidOption", `--${idle} does not apply to export ${argv.calculation}. Leave it out.`);
}
