// What monitoring asks of the database: batches, shards, requests and publications as a few numbers, in one statement.
// By calculation and state only: nothing here grows with the batches that ever were.
import type { ClientBase } from "pg";
import type { Calculation, CalculationRequest } from "../model/calculations.ts";
import type { ReplicaTrouble } from "./replicas.ts";

type BatchState = "running" | "complete" | "failed" | "cancelled";
type ShardState = "pending" | "running" | "done" | "failed";

interface LastBatch {
  readonly calculation: CalculationRequest;
  readonly state: "complete" | "failed";
  readonly endedAtSeconds: number;
  /** Shards without results. */
  readonly failedShards: number;
  readonly rejectedCells: number;
  readonly resultRows: number;
  /** Why readers do not see it although it is complete; null: they do, did, or need not. */
  readonly refusal: string | null;
}

/** Instants are seconds since 1970. */
export interface Figures {
  readonly batches: readonly {
    readonly calculation: CalculationRequest;
    readonly state: BatchState;
    readonly count: number;
  }[];
  /** Of unfinished batches; a state that none is in is absent. */
  readonly shards: Readonly<Partial<Record<ShardState, number>>>;
  /** Shards of unfinished batches, and of those that ended last, that read the primary although standbys are configured: by the reason. */
  readonly readFromPrimary: Readonly<Partial<Record<ReplicaTrouble, number>>>;
  /** Of each calculation the batch that ended last; a cancelled one says nothing about how things are. */
  readonly lastEnded: readonly LastBatch[];
  /** When a batch of a yearly key was last begun. */
  readonly yearly: readonly { readonly calculation: CalculationRequest; readonly atSeconds: number }[];
  readonly publications: readonly { readonly calculation: Calculation; readonly atSeconds: number }[];
  readonly waitingRequests: number;
  /** Age [s] of the oldest request that no batch answers yet; 0 when there is none. */
  readonly oldestRequestSeconds: number;
  /** Share of PostgreSQL's queue of notifications that is in use, 0 to 1. */
  readonly notificationQueueRatio: number;
}

const FIGURES = `
SELECT json_build_object(
  'batches', (SELECT coalesce(json_agg(b), '[]') FROM (
    SELECT calculation, state, count(*) FROM climatebatch.batches GROUP BY calculation, state) AS b),
  'shards', (SELECT coalesce(json_object_agg(state, count), '{}') FROM (
    SELECT s.state, count(*) FROM climatebatch.batches AS b JOIN climatebatch.batch_shards AS s USING (batch_id)
    WHERE b.state = 'running' GROUP BY s.state) AS s),
  'readFromPrimary', (SELECT coalesce(json_object_agg(replica_trouble, count), '{}') FROM (
    SELECT s.replica_trouble, count(*) FROM climatebatch.batch_shards AS s
    WHERE s.replica_trouble IS NOT NULL AND s.batch_id IN (
      SELECT batch_id FROM climatebatch.batches WHERE state = 'running' UNION ALL (
        SELECT DISTINCT ON (calculation) batch_id FROM climatebatch.batches WHERE state IN ('complete', 'failed')
        ORDER BY calculation, finished_at DESC, batch_id DESC))
    GROUP BY s.replica_trouble) AS s),
  'lastEnded', (SELECT coalesce(json_agg(l), '[]') FROM (
    SELECT b.calculation, b.state, extract(epoch FROM b.finished_at)::float8 AS "endedAtSeconds",
      CASE WHEN b.state = 'complete' THEN nullif(b.reason, 'Superseded') END AS refusal, s.*
    FROM (SELECT DISTINCT ON (calculation) * FROM climatebatch.batches WHERE state IN ('complete', 'failed')
        ORDER BY calculation, finished_at DESC, batch_id DESC) AS b,
      LATERAL (SELECT count(*) FILTER (WHERE state <> 'done') AS "failedShards",
          coalesce(sum(rejected_cells), 0) AS "rejectedCells", coalesce(sum(result_rows), 0) AS "resultRows"
        FROM climatebatch.batch_shards WHERE batch_id = b.batch_id) AS s) AS l),
  'yearly', (SELECT coalesce(json_agg(y), '[]') FROM (
    SELECT b.calculation, extract(epoch FROM max(b.started_at))::float8 AS "atSeconds"
    FROM climatebatch.batch_request_keys AS k JOIN climatebatch.batch_requests AS r USING (request_id)
      JOIN climatebatch.batches AS b USING (batch_id)
    WHERE k.request_key LIKE 'yearly/%' GROUP BY b.calculation) AS y),
  'publications', (SELECT coalesce(json_agg(p), '[]') FROM (
    SELECT calculation, extract(epoch FROM published_at)::float8 AS "atSeconds"
    FROM climatebatch.publications WHERE batch_id IS NOT NULL) AS p),
  'waitingRequests', (SELECT count(*) FROM climatebatch.batch_requests WHERE state <> 'finished'),
  'oldestRequestSeconds', (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(requested_at)), 0)::float8
    FROM climatebatch.batch_requests WHERE state <> 'finished'),
  'notificationQueueRatio', pg_notification_queue_usage()) AS figures`;

export async function readFigures(client: Pick<ClientBase, "query">): Promise<Figures> {
  const { rows } = await client.query<{ figures: Figures }>(FIGURES);
  return rows[0]!.figures;
}
