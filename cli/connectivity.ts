// `climatebatch connectivity`: finds the sea's lowest way to each cell of a grid, for coastal flood.
// The search stands in ingest/sea/seaConnection.ts; ingesting elevations does the same by itself.
import type { Argv } from "yargs";
import { DEFAULT_GRID } from "../database/gridCells.ts";
import { connectSea } from "../ingest/sea/connectSea.ts";
import { describeConnected } from "../ingest/sea/describeConnected.ts";
import { type CommandOf, jsonOption, printFacts } from "./command.ts";
import { databaseOption, failBatchesOption, withDatabase } from "./database.ts";
import { text } from "./optionKinds.ts";

function buildOptions(yargs: Argv) {
  return yargs.options({
    grid: { ...text, default: DEFAULT_GRID, describe: "grid with elevations and sea cells" },
    ...failBatchesOption("of coastal flood"),
    ...jsonOption,
    ...databaseOption,
  });
}

export const connectivityCommand: CommandOf<typeof buildOptions> = {
  command: "connectivity",
  describe: "find the sea's lowest way to each cell, from elevations and sea cells (landFraction below 0.5)",
  builder: buildOptions,
  handler: async (argv) => {
    const sea = await withDatabase(argv, "connectivity", ({ client }) =>
      connectSea(client, argv.grid, argv.failRunningBatches),
    );
    printFacts(argv, sea, describeConnected);
  },
};
