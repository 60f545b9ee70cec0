// What people ask about batches: the list, one in detail, what went wrong in it, and which requests wait.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import type { BatchSpecification } from "../model/specification.ts";

export interface BatchLine {
  readonly batchId: string;
  readonly calculation: string;
  /** running, complete, failed or cancelled */
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly grid: string;
  readonly cells: number;
  readonly cellsDone: number;
  readonly shards: number;
  readonly shardsDone: number;
  readonly shardsFailed: number;
  readonly rejectedCells: number;
  readonly resultRows: number;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  /** Calculations whose published results are this batch's. */
  readonly published: readonly string[];
  readonly specification: BatchSpecification;
}

const BATCH_LINES = `SELECT b.batch_id AS "batchId", b.calculation, b.state, b.reason, b.message, g.name AS grid, b.cells::int,
    s.*, b.started_at AS "startedAt", b.finished_at AS "finishedAt", b.specification,
    ARRAY(SELECT p.calculation FROM climatebatch.publications AS p WHERE p.batch_id = b.batch_id ORDER BY 1) AS published
  FROM climatebatch.batches AS b JOIN climatebatch.grids AS g USING (grid_id), LATERAL (
    SELECT coalesce(sum(cells) FILTER (WHERE state = 'done'), 0)::int AS "cellsDone", count(*)::int AS shards,
      (count(*) FILTER (WHERE state = 'done'))::int AS "shardsDone", (count(*) FILTER (WHERE state = 'failed'))::int AS "shardsFailed",
      coalesce(sum(rejected_cells), 0)::int AS "rejectedCells", coalesce(sum(result_rows), 0)::float8 AS "resultRows"
    FROM climatebatch.batch_shards AS s WHERE s.batch_id = b.batch_id) AS s`;

/** The latest first; `before`: only those that began before this one. */
export async function readRecentBatches(client: ClientBase, limit: number, before?: string): Promise<BatchLine[]> {
  const { rows } = await client.query(
    `${BATCH_LINES} WHERE $2::bigint IS NULL OR b.batch_id < $2 ORDER BY b.batch_id DESC LIMIT $1`,
    [limit, before ?? null],
  );
  return rows;
}

export async function readBatch(client: ClientBase, batchId: string): Promise<BatchLine> {
  const { rows } = await client.query(`${BATCH_LINES} WHERE b.batch_id = $1`, [batchId]);
  if (rows[0] === undefined) {
    throw new RejectedError("UnknownBatch", `There is no batch ${batchId}. List them: climatebatch status`);
  }
  return rows[0];
}

export interface ShardLine {
  readonly shard: number;
  readonly state: string;
  readonly attempt: number;
  readonly cells: number;
  readonly worker: string | null;
  readonly seconds: number | null;
  readonly reason: string | null;
  readonly message: string | null;
}

export interface RejectedInput {
  readonly rejectedCounts: readonly { readonly risk: string; readonly reason: string; readonly cells: number }[];
  readonly rejectedCells: readonly {
    readonly risk: string;
    readonly scenario: string;
    readonly latitude: number;
    readonly longitude: number;
    readonly reason: string;
    readonly detail: string;
  }[];
}

/** From the shard `first` on. */
export async function readShards(
  client: ClientBase,
  batchId: string,
  { first = 0, limit }: { readonly first?: number; readonly limit?: number } = {},
): Promise<ShardLine[]> {
  const { rows } = await client.query(
    `SELECT shard, state, attempt, cells, worker, extract(epoch FROM finished_at - started_at)::float8 AS seconds,
       error_reason AS reason, error_message AS message
     FROM climatebatch.batch_shards WHERE batch_id = $1 AND shard >= $2 ORDER BY shard LIMIT $3`,
    [batchId, first, limit ?? null],
  );
  return rows;
}

/** Counts of all rejected cells, and the cells up to the limit. */
export async function readRejected(client: ClientBase, batchId: string, limit: number): Promise<RejectedInput> {
  const counts = await client.query(
    `SELECT risk::text, reason, sum(cells)::int AS cells FROM climatebatch.rejected_counts WHERE batch_id = $1
     GROUP BY risk, reason ORDER BY risk, reason`,
    [batchId],
  );
  const cells = await client.query(
    `SELECT r.risk::text, s.name AS scenario, c.latitude, c.longitude, r.reason, r.detail
     FROM climatebatch.rejected_cells AS r JOIN climatebatch.grid_cells AS c USING (cell_id) JOIN climatebatch.scenarios AS s USING (scenario_id)
     WHERE r.batch_id = $1 ORDER BY c.latitude, c.longitude, r.risk, s.name LIMIT $2`,
    [batchId, limit],
  );
  return { rejectedCounts: counts.rows, rejectedCells: cells.rows };
}

export interface RequestLine {
  readonly requestId: string;
  readonly calculation: string;
  readonly source: string;
  readonly state: "waiting" | "claimed" | "finished";
  readonly requestedAt: Date;
  /** Further requests that are answered with this one. */
  readonly coalesced: number;
  readonly claimedBy: string | null;
  readonly climateBatch: string | null;
  readonly batchId: string | null;
  readonly outcome: "batch" | "failed" | "cancelled" | null;
  readonly reason: string | null;
  readonly message: string | null;
}

/** Those that wait or are claimed in their order, then the finished ones, the latest first. */
export async function readRequests(client: ClientBase, limit: number): Promise<RequestLine[]> {
  const { rows } = await client.query(
    `SELECT request_id AS "requestId", calculation, source, state, requested_at AS "requestedAt", coalesced,
       claimed_by AS "claimedBy", climate_batch AS "climateBatch", batch_id AS "batchId", outcome, reason, message
     FROM climatebatch.batch_requests
     ORDER BY state = 'finished', CASE state WHEN 'finished' THEN -request_id ELSE request_id END LIMIT $1`,
    [limit],
  );
  return rows;
}
