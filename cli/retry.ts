// `climatebatch retry` and `climatebatch publish`: second chances for a batch that exists.
import { reopenBatch } from "../database/batches.ts";
import { checkFreeConnections } from "../database/planRequest.ts";
import { publishBatch } from "../database/publish.ts";
import { becomeOnlyRunner } from "../serve/executor/runBatch.ts";
import { COMMAND_EXIT_CODES, defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { batchArgument, databaseOption, jsonOption, publishOption, replaceOptions, workersOption } from "./options.ts";
import { print, printJson } from "./printing.ts";
import { runAndReport } from "./runAndReport.ts";

const batch = { ...batchArgument, required: true } as const;

export const retryCommand = defineCommand(
  {
    arguments: { batch },
    options: { ...workersOption, ...publishOption, ...replaceOptions, ...jsonOption, ...databaseOption },
    notes:
      "Refused with InputChanged when an input was loaded again after the batch was planned: that needs a new batch.",
  },
  (argv, context) =>
    withDatabase(argv, "retry", async (database) => {
      const { client } = database;
      const batchId = argv.batch;
      await checkFreeConnections(client, argv.workers, "--workers");
      // Before anything is reopened: the shards of a running batch must not be reset.
      await becomeOnlyRunner(client, batchId);
      const { specification, shards, cells } = await reopenBatch(client, batchId);
      process.stderr.write(`batch ${batchId}: ${shards} shards with ${cells} cells to run again\n`);
      const planned = { batch: { batchId, cells, shards, doneShards: 0 }, specification, isNew: false };
      await runAndReport(database, planned, argv, "retry", context);
    }),
);

export const publishCommand = defineCommand(
  {
    arguments: { batch },
    options: {
      ...replaceOptions,
      ...jsonOption,
      ...databaseOption,
    },
  },
  (argv, { setExitCode }) =>
    withDatabase(argv, "publish", async ({ client }) => {
      const { allowFewer, batch: batchId, replaceGrid } = argv;
      const publication = await publishBatch(client, batchId, { replaceGrid, allowFewer, goBack: true });
      if (argv.json) printJson({ batchId, ...publication });
      else if (publication.published) print(`Batch ${batchId} is published.`);
      else print(`Batch ${batchId} is not published (${publication.reason}): ${publication.message}`);
      setExitCode(publication.published ? COMMAND_EXIT_CODES.done : COMMAND_EXIT_CODES.notPublished);
    }),
);
