// Sea levels of the predecessor's coarse grid, given to each cell from the nearest of its points: zos is read at the cell.
import type { Client } from "pg";
import type { Place } from "../../database/gridCells.ts";
import type { PlaceSeries } from "./readSeries.ts";

/** Farther from every point than this a cell has no sea level; the predecessor's points are a degree apart. */
export const SEA_LEVEL_REACH_KM = 100;
const CELLS_AT_ONCE = 1_000;
/** Mean radius (IUGG). */
const EARTH_RADIUS_KM = 6371.0088;
const RADIANS = Math.PI / 180;

/** Blocks of cells within reach, each with the values of its nearest point. */
export async function* spreadSeaLevel(
  client: Client,
  grid: string,
  points: readonly PlaceSeries[],
): AsyncGenerator<PlaceSeries[]> {
  let after = 0;
  for (;;) {
    const { rows } = await client.query<Place & { cell_id: number }>(
      `SELECT c.cell_id, c.latitude, c.longitude FROM climatebatch.grid_cells AS c JOIN climatebatch.grids AS g USING (grid_id)
       WHERE g.name = $1 AND c.cell_id > $2 ORDER BY c.cell_id LIMIT $3`,
      [grid, after, CELLS_AT_ONCE],
    );
    if (rows.length === 0) return;
    after = rows.at(-1)!.cell_id;
    const cells = rows.flatMap(({ latitude, longitude }) => {
      const values = nearest({ latitude, longitude }, points);
      return values === null ? [] : [{ latitude, longitude, values }];
    });
    if (cells.length > 0) yield cells;
  }
}

/** The first of several that are equally near: the southernmost, then the westernmost. */
function nearest(cell: Place, points: readonly PlaceSeries[]): PlaceSeries["values"] | null {
  let least = SEA_LEVEL_REACH_KM;
  let found: PlaceSeries["values"] | null = null;
  for (const point of points) {
    const km = distanceKm(cell, point);
    if (km > least || (km === least && found !== null)) continue;
    least = km;
    found = point.values;
  }
  return found;
}

/** Great-circle distance [km]; haversine, Sinnott (1984). */
export function distanceKm(a: Place, b: Place): number {
  const half = (degrees: number) => Math.sin((degrees * RADIANS) / 2) ** 2;
  const meridians = Math.cos(a.latitude * RADIANS) * Math.cos(b.latitude * RADIANS);
  const h = half(b.latitude - a.latitude) + meridians * half(b.longitude - a.longitude);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(h));
}
