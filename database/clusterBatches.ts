// Batches of a cluster: planned once per ClimateBatch, retried, and described as facts.
// What to do when is decided elsewhere; a command's batches are not looked at here.
import type { ClientBase } from "pg";
import type { BatchRow, DatabaseFacts } from "../model/batchFacts.ts";
import { type CalculationRequest, calculationsOf } from "../model/calculations.ts";
import { TransientError } from "../model/errors.ts";
import { formatRanges, reopenBatch } from "./batches.ts";
import { claimRequests, settleRequest } from "./requests.ts";

/** First key of the advisory locks under which an installation starts one batch at a time. */
const START_LOCK = 4_211_872;

/** Which ClimateBatch a batch is for, and what it answers. */
export interface ClusterBatch {
  readonly uid: string;
  readonly name: string;
  readonly installation: string;
  readonly requestKey: string | undefined;
  /** The request that it was made for; undefined when a person made it. */
  readonly requestId: string | undefined;
}

export async function readDatabaseFacts(
  client: ClientBase,
  { uid, installation, requestKey }: Pick<ClusterBatch, "uid" | "installation" | "requestKey">,
): Promise<DatabaseFacts> {
  const running = await readRunningRows(client, installation);
  const answering = requestKey === undefined ? null : await findAnsweringBatch(client, requestKey, uid);
  return {
    row: await readBatchRow(client, uid),
    answeredBy: answering,
    runningUids: new Set(running.map((row) => row.uid)),
  };
}

/** Unfinished batches of the installation, with the uids of their ClimateBatches. */
export async function readRunningRows(
  client: ClientBase,
  installation: string,
): Promise<{ batchId: string; uid: string }[]> {
  const { rows } = await client.query(
    `SELECT batch_id AS "batchId", climate_batch_uid AS uid FROM climatebatch.batches
     WHERE installation = $1 AND state = 'running' ORDER BY batch_id`,
    [installation],
  );
  return rows;
}

async function findAnsweringBatch(
  client: ClientBase,
  requestKey: string,
  uid: string,
): Promise<DatabaseFacts["answeredBy"]> {
  const { rows } = await client.query(
    `SELECT b.batch_id AS "batchId", b.state FROM climatebatch.batch_request_keys AS k
     JOIN climatebatch.batch_requests AS r USING (request_id) JOIN climatebatch.batches AS b USING (batch_id)
     WHERE k.request_key = $1 AND b.climate_batch_uid IS DISTINCT FROM $2`,
    [requestKey, uid],
  );
  return rows[0] ?? null;
}

async function readBatchRow(client: ClientBase, uid: string): Promise<BatchRow | null> {
  const { rows } = await client.query(
    `SELECT b.batch_id, b.installation, b.state, b.reason, b.message, b.job_attempt, b.cells, b.started_at, b.finished_at,
       s.*, k.slots_ready, p.published, p.published_at
     FROM climatebatch.batches AS b,
       LATERAL (SELECT count(*)::int AS total, (count(*) FILTER (WHERE state = 'pending'))::int AS pending,
           (count(*) FILTER (WHERE state = 'running'))::int AS running, (count(*) FILTER (WHERE state = 'done'))::int AS done,
           (count(*) FILTER (WHERE state = 'failed'))::int AS failed,
           (count(*) FILTER (WHERE job_attempt = b.job_attempt))::int AS attempt_shards,
           coalesce(array_agg(shard ORDER BY shard) FILTER (WHERE state = 'failed' OR (b.state <> 'running' AND state <> 'done')), '{}') AS failed_shards,
           coalesce(sum(rejected_cells), 0)::bigint AS rejected_cells, coalesce(sum(result_rows), 0)::bigint AS result_rows
         FROM climatebatch.batch_shards WHERE batch_id = b.batch_id) AS s,
       LATERAL (SELECT coalesce(bool_and(emptied), true) AS slots_ready FROM climatebatch.slots WHERE batch_id = b.batch_id) AS k,
       LATERAL (SELECT coalesce(array_agg(calculation ORDER BY calculation DESC), '{}') AS published, max(published_at) AS published_at
         FROM climatebatch.publications WHERE batch_id = b.batch_id) AS p
     WHERE b.climate_batch_uid = $1`,
    [uid],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { total, pending, running, done, failed } = row;
  return {
    batchId: row.batch_id,
    installation: row.installation,
    state: row.state,
    reason: row.reason,
    message: row.message,
    jobAttempt: row.job_attempt,
    attemptShards: row.attempt_shards,
    cells: Number(row.cells),
    shards: { total, pending, running, done, failed },
    failedShards: formatRanges(row.failed_shards),
    rejectedCells: Number(row.rejected_cells),
    resultRows: Number(row.result_rows),
    slotsReady: row.slots_ready,
    published: row.published,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    publishedAt: row.published_at,
  };
}

/**
 * Before planning, in its transaction: lets one batch of an installation start at a time. Returns the batch that the ClimateBatch
 * has already; refuses while another of the calculation runs.
 */
export async function startClusterBatch(
  client: ClientBase,
  batch: ClusterBatch,
  calculation: CalculationRequest,
): Promise<string | null> {
  await client.query("SELECT pg_advisory_xact_lock($1, hashtext($2))", [START_LOCK, batch.installation]);
  const { rows } = await client.query<{ batch_id: string }>(
    "SELECT batch_id FROM climatebatch.batches WHERE climate_batch_uid = $1",
    [batch.uid],
  );
  if (rows[0] !== undefined) return rows[0].batch_id;
  await refuseBesideOthers(client, batch, calculation);
  return null;
}

/** After planning, in its transaction: the batch belongs to the ClimateBatch and answers its request and its key. */
export async function assignToClimateBatch(client: ClientBase, batch: ClusterBatch, batchId: string): Promise<void> {
  const { installation, name, uid } = batch;
  await client.query(
    "UPDATE climatebatch.batches SET installation = $2, climate_batch = $3, climate_batch_uid = $4 WHERE batch_id = $1",
    [batchId, installation, name, uid],
  );
  await settleClusterRequest(client, batch, batchId);
}

/** The request and the key of the ClimateBatch are answered by the batch. */
export async function settleClusterRequest(client: ClientBase, batch: ClusterBatch, batchId: string): Promise<void> {
  const { installation, requestId, requestKey } = batch;
  if (requestId !== undefined) await settleRequest(client, { installation, requestId }, { outcome: "batch", batchId });
  if (requestKey !== undefined) await settleKey(client, batch, requestKey, batchId);
}

/** Opens a failed batch again, unless another of its calculation runs by now. */
export async function retryClusterBatch(
  client: ClientBase,
  batchId: string,
  batch: Pick<ClusterBatch, "uid" | "installation">,
): Promise<void> {
  await client.query("SELECT pg_advisory_lock($1, hashtext($2))", [START_LOCK, batch.installation]);
  try {
    const { rows } = await client.query("SELECT calculation FROM climatebatch.batches WHERE batch_id = $1", [batchId]);
    await refuseBesideOthers(client, batch, rows[0].calculation);
    await reopenBatch(client, batchId);
  } finally {
    await client.query("SELECT pg_advisory_unlock($1, hashtext($2))", [START_LOCK, batch.installation]);
  }
}

/** The operator has looked before; but what it looked at may be a moment old. */
async function refuseBesideOthers(
  client: ClientBase,
  { uid, installation }: Pick<ClusterBatch, "uid" | "installation">,
  calculation: CalculationRequest,
): Promise<void> {
  const { rows } = await client.query<{ batch_id: string; calculation: CalculationRequest }>(
    `SELECT batch_id, calculation FROM climatebatch.batches
     WHERE installation = $1 AND state = 'running' AND climate_batch_uid <> $2`,
    [installation, uid],
  );
  const own = calculationsOf(calculation);
  const other = rows.find((row) => calculationsOf(row.calculation).some((one) => own.includes(one)));
  if (other !== undefined) throw new TransientError(`batch ${other.batch_id} of the same calculation began meanwhile`);
}

/** From now on the key belongs to this batch: to the request that brought it, or to one recorded as answered. */
async function settleKey(client: ClientBase, batch: ClusterBatch, requestKey: string, batchId: string): Promise<void> {
  const { installation, name } = batch;
  const { rows } = await client.query(
    `WITH key AS (INSERT INTO climatebatch.batch_request_keys (request_key) VALUES ($1) ON CONFLICT DO NOTHING RETURNING request_key)
     SELECT EXISTS (SELECT FROM key) AS "isNew"`,
    [requestKey],
  );
  if (rows[0].isNew) {
    await client.query(
      `WITH request AS (
         INSERT INTO climatebatch.batch_requests (calculation, source, state, claimed_by, claimed_at, climate_batch, batch_id, outcome, finished_at)
         SELECT calculation, 'cli', 'finished', $3, clock_timestamp(), $4, batch_id, 'batch', clock_timestamp()
         FROM climatebatch.batches WHERE batch_id = $2 RETURNING request_id)
       UPDATE climatebatch.batch_request_keys SET request_id = request.request_id FROM request WHERE request_key = $1`,
      [requestKey, batchId, installation, name],
    );
    return;
  }
  const settled = await client.query(
    `UPDATE climatebatch.batch_requests AS r SET state = 'finished', outcome = 'batch', batch_id = $2, reason = NULL, message = NULL,
       claimed_by = $3, claimed_at = coalesce(claimed_at, clock_timestamp()), climate_batch = $4, finished_at = clock_timestamp()
     FROM climatebatch.batch_request_keys AS k
     WHERE k.request_key = $1 AND r.request_id = k.request_id
       AND (r.batch_id = $2 OR (r.batch_id IS NULL AND (r.claimed_by IS NULL OR r.claimed_by = $3 OR r.state = 'finished')))`,
    [requestKey, batchId, installation, name],
  );
  if (settled.rowCount === 1) return;
  throw new TransientError(`request key "${requestKey}" was answered, or claimed by another installation, meanwhile`);
}

/**
 * Claims waiting requests, oldest first, but none of what this installation has claimed and not planned yet: while one batch
 * waits for its turn, further requests for the same wait, and coalesce, in the database.
 */
export async function claimAnswerableRequests(client: ClientBase, installation: string, limit: number): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT w.request_id AS id FROM climatebatch.batch_requests AS w
     WHERE w.state = 'waiting' AND NOT EXISTS (
       SELECT FROM climatebatch.batch_requests AS c
       WHERE c.state = 'claimed' AND c.claimed_by = $1 AND c.calculation = w.calculation AND c.options = w.options)
     ORDER BY w.request_id LIMIT $2`,
    [installation, limit],
  );
  await claimRequests(
    client,
    installation,
    rows.map(({ id }) => id),
  );
}
