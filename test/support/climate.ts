// Small seeded climates written straight into a test database: a past with measured weather's shape and a warmer future.
// Reading files is tested elsewhere.
import type { Client } from "pg";
import type { ClimateYear, LoadOutcome } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import type { Place } from "../../database/gridCells.ts";
import { daysInYear } from "../../model/calendars.ts";
import { makeRandom } from "./random.ts";

export const GRID = "test-grid";
const CALENDAR = "standard";
const PAST = { firstYear: 1976, lastYear: 2005 };
const FUTURE = { firstYear: 2006, lastYear: 2045 };

export interface ClimateOptions {
  readonly cells: number;
  readonly grid?: string;
  /** Positions of cells with a day of 999 degC, the 101st of 2045. */
  readonly implausible?: readonly number[];
  /** Added to every temperature of the future [K]. */
  readonly warmer?: number;
  /** Only these positions are written. */
  readonly only?: readonly number[];
}

export function placeOf(at: number): Place {
  const tenths = (degrees: number) => Number(degrees.toFixed(1));
  return { latitude: tenths(33 + Math.floor(at / 20) / 10), longitude: tenths(126 + (at % 20) / 10) };
}

/** Daily tasmax: scenario `past` 1976-2005 and its child `future` 2006-2045. */
export async function writePastAndFuture(client: Client, options: ClimateOptions): Promise<void> {
  await writeScenario(client, "past", options);
  await writeScenario(client, "future", options);
}

export function writeScenario(client: Client, name: "past" | "future", options: ClimateOptions): Promise<LoadOutcome> {
  const { cells, grid = GRID, only = [...Array(cells).keys()] } = options;
  const span = name === "past" ? PAST : FUTURE;
  return writeClimate(client, {
    grid,
    scenario: { name, parent: name === "past" ? undefined : { name: "past", firstYear: FUTURE.firstYear } },
    calendar: CALENDAR,
    onConflict: "replace",
    failRunningBatches: false,
    series: {
      frequency: "daily",
      variables: ["tasmax"],
      ...span,
      places: only.map(placeOf),
      yearsOf: (at) => yearsOf(only[at]!, name, span, options),
    },
  });
}

function* yearsOf(
  cell: number,
  name: string,
  { firstYear, lastYear }: typeof PAST,
  { implausible = [], warmer = 0 }: ClimateOptions,
): Iterable<ClimateYear> {
  const random = makeRandom(`${name} ${cell}`);
  let anomaly = 0;
  for (let year = firstYear; year <= lastYear; year++) {
    const values = new Float32Array(daysInYear(CALENDAR, year));
    const trend = name === "past" ? 0 : 0.05 * (year - firstYear) + warmer;
    for (let day = 0; day < values.length; day++) {
      anomaly = 0.8 * anomaly + 2.5 * (random() + random() - 1);
      const season = -12 * Math.cos((2 * Math.PI * (day - 20)) / 365);
      // Every third cell lacks a few days, as stations do.
      values[day] = cell % 3 === 2 && random() < 0.002 ? Number.NaN : 16 + cell / 10 + season + trend + anomaly;
    }
    if (name === "future" && implausible.includes(cell) && year === lastYear) values[100] = 999;
    yield { variable: "tasmax", year, values };
  }
}

export interface ManyCells {
  readonly cells: number;
  readonly years: number;
}

/** Scenario `many`: every cell has the same years, packed once and multiplied by the server. */
export async function writeManyCells(client: Client, { cells, years }: ManyCells): Promise<void> {
  const firstYear = 2020 - years + 1;
  const packed = [...yearsOf(0, "past", { firstYear, lastYear: 2020 }, { cells })].map(({ values }) =>
    Buffer.from(values.buffer),
  );
  await client.query("INSERT INTO climatebatch.grids (name) VALUES ($1)", [GRID]);
  await client.query(
    `INSERT INTO climatebatch.grid_cells (grid_id, latitude, longitude)
     SELECT grid_id, 33 + at / 1000 * 0.01, 126 + at % 1000 * 0.01
     FROM climatebatch.grids, generate_series(0, $1::int - 1) AS at ORDER BY at`,
    [cells],
  );
  await client.query(
    "INSERT INTO climatebatch.scenarios (name, calendar, data_first_year, data_last_year) VALUES ('many', $1, $2, 2020)",
    [CALENDAR, firstYear],
  );
  await client.query(
    `INSERT INTO climatebatch.climate_data (cell_id, scenario_id, year, variable, frequency, values)
     SELECT c.cell_id, s.scenario_id, $2::int + y.at - 1, 'tasmax', 'daily', y.packed
     FROM climatebatch.grid_cells AS c, climatebatch.scenarios AS s, unnest($1::bytea[]) WITH ORDINALITY AS y (packed, at)
     ORDER BY c.cell_id, y.at`,
    [packed, firstYear],
  );
}
