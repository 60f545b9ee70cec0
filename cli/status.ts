// `climatebatch status` and `climatebatch logs`: the state of batches, and what happened in one.
import {
  type BatchLine,
  type RejectedInput,
  readBatch,
  readRecentBatches,
  readRejected,
  readShards,
  type ShardLine,
} from "../database/batchReports.ts";
import {
  describeBatch,
  describeDuration,
  type ExplainedBatch,
  explainBatch,
  explainBatches,
} from "../report/batchWords.ts";
import { defineCommand } from "./command.ts";
import { withDatabase } from "./database.ts";
import { batchArgument, clusterOptions, databaseOption, flag, jsonOption } from "./options.ts";
import { formatTable, printFacts } from "./printing.ts";

const RECENT_BATCHES = 10;
const REJECTED_CELLS_SHOWN = 50;

export const statusCommand = defineCommand(
  {
    arguments: {
      batch: { ...batchArgument, describe: `number of the batch [default: the last ${RECENT_BATCHES}]` },
    },
    options: {
      cluster: { ...flag, describe: "the ClimateBatches of a namespace, by the API server instead of the database" },
      ...clusterOptions,
      ...jsonOption,
      ...databaseOption,
    },
    examples: [
      ["status", "the last batches, and why one does not move"],
      ["status --cluster -n climate", "the same of ClimateBatches, as kubectl is configured"],
    ],
  },
  async (argv) => {
    if (argv.cluster) {
      // The client of a cluster takes longer to load than the rest.
      const { describeClusterBatches, readClusterBatches } = await import("./clusterStatus.ts");
      return printFacts(argv, await readClusterBatches(argv, RECENT_BATCHES), describeClusterBatches);
    }
    await withDatabase(argv, "status", async ({ client }) => {
      if (argv.batch !== undefined)
        return printFacts(argv, await explainBatch(client, await readBatch(client, argv.batch)), describeFacts);
      const batches = await explainBatches(client, await readRecentBatches(client, RECENT_BATCHES));
      printFacts(argv, batches, describeBatches);
    });
  },
);

function describeBatches(batches: readonly ExplainedBatch[]): string {
  if (batches.length === 0) return "No batch yet. Start one: climatebatch run all";
  const header = ["batch", "calculation", "state", "cells done", "of", "rejected", "started", "took", "published"];
  const rows = batches.map((batch) => [
    Number(batch.batchId),
    batch.calculation,
    batch.reason === null ? batch.state : `${batch.state} (${batch.reason})`,
    batch.cellsDone,
    batch.cells,
    batch.rejectedCells,
    batch.startedAt.toISOString().slice(0, 19),
    describeDuration(batch),
    batch.published.join(", "),
  ]);
  const newest = new Map(batches.toReversed().map(({ calculation, batchId }) => [calculation, batchId]));
  const explained = batches.flatMap((batch) => {
    const isOver = batch.state !== "running";
    return isOver && newest.get(batch.calculation) !== batch.batchId ? [] : explainStandstill(batch);
  });
  return [formatTable(header, rows), ...explained].join("\n\n");
}

/** Why a batch does not move, or why readers do not see it. */
function explainStandstill({ batchId, reason, message, obstacle, remedy }: ExplainedBatch): string[] {
  if (obstacle !== null) return [`batch ${batchId} (${obstacle.reason}): ${obstacle.message}`];
  if (message === null) return [];
  return [`batch ${batchId} (${reason}): ${message}${remedy === null ? "" : `\n  ${remedy}`}`];
}

function describeFacts(batch: ExplainedBatch): string {
  return describeBatch(batch)
    .map(({ name, value }) => `${name.padEnd(12)} ${value}`)
    .join("\n");
}

export const logsCommand = defineCommand(
  { arguments: { batch: { ...batchArgument, required: true } }, options: { ...jsonOption, ...databaseOption } },
  (argv) =>
    withDatabase(argv, "logs", async ({ client }) => {
      const batch = await readBatch(client, argv.batch);
      const shards = await readShards(client, batch.batchId);
      const logs = { shards, ...(await readRejected(client, batch.batchId, REJECTED_CELLS_SHOWN)) };
      const { batchId, state, reason, message } = batch;
      printFacts(argv, { batchId, state, reason, message, ...logs }, () => describeLogs(batch, logs));
    }),
);

function describeLogs(
  batch: BatchLine,
  { shards, rejectedCounts, rejectedCells }: RejectedInput & { readonly shards: readonly ShardLine[] },
): string {
  const parts = [
    `batch ${batch.batchId} is ${batch.state}${batch.message === null ? "" : ` (${batch.reason}): ${batch.message}`}`,
  ];
  parts.push(
    formatTable(
      ["shard", "state", "attempt", "cells", "seconds", "worker", "what happened"],
      shards.map((one) => [
        one.shard,
        one.state,
        one.attempt,
        one.cells,
        one.seconds === null ? null : Number(one.seconds.toFixed(1)),
        one.worker,
        one.message === null ? "" : `${one.reason}: ${one.message}`,
      ]),
    ),
  );
  if (rejectedCounts.length > 0) {
    parts.push(
      formatTable(
        ["risk", "rejected for", "cells"],
        rejectedCounts.map((one) => [one.risk, one.reason, one.cells]),
      ),
    );
    parts.push(
      formatTable(
        ["latitude", "longitude", "scenario", "risk", "why"],
        rejectedCells.map((one) => [one.latitude, one.longitude, one.scenario, one.risk, one.detail]),
      ),
    );
    if (rejectedCells.length === REJECTED_CELLS_SHOWN)
      parts.push(`The first ${REJECTED_CELLS_SHOWN}; more in the table climatebatch.rejected_cells.`);
  }
  return parts.join("\n\n");
}
