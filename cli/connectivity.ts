// `climatebatch connectivity`: finds the sea's lowest way to each cell of a grid, for coastal flood.
// The search stands in job/indices/seaConnection.ts; ingesting elevations does the same by itself.
import type { Argv, CommandModule } from "yargs";
import { DEFAULT_GRID } from "../database/gridCells.ts";
import { jsonOption, type OptionsOf, print, printJson } from "./command.ts";
import { databaseOption, withDatabase } from "./database.ts";
import { connectSea } from "./sea/connectSea.ts";
import { tellConnected } from "./sea/tellConnected.ts";

function buildOptions(yargs: Argv) {
  return yargs.options({
    grid: { type: "string", requiresArg: true, default: DEFAULT_GRID, describe: "grid with elevations and sea cells" },
    "fail-running-batches": {
      type: "boolean",
      default: false,
      describe: "end unfinished batches of coastal flood as failed",
    },
    ...jsonOption,
    ...databaseOption,
  });
}

export const connectivityCommand: CommandModule<object, OptionsOf<typeof buildOptions>> = {
  command: "connectivity",
  describe: "find the sea's lowest way to each cell, from elevations and sea cells (landFraction below 0.5)",
  builder: buildOptions,
  handler: async (argv) => {
    const sea = await withDatabase(argv, "connectivity", ({ client }) =>
      connectSea(client, argv.grid, argv.failRunningBatches),
    );
    if (argv.json) printJson(sea);
    else print(tellConnected(sea));
  },
};
