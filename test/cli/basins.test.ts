// Sums over a basin's cells, computed by `run` when they are missing or stale, and by `basins`.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClimateSeries } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import type { Variable } from "../../model/variables.ts";
import { cli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const CELLS = [
  { latitude: 37.1, longitude: 127, area: 300, runoff: 800, use: 10, basin: 7 },
  { latitude: 37.2, longitude: 127, area: 700, runoff: 100, use: 60, basin: 7 },
  { latitude: 37.3, longitude: 127, area: 600, runoff: 500, use: 50, basin: null },
  { latitude: 37.4, longitude: 127, area: 100, runoff: 500, use: 50, basin: null },
];
const YEARS = { firstYear: 1991, lastYear: 2040 };
const DAYS = 365;
const RUN = ["run", "all", "--risk", "water_scarcity", "--scenario", "ssp245", "--period", "2021-2040"];
const BASINS = ["basins", "--grid", "test", "--scenario", "ssp245", "--period", "2021-2040"];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await load("mrro", (cell) => cell.runoff / DAYS);
  await load("withdrawal", (cell) => cell.use * 1000 * cell.area);
  for (const { area, basin, latitude } of CELLS) {
    await database.client.query("UPDATE climatebatch.grid_cells SET attributes = $1 WHERE latitude = $2", [
      basin === null ? { cellArea: area } : { cellArea: area, basin },
      latitude,
    ]);
  }
});
afterAll(() => database.drop());

async function load(variable: Variable, amountOf: (cell: (typeof CELLS)[0]) => number): Promise<void> {
  const series: ClimateSeries = {
    frequency: "yearly",
    variables: [variable],
    ...YEARS,
    places: CELLS.map(({ latitude, longitude }) => ({ latitude, longitude })),
    *yearsOf(at) {
      for (let year = YEARS.firstYear; year <= YEARS.lastYear; year++) {
        yield { variable, year, values: Float32Array.of(amountOf(CELLS[at]!)) };
      }
    },
  };
  await writeClimate(database.client, {
    grid: "test",
    scenario: { name: "ssp245", parent: undefined },
    calendar: "noleap",
    series,
    onConflict: "replace",
    failRunningBatches: false,
  });
}

const readBasins = async () => {
  const { rows } = await database.client.query(
    `SELECT latitude, value, score, reason, flags, input FROM climatebatch.hazard_results
     WHERE risk_type = 'water_scarcity' AND first_year = 2021 ORDER BY latitude`,
  );
  return rows;
};

test("a run computes the sums that are missing and reports it; a cell then has its basin's ratio", async () => {
  const { code, stderr } = await cli(database.url, ...RUN);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toMatch(
    /sums over river basins are missing or stale: computing them\nSummed 1 basin .* over 2 cells;/,
  );
  const ratio = (10 * 300 + 60 * 700) / (800 * 300 + 100 * 700);
  expect(await readBasins()).toMatchObject([
    {
      value: expect.closeTo(ratio, 6),
      reason: null,
      flags: ["constantSeries"],
      input: "mrro yearly; withdrawal yearly",
    },
    { value: expect.closeTo(ratio, 6), reason: null, flags: ["constantSeries"] },
    { value: expect.closeTo(0.1, 6), reason: null, flags: ["localOnly", "constantSeries"] },
    { value: null, reason: "noBasin" },
  ]);
});

test("sums older than their inputs are computed again, by a run or by the command; current ones are not", async () => {
  await load("withdrawal", (cell) => 2 * cell.use * 1000 * cell.area);
  const stale = await cli(database.url, ...RUN, "--new");
  expect(stale).toMatchObject({ code: 0, stderr: expect.stringContaining("computing them\nSummed 1 basin") });
  const made = await cli(database.url, ...BASINS, "--json");
  expect(JSON.parse(made.stdout)).toMatchObject({ basins: 1, cells: 2, cellsSummed: 2 });
  const current = await cli(database.url, ...RUN, "--new");
  expect(current.code).toBe(0);
  expect(current.stderr).not.toContain("Summed");
  expect((await readBasins())[0]!.value).toBeCloseTo((2 * 45000) / 310000, 6);
});

test("a basin that is no whole number is refused with its place", async () => {
  const setBasin = (basin: number) =>
    database.client.query(
      "UPDATE climatebatch.grid_cells SET attributes = jsonb_set(attributes, '{basin}', to_jsonb($1::float8)) WHERE latitude = 37.1",
      [basin],
    );
  await setBasin(7.5);
  const { code, stderr } = await cli(database.url, ...BASINS);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining("The cell at 37.1, 127 has basin 7.5; expected a whole number"),
  ]);
  await setBasin(7);
});

test("other risks need no basins, and a grid without basins has nothing to sum", async () => {
  await load("WSDI", () => 5);
  const other = await cli(
    database.url,
    "run",
    "all",
    "--risk",
    "high_temperature",
    "--scenario",
    "ssp245",
    "--no-publish",
  );
  expect(other.code).toBe(0);
  await database.client.query("UPDATE climatebatch.grid_cells SET attributes = attributes - 'basin'");
  const none = await cli(database.url, ...BASINS);
  expect([none.code, none.stderr]).toEqual([
    2,
    expect.stringContaining('No cell of the grid "test" has the attribute basin'),
  ]);
});
