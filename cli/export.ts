// `climatebatch export`: results as CSV or JSON, for spreadsheets, pandas and people; stored series as CSV or NetCDF.
import { EXPORT_FORMATS, type ExportRequest, exportResults } from "../database/exportResults.ts";
import { DEFAULT_GRID } from "../database/gridCells.ts";
import type { SeriesRequest } from "../database/seriesExport.ts";
import { isNetcdfName } from "../ingest/formats/stationFile.ts";
import { readVariables } from "../ingest/series/readingOptions.ts";
import { CALCULATIONS } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { FREQUENCIES } from "../model/variables.ts";
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
  text,
  type Usage,
} from "./options.ts";
import { writeOutput } from "./outputFile.ts";

const SERIES = "series";
const NETCDF = "netcdf";

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
    output: { ...outputOption, describe: "file to write, - for standard output" },
    format: {
      ...text,
      choices: [...EXPORT_FORMATS, NETCDF],
      describe:
        "csv: nested columns as JSON; json: an array of objects; netcdf: of series only [default: csv, or netcdf when the output ends in .nc]",
    },
    batch: { ...batchArgument, describe: "rows of this batch [default: what is published]" },
    scenario: { ...list, short: "s", describe: "only these scenarios [default: all]; of series exactly one" },
    grid: { ...text, short: "g", value: "GRID", describe: `of series: their grid [default: ${DEFAULT_GRID}]` },
    frequency: { ...text, choices: FREQUENCIES, describe: "of series: how often [default: daily]" },
    variables: { ...list, value: "VARIABLE", describe: "of series: only these variables [default: all]" },
    provenance: { ...flag, describe: "also batch and time; without, equal results are equal bytes" },
    ...databaseOption,
  },
  examples: [
    ["export hazard --output hazard.csv", "every published Hazard Score"],
    ["export probability --format json --scenario ssp585 --output -", "to another program"],
    ["export series --scenario ssp585 --variables tasmax --output tasmax.nc", "series, as load climate takes them"],
  ],
} as const satisfies Usage;

type ExportArguments = ArgumentsOf<typeof usage>;

export const exportCommand = defineCommand(usage, (argv) =>
  withDatabase(argv, "export", async ({ client }) => {
    const { calculation, output } = argv;
    if (calculation === SERIES) {
      const { format, ...request } = readSeriesRequest(argv);
      return writeOutput(output, (sink) => exportSeries(client, request, format, sink));
    }
    const request = { ...readResultsRequest(argv), calculation };
    await writeOutput(output, (sink) => exportResults(client, request, sink));
  }),
);

function readResultsRequest(argv: ExportArguments): Omit<ExportRequest, "calculation"> {
  refuseOptions(argv, "grid", "frequency", "variables");
  if (argv.format === NETCDF)
    throw new RejectedError("InvalidOption", "--format netcdf is for series. Give csv or json.");
  const { batch: batchId, format = "csv", provenance, scenario: scenarios } = argv;
  return { format, provenance, batchId, scenarios };
}

function readSeriesRequest(argv: ExportArguments): SeriesRequest & { readonly format: "csv" | "netcdf" } {
  refuseOptions(argv, "batch");
  const [scenario, ...others] = argv.scenario ?? [];
  if (scenario === undefined || others.length > 0) {
    throw new RejectedError(
      "InvalidOption",
      "export series takes the series of one scenario. Give it: --scenario NAME.",
    );
  }
  if (argv.format === "json")
    throw new RejectedError("InvalidOption", "--format json is for results. Give csv or netcdf.");
  const variables = argv.variables === undefined ? undefined : readVariables("--variables", argv.variables);
  const format = argv.format ?? (isNetcdfName(argv.output) ? NETCDF : "csv");
  return { scenario, grid: argv.grid ?? DEFAULT_GRID, frequency: argv.frequency ?? "daily", variables, format };
}

function refuseOptions(argv: ExportArguments, ...names: readonly (keyof ExportArguments)[]): void {
  const idle = names.find((name) => argv[name] !== undefined);
  if (idle === undefined) return;
  throw new RejectedError("InvalidOption", `--${idle} does not apply to export ${argv.calculation}. Leave it out.`);
}
