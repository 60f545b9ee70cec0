// `climatebatch export`: results as CSV or JSON, for spreadsheets, pandas and people; stored series as CSV or NetCDF.
import type { Argv } from "yargs";
import { EXPORT_FORMATS, type ExportRequest, exportResults } from "../database/exportResults.ts";
import { DEFAULT_GRID } from "../database/gridCells.ts";
import type { SeriesRequest } from "../database/seriesExport.ts";
import { isNetcdfName } from "../ingest/formats/stationFile.ts";
import { readVariables } from "../ingest/series/readingOptions.ts";
import { CALCULATIONS } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { FREQUENCIES } from "../model/variables.ts";
import { type CommandOf, checkBatchId, type OptionsOf } from "./command.ts";
import { databaseOption, withDatabase } from "./database.ts";
import { exportSeries } from "./exportSeries.ts";
import { flag, list, text } from "./optionKinds.ts";
import { writeOutput } from "./outputFile.ts";

const SERIES = "series";
const NETCDF = "netcdf";

function buildOptions(yargs: Argv) {
  return yargs
    .positional("calculation", {
      choices: [...CALCULATIONS, SERIES] as const,
      demandOption: true,
      describe: "which results, or the climate series that were ingested",
    })
    .options({
      format: {
        choices: [...EXPORT_FORMATS, NETCDF] as const,
        describe:
          "csv: nested columns as JSON; json: an array of objects; netcdf: of series only [default: csv, or netcdf when the output ends in .nc]",
      },
      output: { ...text, demandOption: true, describe: "file to write, - for standard output" },
      batch: { ...text, describe: "rows of this batch [default: what is published]" },
      scenario: { ...list, describe: "only these scenarios [default: all]; of series exactly one" },
      grid: { ...text, describe: `of series: their grid [default: ${DEFAULT_GRID}]` },
      frequency: { choices: FREQUENCIES, describe: "of series: how often [default: daily]" },
      variables: { ...list, describe: "of series: only these variables [default: all]" },
      provenance: { ...flag, describe: "also batch and time; without, equal results are equal bytes" },
      ...databaseOption,
    })
    .example("$0 export hazard --output hazard.csv", "every published Hazard Score")
    .example("$0 export probability --format json --scenario ssp585 --output -", "to another program")
    .example(
      "$0 export series --scenario ssp585 --variables tasmax --output tasmax.nc",
      "series, as ingest takes them",
    );
}

export const exportCommand: CommandOf<typeof buildOptions> = {
  command: "export <calculation>",
  describe: "write results, or stored series, to a file",
  builder: buildOptions,
  handler: (argv) =>
    withDatabase(argv, "export", async ({ client }) => {
      const { output } = argv;
      if (argv.calculation === SERIES) {
        const { format, ...request } = readSeriesRequest(argv);
        await writeOutput(output, (sink) => exportSeries(client, request, format, sink));
        return;
      }
      const request = { ...readResultsRequest(argv), calculation: argv.calculation };
      await writeOutput(output, (sink) => exportResults(client, request, sink));
    }),
};

type Arguments = OptionsOf<typeof buildOptions>;

function readResultsRequest(argv: Arguments): Omit<ExportRequest, "calculation"> {
  refuseIdle(argv, "grid", "frequency", "variables");
  if (argv.format === NETCDF)
    throw new RejectedError("InvalidOption", "--format netcdf is for series. Give csv or json.");
  const batchId = argv.batch === undefined ? undefined : checkBatchId(argv.batch);
  return { format: argv.format ?? "csv", provenance: argv.provenance, batchId, scenarios: argv.scenario };
}

function readSeriesRequest(argv: Arguments): SeriesRequest & { readonly format: "csv" | "netcdf" } {
  refuseIdle(argv, "batch");
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

function refuseIdle(argv: Arguments, ...names: readonly (keyof Arguments)[]): void {
  const idle = names.find((name) => argv[name] !== undefined);
  if (idle === undefined) return;
  throw new RejectedError("InvalidOption", `--${idle} does not bear on export ${argv.calculation}. Leave it out.`);
}
