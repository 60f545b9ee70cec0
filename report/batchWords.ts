// Batches in words, as `status`, `doctor` and the page of batches show them: the facts of one, and what to do about one that failed.
import type { ClientBase } from "pg";
import type { BatchLine } from "../database/batchReports.ts";
import { type BatchObstacle, findBatchObstacle } from "../database/obstacles.ts";
import { formatPeriod } from "../model/periods.ts";

export interface Fact {
  readonly name: string;
  readonly value: string;
}

/** As `status --json` and the read API return it. */
export interface ExplainedBatch extends BatchLine {
  /** Why it does not move. */
  readonly obstacle: BatchObstacle | null;
  /** What to do about one that failed. */
  readonly remedy: string | null;
}

export async function explainBatch(client: ClientBase, batch: BatchLine): Promise<ExplainedBatch> {
  const obstacle = batch.state === "running" ? await findBatchObstacle(client, batch.batchId) : null;
  return { ...batch, obstacle, remedy: remedyOf(batch) };
}

export async function explainBatches(client: ClientBase, batches: readonly BatchLine[]): Promise<ExplainedBatch[]> {
  const explained: ExplainedBatch[] = [];
  for (const batch of batches) explained.push(await explainBatch(client, batch));
  return explained;
}

export function describeBatch(batch: ExplainedBatch): readonly Fact[] {
  const { specification, startedAt, finishedAt, obstacle, remedy } = batch;
  const facts: [string, string][] = [
    ["batch", batch.batchId],
    ["calculation", batch.calculation],
    ["state", batch.reason === null ? batch.state : `${batch.state} (${batch.reason}): ${batch.message}`],
    ...(obstacle === null ? [] : [["why", `${obstacle.reason}: ${obstacle.message}`] satisfies [string, string]]),
    ...(remedy === null ? [] : [["what to do", remedy] satisfies [string, string]]),
    ["grid", `${batch.grid}, ${batch.cells} cells`],
    ["scenarios", specification.scenarios.join(", ")],
    ["periods", specification.periods.map(formatPeriod).join(", ")],
    ["risks", specification.risks.join(", ")],
    ["methods", specification.methods],
    ["shards", `${batch.shardsDone} of ${batch.shards} done, ${batch.shardsFailed} failed`],
    ["cells", `${batch.cellsDone} of ${batch.cells} done, ${batch.rejectedCells} with rejected input`],
    ["result rows", String(batch.resultRows)],
    ["started", startedAt.toISOString()],
    ["finished", finishedAt === null ? "-" : `${finishedAt.toISOString()} (${describeDuration(batch)})`],
    ["published", batch.published.length === 0 ? "no" : batch.published.join(", ")],
  ];
  return facts.map(([name, value]) => ({ name, value }));
}

export function describeDuration({ startedAt, finishedAt }: Pick<BatchLine, "startedAt" | "finishedAt">): string {
  return finishedAt === null ? "-" : `${((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1)} s`;
}

/** null for a batch that did not fail. */
export function remedyOf({ state, reason, batchId, calculation }: BatchLine): string | null {
  if (state !== "failed") return null;
  const renew = `request a new one: SELECT climatebatch.request_batch('${calculation}')`;
  switch (reason) {
    case "InputChanged":
      return `The data were loaded again while it ran; ${renew}`;
    case "TooManyRejectedCells":
      return `Which cells and why: climatebatch logs ${batchId}. Correct the data, then ${renew}`;
    default:
      return `Which shard and why: climatebatch logs ${batchId}. When the cause is gone: climatebatch retry ${batchId}`;
  }
}

/** Of a request that became no batch. */
export function remedyOfRequest(calculation: string): string {
  return `When that is fixed: SELECT climatebatch.request_batch('${calculation}')`;
}
