// Stored series as they are, a year of a cell at a time, for export: which scenario, grid and frequency, and what of them there is.
import type { ClientBase } from "pg";
import type { Calendar } from "../model/calendars.ts";
import { RejectedError } from "../model/errors.ts";
import { type Frequency, VARIABLE_NAMES, type Variable } from "../model/variables.ts";
import type { Place } from "./gridCells.ts";

export interface StoredSeries {
  readonly scenarioId: number;
  readonly calendar: Calendar;
  readonly frequency: Frequency;
  readonly variables: readonly Variable[];
  readonly firstYear: number;
  readonly lastYear: number;
  /** By latitude and longitude. */
  readonly places: readonly (Place & { readonly cellId: number })[];
}

export interface SeriesRequest {
  readonly scenario: string;
  readonly grid: string;
  readonly frequency: Frequency;
  /** All that there are when absent. */
  readonly variables: readonly Variable[] | undefined;
}

/** Yearly rows held at a time. */
const ROWS_AT_ONCE = 4096;

/** The scenario's own years; a parent's are exported by the parent's name. */
export async function findStoredSeries(client: ClientBase, request: SeriesRequest): Promise<StoredSeries> {
  const { scenario, grid, frequency, variables } = request;
  const { rows } = await client.query<{ scenario_id: number; grid_id: number; calendar: Calendar }>(
    `SELECT s.scenario_id, g.grid_id, s.calendar FROM climatebatch.scenarios AS s, climatebatch.grids AS g WHERE s.name = $1 AND g.name = $2`,
    [scenario, grid],
  );
  const found = rows[0];
  if (found === undefined) throw nothingStored(request);
  const { scenario_id: scenarioId, grid_id: gridId, calendar } = found;
  const { rows: facts } = await client.query<{ variable: Variable; first_year: number; last_year: number }>(
    `SELECT d.variable, min(d.year) AS first_year, max(d.year) AS last_year
     FROM climatebatch.grid_cells AS c JOIN climatebatch.climate_data AS d USING (cell_id)
     WHERE c.grid_id = $1 AND d.scenario_id = $2 AND d.frequency = $3 AND d.variable = ANY ($4) GROUP BY d.variable`,
    [gridId, scenarioId, frequency, variables ?? VARIABLE_NAMES],
  );
  if (facts.length === 0) throw nothingStored(request);
  const names = VARIABLE_NAMES.filter((name) => facts.some(({ variable }) => variable === name));
  const { rows: places } = await client.query(
    `SELECT cell_id AS "cellId", latitude, longitude FROM climatebatch.grid_cells AS c
     WHERE grid_id = $1 AND EXISTS (SELECT FROM climatebatch.climate_data AS d WHERE d.cell_id = c.cell_id
       AND d.scenario_id = $2 AND d.frequency = $3 AND d.variable = ANY ($4))
     ORDER BY latitude, longitude`,
    [gridId, scenarioId, frequency, names],
  );
  return {
    scenarioId,
    calendar,
    frequency,
    variables: names,
    firstYear: Math.min(...facts.map(({ first_year }) => first_year)),
    lastYear: Math.max(...facts.map(({ last_year }) => last_year)),
    places,
  };
}

export interface StoredYear {
  readonly variable: Variable;
  readonly year: number;
  readonly values: Float32Array;
}

/** Series of each place, one after the other in the order of `places`: years in order, variable after variable. */
export async function* readStoredYears(
  client: ClientBase,
  { scenarioId, frequency, firstYear, lastYear, places }: StoredSeries,
  variables: readonly Variable[],
): AsyncGenerator<readonly StoredYear[]> {
  const rowsOfPlace = variables.length * (lastYear - firstYear + 1);
  const placesAtOnce = Math.max(1, Math.floor(ROWS_AT_ONCE / rowsOfPlace));
  for (let first = 0; first < places.length; first += placesAtOnce) {
    const some = places.slice(first, first + placesAtOnce);
    const { rows } = await client.query<{ cell_id: number; variable: Variable; year: number; values: Buffer }>(
      `SELECT cell_id, variable, year, values FROM climatebatch.climate_data
       WHERE cell_id = ANY ($1) AND scenario_id = $2 AND frequency = $3 AND variable = ANY ($4) ORDER BY variable, year`,
      [some.map(({ cellId }) => cellId), scenarioId, frequency, variables],
    );
    const byCell = Map.groupBy(rows, ({ cell_id }) => cell_id);
    for (const { cellId } of some) {
      yield (byCell.get(cellId) ?? []).map(({ variable, year, values }) => ({
        variable,
        year,
        // A copy, because the bytes need not lie on a multiple of four.
        values: new Float32Array(Uint8Array.from(values).buffer),
      }));
    }
  }
}

function nothingStored({ scenario, grid, frequency, variables }: SeriesRequest): RejectedError {
  const what = variables === undefined ? "series" : variables.join(", ");
  return new RejectedError(
    "NoData",
    `There is no ${frequency} ${what} of scenario "${scenario}" on the grid "${grid}". See what there is: climatebatch data`,
  );
}
