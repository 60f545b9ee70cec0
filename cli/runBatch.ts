// What `run`, `retry` and `start` share: the shards of a planned batch run here, the batch settled, its results published.
import type { Client } from "pg";
import { type BatchOutcome, becomeRunner, finishBatch, readOpenShards } from "../database/batches.ts";
import { emptySlots } from "../database/slots.ts";
import { RejectedError } from "../model/errors.ts";
import { runShards } from "./localExecutor.ts";
import { startProgress } from "./progress.ts";

export interface RunBatchOptions {
  readonly databaseUrl: string;
  readonly batchId: string;
  readonly label: string;
  readonly workers: number;
  readonly publish: boolean;
  readonly replaceGrid: boolean;
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
  const { batchId, databaseUrl, workers, label } = options;
  await becomeOnlyRunner(client, batchId);
  const tell = (line: string) => process.stderr.write(`${line}\n`);
  await emptySlots(client, batchId, {
    signal,
    onWait: (table) => tell(`waiting for open transactions that read ${table} before it is emptied`),
  });
  const shards = await readOpenShards(client, batchId);
  if (shards.length > 0) {
    const cells = shards.reduce((sum, shard) => sum + shard.cells, 0);
    const progress = startProgress(label, cells, "cells");
    try {
      await runShards(shards, { databaseUrl, batchId, workers, signal, onCells: progress.update, onNotice: tell });
    } finally {
      progress.stop();
    }
    if (signal.aborted) return { state: "interrupted" };
  }
  return finishBatch(
    client,
    batchId,
    options.publish ? { replaceGrid: options.replaceGrid, allowFewer: false, goBack: false } : null,
  );
}
