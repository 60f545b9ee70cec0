// `run probability --methods predecessor`: last year's numbers in the views that consumers read, and no hazard.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClimateSeries } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { cli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const YEARS = { firstYear: 1991, lastYear: 2040 };
const RUN = ["--methods", "predecessor", "--scenario", "ssp245", "--period", "2021-2040"];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const series: ClimateSeries = {
    frequency: "yearly",
    variables: ["WSDI"],
    ...YEARS,
    places: [{ latitude: 37.5, longitude: 127 }],
    *yearsOf() {
      // In 2021-2040: 0, 3, 6, 9, 12, 15, 0, …
      for (let year = YEARS.firstYear; year <= YEARS.lastYear; year++) {
        yield { variable: "WSDI", year, values: Float32Array.of(3 * ((year - 2021 + 60) % 6)) };
      }
    },
  };
  await writeClimate(database.client, {
    grid: "test",
    scenario: { name: "ssp245", parent: undefined },
    calendar: "standard",
    series,
    onConflict: "fail",
    failRunningBatches: false,
  });
});
afterAll(() => database.drop());

test("the view has its bins, probabilities to 4 decimals, rates and years, and which method set it was", async () => {
  const { code, stderr } = await cli(database.url, "run", "probability", ...RUN);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const { rows } = await database.client.query(
    `SELECT probability, bin_data, methods, input, return_levels, damage_bins FROM climatebatch.probability_results
     WHERE risk_type = 'high_temperature' AND first_year = 2021`,
  );
  expect(rows).toMatchObject([
    {
      probability: expect.closeTo(0.8, 12),
      methods: "predecessor",
      input: "WSDI yearly",
      damage_bins: expect.closeTo(0.2 * 0.001 + 0.35 * 0.003 + 0.45 * 0.01, 12),
      bin_data: [
        { bin: 1, range: "<3", probability: 0.2, base_damage_rate: 0.001, years: 4 },
        { bin: 2, range: "3-8", probability: 0.35, base_damage_rate: 0.003, years: 7 },
        { bin: 3, range: "8-20", probability: 0.45, base_damage_rate: 0.01, years: 9 },
        { bin: 4, range: ">=20", probability: 0, base_damage_rate: 0.02, years: 0 },
      ],
    },
  ]);
  const others = await database.client.query(
    `SELECT DISTINCT reason FROM climatebatch.probability_results WHERE risk_type <> 'high_temperature' ORDER BY reason`,
  );
  expect(others.rows.map(({ reason }) => reason)).not.toContain(null);
});

test.each(["hazard", "all"])("run %s is refused with the reason", async (calculation) => {
  const { code, stderr } = await cli(database.url, "run", calculation, ...RUN);
  expect([code, stderr]).toEqual([2, expect.stringContaining("hazard scores were placeholders")]);
});

test("a later batch without any numbers does not take them from readers, unless a person says so", async () => {
  const { client } = database;
  // Something that a risk reads, but no risk can be computed from alone.
  await client.query("UPDATE climatebatch.climate_data SET variable = 'withdrawal'");
  const { code, stdout } = await cli(database.url, "run", "probability", ...RUN);
  expect(code).toBe(3);
  expect(stdout).toMatch(
    /not published \(NoNumbers\): None of the probability results of batch \d+ has numbers \(noInput \d+/,
  );
  const numbers = async () =>
    (await client.query("SELECT count(probability)::int AS n FROM climatebatch.probability_results")).rows;
  expect(await numbers()).toEqual([{ n: 2 }]);
  const [, batch] = /batch (\d+) has numbers/.exec(stdout)!;
  expect((await cli(database.url, "publish", batch!, "--allow-fewer")).code).toBe(0);
  expect(await numbers()).toEqual([{ n: 0 }]);
});
