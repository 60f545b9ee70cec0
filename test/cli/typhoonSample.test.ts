// Typhoon from end to end on the sample's synthetic storms: ingested, planned, computed in shards, published.
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeSampleStorms, SAMPLE_STORM_YEARS } from "../../cli/sample/sampleStorms.ts";
import { writeStorms } from "../../database/stormWriter.ts";
import { digestExports } from "../support/batches.ts";
import { cli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const CELLS = 21;
const RUN = ["run", "all", "--scenario", "future", "--period", "2021-2040", "--risk", "typhoon"];
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS });
  await database.client.query("UPDATE climatebatch.scenarios SET experiment = 'ssp585' WHERE name = 'future'");
});
afterAll(() => database.drop());

const storms = (tracks = makeSampleStorms()) =>
  writeStorms(database.client, { years: SAMPLE_STORM_YEARS, tracks, replaceRecord: true, failRunningBatches: false });

test("without storms typhoon alone is refused, beside another risk each place says so", async () => {
  const alone = await cli(database.url, ...RUN);
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining("climatebatch load storms FILE")]);
  expect(await cli(database.url, ...RUN, "high_temperature", "--no-publish")).toMatchObject({ code: 0 });
  const { rows } = await database.client.query(
    "SELECT reason, count(*)::int AS rows FROM climatebatch.probability_all_batches WHERE risk_type = 'typhoon' GROUP BY reason",
  );
  expect(rows).toEqual([{ reason: "noStorms", rows: 2 * CELLS }]);
});

test("with storms each place has probabilities that sum to 1, rising levels, damage and a score, and fewer storms later", async () => {
  await storms();
  expect(await cli(database.url, ...RUN, "--cells-per-shard", "21")).toMatchObject({ code: 0 });
  const { rows } = await database.client.query(
    `SELECT p.first_year, p.flags, p.years_used, p.damage_bins AS damage, p.bin_data, p.return_levels, h.hazard_score_100 AS score
     FROM climatebatch.probability_results AS p JOIN climatebatch.hazard_results AS h USING (latitude, longitude, risk_type, scenario, first_year)
     ORDER BY latitude, longitude, first_year`,
  );
  expect(rows).toHaveLength(2 * CELLS);
  for (const row of rows) {
    expect(row.flags).toEqual(["defaultRegion"]);
    expect(row.years_used).toBe(45);
    expect(
      row.bin_data.reduce((sum: number, { probability }: { probability: number }) => sum + probability, 0),
    ).toBeCloseTo(1, 12);
    const levels = row.return_levels.map(({ level }: { level: number }) => level);
    expect(levels).toEqual([...levels].sort((a: number, b: number) => a - b));
    expect(row.score).toBeGreaterThan(0);
  }
  for (let at = 0; at < rows.length; at += 2) expect(rows[at + 1].damage).toBeLessThan(rows[at].damage);
});

test("neither the order of the storms nor the cut into shards changes a byte", async () => {
  const reference = await digestExports(database.client);
  await storms(makeSampleStorms().reverse());
  expect(await cli(database.url, ...RUN, "--cells-per-shard", "2", "--workers", "2")).toMatchObject({ code: 0 });
  expect(await digestExports(database.client)).toEqual(reference);
});

test("the sample of npm start has storms, and typhoon gives numbers there without a word of excuse", async () => {
  await using sample = await createTestDatabase();
  expect(await cli(sample.url, "sample", "--cells", "3")).toMatchObject({ code: 0 });
  expect(await cli(sample.url, "run", "probability", "--risk", "typhoon")).toMatchObject({ code: 0 });
  const { rows } = await sample.client.query(
    `SELECT scenario, count(*)::int AS rows, count(probabilities)::int AS present, count(DISTINCT damage_bins)::int AS damages,
       sum(cardinality(flags))::int AS flags, min(rate_set) AS rate_set
     FROM climatebatch.probability_results GROUP BY scenario ORDER BY scenario`,
  );
  expect(rows.map(({ scenario }) => scenario)).toEqual(["sample-ssp245", "sample-ssp585"]);
  for (const { rows: all, present, damages, flags, rate_set } of rows) {
    expect({ present, damages, flags, rate_set }).toEqual({ present: all, damages: all, flags: 0, rate_set: "WP4" });
  }
});
