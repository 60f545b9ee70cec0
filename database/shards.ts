// The life of one shard: claimed by an attempt, finished by that attempt or not at all, failed with a reason.
import type { ClientBase } from "pg";
import { type Calculation, calculationsOf } from "../model/calculations.ts";
import { RejectedError, TransientError } from "../model/errors.ts";
import type { Risk } from "../model/risks.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { findChangedInputs } from "./inputRevisions.ts";

export interface ClaimedShard {
  readonly batchId: string;
  readonly shard: number;
  /** Ours; a later claim makes it stale. */
  readonly attempt: number;
  readonly firstCell: number;
  readonly lastCell: number;
  readonly cells: number;
  readonly specification: BatchSpecification;
  /** The slot to load, per calculation of the batch. */
  readonly slots: ReadonlyMap<Calculation, number>;
  readonly maxRejectedCells: number | null;
}

/** The shard of this Job attempt and completion index, claimed; null when it is already done. Commits before the work starts. */
export async function claimShard(
  client: ClientBase,
  {
    batchId,
    jobAttempt,
    completionIndex,
    worker,
  }: { batchId: string; jobAttempt: number; completionIndex: number; worker: string },
): Promise<ClaimedShard | null> {
  const where = [batchId, jobAttempt, completionIndex];
  const found = await client.query(
    `SELECT s.shard, s.state, b.state AS batch_state, b.specification, b.max_rejected_cells
     FROM climatebatch.batch_shards AS s JOIN climatebatch.batches AS b USING (batch_id)
     WHERE batch_id = $1 AND s.job_attempt = $2 AND job_index = $3`,
    where,
  );
  const row = found.rows[0];
  if (row === undefined) {
    throw new RejectedError(
      "UnknownShard",
      `Batch ${batchId} has no shard for attempt ${jobAttempt} and completion index ${completionIndex}.`,
    );
  }
  if (row.state === "done") return null;
  if (row.batch_state !== "running") {
    throw new RejectedError(
      "BatchNotRunning",
      `Batch ${batchId} is ${row.batch_state}: its shards have no more work to do.`,
    );
  }
  const claimed = await client.query(
    `UPDATE climatebatch.batch_shards
     SET attempt = attempt + 1, state = 'running', worker = $4, started_at = now(), finished_at = NULL, error_reason = NULL, error_message = NULL
     WHERE batch_id = $1 AND job_attempt = $2 AND job_index = $3 AND state <> 'done'
     RETURNING shard, attempt, first_cell, last_cell, cells`,
    [...where, worker],
  );
  const claim = claimed.rows[0];
  // It was finished, or renumbered by a retry, since it was read: a new try reads which.
  if (claim === undefined) throw new TransientError(`the shard was finished or renumbered while it was claimed`);
  const specification = row.specification as BatchSpecification;
  return {
    batchId,
    shard: claim.shard,
    attempt: claim.attempt,
    firstCell: claim.first_cell,
    lastCell: claim.last_cell,
    cells: claim.cells,
    specification,
    slots: await readSlots(client, batchId, specification),
    maxRejectedCells: row.max_rejected_cells === null ? null : Number(row.max_rejected_cells),
  };
}

async function readSlots(
  client: ClientBase,
  batchId: string,
  { calculation }: BatchSpecification,
): Promise<ReadonlyMap<Calculation, number>> {
  const { rows } = await client.query<{ calculation: Calculation; slot: number; emptied: boolean }>(
    "SELECT calculation, slot, emptied FROM climatebatch.slots WHERE batch_id = $1",
    [batchId],
  );
  const slots = new Map(rows.map((row) => [row.calculation, row.slot]));
  for (const needed of calculationsOf(calculation)) {
    if (!slots.has(needed))
      throw new RejectedError(
        "BatchNotRunning",
        `Batch ${batchId} no longer owns a slot for ${needed} results. Start a new batch.`,
      );
  }
  if (rows.some(({ emptied }) => !emptied)) throw new TransientError(`the slots of batch ${batchId} are not empty yet`);
  return slots;
}

export function inputChanged(changed: readonly string[]): RejectedError {
  return new RejectedError(
    "InputChanged",
    `The input changed after the batch was planned: ${changed.join("; ")}. Its results would mix two states; start a new batch.`,
  );
}

export interface RejectedCell {
  readonly cellId: number;
  readonly scenarioId: number;
  readonly risk: Risk;
  readonly reason: string;
  readonly detail: string;
}

export interface RejectedCount {
  readonly risk: Risk;
  readonly reason: string;
  readonly cells: number;
}

export interface ShardOutcome {
  readonly resultRows: number;
  /** Cells with at least one rejection. */
  readonly rejectedCells: number;
  /** A sample, capped by the caller. */
  readonly rejections: readonly RejectedCell[];
  readonly rejectedCounts: readonly RejectedCount[];
  /** Why inputs came from the primary although standbys are configured; null: they did not. */
  readonly replicaTrouble: string | null;
}

/** lost: another attempt finished or took over, roll back. tooManyRejectedCells: this shard is done, but the batch cannot be. */
export type ShardEnd = "done" | "lost" | "tooManyRejectedCells";

/**
 * The last statements of the shard's one transaction: the batch still wants it, the inputs are still the pinned ones, and
 * this attempt is still the latest.
 */
export async function finishShard(client: ClientBase, shard: ClaimedShard, outcome: ShardOutcome): Promise<ShardEnd> {
  const { batchId } = shard;
  // Inputs before batches, as everywhere: ingest holds the first while it fails the second.
  const changed = await findChangedInputs(client, batchId, "lock");
  const batch = await client.query("SELECT state FROM climatebatch.batches WHERE batch_id = $1 FOR SHARE", [batchId]);
  const state = batch.rows[0]?.state;
  if (state !== "running")
    throw new RejectedError(
      "BatchNotRunning",
      `Batch ${batchId} is ${state}: this shard's results are not wanted any more.`,
    );
  if (changed.length > 0) throw inputChanged(changed);
  const { rowCount } = await client.query(
    `UPDATE climatebatch.batch_shards
     SET state = 'done', finished_at = clock_timestamp(), result_rows = $4, rejected_cells = $5, replica_trouble = $6
     WHERE batch_id = $1 AND shard = $2 AND attempt = $3 AND state <> 'done'`,
    [batchId, shard.shard, shard.attempt, outcome.resultRows, outcome.rejectedCells, outcome.replicaTrouble],
  );
  if (rowCount === 0) return "lost";
  if (outcome.rejectedCounts.length === 0) return "done";
  await recordRejections(client, shard, outcome);
  return (await countRejectedCells(client, batchId)) > (shard.maxRejectedCells ?? Number.POSITIVE_INFINITY)
    ? "tooManyRejectedCells"
    : "done";
}

async function recordRejections(
  client: ClientBase,
  { batchId, shard }: ClaimedShard,
  outcome: ShardOutcome,
): Promise<void> {
  await client.query(
    `INSERT INTO climatebatch.rejected_cells (batch_id, shard, cell_id, scenario_id, risk, reason, detail)
     SELECT $1, $2, * FROM json_to_recordset($3) AS r ("cellId" int, "scenarioId" smallint, risk climatebatch.risk, reason text, detail text)`,
    [batchId, shard, JSON.stringify(outcome.rejections)],
  );
  await client.query(
    `INSERT INTO climatebatch.rejected_counts (batch_id, shard, risk, reason, cells)
     SELECT $1, $2, * FROM json_to_recordset($3) AS r (risk climatebatch.risk, reason text, cells bigint)`,
    [batchId, shard, JSON.stringify(outcome.rejectedCounts)],
  );
}

/** Over the shards that are done. */
export async function countRejectedCells(client: ClientBase, batchId: string): Promise<number> {
  const { rows } = await client.query(
    "SELECT coalesce(sum(rejected_cells), 0)::int AS rejected FROM climatebatch.batch_shards WHERE batch_id = $1",
    [batchId],
  );
  return rows[0].rejected;
}

export function tooManyRejectedCells(batchId: string, rejected: number, most: number): RejectedError {
  return new RejectedError(
    "TooManyRejectedCells",
    `${rejected} cells have implausible input, but the batch allows ${most}. climatebatch logs ${batchId} lists them with the reasons; correct the input, or allow more with --max-rejected-cells.`,
  );
}

/** Records why this attempt failed; false when a later attempt has taken over and its word counts. */
export async function failShard(
  client: ClientBase,
  shard: Pick<ClaimedShard, "batchId" | "shard" | "attempt">,
  reason: string,
  message: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE climatebatch.batch_shards SET state = 'failed', finished_at = now(), error_reason = $4, error_message = $5
     WHERE batch_id = $1 AND shard = $2 AND attempt = $3 AND state <> 'done'`,
    [shard.batchId, shard.shard, shard.attempt, reason, message],
  );
  return rowCount === 1;
}
