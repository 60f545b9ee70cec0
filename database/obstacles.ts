// Why a batch of this machine does not move, as far as the database shows it.
import type { ClientBase } from "pg";
import { RUNNER_LOCK } from "./batches.ts";
import { SQLSTATE_TROUBLES } from "./troubles.ts";

export interface BatchObstacle {
  /** One CamelCase word, the same as in the conditions of a ClimateBatch where it exists there. */
  readonly reason: string;
  readonly message: string;
}

/** null: it has ended, or nothing known is in its way. A session that made itself read-only does not count as an obstacle. */
export async function findBatchObstacle(client: ClientBase, batchId: string): Promise<BatchObstacle | null> {
  const { rows } = await client.query<{
    isReadOnly: boolean;
    climateBatch: string | null;
    isRun: boolean;
    failed: { shard: number; reason: string; message: string } | null;
  }>(
    `SELECT pg_is_in_recovery() OR (SELECT reset_val = 'on' FROM pg_settings WHERE name = 'default_transaction_read_only') AS "isReadOnly",
       b.climate_batch AS "climateBatch",
       EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = $2 AND objid = b.batch_id % 2147483648
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS "isRun",
       (SELECT jsonb_build_object('shard', shard, 'reason', error_reason, 'message', error_message) FROM climatebatch.batch_shards AS s
        WHERE s.batch_id = b.batch_id AND s.state = 'failed' AND s.error_message IS NOT NULL ORDER BY s.finished_at DESC NULLS LAST, shard LIMIT 1) AS failed
     FROM climatebatch.batches AS b WHERE b.batch_id = $1 AND b.state = 'running'`,
    [batchId, RUNNER_LOCK],
  );
  const batch = rows[0];
  if (batch === undefined) return null;
  if (batch.isReadOnly) {
    const { meaning } = SQLSTATE_TROUBLES["25006"]!;
    return { reason: "DatabaseReadOnly", message: `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}.` };
  }
  if (batch.climateBatch !== null)
    return {
      reason: "InCluster",
      message: `The operator runs it for the ClimateBatch ${batch.climateBatch}. What it waits for: climatebatch status --cluster`,
    };
  if (!batch.isRun)
    return {
      reason: "NoRunner",
      message:
        "No process runs it. Resume it: climatebatch run with the same options, or start climatebatch serve again.",
    };
  if (batch.failed === null) return null;
  const { shard, reason, message } = batch.failed;
  return { reason, message: `Shard ${shard} failed: ${message}` };
}
