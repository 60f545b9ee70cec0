// A batch in the making: its inputs pinned, its cells cut into shards, its slots reserved. And the way back: an unfinished batch
// of the same specification and inputs.
import type { ClientBase } from "pg";
import { calculationsOf } from "../model/calculations.ts";
import { RejectedError, TransientError } from "../model/errors.ts";
import { type BatchSpecification, specificationKey } from "../model/specification.ts";
import { checkBasins } from "./basinWater.ts";
import { hasLinks } from "./cellSources.ts";
import { hasSeries } from "./climateReader.ts";
import { inputsOf, lockInputs } from "./inputRevisions.ts";
import { LASTING_REFUSALS } from "./publish.ts";
import { readScenarioSeries, scenarioIdsOf } from "./scenarios.ts";
import { refuseStaleSeaWays } from "./seaConnections.ts";
import { reserveSlot } from "./slots.ts";

/** A Kubernetes Indexed Job with per-index backoff stays well behaved up to here. */
const MAX_SHARDS = 10_000;
/** By default a shard has at most this many cells: minutes of a core, so that a retry costs little. */
const DEFAULT_CELLS_PER_SHARD = 1_000;
/** … at least this many, so that starting a process is small beside its work … */
const SMALLEST_DEFAULT_SHARD = 16;
/** … and in between so few that each worker gets several: none idles long at the end. */
const SHARDS_PER_WORKER = 4;

export interface PlannedBatch {
  readonly batchId: string;
  readonly cells: number;
  readonly shards: number;
  /** Shards that are already done: more than none for a batch that is resumed. */
  readonly doneShards: number;
  /** Why its publication was refused, once all was computed. */
  readonly refusal?: string;
}

export interface ShardOptions {
  /** null: by the number of cells and parallelism. */
  readonly cellsPerShard: number | null;
  readonly parallelism: number;
  readonly maxRejectedCells: number | null;
}

/** Inside the caller's transaction, which holds `lockPublications`. */
export async function planBatch(
  client: ClientBase,
  specification: BatchSpecification,
  options: ShardOptions,
): Promise<PlannedBatch> {
  const { inputs } = await readInputs(client, specification);
  const revisions = await lockInputs(client, inputs);
  await refuseStaleSeaWays(client, specification);
  // Again, now that nothing can change them: an ingest may have committed before the lock, and have added a parent.
  const locked = await readInputs(client, specification);
  if (locked.inputs.join() !== inputs.join())
    throw new TransientError("the inputs of the request changed while it was planned");
  const { rows } = await client.query<{ batch_id: string }>(
    `INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id, max_rejected_cells)
       SELECT $1, $2, $3, grid_id, $4 FROM climatebatch.grids WHERE name = $5 RETURNING batch_id`,
    [
      specification.calculation,
      specification,
      specificationKey(specification),
      options.maxRejectedCells,
      specification.grid,
    ],
  );
  const batchId = rows[0]!.batch_id;
  await client.query(
    "INSERT INTO climatebatch.batch_inputs (batch_id, input, revision) SELECT $1, * FROM unnest($2::text[], $3::bigint[])",
    [batchId, [...revisions.keys()], [...revisions.values()]],
  );
  const linked = await hasLinks(client, specification.grid);
  const planned = await cutShards(client, batchId, scenarioIdsOf(locked.series), linked, options);
  if (planned.cells === 0) {
    throw new RejectedError(
      "NoData",
      `No cell of the grid "${specification.grid}" has a series of ${specification.scenarios.join(", ")}. Load some: climatebatch load climate FILE --scenario ${specification.scenarios[0]} --grid ${specification.grid}`,
    );
  }
  if (planned.shards > MAX_SHARDS) {
    throw new RejectedError(
      "TooManyShards",
      `${planned.cells} cells would be ${planned.shards} shards, but a batch has at most ${MAX_SHARDS}. ` +
        `Give --cells-per-shard ${Math.ceil(planned.cells / MAX_SHARDS)} or more.`,
    );
  }
  for (const calculation of calculationsOf(specification.calculation)) await reserveSlot(client, calculation, batchId);
  return { batchId, ...planned, doneShards: 0 };
}

/** What the batch reads, by the names under which it is pinned. */
async function readInputs(client: ClientBase, specification: BatchSpecification) {
  const series = await readScenarioSeries(client, specification.scenarios);
  const basins = await checkBasins(client, specification, series);
  return { series, inputs: [...inputsOf(specification, series), ...basins].sort() };
}

/** Contiguous ranges of the cells that have any input, in order of cell_id. */
async function cutShards(
  client: ClientBase,
  batchId: string,
  scenarioIds: readonly number[],
  linked: boolean,
  { cellsPerShard, parallelism }: ShardOptions,
): Promise<{ cells: number; shards: number }> {
  await client.query(
    `INSERT INTO climatebatch.batch_shards (batch_id, shard, first_cell, last_cell, cells, job_index)
     SELECT $1, shard, min(cell_id), max(cell_id), count(*), shard
     FROM (
       SELECT cell_id, ((number - 1) / coalesce($3, greatest($4, least($5, ceil(total / $6::numeric)))::bigint))::integer AS shard
       FROM (
         SELECT c.cell_id, row_number() OVER (ORDER BY c.cell_id) AS number, count(*) OVER () AS total
         FROM climatebatch.grid_cells AS c JOIN climatebatch.batches AS b ON b.grid_id = c.grid_id AND b.batch_id = $1
         WHERE ${hasSeries("c.cell_id", "$2", linked)}
       ) AS numbered
     ) AS sharded GROUP BY shard`,
    [
      batchId,
      scenarioIds,
      cellsPerShard,
      SMALLEST_DEFAULT_SHARD,
      DEFAULT_CELLS_PER_SHARD,
      parallelism * SHARDS_PER_WORKER,
    ],
  );
  const { rows } = await client.query<{ cells: string; shards: number }>(
    `UPDATE climatebatch.batches AS b SET cells = n.cells
     FROM (SELECT coalesce(sum(cells), 0) AS cells, count(*)::int AS shards FROM climatebatch.batch_shards WHERE batch_id = $1) AS n
     WHERE b.batch_id = $1 RETURNING b.cells, n.shards`,
    [batchId],
  );
  return { cells: Number(rows[0]!.cells), shards: rows[0]!.shards };
}

/** The newest unfinished batch of the same specification and inputs, except those of a cluster. */
export function findUnfinishedBatch(
  client: ClientBase,
  specification: BatchSpecification,
): Promise<PlannedBatch | null> {
  return findEqualBatch(client, specification, "b.state = 'running' AND b.installation IS NULL", []);
}

/**
 * The newest complete batch of the same specification and inputs, of this installation (null: of this machine), whose publication
 * was refused and whose rows are there: computing it again would come to the same end.
 */
export function findRefusedBatch(
  client: ClientBase,
  specification: BatchSpecification,
  {
    installation,
    maxRejectedCells,
  }: { readonly installation: string | null; readonly maxRejectedCells: number | null },
): Promise<PlannedBatch | null> {
  const isRefused = `b.state = 'complete' AND b.reason = ANY ($2)
    AND b.installation IS NOT DISTINCT FROM $3 AND b.max_rejected_cells IS NOT DISTINCT FROM $5
    AND (SELECT count(*) FROM climatebatch.slots AS k WHERE k.batch_id = b.batch_id AND k.emptied) = $4`;
  const slots = calculationsOf(specification.calculation).length;
  return findEqualBatch(client, specification, isRefused, [LASTING_REFUSALS, installation, slots, maxRejectedCells]);
}

async function findEqualBatch(
  client: ClientBase,
  specification: BatchSpecification,
  where: string,
  values: readonly unknown[],
): Promise<PlannedBatch | null> {
  const { rows } = await client.query<{
    batch_id: string;
    reason: string | null;
    cells: string;
    shards: number;
    done: number;
  }>(
    `SELECT b.batch_id, b.reason, b.cells, count(*)::int AS shards, (count(*) FILTER (WHERE s.state = 'done'))::int AS done
     FROM climatebatch.batches AS b JOIN climatebatch.batch_shards AS s USING (batch_id)
     WHERE b.specification_key = $1 AND ${where} AND NOT EXISTS (
       SELECT FROM climatebatch.batch_inputs AS i JOIN climatebatch.input_revisions AS r USING (input)
       WHERE i.batch_id = b.batch_id AND i.revision <> r.revision)
     GROUP BY b.batch_id ORDER BY b.batch_id DESC LIMIT 1`,
    [specificationKey(specification), ...values],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { batch_id: batchId, cells, shards, done, reason } = row;
  return { batchId, cells: Number(cells), shards, doneShards: done, ...(reason !== null && { refusal: reason }) };
}
