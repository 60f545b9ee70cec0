// Places, portfolios and comparisons: what the commands print and write is what SQL returns.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import { summarise } from "../../cli/summary.ts";
import { METHODS_VERSIONS } from "../../model/calculations.ts";
import type { BatchSpecification } from "../../model/specification.ts";
import { makeRaster } from "../../report/raster.ts";
import { type PlaceAnswer, readPlace } from "../../report/readPlace.ts";
import { findResults, readResultPlaces } from "../../report/readResults.ts";
import { makeNearest } from "../../report/sites.ts";
import { cli, startCli } from "../support/cli.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { loadBatch, specification, writePlaces } from "../support/loadedBatch.ts";
import { makeRandom } from "../support/random.ts";
import { createSampleResults } from "../support/sampleResults.ts";

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createSampleResults();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-places-"));
});

afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function run(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cli(database.url, ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function query(text: string): Promise<Record<string, unknown>[]> {
  const { rows } = await database.client.query(text);
  return rows;
}

test("a place fits a screen: nine risks, 80 columns, the cell's distance", async () => {
  const lines = (await run("place", "37.57", "126.98")).trim().split("\n");
  expect(lines[0]).toMatch(/^37\.57, 126\.98: cell \S+, \S+ of korea-sample, [\d.]+ km away\./);
  expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
  expect(lines.length).toBeLessThan(40);
  for (const name of ["Coastal flood", "High temperature", "Wildfire"]) {
    expect(lines.filter((line) => line.startsWith(`${name}  `))).toHaveLength(1);
  }
  expect(lines.join(" ")).toMatch(
    /Against fixed thresholds: .*High temperature \d+\.\d \((Very )?(Low|Medium|High); sample-/,
  );
});

test("a place as JSON has the nearest cell's values, both calculations of one publication", async () => {
  const answer: PlaceAnswer = JSON.parse(await run("place", "37.57", "126.98", "--json"));
  const [cell] = await query(
    `SELECT cell_id, latitude, longitude FROM climatebatch.hazard_results GROUP BY 1, 2, 3
     ORDER BY ((latitude - 37.57) ^ 2 + ((longitude - 126.98) * cos(radians(37.57))) ^ 2) LIMIT 1`,
  );
  expect(answer.cell).toMatchObject({ latitude: cell!.latitude, longitude: cell!.longitude });
  const rows = await query(
    `SELECT h.risk_type AS risk, h.scenario, h.first_year, h.hazard_score_100 AS score, p.damage_bins AS damage, p.probability AS p
     FROM climatebatch.hazard_results AS h JOIN climatebatch.probability_results AS p USING (cell_id, risk_type, scenario, first_year)
     WHERE cell_id = ${cell!.cell_id} ORDER BY h.risk_type, h.scenario, h.first_year`,
  );
  const found = answer.results.map(({ risk, scenario, firstYear, hazard, probability }) => ({
    ...{ risk, scenario, first_year: firstYear, score: hazard!.score },
    ...{ damage: probability!.damage, p: probability!.damagingYear },
  }));
  expect(found).toEqual(rows);
});

test("the nearest cell is found from anywhere on Earth", async () => {
  const random = makeRandom("places on Earth");
  const between = (low: number, high: number) => low + (high - low) * random();
  const points = [
    ...Array.from({ length: 40 }, () => [between(33, 39), between(124, 131)] as const),
    ...Array.from({ length: 40 }, () => [between(-90, 90), between(-180, 180)] as const),
    ...([
      [90, 0],
      [-90, 0],
      [36, 180],
      [36, -180],
      [-36, -53],
    ] as const),
  ];
  const results = await findResults(database.client);
  const nearest = makeNearest(await readResultPlaces(database.client, results));
  for (const [latitude, longitude] of points) {
    const { cell } = await readPlace(database.client, { latitude, longitude });
    expect({ latitude, longitude, km: cell.distanceKm }).toEqual({
      ...{ latitude, longitude },
      km: expect.closeTo(nearest(latitude, longitude).km, 1),
    });
  }
});

test("a country of places on no regular grid has a raster", () => {
  const random = makeRandom("irregular");
  const among = (from: number, to: number) =>
    Float64Array.from({ length: 451_351 }, () => from + (to - from) * random());
  expect(makeRaster({ latitudes: among(33, 39), longitudes: among(125, 130) })).toMatchObject({
    columns: 640,
    reach: 4,
  });
});

test("sites keep their columns and order; losses are the rate times the value, and far sites are named", async () => {
  const file = join(folder, "sites.csv");
  await writeFile(
    file,
    '\ufeffid,lat,lon,value,"note, of ours"\nA1,37.5,127,1000,"x, y"\nB2,35.2,129,,z\nC3,10,10,5,far\nD4,,127,5,none\nA1,37.5,127,2000,again\n',
  );
  const output = join(folder, "risks.csv");
  const words = await run(
    "assets",
    file,
    "--output",
    output,
    "--period",
    "2041-2060",
    "--scenario",
    "sample-ssp585",
    "--within-km",
    "60",
  );
  expect(words).toContain("3 of 5 sites have a cell within 60 km");
  expect(words).toMatch(/C3 \(line 4\): the nearest cell with results is \d+\.\d km away/);
  expect(words).toContain("D4 (line 5): no latitude and longitude in degrees");
  const rows = parse(await readFile(output), { columns: true }) as Record<string, string>[];
  expect(rows.map((row) => [row.id, row["note, of ours"]])).toEqual([
    ["A1", "x, y"],
    ["B2", "z"],
    ["C3", "far"],
    ["D4", "none"],
    ["A1", "again"],
  ]);
  const [expected] = await query(
    `SELECT h.hazard_score_100 AS score, p.damage_bins AS damage, p.rate_set FROM climatebatch.hazard_results AS h
     JOIN climatebatch.probability_results AS p USING (cell_id, risk_type, scenario, first_year)
     WHERE h.risk_type = 'drought' AND h.scenario = 'sample-ssp585' AND h.first_year = 2041
       AND h.latitude = ${rows[0]!.cell_latitude} AND h.longitude = ${rows[0]!.cell_longitude}`,
  );
  expect(Number(rows[0]!.drought_score)).toBe(expected!.score);
  expect(Number(rows[0]!.drought_damage)).toBe(expected!.damage);
  expect(rows[0]!.drought_rate_set).toBe(expected!.rate_set);
  expect(Number(rows[0]!.drought_loss)).toBeCloseTo(1000 * (expected!.damage as number), 9);
  expect(rows[1]!.drought_loss).toBe("");
  expect(rows[2]).toMatchObject({ drought_score: "", outside: expect.stringContaining("km away") });
  expect(words).toMatch(new RegExp(`drought +sample-ssp585 +2041-2060 +${expected!.rate_set} +2 `));
});

test("a site without coordinates is in the middle cell of its district; unknown districts are named", async () => {
  const file = join(folder, "districts.csv");
  await writeFile(file, "id,lat,lon,district\nA,,,north WEST\nB,35.54,128.01,North West\nC,,,Atlantis\nD,,,\n");
  const output = join(folder, "districts.geojson");
  const words = await run("assets", file, "--output", output, "--within-km", "60", "--risk", "drought");
  expect(words).toContain("2 of 4 sites have a cell within 60 km");
  expect(words).toContain('C (line 4): no cell with results is in a district "Atlantis"');
  expect(words).toContain("D (line 5): no latitude and longitude in degrees, and no district");
  const { features } = JSON.parse(await readFile(output, "utf8"));
  const [middle] = await query(
    `WITH inside AS (SELECT latitude, longitude FROM climatebatch.grid_cells JOIN climatebatch.cell_districts USING (cell_id) WHERE district = 'North West')
     SELECT latitude, longitude FROM inside, (SELECT avg(latitude) AS y, avg(longitude) AS x FROM inside) AS mean
     ORDER BY ((latitude - y) ^ 2 + ((longitude - x) * cos(radians(y))) ^ 2) LIMIT 1`,
  );
  expect(features[0].geometry.coordinates).toEqual([middle!.longitude, middle!.latitude]);
  expect(features[0].properties).toMatchObject({ found_by: "district", distance_km: null, district: "north WEST" });
  expect(features[0].properties.drought_score).toEqual(expect.any(Number));
  expect(features[1].properties).toMatchObject({ found_by: "coordinates", cell_latitude: 35.54 });
  expect(features[2].geometry).toBeNull();
});

test("a table with districts alone is enough; one without any place is refused", async () => {
  const file = join(folder, "only.csv");
  await writeFile(file, "district,value\nSouth East,100\n");
  const rows = parse(await run("assets", file, "--output", "-", "--risk", "drought"), { columns: true });
  expect(rows).toMatchObject([
    { district: "South East", found_by: "district", drought_loss: expect.stringMatching(/\d/) },
  ]);
  await writeFile(file, "name,value\nA,100\n");
  const refused = await cli(database.url, "assets", file, "--output", "-");
  expect(refused.stderr).toContain("has no column for the latitude");
  await writeFile(file, "date,lat,lon,tasmax (degC)\n2001-01-01,37,127,3\n");
  const series = await cli(database.url, "assets", file, "--output", "-");
  expect(series).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("climatebatch load climate reads such tables"),
  });
  expect(refused.stderr).toContain("or a column for the district (district, 시군구)");
  expect((await cli(database.url, "assets", file)).stderr).toContain("Nothing to write: give --output FILE");
});

test("each risk of the sample differs from place to place, and is more than nothing somewhere", async () => {
  const rows = await query(
    `SELECT risk_type, max(hazard_score_100) AS highest, max(hazard_score_100) - min(hazard_score_100) AS span
     FROM climatebatch.hazard_results WHERE risk_type <> 'coastal_flood' GROUP BY risk_type ORDER BY risk_type`,
  );
  // So few cells are too wide for the sea: it falls by 0.2 m a kilometre.
  expect(rows).toHaveLength(8);
  expect(rows.filter(({ highest, span }) => (highest as number) < 5 || (span as number) < 5)).toEqual([]);
});

test("equal things differ in nothing; scenarios differ as SQL says", async () => {
  expect(await run("compare", "1", "1")).toBe("1 and 1 have equal scores and damage rates in every cell.\n");
  const { changes } = JSON.parse(await run("compare", "1991-2020", "2081-2100", "--json"));
  const [expected] = await query(
    `SELECT avg(b.score - a.score) AS mean, count(*) FILTER (WHERE a.score <> b.score)::int AS changed
     FROM climatebatch.hazard_results AS a JOIN climatebatch.hazard_results AS b USING (cell_id, risk_type, scenario)
     WHERE a.first_year = 1991 AND b.first_year = 2081 AND risk_type = 'wildfire' AND scenario = 'sample-ssp245'`,
  );
  const found = changes.find(
    (change: { risk: string; scenario: string; measure: string }) =>
      change.risk === "wildfire" && change.scenario === "sample-ssp245" && change.measure === "score",
  );
  expect(found.changed).toBe(expected!.changed);
  expect(found.meanChange).toBeCloseTo(expected!.mean as number, 9);
});

test("two batches: cells gained and lost, and the change where both have a value", async () => {
  await using made = await createTestDatabase();
  await writePlaces(made.client, 4);
  const first = await loadBatch(made.client, specification(), { score: () => 30 });
  await made.client.query(
    "UPDATE climatebatch.hazard_rows SET score = NULL WHERE cell_id = (SELECT min(cell_id) FROM climatebatch.hazard_rows)",
  );
  const second = await loadBatch(made.client, specification(), { score: (cell) => (cell === 3 ? 70 : 30) });
  const { stdout } = await cli(made.url, "compare", first.batchId, second.batchId, "--json");
  const change = JSON.parse(stdout).changes.find(({ measure }: { measure: string }) => measure === "score");
  expect(change).toMatchObject({ cells: 3, gained: 1, lost: 0, changed: 1, largestChange: 40 });
});

test("cells where the hazard cannot do harm are counted apart, and are in no mean", async () => {
  await using made = await createTestDatabase();
  await writePlaces(made.client, 4);
  const load = async (score: number) => {
    const { batchId } = await loadBatch(made.client, specification(), { score: (cell) => (cell < 2 ? 0 : score) });
    for (const [table, value] of [
      ["hazard_rows", "score"],
      ["probability_rows", "damage_bins"],
    ]) {
      const cells = "(SELECT cell_id FROM climatebatch.grid_cells ORDER BY cell_id LIMIT 2)";
      await made.client.query(
        `UPDATE climatebatch.${table} SET flags = '{notApplicable}' WHERE cell_id IN ${cells} AND ${value} = 0`,
      );
    }
    return batchId;
  };
  const [first, second] = [await load(30), await load(70)];

  const { stdout } = await cli(made.url, "compare", first, second, "--json");
  for (const change of JSON.parse(stdout).changes)
    expect(change).toMatchObject({
      cells: 2,
      notApplicable: 2,
      changed: 2,
      meanChange: expect.closeTo(change.measure === "score" ? 40 : 0.4),
    });

  const lines = (await summarise(made.client, second, specification())).split("\n");
  const line = (start: string) => {
    const at = lines.findIndex((one) => one.startsWith(start));
    return Object.fromEntries(
      lines[at]!.split(/ {2,}/).map((title, column) => [title, lines[at + 2]!.split(/ {2,}/)[column]]),
    );
  };
  expect(line("hazard of")).toMatchObject({
    ...{ cells: "4", computed: "2", "not applicable": "2", "no result": "0", "mean score": "70" },
    ...{ "Very Low": "0", Low: "0", Medium: "0", High: "2", "Very High": "0" },
  });
  expect(line("probability of")).toMatchObject({ computed: "2", "not applicable": "2", "mean P(H)": "0.7" });

  const sites = join(folder, "nowhere.csv");
  await writeFile(sites, "name,latitude,longitude\nharmless,33,127\nharmed,35,127\n");
  const words = ["--scenario", "future", "--period", "1991-2020", "--output", "-"];
  const rows = parse((await cli(made.url, "assets", sites, ...words)).stdout, { columns: true }) as Record<
    string,
    string
  >[];
  expect(rows.map((row) => row.cold_wave_note)).toEqual(["notApplicable", ""]);
});

test("results of another version of the methods are compared with a word on it", async () => {
  await using made = await createTestDatabase();
  await writePlaces(made.client, 1);
  const first = await loadBatch(made.client, specification());
  const second = await loadBatch(made.client, specification({ methodsVersion: METHODS_VERSIONS.published }));
  const compared = async (...words: string[]) => (await cli(made.url, "compare", ...words)).stdout;
  expect(await compared(first.batchId, second.batchId)).toMatch(
    /^The methods differ: 1 was computed by published, version 1; 2 by published, version 2\. .*docs\/validation\.md/,
  );
  expect(await compared(second.batchId, second.batchId)).not.toContain("methods differ");
  expect(JSON.parse(await compared(first.batchId, second.batchId, "--json"))).toMatchObject({
    firstMethods: "published, version 1",
    secondMethods: "published, version 2",
  });
});

test.each([
  ["noBasin", "(reason: ", "climatebatch basins"],
  ["defaultSlope", "(flag: ", "climatebatch load ground"],
])("explain %s says what it means and what to do", async (word, kind, remedy) => {
  const { stdout } = await startCli(["explain", word]).ended;
  expect(stdout).toContain(`${word} ${kind}`);
  expect(stdout).toContain(remedy);
});

test("the summary of a run has a flag's meaning and remedy as explain has them, and no flag that needs nothing", async () => {
  const [batch] = await query(
    "SELECT batch_id::text AS id, specification FROM climatebatch.publications JOIN climatebatch.batches USING (batch_id) LIMIT 1",
  );
  const summary = await summarise(database.client, batch!.id as string, batch!.specification as BatchSpecification);
  const flags = await query("SELECT DISTINCT unnest(flags) AS flag FROM climatebatch.hazard_results");
  expect(flags).toContainEqual({ flag: "baseSpliced" });
  expect(flags).toContainEqual({ flag: "defaultDrainage" });
  const { meaning, remedy } = JSON.parse((await startCli(["explain", "defaultDrainage", "--json"]).ended).stdout);
  expect(summary).toContain(`  defaultDrainage: ${meaning[0].toUpperCase()}${meaning.slice(1)}. ${remedy}\n`);
  expect(summary).not.toContain("  baseSpliced: ");
});

test("explain refuses an unknown word with all that it knows", async () => {
  const { code, stderr } = await startCli(["explain", "nothing"]).ended;
  expect(code).toBe(2);
  expect(stderr).toContain('There is no risk, reason or flag "nothing". Risks: ');
});

test.each([
  [["place", "91", "0"], "A place is a latitude from -90 to 90"],
  [["place", "37", "127", "--period", "1800-1820"], 'no period "1800-1820". They have: '],
  [["compare", "1", "sample-ssp245"], "Compare two batches, two scenarios or two periods"],
  [["compare", "predecessor", "1"], "found none in the schemas predecessor and public. Name its database:"],
  [["compare", "ssp1", "ssp2"], '"ssp1" names no batch, scenario or period'],
  [["assets", "nowhere.csv", "--output", "a.xlsx"], "names no format of assets"],
])("%j is refused with what to do", async (words, message) => {
  const { code, stderr } = await cli(database.url, ...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
