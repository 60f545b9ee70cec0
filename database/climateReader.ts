// Reads the cells of a shard and their series, a block at a time, straight from the key's order.
import type { ClientBase } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { VARIABLE_NAMES, type Variable } from "../model/variables.ts";
import { readCopyRows } from "./copyBinary.ts";

export interface Cell {
  readonly cellId: number;
  readonly latitude: number;
  readonly longitude: number;
  /** As stored: names and values are the reader's to check. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Makes this session read ranges of the key in order (no sort, no parallel workers), and be noticed when it is lost. */
export async function prepareReading(client: ClientBase): Promise<void> {
  await client.query("SET enable_seqscan = off; SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0");
  // When this machine is lost the server must notice soon: until then a replacement waits for our uncommitted rows.
  await client.query("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3");
}

/** The planned cells after `afterCell` up to `lastCell`, at most `limit`, in order of cell_id. */
export async function readCells(
  client: ClientBase,
  range: { grid: string; scenarioIds: readonly number[]; afterCell: number; lastCell: number; limit: number },
): Promise<Cell[]> {
  const { rows } = await client.query(
    `SELECT cell_id AS "cellId", latitude, longitude, attributes FROM climatebatch.grid_cells AS c
     WHERE grid_id = (SELECT grid_id FROM climatebatch.grids WHERE name = $1) AND cell_id > $2 AND cell_id <= $3
       AND EXISTS (SELECT FROM climatebatch.climate_data AS d WHERE d.cell_id = c.cell_id AND d.scenario_id = ANY ($4))
     ORDER BY cell_id LIMIT $5`,
    [range.grid, range.afterCell, range.lastCell, range.scenarioIds, range.limit],
  );
  return rows;
}

/** One row of climate_data; `bytes` holds the packed values from `offset` on and is valid only during the call. */
export type OnSeriesRow = (
  cellId: number,
  scenarioId: number,
  variable: Variable,
  year: number,
  bytes: Buffer,
  offset: number,
  length: number,
) => void;

/** Every daily row of cells firstCell..lastCell, ordered by cell. */
export async function readDailyRows(
  client: ClientBase,
  range: { firstCell: number; lastCell: number; scenarioIds: readonly number[]; variables: readonly Variable[] },
  onRow: OnSeriesRow,
): Promise<void> {
  const { firstCell, lastCell, scenarioIds, variables } = range;
  const wanted = variables.map((variable) => {
    if (!VARIABLE_NAMES.includes(variable)) throw new Error(`"${variable}" is no known variable`);
    return `'${variable}'`;
  });
  // COPY takes no parameters: everything here is an integer or a name from our own list.
  const stream = client.query(
    copyTo(`COPY (
      SELECT cell_id, scenario_id, variable, year, values FROM climatebatch.climate_data
      WHERE cell_id BETWEEN ${Number(firstCell)} AND ${Number(lastCell)} AND frequency = 'daily'
        AND scenario_id IN (${scenarioIds.map(Number).join()}) AND variable IN (${wanted.join()})
      ORDER BY cell_id, scenario_id, variable, frequency, year
    ) TO STDOUT (FORMAT binary)`),
  );
  const names = new Map(variables.map((variable) => [variable as string, variable]));
  await readCopyRows(stream, 5, ({ bytes, offsets, lengths }) => {
    const variable = names.get(bytes.toString("latin1", offsets[2]!, offsets[2]! + lengths[2]!))!;
    onRow(
      bytes.readInt32BE(offsets[0]!),
      bytes.readInt16BE(offsets[1]!),
      variable,
      bytes.readInt16BE(offsets[3]!),
      bytes,
      offsets[4]!,
      lengths[4]!,
    );
  });
}
