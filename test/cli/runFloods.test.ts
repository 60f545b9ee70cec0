// The three floods through the programs: files ingested, a batch run, results published; and what happens when the ground
// changes under the ways of the sea.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClimateYear } from "../../database/climateLoad.ts";
import { writeClimate } from "../../database/climateWriter.ts";
import { cli } from "../support/cli.ts";
import { makeRandom } from "../support/dailyWeather.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const FLOODS = ["coastal_flood", "inland_flood", "urban_flood"];
const RUN = ["run", "all", "--scenario", "future-ssp245", "--period", "2041-2060", "--risk", ...FLOODS];

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-floods-"));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function ingest(command: string, name: string, content: string, ...words: string[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  const { code, stdout, stderr } = await cli(database.url, command, file, ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

function* yearsOf(cell: number): Iterable<ClimateYear> {
  const random = makeRandom(cell + 1);
  for (let year = 1981; year <= 2070; year++) {
    yield { variable: "Rx1day", year, values: Float32Array.of(Math.round(130 - 40 * Math.log(-Math.log(random())))) };
  }
}

async function readResults(calculation: string): Promise<Record<string, unknown>[]> {
  const { rows } = await database.client.query(
    `SELECT * FROM climatebatch.${calculation}_results WHERE first_year = 2041 ORDER BY risk_type, longitude`,
  );
  return rows;
}

test("rain, ground and sea become probabilities, depths and scores of three floods", async () => {
  const places = [126.5, 126.6, 126.7].map((longitude) => ({ latitude: 37.5, longitude }));
  await writeClimate(database.client, {
    grid: "default",
    scenario: { name: "future-ssp245", parent: undefined },
    calendar: "noleap",
    onConflict: "fail",
    failRunningBatches: false,
    series: { frequency: "yearly", variables: ["Rx1day"], firstYear: 1981, lastYear: 2070, places, yearsOf },
  });
  const attributes = await ingest(
    "attributes",
    "cells.csv",
    "latitude,longitude,landFraction,elevation,heightAboveDrainage,upstreamArea,imperviousFraction\n" +
      "37.5,126.4,0,,,,\n37.5,126.5,1,2,0.2,120,0.7\n37.5,126.6,1,3,0.5,60,0.4\n37.5,126.7,1,40,,60,\n",
    "--add-cells",
  );
  expect(attributes).toMatch(
    /4 cells changed, 1 of them new; .*\nWays of the sea .* from 1 sea cell to 3 of 3 land cells/,
  );
  await ingest(
    "sea-levels",
    "stations.csv",
    "station,latitude,longitude,location,scale,record_years,reference_year,datum_offset\nIncheon,37.45,126.6,4.4,0.12,39,1998,0\n",
  );
  const rise = "scenario,2020,2050,2100\nssp245,0.05,0.3,0.7\n";
  expect(await ingest("sea-level-rise", "rise.csv", rise)).toMatch(/^1 series of sea-level rise stored/);
  expect(await cli(database.url, ...RUN)).toMatchObject({ code: 0 });

  const probability = await readResults("probability");
  const hazard = await readResults("hazard");
  const inputs = probability.map(({ risk_type, longitude, reason, input }) => [risk_type, longitude, reason, input]);
  const regional = "parameters of extreme sea levels, regional rise";
  expect(inputs).toEqual([
    ["coastal_flood", 126.5, null, regional],
    ["coastal_flood", 126.6, null, regional],
    ["coastal_flood", 126.7, null, "elevation and distance to the coast"],
    ["inland_flood", 126.5, null, "Rx1day yearly"],
    ["inland_flood", 126.6, null, "Rx1day yearly"],
    ["inland_flood", 126.7, "noHeightAboveDrainage", null],
    ["urban_flood", 126.5, null, "Rx1day yearly"],
    ["urban_flood", 126.6, null, "Rx1day yearly"],
    ["urban_flood", 126.7, "noImperviousFraction", null],
  ]);
  for (const row of probability.filter(({ reason }) => reason === null)) {
    const probabilities = row.probabilities as number[];
    expect(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12);
    expect(row.damage_continuous).not.toBeNull();
  }
  const bins = (probability[0]!.bin_data as { range: string }[]).map(({ range }) => range);
  expect(bins).toEqual(["0", ">0-0.15", "0.15-0.5", "0.5-1", "1-2", ">=2"]);

  // By hand: 4.4 + 0.12 y of 100 years; the mean rise of 2041-2060 over that of 1998; 2 m of ground, 8.8 km from the sea.
  const [coast] = hazard;
  const companions = coast!.indicators as { name: string; value: number }[];
  const level = companions.find(({ name }) => name === "WL100")!.value;
  const rise1998 = -0.04 + (0.04 * 8) / 15;
  const meanRise = Array.from({ length: 20 }, (_, at) => {
    const year = 2041 + at;
    return year <= 2050 ? 0.05 + (0.25 * (year - 2020)) / 30 : 0.3 + (0.4 * (year - 2050)) / 50;
  }).reduce((sum, metres) => sum + metres / 20, 0);
  const unshifted = 4.4 - 0.12 * Math.log(-Math.log(0.99));
  // Averaging the years' chances lets the higher years weigh more: a little above the mean rise.
  expect(level - (unshifted + meanRise - rise1998)).toBeGreaterThan(0);
  expect(level - (unshifted + meanRise - rise1998)).toBeLessThan(0.03);
  const kilometres = 0.1 * 111.12 * Math.cos((37.5 * Math.PI) / 180);
  expect(coast!.value).toBeCloseTo(level - 2 - 0.2 * kilometres, 6);
  expect(coast!.value_without_protection).toBe(coast!.value);
  expect(coast!.flags).toEqual(["defaultProtection"]);
});

test("when the ground has changed since, a run with coastal flood computes the paths of the sea first; other runs do not", async () => {
  const { client } = database;
  await client.query(
    `UPDATE climatebatch.grid_cells SET attributes = attributes || '{"elevation": 1.5}' WHERE longitude = 126.5`,
  );
  const computes = expect.stringMatching(
    /sea-flooding paths are stale: computing them\n.* on revision 2 of elevation\/default/,
  );
  const rain = RUN.filter((word) => word !== "coastal_flood");
  const predecessor = ["run", "probability", "--methods", "predecessor", ...RUN.slice(2)];
  for (const words of [rain, predecessor]) {
    const { code, stderr } = await cli(database.url, ...words, "--new", "--no-publish");
    expect(code).toBe(0);
    expect(stderr).not.toEqual(computes);
  }
  const coastal = await cli(database.url, ...RUN, "--new", "--no-publish");
  expect(coastal).toMatchObject({ code: 0, stderr: computes });
  expect(await cli(database.url, "connectivity")).toMatchObject({ code: 0 });
  const again = "station,latitude,longitude,location,scale\nIncheon,37.45,126.6,4.4,0.12\n";
  await ingest("sea-levels", "again.csv", again);
  expect(await cli(database.url, ...RUN, "--new")).toMatchObject({ code: 0 });
  const [coast] = await readResults("probability");
  expect(coast).toMatchObject({ reason: null, years_used: 0, probabilities_low: null, damage_low: null });
  expect(coast!.flags).toEqual(["defaultSeaLevelEpoch", "defaultProtection", "defaultDatumOffset"]);
  const [score] = await readResults("hazard");
  expect([score!.value_low, score!.score_high, score!.score]).toEqual([null, null, expect.any(Number)]);
});
