// Grids and their cells: found by exact coordinates, made in order of latitude and longitude when they are new.
import type { ClientBase } from "pg";

export interface Place {
  /** degrees north and degrees east, rounded to the grid's step */
  readonly latitude: number;
  readonly longitude: number;
}

export const DEFAULT_GRID = "default";
/** The default of climatebatch.grids.step_degrees. */
export const DEFAULT_STEP_DEGREES = 0.0001;

/** The multiple of `stepDegrees` next to `degrees`, as the decimal number that people type. */
export function snapCoordinate(degrees: number, stepDegrees: number): number {
  const decimals = Math.max(0, Math.ceil(-Math.log10(stepDegrees)), (String(stepDegrees).split(".")[1] ?? "").length);
  // Adding zero turns -0 into 0.
  return Number((Math.round(degrees / stepDegrees) * stepDegrees).toFixed(decimals)) + 0;
}

export async function readGridStep(client: ClientBase, grid: string): Promise<number> {
  const { rows } = await client.query<{ step_degrees: number }>(
    "SELECT step_degrees FROM climatebatch.grids WHERE name = $1",
    [grid],
  );
  return rows[0]?.step_degrees ?? DEFAULT_STEP_DEGREES;
}

/** Ids of the cells at `places`, NaN where the grid has none. */
export async function findCells(client: ClientBase, grid: string, places: readonly Place[]): Promise<Float64Array> {
  const { rows } = await client.query<{ at: string; cell_id: number }>(
    `SELECT p.at, c.cell_id
     FROM unnest($2::float8[], $3::float8[]) WITH ORDINALITY AS p (latitude, longitude, at)
     JOIN climatebatch.grids AS g ON g.name = $1
     JOIN climatebatch.grid_cells AS c ON (c.grid_id, c.latitude, c.longitude) = (g.grid_id, p.latitude, p.longitude)`,
    [grid, places.map(({ latitude }) => latitude), places.map(({ longitude }) => longitude)],
  );
  const cells = new Float64Array(places.length).fill(Number.NaN);
  for (const { at, cell_id } of rows) cells[Number(at) - 1] = cell_id;
  return cells;
}

/**
 * Adds the cells of `places` and, if need be, the grid. Ids follow on the greatest ever used, so that the same ingests
 * into an empty database always give the same ids: the sequence alone would skip those of ingests that failed.
 */
export async function addCells(client: ClientBase, grid: string, places: readonly Place[]): Promise<void> {
  await client.query("INSERT INTO climatebatch.grids (name) VALUES ($1) ON CONFLICT DO NOTHING", [grid]);
  await client.query("LOCK TABLE climatebatch.grid_cells IN SHARE ROW EXCLUSIVE MODE");
  await client.query(
    `INSERT INTO climatebatch.grid_cells (cell_id, grid_id, latitude, longitude) OVERRIDING SYSTEM VALUE
     SELECT used.cell_id + row_number() OVER (ORDER BY p.latitude, p.longitude), g.grid_id, p.latitude, p.longitude
     FROM unnest($2::float8[], $3::float8[]) AS p (latitude, longitude)
     JOIN climatebatch.grids AS g ON g.name = $1,
     (SELECT greatest(CASE WHEN is_called THEN last_value ELSE 0 END, (SELECT max(cell_id) FROM climatebatch.grid_cells)) AS cell_id
      FROM climatebatch.grid_cells_cell_id_seq) AS used
     ORDER BY p.latitude, p.longitude`,
    [grid, places.map(({ latitude }) => latitude), places.map(({ longitude }) => longitude)],
  );
}

/** Lets the sequence follow the ids that `addCells` chose. It does not roll back: call it last. */
export async function advanceCellIds(client: ClientBase): Promise<void> {
  await client.query(
    `SELECT setval('climatebatch.grid_cells_cell_id_seq', greatest(max(c.cell_id), s.last_value))
     FROM climatebatch.grid_cells AS c, climatebatch.grid_cells_cell_id_seq AS s GROUP BY s.last_value`,
  );
}
