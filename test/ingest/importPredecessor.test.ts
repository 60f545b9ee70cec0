// The predecessor's database imported: every table reported, values in our units, an import that was killed goes on, and a
// database taken over is given back as it was.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { distanceKm } from "../../ingest/predecessor/seaLevel.ts";
import { waitsForLock } from "../support/batches.ts";
import { cli, startCli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createPredecessorTables } from "../support/predecessorDatabase.ts";

const SIZE = { places: 12, firstYear: 2021, lastYear: 2030 };

let old: TestDatabase;
let own: TestDatabase;
beforeAll(async () => {
  old = await createTestDatabase({ from: "empty" });
  await createPredecessorTables(old.client, SIZE);
  await old.client.query(
    "UPDATE ta_data SET ssp1 = -999 WHERE latitude = 37.50 AND longitude = 126.90 AND observation_date = '2021-03-01'",
  );
  await old.client.query(
    `UPDATE rn_data SET ssp1 = -0.2, ssp2 = -0.4 WHERE latitude = 37.50 AND longitude = 126.90 AND observation_date = '2021-03-01';
     UPDATE rhm_data SET ssp1 = 104, ssp2 = 111 WHERE latitude = 37.50 AND longitude = 126.90 AND observation_date = '2021-03-01'`,
  );
  await old.client.query("CREATE TABLE population (latitude real, longitude real, people integer)");
});
beforeEach(async () => {
  own = await createTestDatabase();
});
afterEach(() => own.drop());
afterAll(() => old.drop());

const importFrom = (...words: string[]) => cli(own.url, "import-predecessor", "--from", old.url, ...words);

async function importedReport(...words: string[]) {
  const { stdout, stderr, code } = await importFrom("--json", ...words);
  expect(code, stderr).toBe(0);
  const report = JSON.parse(stdout) as { tables: Record<string, unknown>[] };
  return new Map(report.tables.map((table) => [String(table.relation), table]));
}

async function digestData(): Promise<string> {
  const { rows } = await own.client.query(
    `SELECT md5(string_agg(concat_ws(',', latitude, longitude, s.name, variable, frequency, year, encode(values, 'hex')), ';'
       ORDER BY latitude, longitude, s.name, variable, frequency, year)) AS digest
     FROM climatebatch.climate_data JOIN climatebatch.grid_cells USING (cell_id) JOIN climatebatch.scenarios AS s USING (scenario_id)`,
  );
  return rows[0].digest;
}

async function storedValue(scenario: string, variable: string, year: number, position: number): Promise<number> {
  const { rows } = await own.client.query(
    `SELECT value FROM climatebatch.climate_values
     WHERE latitude = 37.51 AND longitude = 126.91 AND scenario = $1 AND variable = $2 AND year = $3 AND position = $4`,
    [scenario, variable, year, position],
  );
  return rows[0].value;
}

test("every table is reported: what it is here, how much of it, or why it stays behind", async () => {
  const tables = await importedReport();
  const { places } = SIZE;
  expect(tables.get("public.ta_data")).toMatchObject({
    end: "imported",
    years: "2021-2030",
    places,
    rowsWritten: places * 10 * 4,
    notes: ["1 impossible value read as missing, such as ssp1 -999 at 37.5, 126.9 in 2021-03"],
  });
  // -0.2 mm in a March is -0.006 mm d-1, and -0.4 mm is more than packing leaves.
  expect(tables.get("public.rn_data")).toMatchObject({
    notes: [
      "1 slightly negative value read as 0",
      "1 impossible value read as missing, such as ssp2 -0.4 at 37.5, 126.9 in 2021-03",
    ],
  });
  expect(tables.get("public.rhm_data")).toMatchObject({
    notes: [
      "1 value above 100 % read as 100 %",
      "1 impossible value read as missing, such as ssp2 111 at 37.5, 126.9 in 2021-03",
    ],
  });
  expect(tables.get("public.wsdi_data")).toMatchObject({
    mapped: ["WSDI yearly: ssp1 is ssp126, ssp2 is ssp245, ssp3 is ssp370, ssp5 is ssp585"],
    places,
  });
  expect(tables.get("public.climate_data")).toMatchObject({
    mapped: ["tas monthly: ta is unnamed", "pr monthly: rn is unnamed", "WSDI yearly: wsdi is unnamed"],
    notes: ["cdd: dry days in a row are read by no risk", "quality: not known"],
    rowsWritten: places * 10 * 3,
  });
  expect(tables.get("public.sea_level_data")).toMatchObject({ end: "imported", places, rowsWritten: places * 10 * 4 });
  expect(tables.get("public.typhoon_besttrack")).toMatchObject({
    end: "imported",
    years: "2015-2034",
    notes: ["20 storms"],
  });
  expect(tables.get("public.sdii_data")).toMatchObject({
    end: "skipped",
    notes: ["rain per wet day is read by no risk"],
  });
  expect(tables.get("public.population")).toMatchObject({
    end: "skipped",
    notes: ["not one of the predecessor's tables of climate"],
  });
  expect(tables.get("public.probability_results")).toMatchObject({ end: "skipped" });

  const again = await importedReport();
  expect([...again.values()].filter(({ end }) => end === "imported")).toEqual([]);
  const forced = await importedReport("--again");
  expect(forced.get("public.ta_data")).toMatchObject({
    end: "imported",
    rowsWritten: 0,
    rowsUnchanged: places * 10 * 4,
  });
});

test("values arrive in the units of climate_data, each where it belongs", async () => {
  await importedReport();
  const ask = async (query: string) => (await old.client.query(query)).rows[0].v as number;
  const at = "latitude = 37.51 AND longitude = 126.91";
  const month = (table: string, column: string) =>
    ask(`SELECT ${column} AS v FROM ${table} WHERE ${at} AND observation_date = '2023-02-01'`);

  expect(await storedValue("ssp585", "tas", 2023, 2)).toBe(await month("ta_data", "ssp5"));
  // A month's sum over the 28 days of that February.
  expect(await storedValue("ssp126", "pr", 2023, 2)).toBeCloseTo((await month("rn_data", "ssp1")) / 28, 5);
  expect(await storedValue("unnamed", "pr", 2023, 2)).toBeCloseTo(62 / 28, 5);
  // 1 MJ m-2 in a day is 11.574 W m-2.
  expect(await storedValue("ssp245", "rsds", 2023, 2)).toBeCloseTo(
    ((await month("si_data", "ssp2")) / 28) * 11.574074,
    3,
  );
  expect(await storedValue("ssp370", "WSDI", 2023, 1)).toBe(
    await ask(`SELECT ssp3 AS v FROM wsdi_data WHERE ${at} AND year = 2023`),
  );
  expect(await storedValue("unnamed", "WSDI", 2023, 1)).toBe(3);
  // Centimetres of the nearest point of the coarse grid.
  const zos = await ask(
    "SELECT ssp5 AS v FROM sea_level_data WHERE latitude = 37.5 AND longitude = 126.5 AND year = 2023 AND month = 2",
  );
  expect(await storedValue("ssp585", "zos", 2023, 2)).toBeCloseTo(zos / 100, 6);
  const { rows } = await own.client.query(
    "SELECT wind, gale_bearing FROM climatebatch.storm_points ORDER BY storm_id, time LIMIT 1",
  );
  expect(rows[0]).toEqual({ wind: expect.closeTo((30 + (2015 % 7)) / 0.88, 4), gale_bearing: 135 });
});

test("the distance between Seoul and Busan is that of the great circle", () => {
  // GeographicLib 2.0 on a sphere of radius 6371.0088 km.
  const seoul = { latitude: 37.5665, longitude: 126.978 };
  const busan = { latitude: 35.1796, longitude: 129.0756 };
  expect(distanceKm(seoul, busan)).toBeCloseTo(325.1, 0);
  expect(distanceKm({ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 })).toBeCloseTo(
    Math.PI * 6371.0088,
    6,
  );
  expect(distanceKm(seoul, seoul)).toBe(0);
});

test("killed while it imports, it goes on with the table where it stopped, to the same data", async () => {
  await importedReport();
  const whole = await digestData();
  await own.drop();
  own = await createTestDatabase();
  const holder = await connect(old.url, { purpose: "test" });
  await holder.query("BEGIN; LOCK TABLE public.rx1day_data");
  await using first = startCli(["import-predecessor", "--from", old.url, "--database", own.url]);
  await waitsForLock(old.client, "import of the predecessor");
  first.kill("SIGKILL");
  await first.exited;
  await holder.end();

  const tables = await importedReport();

  expect(tables.get("public.csdi_data")).toMatchObject({ end: "before" });
  expect(tables.get("public.rx1day_data")).toMatchObject({ end: "imported" });
  expect(await digestData()).toBe(whole);
});

test("inside a table it goes on after the last place that is stored", async () => {
  await importedReport();
  const whole = await digestData();
  await own.client.query(
    "UPDATE climatebatch.predecessor_imports SET after_latitude = 37.51, after_longitude = 126.90, finished_at = NULL WHERE relation LIKE '%ta_data%'",
  );
  const tables = await importedReport();
  expect(tables.get("public.ta_data")).toMatchObject({ end: "imported", places: 2, rowsWritten: 0 });
  expect(await digestData()).toBe(whole);
});

test("two different values keeps its table back, with where and what to do; the others are imported", async () => {
  await old.client.query("INSERT INTO wsdi_data VALUES (37.50, 126.90, 2025, 77, 77, 77, 77)");
  const { code, stdout } = await importFrom();
  await old.client.query("DELETE FROM wsdi_data WHERE ssp1 = 77");
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /public\.wsdi_data has two values of ssp1 at 37\.5, 126\.9 in 2025: .* Delete one of the two rows/,
  );
  expect(stdout).toMatch(/^public\.ta_data +imported/m);
  expect((await importedReport()).get("public.wsdi_data")).toMatchObject({ end: "imported" });
});

test.each([
  { words: [], says: "Give one of: --from" },
  { words: ["--from", "mysql://there/db"], says: "--from expects postgres://" },
  { words: ["--from", "{own}"], says: "has none of the predecessor's tables" },
])("what cannot be imported is refused: $says", async ({ words, says }) => {
  const { code, stderr } = await cli(
    own.url,
    "import-predecessor",
    ...words.map((word) => word.replace("{own}", own.url)),
  );
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says) });
});

test("a dry run reports what would be imported and stores nothing", async () => {
  const tables = await importedReport("--dry-run");
  expect(tables.get("public.ta_data")).toMatchObject({ end: "found", rowsWritten: 0 });
  expect((await own.client.query("SELECT FROM climatebatch.climate_data")).rows).toEqual([]);
});

test("taken over, its result tables move aside and our views have their names; given back, all is as it was", async () => {
  const taken = await createTestDatabase({ from: "empty" });
  try {
    await createPredecessorTables(taken.client, SIZE);
    const read = async () =>
      (await taken.client.query("SELECT count(*)::int AS n, min(probability) AS p FROM probability_results")).rows[0];
    const before = await read();
    expect(await cli(taken.url, "migrate")).toMatchObject({ code: 2, stderr: expect.stringContaining("--take-over") });

    const { code, stdout, stderr } = await cli(taken.url, "import-predecessor", "--take-over");
    expect(code, stderr).toBe(0);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("batch_job_logs, hazard_results, probability_results"),
    });
    expect(await read()).toEqual({ n: 0, p: null });
    expect((await taken.client.query("SELECT count(*)::int AS n FROM predecessor.probability_results")).rows[0].n).toBe(
      SIZE.places,
    );

    expect(await cli(taken.url, "import-predecessor", "--give-back")).toMatchObject({ code: 0 });
    expect(await read()).toEqual(before);
    expect(await cli(taken.url, "import-predecessor", "--give-back")).toMatchObject({ code: 2 });

    expect((await cli(taken.url, "import-predecessor", "--take-over")).code).toBe(0);
    expect(await read()).toEqual({ n: 0, p: null });
    expect((await cli(taken.url, "migrate")).code).toBe(0);
  } finally {
    await taken.drop();
  }
});
