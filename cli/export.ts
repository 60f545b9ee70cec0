// `climatebatch export`: results as CSV or JSON, for spreadsheets, pandas and people.
import type { Argv, CommandModule } from "yargs";
import { EXPORT_FORMATS, type ExportFormat, exportResults } from "../database/exportResults.ts";
import { CALCULATIONS } from "../model/calculations.ts";
import { checkBatchId, type OptionsOf } from "./command.ts";
import { databaseOption, withDatabase } from "./database.ts";
import { writeOutput } from "./outputFile.ts";

function buildOptions(yargs: Argv) {
  return yargs
    .positional("calculation", { choices: CALCULATIONS, demandOption: true, describe: "which results" })
    .options({
      format: {
        choices: EXPORT_FORMATS,
        default: "csv" as ExportFormat,
        describe: "csv: nested columns as JSON; json: an array of objects",
      },
      output: {
        type: "string",
        demandOption: true,
        describe: "file to write, - for standard output",
        requiresArg: true,
      },
      batch: { type: "string", describe: "rows of this batch [default: what is published]", requiresArg: true },
      scenario: { type: "array", string: true, describe: "only these scenarios [default: all]" },
      provenance: {
        type: "boolean",
        default: false,
        describe: "also batch and time; without, equal results are equal bytes",
      },
      ...databaseOption,
    })
    .example("$0 export hazard --output hazard.csv", "every published Hazard Score")
    .example("$0 export probability --format json --scenario ssp585 --output -", "to another program");
}

export const exportCommand: CommandModule<object, OptionsOf<typeof buildOptions>> = {
  command: "export <calculation>",
  describe: "write results to a file",
  builder: buildOptions,
  handler: (argv) =>
    withDatabase(argv, "export", async ({ client }) => {
      const { calculation, format, provenance, output } = argv;
      const batchId = argv.batch === undefined ? undefined : checkBatchId(argv.batch);
      const request = { calculation, format, provenance, batchId, scenarios: argv.scenario };
      await writeOutput(output, (sink) => exportResults(client, request, sink));
    }),
};
