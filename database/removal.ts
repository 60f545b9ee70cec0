// Removing what is stored: a batch with its results, a scenario or a grid with its series. Refused while anything uses it; each
// can be previewed.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { becomeRunner, endBatch } from "./batches.ts";
import { transaction } from "./connect.ts";
import { lockInputsForLoading } from "./inputLoading.ts";
import { lockPublications } from "./publish.ts";
import { dropUnusedTables, findScenarioTable, removeSeries } from "./scenarioTables.ts";
import { emptySlots } from "./slots.ts";

export const REMOVABLE = ["batch", "grid", "scenario"] as const;
export type Removable = (typeof REMOVABLE)[number];

/** How much is removed, by what it is. */
export type RemovedCounts = Readonly<Record<string, number>>;

/** Counts what would be removed, or removes it; refuses either way when it is in use. */
export async function remove(
  client: ClientBase,
  what: Removable,
  name: string,
  isPreview: boolean,
): Promise<RemovedCounts> {
  switch (what) {
    case "batch":
      return removeBatch(client, name, isPreview);
    case "grid":
      return transaction(client, () => removeGrid(client, name, isPreview));
    case "scenario": {
      const counts = await transaction(client, () => removeScenario(client, name, isPreview));
      if (!isPreview) await dropUnusedTables(client);
      return counts;
    }
    default:
      throw new Error(`not removable: ${what satisfies never}`);
  }
}

function inUse(message: string): RejectedError {
  return new RejectedError("InUse", message);
}

async function readCounts(client: ClientBase, sql: string, values: readonly unknown[]): Promise<RemovedCounts> {
  const { rows } = await client.query<Record<string, string>>(sql, [...values]);
  return Object.fromEntries(
    Object.entries(rows[0]!).map(([what, count]) => [what.replaceAll("_", " "), Number(count)]),
  );
}

/** Its records hold its history in `batch_job_logs`, so a request that it answered says what became of it. */
async function removeBatch(client: ClientBase, batchId: string, isPreview: boolean): Promise<RemovedCounts> {
  const counts = await transaction(client, async () => {
    await lockPublications(client);
    const { rows } = await client.query<{ state: string; published: boolean }>(
      `SELECT state, EXISTS (SELECT FROM climatebatch.publications AS p WHERE p.batch_id = b.batch_id) AS published
       FROM climatebatch.batches AS b WHERE batch_id = $1 FOR UPDATE`,
      [batchId],
    );
    const [batch] = rows;
    if (batch === undefined) throw unknownBatch(batchId);
    if (batch.state === "running")
      throw inUse(`Batch ${batchId} is unfinished. Cancel it first: climatebatch cancel ${batchId} --yes`);
    if (batch.published)
      throw inUse(`Batch ${batchId} is published. Publish another one first: climatebatch publish N`);
    const found = await readCounts(
      client,
      `SELECT (SELECT count(*) FROM climatebatch.batch_shards WHERE batch_id = $1) AS shards,
         (SELECT coalesce(sum(result_rows), 0) FROM climatebatch.batch_shards WHERE batch_id = $1
            AND EXISTS (SELECT FROM climatebatch.slots WHERE batch_id = $1)) AS result_rows,
         (SELECT count(*) FROM climatebatch.batch_requests WHERE batch_id = $1) AS answered_requests`,
      [batchId],
    );
    if (isPreview) return found;
    // From here on nothing publishes it.
    await client.query(
      "UPDATE climatebatch.batches SET state = 'cancelled', reason = 'Removed', message = 'it is being removed' WHERE batch_id = $1",
      [batchId],
    );
    await client.query("UPDATE climatebatch.slots SET emptied = false WHERE batch_id = $1", [batchId]);
    return found;
  });
  if (isPreview) return counts;
  await emptySlots(client, batchId);
  await transaction(client, async () => {
    await lockPublications(client);
    await client.query(
      `UPDATE climatebatch.publications AS p SET previous_slot = NULL
       FROM climatebatch.slots AS s WHERE s.batch_id = $1 AND (s.calculation, s.slot) = (p.calculation, p.previous_slot)`,
      [batchId],
    );
    await client.query("UPDATE climatebatch.slots SET batch_id = NULL WHERE batch_id = $1", [batchId]);
    await client.query(
      `UPDATE climatebatch.batch_requests SET batch_id = NULL, outcome = 'cancelled', reason = 'BatchRemoved',
         message = 'batch ' || $1 || ', which answered it, was removed' WHERE batch_id = $1::bigint`,
      [batchId],
    );
    for (const table of [
      "batch_inputs",
      "batch_shards",
      "rejected_cells",
      "rejected_counts",
      "batch_risks",
      "batch_rate_sets",
      "batches",
    ])
      await client.query(`DELETE FROM climatebatch.${table} WHERE batch_id = $1`, [batchId]);
  });
  return counts;
}

async function removeScenario(client: ClientBase, name: string, isPreview: boolean): Promise<RemovedCounts> {
  const input = `climate_data/${name}`;
  await lockInputsForLoading(client, [input]);
  const { rows } = await client.query<{ id: number; children: string[] | null }>(
    `SELECT scenario_id AS id, (SELECT array_agg(c.name ORDER BY c.name) FROM climatebatch.scenarios AS c WHERE c.parent_id = s.scenario_id) AS children
     FROM climatebatch.scenarios AS s WHERE name = $1`,
    [name],
  );
  const [scenario] = rows;
  if (scenario === undefined)
    throw new RejectedError("UnknownScenario", `There is no scenario "${name}". List scenarios: climatebatch scenario`);
  if (scenario.children !== null)
    throw inUse(`The scenario "${name}" is the parent of ${scenario.children.join(", ")}. Remove those first.`);
  await refuseBatches(
    client,
    `the scenario "${name}"`,
    `specification -> 'scenarios' ? $1 OR batch_id IN (SELECT batch_id FROM climatebatch.batch_inputs WHERE input = $2)`,
    [name, input],
    "held",
  );
  const table = await findScenarioTable(client, scenario.id);
  const bytes: RemovedCounts = table === null ? {} : { bytes: table.bytes };
  // Counting the rows of a country takes minutes, and dropping its table does not.
  const isCounted = isPreview || table === null;
  const counts = isCounted ? { ...(await countSeries(client, scenario.id)), ...bytes } : bytes;
  if (isPreview) return counts;
  await client.query("UPDATE climatebatch.publications SET shown_scenario_id = NULL WHERE shown_scenario_id = $1", [
    scenario.id,
  ]);
  await client.query("SELECT set_config('climatebatch.loading', $1, true)", [input]);
  for (const table of ["basin_sets", "derived_series", "scenarios"])
    await client.query(`DELETE FROM climatebatch.${table} WHERE scenario_id = $1`, [scenario.id]);
  await removeSeries(client, scenario.id, table);
  return counts;
}

function countSeries(client: ClientBase, scenarioId: number): Promise<RemovedCounts> {
  return readCounts(
    client,
    `SELECT (SELECT count(*) FROM climatebatch.climate_data WHERE scenario_id = $1) AS series_years,
       (SELECT count(DISTINCT cell_id) FROM climatebatch.climate_data WHERE scenario_id = $1) AS cells`,
    [scenarioId],
  );
}

async function removeGrid(client: ClientBase, name: string, isPreview: boolean): Promise<RemovedCounts> {
  await lockInputsForLoading(client, [`grid/${name}`]);
  const { rows } = await client.query<{ id: number; users: string[] | null }>(
    `SELECT grid_id AS id, (SELECT array_agg(DISTINCT u.name ORDER BY u.name) FROM climatebatch.grid_links AS l
       JOIN climatebatch.grids AS u ON u.grid_id = l.grid_id WHERE l.source_grid_id = g.grid_id) AS users
     FROM climatebatch.grids AS g WHERE name = $1`,
    [name],
  );
  const [grid] = rows;
  if (grid === undefined)
    throw new RejectedError("UnknownGrid", `There is no grid "${name}". List grids: climatebatch data`);
  if (grid.users !== null)
    throw inUse(
      `The grid "${name}" gives its series to ${grid.users.join(", ")} (climatebatch link). Remove those first.`,
    );
  await refuseBatches(client, `the grid "${name}"`, "grid_id = $1", [grid.id], "any");
  const counts = await readCounts(
    client,
    `SELECT count(*) AS cells, (SELECT count(*) FROM climatebatch.climate_data AS d JOIN climatebatch.grid_cells USING (cell_id) WHERE grid_id = $1) AS series_years
     FROM climatebatch.grid_cells WHERE grid_id = $1`,
    [grid.id],
  );
  if (isPreview) return counts;
  const ofGrid = "cell_id IN (SELECT cell_id FROM climatebatch.grid_cells WHERE grid_id = $1)";
  for (const sql of [
    `climate_data WHERE ${ofGrid}`,
    `cell_sources WHERE ${ofGrid}`,
    "grid_links WHERE grid_id = $1",
    "derived_series WHERE grid_id = $1",
    "basin_sets WHERE grid_id = $1",
    "grid_cells WHERE grid_id = $1",
    "grids WHERE grid_id = $1",
  ])
    await client.query(`DELETE FROM climatebatch.${sql}`, [grid.id]);
  await client.query("DELETE FROM climatebatch.derived_inputs WHERE derived = 'sea_connections/' || $1::text", [name]);
  await client.query("DELETE FROM climatebatch.predecessor_imports WHERE grid = $1", [name]);
  return counts;
}

/** `which`: batches that are unfinished or whose results are held, or any record of one. */
async function refuseBatches(
  client: ClientBase,
  what: string,
  condition: string,
  values: readonly unknown[],
  which: "held" | "any",
): Promise<void> {
  const held =
    "(state = 'running' OR batch_id IN (SELECT batch_id FROM climatebatch.slots WHERE batch_id IS NOT NULL))";
  const { rows } = await client.query<{ batch: string }>(
    `SELECT batch_id AS batch FROM climatebatch.batches WHERE (${condition})${which === "held" ? ` AND ${held}` : ""} ORDER BY batch_id`,
    [...values],
  );
  if (rows.length === 0) return;
  const batches = rows.map(({ batch }) => batch);
  const [subject, them] =
    batches.length === 1 ? [`Batch ${batches[0]} is`, "it"] : [`Batches ${batches.join(", ")} are`, "each"];
  throw inUse(`${subject} computed from ${what}. Remove ${them} first: climatebatch remove batch ${batches[0]} --yes`);
}

function unknownBatch(batchId: string): RejectedError {
  return new RejectedError("UnknownBatch", `There is no batch ${batchId}. List batches: climatebatch status`);
}

/** Ends an unfinished batch that no process runs. What its shards wrote stays until another batch needs the slot. */
export async function cancelBatch(client: ClientBase, batchId: string, isPreview: boolean): Promise<RemovedCounts> {
  return transaction(client, async () => {
    const { rows } = await client.query<{ state: string; installation: string | null }>(
      "SELECT state, installation FROM climatebatch.batches WHERE batch_id = $1 FOR UPDATE",
      [batchId],
    );
    const [batch] = rows;
    if (batch === undefined) throw unknownBatch(batchId);
    if (batch.state !== "running")
      throw new RejectedError("NotRunning", `Batch ${batchId} is ${batch.state}: there is nothing to cancel.`);
    if (batch.installation !== null)
      throw inUse(
        `Batch ${batchId} belongs to the installation "${batch.installation}" in a cluster. Delete its ClimateBatch: kubectl get climatebatches, kubectl delete climatebatch NAME`,
      );
    if (!(await becomeRunner(client, batchId)))
      throw inUse(
        `Batch ${batchId} is being run by another process. Stop that process first: Ctrl-C, or SIGTERM to serve.`,
      );
    const counts = await readCounts(
      client,
      `SELECT count(*) AS shards, count(*) FILTER (WHERE state = 'done') AS finished_shards
       FROM climatebatch.batch_shards WHERE batch_id = $1`,
      [batchId],
    );
    if (!isPreview)
      await endBatch(client, batchId, "cancelled", {
        reason: "Cancelled",
        message: "cancelled by climatebatch cancel",
      });
    return counts;
  });
}
