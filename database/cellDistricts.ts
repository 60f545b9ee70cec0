// The districts of cells: written with the ground, read by portfolios and reports. No result depends on them.
import type { ClientBase } from "pg";
import { transaction } from "./connect.ts";
import { findCells, type Place } from "./gridCells.ts";

const CELLS_A_STATEMENT = 20_000;

export interface DistrictOutcome {
  readonly districts: number;
  readonly cells: number;
  /** Cells whose district is another than before, or is new. */
  readonly cellsChanged: number;
  /** Places that are no cell of the grid, and were left out. */
  readonly placesElsewhere: number;
}

/** `districts`: [places] the name of each. */
export async function writeDistricts(
  client: ClientBase,
  grid: string,
  places: readonly Place[],
  districts: readonly string[],
): Promise<DistrictOutcome> {
  return transaction(client, async () => {
    const cells = await findCells(client, grid, places);
    const known = [...cells.keys()].filter((at) => !Number.isNaN(cells[at]!));
    let cellsChanged = 0;
    for (let first = 0; first < known.length; first += CELLS_A_STATEMENT) {
      const some = known.slice(first, first + CELLS_A_STATEMENT);
      const { rowCount } = await client.query(
        `INSERT INTO climatebatch.cell_districts AS d (cell_id, district)
         SELECT * FROM unnest($1::int[], $2::text[])
         ON CONFLICT (cell_id) DO UPDATE SET district = excluded.district WHERE d.district <> excluded.district`,
        [some.map((at) => cells[at]), some.map((at) => districts[at])],
      );
      cellsChanged += rowCount ?? 0;
    }
    return {
      districts: new Set(known.map((at) => districts[at])).size,
      cells: known.length,
      cellsChanged,
      placesElsewhere: places.length - known.length,
    };
  });
}
