// `climatebatch status` and `climatebatch logs`: the state of batches, and what happened in one.
import {
  type BatchLine,
  type BatchLogs,
  readBatch,
  readBatchLogs,
  readRecentBatches,
} from "../database/batchReports.ts";
import { type BatchObstacle, findBatchObstacle } from "../database/obstacles.ts";
import { formatPeriod } from "../model/periods.ts";
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
      const explain = async (batch: BatchLine) => ({
        ...batch,
        obstacle: await findBatchObstacle(client, batch.batchId),
      });
      if (argv.batch !== undefined)
        return printFacts(argv, await explain(await readBatch(client, argv.batch)), describeBatch);
      const batches: ExplainedBatch[] = [];
      for (const batch of await readRecentBatches(client, RECENT_BATCHES)) batches.push(await explain(batch));
      printFacts(argv, batches, describeBatches);
    });
  },
);

type ExplainedBatch = BatchLine & { readonly obstacle: BatchObstacle | null };

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
    duration(batch),
    batch.published.join(", "),
  ]);
  const obstacles = batches.flatMap(({ batchId, obstacle }) =>
    obstacle === null ? [] : [`batch ${batchId} (${obstacle.reason}): ${obstacle.message}`],
  );
  return [formatTable(header, rows), ...obstacles].join("\n\n");
}

function describeBatch(batch: ExplainedBatch): string {
  const { specification } = batch;
  const lines: [string, string][] = [
    ["batch", batch.batchId],
    ["calculation", batch.calculation],
    ["state", batch.reason === null ? batch.state : `${batch.state} (${batch.reason}): ${batch.message}`],
    ...(batch.obstacle === null
      ? []
      : ([["why", `${batch.obstacle.reason}: ${batch.obstacle.message}`]] satisfies [string, string][])),
    ["grid", `${batch.grid}, ${batch.cells} cells`],
    ["scenarios", specification.scenarios.join(", ")],
    ["periods", specification.periods.map(formatPeriod).join(", ")],
    ["risks", specification.risks.join(", ")],
    ["methods", specification.methods],
    ["shards", `${batch.shardsDone} of ${batch.shards} done, ${batch.shardsFailed} failed`],
    ["cells", `${batch.cellsDone} of ${batch.cells} done, ${batch.rejectedCells} with rejected input`],
    ["result rows", String(batch.resultRows)],
    ["started", batch.startedAt.toISOString()],
    ["finished", batch.finishedAt === null ? "-" : `${batch.finishedAt.toISOString()} (${duration(batch)})`],
    ["published", batch.published.length === 0 ? "no" : batch.published.join(", ")],
  ];
  return lines.map(([name, value]) => `${name.padEnd(12)} ${value}`).join("\n");
}

function duration({ startedAt, finishedAt }: BatchLine): string {
  return finishedAt === null ? "-" : `${((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1)} s`;
}

export const logsCommand = defineCommand(
  { arguments: { batch: { ...batchArgument, required: true } }, options: { ...jsonOption, ...databaseOption } },
  (argv) =>
    withDatabase(argv, "logs", async ({ client }) => {
      const batch = await readBatch(client, argv.batch);
      const logs = await readBatchLogs(client, batch.batchId, REJECTED_CELLS_SHOWN);
      const { batchId, state, reason, message } = batch;
      printFacts(argv, { batchId, state, reason, message, ...logs }, () => describeLogs(batch, logs));
    }),
);

function describeLogs(batch: BatchLine, { shards, rejectedCounts, rejectedCells }: BatchLogs): string {
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
