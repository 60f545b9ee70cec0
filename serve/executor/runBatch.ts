// What `run`, `retry` and `start` share: the shards of a planned batch run here, the batch settled, its results published.
import type { Client } from "pg";
import type { ReadReplicas } from "../../database/address.ts";
import { type BatchOutcome, becomeRunner, finishBatch, readOpenShards } from "../../database/batches.ts";
import { readBatch } from "../../database/batchReports.ts";
import { watchForSilence } from "../../database/silence.ts";
import { emptySlots } from "../../database/slots.ts";
import { systemClock } from "../../model/clock.ts";
import { RejectedError, TransientError } from "../../model/errors.ts";
import { type Places, runShards, type ShardLine } from "./localExecutor.ts";

export interface RunBatchOptions {
  readonly databaseUrl: string;
  readonly replicas: ReadReplicas;
  readonly batchId: string;
  readonly watch: BatchWatch;
  readonly workers: number;
  readonly places?: Places | undefined;
  readonly publish: boolean;
  readonly replaceGrid: boolean;
  readonly allowFewer?: boolean;
}

/** Who looks on: a person at a terminal, or a log. */
export interface BatchWatch {
  /** Shards are about to run: `cells` of the batch, of which `cellsDone` were computed before. */
  begin(cells: number, cellsDone: number): void;
  onCells(cellsDone: number): void;
  onShardLine(completionIndex: number, line: ShardLine): void;
  onNotice(line: string): void;
  /** No shard runs any more. */
  end(): void;
}

export type RunOutcome = BatchOutcome | { readonly state: "interrupted" };

/** Refuses a batch that another process runs. Safe to repeat in one session. */
export async function becomeOnlyRunner(client: Client, batchId: string): Promise<void> {
  if (await becomeRunner(client, batchId)) return;
  throw new RejectedError(
    "AlreadyRunning",
    `Batch ${batchId} is being run by another process now. Watch it: climatebatch status ${batchId}`,
  );
}

export async function runBatch(client: Client, options: RunBatchOptions, signal: AbortSignal): Promise<RunOutcome> {
  const { batchId, databaseUrl, replicas, workers, places, watch } = options;
  using _watch = await watchForSilence(client, databaseUrl, { clock: systemClock });
  await becomeOnlyRunner(client, batchId);
  await emptySlots(client, batchId, {
    signal,
    onWait: (table) => watch.onNotice(`waiting for open transactions that read ${table} before it is emptied`),
  });
  const shards = await readOpenShards(client, batchId);
  let givenUp: string | null = null;
  if (shards.length > 0) {
    // The shards would each find out for themselves that the database is gone, one after another.
    const lost = new AbortController();
    const onEnd = () => lost.abort(new TransientError("the session of the runner was lost"));
    client.once("end", onEnd);
    const { cells } = await readBatch(client, batchId);
    watch.begin(cells, cells - shards.reduce((sum, shard) => sum + shard.cells, 0));
    const { onCells, onShardLine, onNotice: onRetry } = watch;
    const either = AbortSignal.any([signal, lost.signal]);
    try {
      const how = { databaseUrl, replicas, batchId, workers, places, signal: either, onCells, onShardLine, onRetry };
      givenUp = await runShards(shards, how);
    } finally {
      client.off("end", onEnd);
      watch.end();
    }
    if (!signal.aborted) lost.signal.throwIfAborted();
    if (signal.aborted) return { state: "interrupted" };
  }
  // The watch ends with this function.
  return await finishBatch(
    client,
    batchId,
    options.publish
      ? { replaceGrid: options.replaceGrid, allowFewer: options.allowFewer ?? false, goBack: false }
      : null,
    givenUp,
  );
}
