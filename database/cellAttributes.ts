// Writes attributes of cells in one transaction: the inputs locked, unfinished batches on them refused or failed. A value that
// is not given leaves the stored one.
import type { ClientBase } from "pg";
import type { Attribute } from "../model/attributes.ts";
import { RejectedError } from "../model/errors.ts";
import { transaction } from "./connect.ts";
import { addCells, advanceCellIds, findCells, type Place } from "./gridCells.ts";
import { failBatches, lockInputsForLoading, refuseUnfinishedBatches } from "./inputLoading.ts";
import { elevationInput, readRevision } from "./inputRevisions.ts";

export interface AttributeLoad {
  readonly grid: string;
  readonly places: readonly Place[];
  /** [places] attributes of each */
  readonly values: readonly Readonly<Partial<Record<Attribute, number>>>[];
  /** Whether places that the grid lacks become cells of it. */
  readonly addCells: boolean;
  readonly failRunningBatches: boolean;
}

export interface AttributeOutcome {
  readonly cellsAdded: number;
  /** Places that are no cell of the grid, and were left out. */
  readonly placesElsewhere: number;
  readonly cellsChanged: number;
  readonly cellsUnchanged: number;
  /** Of grid/GRID. */
  readonly revision: number;
  readonly failedBatches: readonly string[];
}

const CELLS_A_STATEMENT = 5000;

export async function writeAttributes(client: ClientBase, load: AttributeLoad): Promise<AttributeOutcome> {
  const { grid, places, values } = load;
  const input = `grid/${grid}`;
  return transaction(client, async () => {
    await lockInputsForLoading(client, [input, elevationInput(grid)]);
    const batches = await refuseUnfinishedBatches(client, [input], load.failRunningBatches);
    const found = await findCells(client, grid, places);
    const newPlaces = load.addCells ? places.filter((_, at) => Number.isNaN(found[at])) : [];
    if (newPlaces.length > 0) await addCells(client, grid, newPlaces);
    const cells = newPlaces.length > 0 ? await findCells(client, grid, places) : found;
    const known = [...cells.keys()].filter((at) => !Number.isNaN(cells[at]!));
    if (known.length === 0) throw await noCells(client, load);
    let cellsChanged = 0;
    for (let first = 0; first < known.length; first += CELLS_A_STATEMENT) {
      const some = known.slice(first, first + CELLS_A_STATEMENT);
      const { rowCount } = await client.query(
        `UPDATE climatebatch.grid_cells AS c SET attributes = c.attributes || given.attributes
         FROM unnest($1::int[], $2::jsonb[]) AS given (cell_id, attributes)
         WHERE c.cell_id = given.cell_id AND c.attributes IS DISTINCT FROM c.attributes || given.attributes`,
        [some.map((at) => cells[at]), some.map((at) => JSON.stringify(values[at]))],
      );
      cellsChanged += rowCount ?? 0;
    }
    const isChanged = cellsChanged > 0 || newPlaces.length > 0;
    if (isChanged) await failBatches(client, batches, input);
    const revision = await readRevision(client, input);
    if (newPlaces.length > 0) await advanceCellIds(client);
    return {
      cellsAdded: newPlaces.length,
      placesElsewhere: places.length - known.length,
      cellsChanged,
      cellsUnchanged: known.length - cellsChanged,
      revision,
      failedBatches: isChanged ? batches : [],
    };
  });
}

/** The cells of a grid in order; refused when there are none. */
export async function readGridPlaces(client: ClientBase, grid: string): Promise<Place[]> {
  const { rows } = await client.query<Place>(
    `SELECT latitude, longitude FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id)
     WHERE name = $1 ORDER BY cell_id`,
    [grid],
  );
  if (rows.length > 0) return rows;
  const { rows: grids } = await client.query<{ name: string }>("SELECT name FROM climatebatch.grids ORDER BY name");
  const known = grids.length === 0 ? "there is none yet" : `known: ${grids.map(({ name }) => name).join(", ")}`;
  throw new RejectedError(
    "UnknownGrid",
    `No grid "${grid}" has cells; ${known}. Name another --grid, or load its climate first: climatebatch load climate FILE --grid ${grid}`,
  );
}

async function noCells(client: ClientBase, { grid, places }: AttributeLoad): Promise<RejectedError> {
  const [cell] = await readGridPlaces(client, grid);
  const given = places[0];
  const describe = (place: Place | undefined) => `${place?.latitude}, ${place?.longitude}`;
  return new RejectedError(
    "NoCells",
    `None of the ${places.length} places is a cell of the grid "${grid}": the first is ${describe(given)}, while the grid begins at ${describe(cell)}. ` +
      "Give the places as the grid has them, or --add-cells to make them its cells.",
  );
}
