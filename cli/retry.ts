// `climatebatch retry` and `climatebatch publish`: second chances for a batch that exists.
import { availableParallelism } from "node:os";
import type { Argv } from "yargs";
import { reopenBatch } from "../database/batches.ts";
import { checkFreeConnections } from "../database/planRequest.ts";
import { publishBatch } from "../database/publish.ts";
import { becomeOnlyRunner } from "../serve/executor/runBatch.ts";
import {
  COMMAND_EXIT_CODES,
  type CommandContext,
  type CommandOf,
  checkBatchId,
  checkWholeNumber,
  jsonOption,
  print,
  printJson,
} from "./command.ts";
import { databaseOption, withDatabase } from "./database.ts";
import { flag, number } from "./optionKinds.ts";
import { runAndReport } from "./run.ts";

function buildRetryOptions(yargs: Argv) {
  return yargs
    .positional("batch", { type: "string", demandOption: true, describe: "number of the batch" })
    .options({
      workers: { ...number, default: availableParallelism(), describe: "shards computed at the same time" },
      publish: {
        type: "boolean",
        default: true,
        describe: "show the results to consumers when the batch is complete (--no-publish: not)",
      },
      ...jsonOption,
      ...databaseOption,
    })
    .epilogue(
      "Refused with InputChanged when the input was ingested anew since the batch was planned: that needs a new batch.",
    );
}

export function makeRetryCommand(context: CommandContext): CommandOf<typeof buildRetryOptions> {
  return {
    command: "retry <batch>",
    describe: "run the failed shards of a failed batch again, and publish",
    builder: buildRetryOptions,
    handler: (argv) =>
      withDatabase(argv, "retry", async (database) => {
        const { client } = database;
        checkWholeNumber(argv.workers, "--workers", 1);
        const batchId = checkBatchId(argv.batch);
        await checkFreeConnections(client, argv.workers, "--workers");
        // Before anything is reopened: shards of a batch that runs must keep their places.
        await becomeOnlyRunner(client, batchId);
        const { specification, shards, cells } = await reopenBatch(client, batchId);
        process.stderr.write(`batch ${batchId}: ${shards} shards with ${cells} cells to run again\n`);
        const batch = { batchId, cells, shards, doneShards: 0 };
        const planned = { batch, specification, isNew: false };
        await runAndReport(database, planned, { ...argv, replaceGrid: false }, "retry", context);
      }),
  };
}

function buildPublishOptions(yargs: Argv) {
  return yargs.positional("batch", { type: "string", demandOption: true, describe: "number of the batch" }).options({
    "replace-grid": { ...flag, describe: "even if the published results cover another grid" },
    "allow-fewer": { ...flag, describe: "even if risks, scenarios or periods published now would vanish" },
    ...jsonOption,
    ...databaseOption,
  });
}

export function makePublishCommand({ setExitCode }: CommandContext): CommandOf<typeof buildPublishOptions> {
  return {
    command: "publish <batch>",
    describe: "show the results of a complete batch to consumers; also the way back to the batch before",
    builder: buildPublishOptions,
    handler: (argv) =>
      withDatabase(argv, "publish", async ({ client }) => {
        const batchId = checkBatchId(argv.batch);
        const { replaceGrid, allowFewer } = argv;
        const publication = await publishBatch(client, batchId, { replaceGrid, allowFewer, goBack: true });
        if (argv.json) printJson({ batchId, ...publication });
        else if (publication.published) print(`Batch ${batchId} is published.`);
        else print(`Batch ${batchId} is not published (${publication.reason}): ${publication.message}`);
        setExitCode(publication.published ? COMMAND_EXIT_CODES.done : COMMAND_EXIT_CODES.notPublished);
      }),
  };
}
