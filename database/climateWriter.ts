// Writes series into climate_data in one transaction: the inputs locked, unfinished batches on them refused or failed,
// new values merged with stored ones. A new scenario's rows go into a table of its own, which becomes a part of it last.
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import {
  type ClimateYear,
  inOrderOfCells,
  inputOf,
  inTurns,
  type Load,
  type LoadOutcome,
  type LoadRequest,
  mergeYear,
  readStoredYears,
} from "./climateLoad.ts";
import { transaction } from "./connect.ts";
import { CopyEncoder } from "./copyBinary.ts";
import { addCells, advanceCellIds, findCells } from "./gridCells.ts";
import { findOrCreateScenario } from "./ingestTarget.ts";
import { failBatches, lockInputsForLoading, refuseUnfinishedBatches } from "./inputLoading.ts";
import { readRevision } from "./inputRevisions.ts";
import { scenarioTable } from "./scenarioTables.ts";

interface Target {
  readonly table: string;
  /** Of COPY. */
  readonly options: string;
}

const ALL_SCENARIOS: Target = { table: "climatebatch.climate_data", options: "FORMAT binary" };
const INCOMING: Target = { table: "incoming_climate", options: "FORMAT binary" };
const COLUMNS = "cell_id, scenario_id, year, variable, frequency, values";
const FLUSH_BYTES = 1 << 20;

export async function writeClimate(client: ClientBase, request: LoadRequest): Promise<LoadOutcome> {
  const { grid, series } = request;
  const input = inputOf(request);
  return transaction(client, async () => {
    const addsCells = (await findCells(client, grid, series.places)).some(Number.isNaN);
    const inputs = addsCells ? [input, `grid/${grid}`] : [input];
    await lockInputsForLoading(client, inputs);
    const batches = await refuseUnfinishedBatches(client, inputs, request.failRunningBatches);
    await client.query("SELECT set_config('climatebatch.loading', $1, true)", [input]);
    const { scenarioId, isNew } = await findOrCreateScenario(client, request.scenario, request.calendar);
    const cells = await findCells(client, grid, series.places);
    const newPlaces = series.places.filter((_, at) => Number.isNaN(cells[at]));
    if (newPlaces.length > 0) await addCells(client, grid, newPlaces);
    const cellIds = newPlaces.length > 0 ? await findCells(client, grid, series.places) : cells;
    const load = { ...request, scenarioId, cellIds };
    const counts =
      !isNew && (await hasStoredYears(client, load))
        ? await mergeRows(client, load)
        : await copyNewRows(client, load, isNew);
    const isChanged = counts.rowsWritten > 0 || newPlaces.length > 0;
    if (isChanged) {
      await failBatches(client, batches, input);
      await widenScenarioYears(client, load);
      await noteDerived(client, load);
    }
    const revision = await readRevision(client, input);
    // Loads of other new scenarios wait from here on.
    if (isNew) await client.query("SELECT climatebatch.attach_scenario_table($1)", [scenarioId]);
    if (newPlaces.length > 0) await advanceCellIds(client);
    return { ...counts, cellsAdded: newPlaces.length, revision, failedBatches: isChanged ? batches : [] };
  });
}

async function hasStoredYears(client: ClientBase, { series, scenarioId, cellIds }: Load): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM climatebatch.climate_data WHERE cell_id = ANY ($1) AND scenario_id = $2
       AND variable = ANY ($3) AND frequency = $4 AND year BETWEEN $5 AND $6) AS found`,
    [[...cellIds], scenarioId, series.variables, series.frequency, series.firstYear, series.lastYear],
  );
  return rows[0]!.found;
}

type Counts = Pick<LoadOutcome, "rowsWritten" | "rowsUnchanged">;

/** Rows of a table that this transaction made are written frozen: no vacuum has to write each page once more. */
async function copyNewRows(client: ClientBase, load: Load, isNew: boolean): Promise<Counts> {
  const target = isNew ? { table: scenarioTable(load.scenarioId), options: "FORMAT binary, FREEZE" } : ALL_SCENARIOS;
  const rowsWritten = await copyRows(client, target, load, inOrderOfCells(load), (at) => load.series.yearsOf(at));
  return { rowsWritten, rowsUnchanged: 0 };
}

/** Merges cell by cell into a temporary table, which then replaces what is stored. */
async function mergeRows(client: ClientBase, load: Load): Promise<Counts> {
  await client.query(
    `CREATE TEMPORARY TABLE incoming_climate ON COMMIT DROP AS SELECT ${COLUMNS} FROM climatebatch.climate_data LIMIT 0`,
  );
  const places = inOrderOfCells(load);
  let rowsWritten = 0;
  let rowsUnchanged = 0;
  for (const some of inTurns(places)) {
    load.signal?.throwIfAborted();
    const stored = await readStoredYears(client, load, some);
    const changed = new Map<number, ClimateYear[]>();
    for (const at of some) {
      const years = [...load.series.yearsOf(at)];
      const changedYears = years.filter((year) => mergeYear(load, at, year, stored));
      rowsUnchanged += years.length - changedYears.length;
      changed.set(at, changedYears);
    }
    rowsWritten += await copyRows(client, INCOMING, load, some, (at) => changed.get(at)!);
  }
  if (rowsWritten > 0) {
    await client.query(
      `INSERT INTO climatebatch.climate_data (${COLUMNS})
       SELECT ${COLUMNS} FROM incoming_climate ORDER BY cell_id, scenario_id, variable, frequency, year
       ON CONFLICT (cell_id, scenario_id, variable, frequency, year) DO UPDATE SET values = EXCLUDED.values`,
    );
  }
  return { rowsWritten, rowsUnchanged };
}

async function copyRows(
  client: ClientBase,
  { table, options }: Target,
  load: Load,
  places: readonly number[],
  yearsOf: (at: number) => Iterable<ClimateYear>,
): Promise<number> {
  const { series, scenarioId, cellIds } = load;
  let rows = 0;
  function* encodeRows(): Generator<Buffer> {
    const encoder = new CopyEncoder();
    for (const at of places) {
      for (const { variable, year, values } of yearsOf(at)) {
        encoder.startRow(6);
        encoder.int4(cellIds[at]!);
        encoder.int2(scenarioId);
        encoder.int2(year);
        encoder.text(variable);
        encoder.text(series.frequency);
        encoder.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
        rows++;
      }
      if (encoder.size > FLUSH_BYTES) yield encoder.take();
    }
    yield encoder.finish();
  }
  const sink = client.query(copyFrom(`COPY ${table} (${COLUMNS}) FROM STDIN (${options})`));
  await pipeline(encodeRows(), sink, load.signal === undefined ? {} : { signal: load.signal });
  return rows;
}

async function widenScenarioYears(client: ClientBase, { series, scenarioId }: Load): Promise<void> {
  await client.query(
    `UPDATE climatebatch.scenarios SET data_first_year = least(data_first_year, $2), data_last_year = greatest(data_last_year, $3)
     WHERE scenario_id = $1 AND (data_first_year <= $2 AND data_last_year >= $3) IS NOT TRUE`,
    [scenarioId, series.firstYear, series.lastYear],
  );
}

async function noteDerived(client: ClientBase, { grid, series, scenarioId, derived = new Map() }: Load): Promise<void> {
  await client.query(
    `INSERT INTO climatebatch.derived_series (scenario_id, grid_id, variable, frequency, rule)
     SELECT $1, g.grid_id, d.variable, $3, d.rule FROM climatebatch.grids AS g, unnest($4::text[], $5::text[]) AS d (variable, rule) WHERE g.name = $2
     ON CONFLICT (scenario_id, grid_id, variable, frequency) DO UPDATE SET rule = EXCLUDED.rule`,
    [scenarioId, grid, series.frequency, [...derived.keys()], [...derived.values()]],
  );
}
