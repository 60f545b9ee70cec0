// Reads the cells of a shard and their series, a block at a time, straight from the key's order.
import type { ClientBase } from "pg";
import { to as copyTo } from "pg-copy-streams";
import {
  FREQUENCIES,
  type Frequency,
  isVariable,
  type Variable,
  type VariablesByFrequency,
} from "../model/variables.ts";
import { readCopyRows } from "./copyBinary.ts";

export interface Cell {
  readonly cellId: number;
  readonly latitude: number;
  readonly longitude: number;
  /** As stored: names and values are the reader's to check. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The sea's lowest way to it: the level [m] it needs, its length [km]; null where none is known. */
  readonly seaConnection: { readonly level: number; readonly distance: number } | null;
}

/** Makes this session read ranges of the key in order (no sort, no parallel workers), and be noticed when it is lost. */
export async function prepareReading(client: ClientBase): Promise<void> {
  await client.query("SET enable_seqscan = off; SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0");
  // When this machine is lost the server must notice soon: until then a replacement waits for our uncommitted rows.
  await client.query("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3");
}

/**
 * SQL for whether a cell has any series of the scenarios, its own or, when its grid is linked, another's. A subquery
 * with LIMIT runs cell by cell; an EXISTS under OR could be turned into a scan of the whole table.
 */
export function hasSeries(cell: string, scenarios: string, linked: boolean): string {
  const own = `SELECT 1 FROM climatebatch.climate_data AS d WHERE d.cell_id = ${cell} AND d.scenario_id = ANY (${scenarios})`;
  if (!linked) return `EXISTS (${own})`;
  const others = `SELECT 1 FROM climatebatch.cell_sources AS s JOIN climatebatch.climate_data AS d ON d.cell_id = s.source_cell_id
    AND d.variable = s.variable AND d.frequency = s.frequency WHERE s.cell_id = ${cell} AND d.scenario_id = ANY (${scenarios})`;
  return `((${own} LIMIT 1) IS NOT NULL OR (${others} LIMIT 1) IS NOT NULL)`;
}

/** The planned cells after `afterCell` up to `lastCell`, at most `limit`, in order of cell_id. */
export async function readCells(
  client: ClientBase,
  range: {
    grid: string;
    scenarioIds: readonly number[];
    linked: boolean;
    afterCell: number;
    lastCell: number;
    limit: number;
  },
): Promise<Cell[]> {
  const { rows } = await client.query(
    `SELECT cell_id AS "cellId", latitude, longitude, attributes, s.level, s.distance
     FROM climatebatch.grid_cells AS c LEFT JOIN climatebatch.sea_connections AS s USING (cell_id)
     WHERE grid_id = (SELECT grid_id FROM climatebatch.grids WHERE name = $1) AND cell_id > $2 AND cell_id <= $3
       AND ${hasSeries("c.cell_id", "$4", range.linked)}
     ORDER BY cell_id LIMIT $5`,
    [range.grid, range.afterCell, range.lastCell, range.scenarioIds, range.limit],
  );
  return rows.map(({ level, distance, ...cell }) => ({
    ...cell,
    seaConnection: level === null ? null : { level, distance },
  }));
}

/** One row of climate_data; `bytes` holds the packed values from `offset` on and is valid only during the call. */
export type OnSeriesRow = (
  cellId: number,
  scenarioId: number,
  frequency: Frequency,
  variable: Variable,
  year: number,
  bytes: Buffer,
  offset: number,
  length: number,
) => void;

export interface SeriesRange {
  readonly firstCell: number;
  readonly lastCell: number;
  readonly scenarioIds: readonly number[];
  readonly wanted: VariablesByFrequency;
  /** Cells of the grid may use series of others: those of a variable and frequency that they have none of their own of. */
  readonly linked: boolean;
}

/** Every wanted row of cells firstCell..lastCell, ordered by cell. */
export async function readSeriesRows(client: ClientBase, range: SeriesRange, onRow: OnSeriesRow): Promise<void> {
  const { firstCell, lastCell, scenarioIds, wanted, linked } = range;
  const conditions = FREQUENCIES.flatMap((frequency) => {
    const names = (wanted[frequency] ?? []).map(quoteVariable);
    return names.length === 0 ? [] : [`d.frequency = '${frequency}' AND d.variable IN (${names.join()})`];
  });
  if (conditions.length === 0) return;
  // COPY takes no parameters: everything here is an integer or a name from our own lists.
  const cells = `BETWEEN ${Number(firstCell)} AND ${Number(lastCell)}`;
  const isWanted = `(${conditions.join(" OR ")})`;
  // Said of each table, so that the planner leaves out the parts of other scenarios, and locks none of them.
  const ids = scenarioIds.map(Number).join();
  const own = `SELECT d.cell_id, d.scenario_id, d.variable, d.frequency, d.year, d.values FROM climatebatch.climate_data AS d
    WHERE d.cell_id ${cells} AND d.scenario_id IN (${ids}) AND ${isWanted}`;
  const others = `SELECT s.cell_id, d.scenario_id, d.variable, d.frequency, d.year, d.values FROM climatebatch.cell_sources AS s
    CROSS JOIN (VALUES ${scenarioIds.map((id) => `(${Number(id)}::smallint)`).join()}) AS c (scenario_id)
    JOIN climatebatch.climate_data AS d
      ON (d.cell_id, d.scenario_id, d.variable, d.frequency) = (s.source_cell_id, c.scenario_id, s.variable, s.frequency)
    WHERE s.cell_id ${cells} AND d.scenario_id IN (${ids}) AND ${isWanted}
      AND (SELECT o.year FROM climatebatch.climate_data AS o WHERE o.scenario_id IN (${ids})
        AND (o.cell_id, o.scenario_id, o.variable, o.frequency) = (s.cell_id, c.scenario_id, s.variable, s.frequency) LIMIT 1) IS NULL`;
  const stream = client.query(
    copyTo(
      `COPY (${linked ? `${own} UNION ALL ${others}` : own} ORDER BY cell_id, scenario_id, variable, frequency, year) TO STDOUT (FORMAT binary)`,
    ),
  );
  const variables = new Map(Object.values(wanted).flatMap((names) => names.map((name) => [name as string, name])));
  const frequencies = new Map(FREQUENCIES.map((frequency) => [frequency.charCodeAt(0), frequency]));
  await readCopyRows(stream, 6, ({ bytes, offsets, lengths }) => {
    onRow(
      bytes.readInt32BE(offsets[0]!),
      bytes.readInt16BE(offsets[1]!),
      frequencies.get(bytes[offsets[3]!]!)!,
      variables.get(bytes.toString("latin1", offsets[2]!, offsets[2]! + lengths[2]!))!,
      bytes.readInt16BE(offsets[4]!),
      bytes,
      offsets[5]!,
      lengths[5]!,
    );
  });
}

function quoteVariable(name: string): string {
  if (!isVariable(name)) throw new Error(`"${name}" is no known variable`);
  return `'${name}'`;
}
