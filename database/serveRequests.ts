// Requests as one machine looks after them: what waits, what was begun and not ended.
// What can start is decided elsewhere; a cluster has its own way.
import type { ClientBase } from "pg";
import type { CalculationRequest } from "../model/calculations.ts";
import { readClaimedRequests, type StoredRequest } from "./requests.ts";

export interface WaitingRequest {
  readonly requestId: string;
  readonly calculation: CalculationRequest;
  readonly options: unknown;
  readonly requestedAt: Date;
}

export interface UnfinishedBatch {
  readonly batchId: string;
  readonly calculation: CalculationRequest;
  /** When the request came that it was planned for. */
  readonly requestedAt: Date;
  /** It is complete, and its publication is tried again. */
  readonly isComputed?: boolean;
}

export interface OpenWork {
  /** Batches that this installation planned for requests and that have not ended. */
  readonly unfinished: readonly UnfinishedBatch[];
  /** Failed batches of this installation whose time to be tried again has come. */
  readonly retryable: readonly UnfinishedBatch[];
  /** Requests that it claimed and planned no batch for: it was killed in between, or the database went away. */
  readonly claimed: readonly StoredRequest[];
  /** Oldest first. */
  readonly waiting: readonly WaitingRequest[];
}

/** After its shards failed a batch is tried again by itself, so long after each failure, unless a later batch exists. */
const RETRY_AFTER = ["10 minutes", "1 hour", "6 hours"];

export async function readOpenWork(client: ClientBase, installation: string): Promise<OpenWork> {
  const batches = (where: string) =>
    `SELECT b.batch_id AS "batchId", b.calculation, min(r.requested_at) AS "requestedAt" FROM climatebatch.batches AS b
     JOIN climatebatch.batch_requests AS r USING (batch_id)
     WHERE b.installation IS NULL AND r.claimed_by = $1 AND ${where} GROUP BY b.batch_id ORDER BY b.batch_id`;
  const unfinished = await client.query<UnfinishedBatch>(batches("b.state = 'running'"), [installation]);
  const retryable = await client.query<UnfinishedBatch>(
    batches(`b.state = 'failed' AND b.reason = 'ShardsFailed'
       AND b.finished_at < clock_timestamp() - ($2::interval[])[b.job_attempt]
       AND NOT EXISTS (SELECT FROM climatebatch.batches AS later WHERE later.batch_id > b.batch_id
         AND (later.calculation = b.calculation OR 'all' IN (later.calculation, b.calculation)))`),
    [installation, RETRY_AFTER],
  );
  const waiting = await client.query<WaitingRequest>(
    `SELECT request_id AS "requestId", calculation, options, requested_at AS "requestedAt"
     FROM climatebatch.batch_requests WHERE state = 'waiting' ORDER BY request_id`,
  );
  const claimed = await readClaimedRequests(client, installation);
  return { unfinished: unfinished.rows, retryable: retryable.rows, claimed, waiting: waiting.rows };
}

/** A failed batch that cannot be tried again says why, and is left alone. */
export async function giveUpRetry(
  client: ClientBase,
  batchId: string,
  { reason, message }: { readonly reason: string; readonly message: string },
): Promise<void> {
  await client.query(
    "UPDATE climatebatch.batches SET reason = $2, message = message || '; not tried again: ' || $3 WHERE batch_id = $1 AND state = 'failed'",
    [batchId, reason, message],
  );
}

/** running, complete, failed or cancelled; null: there is no such batch. */
export async function readBatchState(client: ClientBase, batchId: string): Promise<string | null> {
  const { rows } = await client.query("SELECT state FROM climatebatch.batches WHERE batch_id = $1", [batchId]);
  return rows[0]?.state ?? null;
}

/** When this database became one of climatebatch: a schedule that was due before then was not missed by us. */
export async function readFirstMigration(client: ClientBase): Promise<Date> {
  const { rows } = await client.query("SELECT min(applied_at) AS at FROM climatebatch.schema_migrations");
  return rows[0].at;
}
