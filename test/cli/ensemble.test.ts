// Several models of one experiment: scenarios that say whose they are, and views that put their results side by side.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClimateSeries } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { cli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const YEARS = { firstYear: 1991, lastYear: 2040 };
/** Spell days of every year: a constant, so that each model's probabilities and value can be read. */
const RUNS = [
  { name: "a1", model: "A", days: 0 },
  { name: "a2", model: "A", days: 12 },
  { name: "b", model: "B", days: 24 },
  { name: "c", model: "C", days: 30 },
  { name: "d", model: "D", days: 36 },
  { name: "e", model: "E", days: 60 },
  { name: "other", model: null, days: 90 },
];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  for (const { days, model, name } of RUNS) {
    const series: ClimateSeries = {
      frequency: "yearly",
      variables: ["WSDI"],
      ...YEARS,
      places: [{ latitude: 37.5, longitude: 127 }],
      *yearsOf() {
        for (let year = YEARS.firstYear; year <= YEARS.lastYear; year++) {
          yield { variable: "WSDI", year, values: Float32Array.of(days) };
        }
      },
    };
    const scenario = { name, parent: undefined };
    const how = { onConflict: "fail", failRunningBatches: false } as const;
    await writeClimate(database.client, { grid: "test", scenario, calendar: "noleap", series, ...how });
    if (model === null) continue;
    const said = await cli(
      database.url,
      "scenario",
      name,
      "--experiment",
      "ssp245",
      "--model",
      model,
      "--member",
      name,
    );
    expect(said.code).toBe(0);
  }
  expect((await cli(database.url, "run", "all", "--risk", "high_temperature", "--period", "2021-2040")).code).toBe(0);
});
afterAll(() => database.drop());

test("a model is the mean of its members, all models count alike, and scenarios of no experiment stay out", async () => {
  const { rows } = await database.client.query(
    `SELECT * FROM climatebatch.probability_ensemble JOIN climatebatch.hazard_ensemble
       USING (latitude, longitude, risk_type, experiment, first_year, last_year, models, members) WHERE first_year = 2021`,
  );
  expect(rows).toHaveLength(1);
  // Model A: half of 0 and half of 12 days.
  expect(rows[0]).toMatchObject({
    experiment: "ssp245",
    models: 5,
    members: 6,
    value_mean: (6 + 24 + 30 + 36 + 60) / 5,
    value_min: 6,
    value_max: 60,
    value_p10: expect.closeTo(6 + 0.4 * 18, 9),
    value_p90: expect.closeTo(36 + 0.6 * 24, 9),
    probability_mean: expect.closeTo((0.5 + 4) / 5, 12),
    probability_min: 0.5,
    probability_max: 1,
    probabilities_mean: [0.1, 0, 0.1, 0.6, 0.2, 0].map((p) => expect.closeTo(p, 12)),
    damage_max: 0.005,
  });
});

test("without five models there are no 10 and 90 per cent", async () => {
  await database.client.query("UPDATE climatebatch.scenarios SET experiment = 'ssp585' WHERE name IN ('d', 'e')");
  const { rows } = await database.client.query(
    `SELECT experiment, models, score_p10, score_p90 FROM climatebatch.hazard_ensemble WHERE first_year = 2021 ORDER BY 1`,
  );
  expect(rows).toEqual([
    { experiment: "ssp245", models: 3, score_p10: null, score_p90: null },
    { experiment: "ssp585", models: 2, score_p10: null, score_p90: null },
  ]);
});

test("scenarios are listed with their experiment, model and member; options without a scenario, and an unknown one, are refused", async () => {
  const listed = await cli(database.url, "scenario", "--json");
  expect(JSON.parse(listed.stdout)[0]).toMatchObject({ name: "a1", experiment: "ssp245", model: "A", member: "a1" });
  const nameless = await cli(database.url, "scenario", "--model", "X");
  expect([nameless.code, nameless.stderr]).toEqual([
    2,
    expect.stringContaining("Missing NAME: climatebatch scenario NAME"),
  ]);
  const unknown = await cli(database.url, "scenario", "z", "--model", "X");
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringContaining('No scenario is named "z"; known: a1, a2'),
  ]);
});
