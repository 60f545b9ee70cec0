// The state of a batch as a whole: who may run it now, how it ended, and how failed shards get another chance.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { BATCH_ENDING_REASONS } from "../model/podContract.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { transaction } from "./connect.ts";
import { findChangedInputs } from "./inputRevisions.ts";
import { lockPublications, type PublishOptions, publishLocked } from "./publish.ts";
import { inputChanged, tooManyRejectedCells } from "./shards.ts";

/** First key of the advisory locks that say "this batch is being run by me". */
export const RUNNER_LOCK = 4_211_871;

/** Makes this session the only runner of the batch until it ends; false when another process runs it. */
export async function becomeRunner(client: ClientBase, batchId: string): Promise<boolean> {
  // The second key has 31 bits; so many batches apart two would only be run one after the other.
  const { rows } = await client.query("SELECT pg_try_advisory_lock($1, ($2::bigint % 2147483648)::integer) AS mine", [
    RUNNER_LOCK,
    batchId,
  ]);
  return rows[0].mine;
}

/** Job indexes of the present attempt whose shards are not done. */
export async function readOpenShards(
  client: ClientBase,
  batchId: string,
): Promise<{ jobAttempt: number; completionIndex: number; cells: number }[]> {
  const { rows } = await client.query(
    `SELECT job_attempt AS "jobAttempt", job_index AS "completionIndex", cells FROM climatebatch.batch_shards
     WHERE batch_id = $1 AND state <> 'done' ORDER BY shard`,
    [batchId],
  );
  return rows;
}

type BatchEnd =
  | { readonly state: "complete" }
  | { readonly state: "failed"; readonly reason: string; readonly message: string };

export type BatchOutcome =
  | { readonly state: "published" }
  | { readonly state: "notPublished"; readonly reason: string; readonly message: string }
  | { readonly state: "failed"; readonly reason: string; readonly message: string };

/**
 * Settles a batch whose shards have all ended: complete when each is done, else failed with the shards' own words. A
 * complete one is published in the same transaction, so that no kill can leave it complete and forgotten.
 */
export async function finishBatch(
  client: ClientBase,
  batchId: string,
  publish: PublishOptions | null,
  podFailure: string | null = null,
): Promise<BatchOutcome> {
  return transaction(client, async () => {
    await lockPublications(client);
    const end = await settle(client, batchId, podFailure);
    if (end.state === "failed") return end;
    if (publish === null)
      return {
        state: "notPublished",
        reason: "AsRequested",
        message: `To publish it: climatebatch publish ${batchId}`,
      };
    const publication = await publishLocked(client, batchId, publish);
    if (publication.published) return { state: "published" };
    return { state: "notPublished", reason: publication.reason, message: publication.message };
  });
}

async function settle(client: ClientBase, batchId: string, podFailure: string | null): Promise<BatchEnd> {
  const { rows } = await client.query(
    `SELECT b.state, b.reason, b.message, b.max_rejected_cells AS most,
       (SELECT coalesce(sum(rejected_cells), 0)::int FROM climatebatch.batch_shards WHERE batch_id = $1) AS rejected
     FROM climatebatch.batches AS b WHERE batch_id = $1 FOR UPDATE`,
    [batchId],
  );
  const batch = rows[0];
  if (batch.state === "complete") return { state: "complete" };
  if (batch.state !== "running") return { state: "failed", reason: batch.reason, message: batch.message };
  const failures = await client.query(
    `SELECT shard, error_reason, error_message FROM climatebatch.batch_shards WHERE batch_id = $1 AND state <> 'done' ORDER BY shard`,
    [batchId],
  );
  const end = describeEnd(batchId, failures.rows, batch, podFailure);
  await client.query(
    "UPDATE climatebatch.batches SET state = $2, reason = $3, message = $4, finished_at = now() WHERE batch_id = $1",
    [batchId, end.state, end.state === "failed" ? end.reason : null, end.state === "failed" ? end.message : null],
  );
  return end;
}

function describeEnd(
  batchId: string,
  failures: readonly { shard: number; error_reason: string | null; error_message: string | null }[],
  { most, rejected }: { most: string | null; rejected: number },
  podFailure: string | null,
): BatchEnd {
  // Before what the other shards say: they were stopped because of it.
  if (most !== null && rejected > Number(most)) {
    const { reason, message } = tooManyRejectedCells(batchId, rejected, Number(most));
    return { state: "failed", reason, message };
  }
  const ending = failures.find(({ error_reason }) =>
    (BATCH_ENDING_REASONS as readonly (string | null)[]).includes(error_reason),
  );
  if (ending !== undefined) return { state: "failed", reason: ending.error_reason!, message: ending.error_message! };
  if (failures.length > 0) {
    const shards = formatRanges(failures.map(({ shard }) => shard));
    const first = failures.find(({ error_message }) => error_message !== null);
    const why =
      first === undefined
        ? (podFailure ?? "their processes ended without a message")
        : `shard ${first.shard}: ${first.error_message}`;
    return { state: "failed", reason: "ShardsFailed", message: `${failures.length} shards failed (${shards}); ${why}` };
  }
  return { state: "complete" };
}

/** "0-4,7" */
export function formatRanges(ascending: readonly number[]): string {
  const ranges: string[] = [];
  for (let at = 0; at < ascending.length; ) {
    let end = at;
    while (ascending[end + 1] === ascending[end]! + 1) end++;
    ranges.push(end === at ? `${ascending[at]}` : `${ascending[at]}-${ascending[end]}`);
    at = end + 1;
  }
  return ranges.join(",");
}

/** Ends a running batch before its shards have; one that had ended stays as it was. Its rows stay readable until the slot is needed. */
export async function endBatch(
  client: ClientBase,
  batchId: string,
  state: "failed" | "cancelled",
  { reason, message }: { readonly reason: string; readonly message: string },
): Promise<void> {
  await client.query(
    `UPDATE climatebatch.batches SET state = $2, reason = $3, message = $4, finished_at = now()
     WHERE batch_id = $1 AND state = 'running'`,
    [batchId, state, reason, message],
  );
}

/** Opens a failed batch again: its failed shards, and only they, get the indexes 0… of a new Job attempt. */
export async function reopenBatch(
  client: ClientBase,
  batchId: string,
): Promise<{ specification: BatchSpecification; shards: number; cells: number }> {
  return transaction(client, async () => {
    // Inputs before batches, as everywhere: ingest holds the first while it fails the second.
    const changed = await findChangedInputs(client, batchId, "lock");
    const { rows } = await client.query(
      `SELECT b.state, b.specification, (SELECT count(*)::int FROM climatebatch.slots WHERE batch_id = $1) AS slots
       FROM climatebatch.batches AS b WHERE batch_id = $1 FOR UPDATE`,
      [batchId],
    );
    const batch = rows[0];
    if (batch === undefined)
      throw new RejectedError("UnknownBatch", `There is no batch ${batchId}. List them: climatebatch status`);
    const specification = batch.specification as BatchSpecification;
    if (batch.state === "complete")
      throw new RejectedError("NothingToRetry", `Batch ${batchId} is complete: nothing is left to retry.`);
    if (batch.state === "cancelled")
      throw new RejectedError(
        "NothingToRetry",
        `Batch ${batchId} was cancelled. Start a new one: climatebatch run ${specification.calculation}`,
      );
    const slotsNeeded = specification.calculation === "all" ? 2 : 1;
    if (batch.slots < slotsNeeded) {
      throw new RejectedError(
        "ResultsGone",
        `The rows of batch ${batchId} are gone: a later batch took their slot. Start a new one: climatebatch run ${specification.calculation}`,
      );
    }
    if (changed.length > 0) throw inputChanged(changed);
    const reopened = await client.query(
      `WITH attempt AS (UPDATE climatebatch.batches SET state = 'running', reason = NULL, message = NULL, finished_at = NULL, job_attempt = job_attempt + 1
         WHERE batch_id = $1 RETURNING job_attempt),
       numbered AS (SELECT shard, row_number() OVER (ORDER BY shard) - 1 AS job_index FROM climatebatch.batch_shards WHERE batch_id = $1 AND state <> 'done')
       UPDATE climatebatch.batch_shards AS s SET state = 'pending', job_attempt = attempt.job_attempt, job_index = numbered.job_index
       FROM attempt, numbered WHERE s.batch_id = $1 AND s.shard = numbered.shard RETURNING s.cells`,
      [batchId],
    );
    return {
      specification,
      shards: reopened.rows.length,
      cells: reopened.rows.reduce((sum, row) => sum + row.cells, 0),
    };
  });
}
