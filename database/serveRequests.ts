// Requests as one machine looks after them: what waits, what was begun and not ended.
// What can start is decided elsewhere; a cluster has its own way.
import type { ClientBase } from "pg";
import type { CalculationRequest } from "../model/calculations.ts";
import { readClaimedRequests, type StoredRequest } from "./requests.ts";

export interface WaitingRequest {
  readonly requestId: string;
  readonly calculation: CalculationRequest;
}

export interface UnfinishedBatch {
  readonly batchId: string;
  readonly calculation: CalculationRequest;
}

export interface OpenWork {
  /** Batches that this installation planned for requests and that have not ended. */
  readonly unfinished: readonly UnfinishedBatch[];
  /** Requests that it claimed and planned no batch for: it was killed in between, or the database went away. */
  readonly claimed: readonly StoredRequest[];
  /** Oldest first. */
  readonly waiting: readonly WaitingRequest[];
}

export async function readOpenWork(client: ClientBase, installation: string): Promise<OpenWork> {
  const unfinished = await client.query<UnfinishedBatch>(
    `SELECT DISTINCT b.batch_id AS "batchId", b.calculation FROM climatebatch.batches AS b
     JOIN climatebatch.batch_requests AS r USING (batch_id)
     WHERE b.state = 'running' AND b.installation IS NULL AND r.claimed_by = $1 ORDER BY b.batch_id`,
    [installation],
  );
  const waiting = await client.query<WaitingRequest>(
    `SELECT request_id AS "requestId", calculation FROM climatebatch.batch_requests
     WHERE state = 'waiting' ORDER BY request_id`,
  );
  const claimed = await readClaimedRequests(client, installation);
  return { unfinished: unfinished.rows, claimed, waiting: waiting.rows };
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
