// `climatebatch connectivity`: sea-flooding paths of a grid, for coastal flood; `run` computes them by itself when they are stale.
import { connectSea, describeConnected } from "../ingest/sea/connectSea.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { databaseOption, failBatchesOption, gridOption, jsonOption } from "./options.ts";
import { printFacts } from "./printing.ts";

export const connectivityCommand = defineCommand(
  {
    options: {
      grid: { ...gridOption, describe: "grid with elevations and sea cells" },
      ...failBatchesOption("of coastal flood"),
      ...jsonOption,
      ...databaseOption,
    },
  },
  async (argv) => {
    const sea = await withDatabase(argv, "connectivity", ({ client }) =>
      connectSea(client, argv.grid, argv.failRunningBatches),
    );
    printFacts(argv, sea, describeConnected);
  },
);
