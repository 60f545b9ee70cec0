// Exports: what is chosen, what is refused, and what other tools read in the files.
import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import h5wasm, { type Dataset } from "h5wasm/node";
import { parquetReadObjects } from "hyparquet";
import { asyncBufferFromFile } from "hyparquet/src/node.js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { METHODS_VERSIONS } from "../../model/calculations.ts";
import { RISKS } from "../../model/risks.ts";
import { writeNetcdf } from "../../report/exportNetcdf.ts";
import { select } from "../../report/exportSelection.ts";
import { withSnapshot } from "../../report/readResults.ts";
import { cli, runCommands, startCli } from "../support/cli.ts";
import type { TestDatabase } from "../support/database.ts";
import { createSampleResults, SAMPLE_CELLS } from "../support/sampleResults.ts";
import { PYTHON } from "./pythonPackages.ts";

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createSampleResults();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-exports-"));
});

afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

async function exportTo(name: string, calculation: string, ...words: readonly string[]): Promise<string> {
  const output = join(folder, name);
  const { code, stderr } = await cli(database.url, "export", calculation, "--output", output, ...words);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return output;
}

type Row = Readonly<Record<string, string>>;
/** No strip is so small: each gets one row. */
const ONE_ROW_BYTES = 1;
const RISK = "inland_flood";
const SCENARIO = "sample-ssp585";

async function query(text: string): Promise<Record<string, unknown>[]> {
  const { rows } = await database.client.query(text);
  return rows;
}

test("CSV has a number a column, equal to SQL", async () => {
  const file = await exportTo(
    "chosen.csv",
    "probability",
    ...["--risk", RISK, "--scenario", SCENARIO, "--period", "2041-2060"],
    ...["--columns", "latitude", "longitude", "p_bin1", "p_bin2_high", "years_bin1", "rl100"],
  );
  const [header, ...lines] = (await readFile(file, "utf8")).trim().split("\n");
  expect(header).toBe("latitude,longitude,p_bin1,p_bin2_high,years_bin1,rl100");
  const rows = await query(
    `SELECT latitude, longitude, probabilities[1], probabilities_high[2] AS high, counts[1] AS years, return_levels -> 5 ->> 'level' AS rl100
     FROM climatebatch.probability_results WHERE risk_type = '${RISK}' AND scenario = '${SCENARIO}' AND first_year = 2041
     ORDER BY latitude, longitude`,
  );
  expect(lines).toHaveLength(rows.length);
  expect(lines.map((line) => line.split(",").map(Number))).toEqual(rows.map((row) => Object.values(row).map(Number)));
});

test("only cells in the box are written", async () => {
  const file = await exportTo("box.csv", "hazard", "--bbox", "127,35,128.5,37", "--columns", "latitude", "longitude");
  const lines = (await readFile(file, "utf8")).trim().split("\n").slice(1);
  const [row] = await query(
    "SELECT count(*)::int AS rows FROM climatebatch.hazard_results WHERE longitude BETWEEN 127 AND 128.5 AND latitude BETWEEN 35 AND 37",
  );
  expect(lines).toHaveLength(row!.rows as number);
});

test("Parquet has the columns of CSV with their types", async () => {
  const file = await asyncBufferFromFile(await exportTo("typed.parquet", "hazard"));
  const rows = await parquetReadObjects({ file });
  const header = (await readFile(await exportTo("typed.csv", "hazard"), "utf8")).split("\n")[0]!;
  expect(Object.keys(rows[0]!)).toEqual(header.split(","));
  expect(rows).toHaveLength(SAMPLE_CELLS_WITH_RESULTS());
  expect(rows[0]).toMatchObject({ first_year: 1991, risk_type: "coastal_flood", latitude: expect.any(Number) });
});

function SAMPLE_CELLS_WITH_RESULTS(): number {
  return SAMPLE_CELLS * RISKS.length * 2 * 5;
}

test("NetCDF has every number of SQL, in strips of any height", async () => {
  const file = join(folder, "strips.nc");
  await withSnapshot(database.client, async () => {
    const selection = await select(database.client, { calculation: "hazard", provenance: false });
    await writeNetcdf(database.client, selection, createWriteStream(file), ONE_ROW_BYTES);
  });
  await h5wasm.ready;
  const opened = new h5wasm.File(file, "r");
  const valuesOf = (name: string) => (opened.get(name) as Dataset).value as Float32Array;
  const yearOf = (days: number) => new Date(Date.UTC(1850, 0, 1 + days)).getUTCFullYear();
  const [scenarios, years, latitudes, longitudes] = [
    (opened.get("scenario_name") as Dataset).value as unknown as string[],
    Array.from(valuesOf("period_bnds"), yearOf).filter((_, at) => at % 2 === 0),
    Array.from(valuesOf("latitude")),
    Array.from(valuesOf("longitude")),
  ];
  const rows = await query("SELECT * FROM climatebatch.hazard_results");
  for (const column of ["hazard_score_100", "value", "score_low", "value_without_protection"]) {
    for (const risk of RISKS) {
      const here = rows.filter((row) => row.risk_type === risk && row[column] !== null);
      const name = `${risk}_${column}`;
      expect(opened.keys().includes(name)).toBe(here.length > 0);
      if (here.length === 0) continue;
      const values = valuesOf(name);
      expect({ name, filled: values.filter((value) => !Number.isNaN(value)).length }).toEqual({
        name,
        filled: here.length,
      });
      for (const row of here) {
        const map = scenarios.indexOf(row.scenario as string) * years.length + years.indexOf(row.first_year as number);
        const at =
          (map * latitudes.length + latitudes.indexOf(row.latitude as number)) * longitudes.length +
          longitudes.indexOf(row.longitude as number);
        expect(values[at]).toBe(Math.fround(row[column] as number));
      }
    }
  }
  opened.close();
});

test("Ctrl-C ends an export that waits, and leaves no part of a file", async () => {
  const output = join(folder, "stopped.csv");
  await database.client.query("BEGIN; LOCK TABLE climatebatch.hazard_rows IN ACCESS EXCLUSIVE MODE");
  try {
    await using program = startCli(["export", "hazard", "--output", output, "--database", database.url]);
    const isWaiting = async () => {
      const [row] = await query("SELECT count(*)::int AS waiting FROM pg_locks WHERE NOT granted");
      return row!.waiting === 1;
    };
    await vi.waitUntil(isWaiting, { timeout: 60_000 });
    program.kill("SIGINT");
    const { code, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: expect.stringMatching(/^Stopped\. Resume: climatebatch export hazard /),
    });
  } finally {
    await database.client.query("ROLLBACK");
  }
  expect((await readdir(folder)).filter((name) => name.startsWith("stopped"))).toEqual([]);
});

test("--nested writes bins as JSON in one column, of the rows and columns that are requested", async () => {
  const whole = await exportTo("nested.csv", "probability", "--nested");
  expect((await readFile(whole, "utf8")).split("\n")[0]).toContain("bin_data");
  const words = ["--nested", "--risk", "typhoon", "--columns", "risk_type,bin_data,flags"];
  const rows = JSON.parse(await readFile(await exportTo("nested.json", "probability", ...words), "utf8"));
  expect(rows).toHaveLength(SAMPLE_CELLS_WITH_RESULTS() / RISKS.length);
  expect(rows[0]).toEqual({
    risk_type: "typhoon",
    bin_data: expect.arrayContaining([expect.objectContaining({ probability: expect.any(Number) })]),
    flags: expect.any(Array),
  });
});

test("heat and cold have a second score, by an absolute indicator", async () => {
  const file = await exportTo(
    "absolute.json",
    "hazard",
    "--columns",
    "risk_type,score_absolute,level_absolute,methods_version",
  );
  const rows = JSON.parse(await readFile(file, "utf8")) as { risk_type: string; score_absolute: number | null }[];
  const scored = new Set(
    rows.filter(({ score_absolute }) => score_absolute !== null).map(({ risk_type }) => risk_type),
  );
  expect(scored).toEqual(new Set(["cold_wave", "high_temperature"]));
  expect(rows[0]).toMatchObject({ methods_version: METHODS_VERSIONS.published });
});

const REFUSED: readonly (readonly [readonly string[], string])[] = [
  [["--output", "results.xyz"], '--output "results.xyz" ends in ".xyz", which names no format. Use .csv'],
  [["--output", "results"], "ends in no suffix"],
  [["--output", "map.tif"], "A GeoTIFF holds one map. Choose it by --risk"],
  [["--output", "a.csv", "--columns", "p_bin99"], 'have no column "p_bin99"; they have latitude'],
  [["--output", "a.csv", "--period", "1901-1930"], 'have no period "1901-1930"; they have 1991-2020'],
  [["--output", "a.csv", "--bbox", "130,34,126,39"], "--bbox expects WEST,SOUTH,EAST,NORTH"],
  [["--output", "a.parquet", "--nested"], "--nested is for csv and json, not for parquet"],
  [["--output", ".", "--format", "oasis"], "cannot be written: it exists already"],
  [["--output", "a", "--format", "oasis", "--columns", "rl100"], "--columns does not apply to --format oasis"],
  [["--output", "a.geojson", "--columns", "rl100"], "Points need the columns latitude and longitude"],
];

test("what cannot be exported is refused, and no file appears", async () => {
  const before = await readdir(folder);
  const place = (word: string, at: number) => (at === 1 ? join(folder, word) : word);
  const found = await runCommands(
    REFUSED.map(([words]) => ["export", "probability", ...words.map(place), "--database", database.url]),
  );
  expect(found.map(({ code, stderr }) => ({ code, stderr: stderr.replaceAll(`${folder}/`, "") }))).toEqual(
    REFUSED.map(([, message]) => ({ code: 2, stderr: expect.stringContaining(message) })),
  );
  expect(await readdir(folder)).toEqual(before);
});

test("Oasis: an event a risk, scenario and period, with P(H) of each bin and place; the rates are the batch's", async () => {
  const oasis = await exportTo("oasis-one", "probability", "--format", "oasis", "--risk", RISK, "--scenario", SCENARIO);
  const read = async (name: string) => parse(await readFile(join(oasis, name)), { columns: true }) as Row[];
  expect((await readdir(oasis)).sort()).toEqual(
    ["areaperil_dict", "damage_bin_dict", "event_dict", "events", "footprint", "intensity_bin_dict", "vulnerability"]
      .concat("vulnerability_dict")
      .map((name) => `${name}.csv`),
  );
  const events = await read("event_dict.csv");
  expect(events.map(({ risk, scenario, first_year }) => [risk, scenario, first_year])).toEqual(
    ["1991", "2021", "2041", "2061", "2081"].map((year) => [RISK, SCENARIO, year]),
  );
  const places = new Map((await read("areaperil_dict.csv")).map((row) => [row.areaperil_id, row]));
  const found = (await read("footprint.csv")).map((row) => {
    const place = places.get(row.areaperil_id!)!;
    const event = events.find(({ event_id }) => event_id === row.event_id)!;
    return [event.first_year, place.latitude, place.longitude, row.intensity_bin_id, row.probability].map(Number);
  });
  const expected = await query(
    `SELECT first_year, latitude, longitude, bin::int, p FROM climatebatch.probability_results, unnest(probabilities) WITH ORDINALITY AS u (p, bin)
     WHERE risk_type = '${RISK}' AND scenario = '${SCENARIO}' AND p > 0 ORDER BY first_year, cell_id, bin`,
  );
  expect(found).toEqual(expected.map((row) => Object.values(row)));

  const damages = new Map((await read("damage_bin_dict.csv")).map((row) => [row.bin_index, Number(row.interpolation)]));
  expect([...damages.values()].at(0)).toBe(0);
  expect([...damages.values()].at(-1)).toBe(1);
  const sets = await read("vulnerability_dict.csv");
  const rates = Map.groupBy(await read("vulnerability.csv"), ({ vulnerability_id }) => vulnerability_id);
  for (const { rate_set, rates: given } of await query(
    `SELECT rate_set, rates FROM climatebatch.batch_rate_sets WHERE risk = '${RISK}'`,
  )) {
    const { vulnerability_id } = sets.find((row) => row.rate_set === rate_set)!;
    expect(rates.get(vulnerability_id)!.map(({ damage_bin_id }) => damages.get(damage_bin_id))).toEqual(given);
  }
});

test("Oasis: hazard scores are refused, and no folder appears", async () => {
  const { code, stderr } = await cli(
    database.url,
    "export",
    "hazard",
    "--format",
    "oasis",
    "-o",
    join(folder, "scores"),
  );
  expect(code).toBe(2);
  expect(stderr).toContain("--format oasis is for probability, not for hazard");
  expect(await readdir(folder)).not.toContain("scores");
});

describe.skipIf(PYTHON === null)("read by Oasis LMF (npm run python)", () => {
  test("its validation accepts the tables, and their expected damage is that of SQL", async () => {
    const oasis = await exportTo("oasis", "probability", "--format", "oasis");
    const script = join(import.meta.dirname, "openOasis.py");
    const found = JSON.parse(execFileSync(PYTHON!, [script, oasis], { encoding: "utf8" }));
    const [rows] = await query(
      `SELECT count(*)::int AS count FROM climatebatch.probability_results, unnest(probabilities) AS p WHERE p > 0`,
    );
    expect(found).toMatchObject({ rows: rows!.count, equal: true });
    expect(found.bins[0]).toBeGreaterThanOrEqual(found.bins[1]);
    const damages = await query(
      `SELECT risk_type, scenario, first_year, latitude, longitude, damage_bins FROM climatebatch.probability_results
       WHERE damage_bins IS NOT NULL`,
    );
    const key = (values: readonly unknown[]) => values.slice(0, 5).join(" ");
    const expected = new Map(damages.map((row) => [key(Object.values(row)), row.damage_bins as number]));
    expect(found.damage.filter((row: unknown[]) => expected.has(key(row)))).toHaveLength(expected.size);
    const differing = found.damage.filter((row: unknown[]) => {
      const sql = expected.get(key(row)) ?? 0;
      return Math.abs((row[5] as number) - sql) > 1e-6 * Math.max(sql, 1e-3);
    });
    expect(differing).toEqual([]);
  }, 120_000);
});

describe.skipIf(PYTHON === null)("opened by xarray, GeoPandas, DuckDB and rasterio (npm run python)", () => {
  test("each tool reads the values of SQL", async () => {
    const [chosen] = await query(
      `SELECT h.latitude, h.longitude, h.hazard_score_100 AS score, (p.return_levels -> 5 ->> 'level')::float8 AS rl100
       FROM climatebatch.hazard_results AS h JOIN climatebatch.probability_results AS p USING (cell_id, risk_type, scenario, first_year)
       WHERE h.risk_type = '${RISK}' AND h.scenario = '${SCENARIO}' AND h.first_year = 2041 ORDER BY score DESC LIMIT 1`,
    );
    const [sums] = await query(
      `SELECT count(*)::int AS rows, sum(probabilities[1]) AS p, sum((return_levels -> 5 ->> 'level')::float8) AS levels
       FROM climatebatch.probability_results`,
    );
    const [scores] = await query(
      `SELECT sum(hazard_score_100) AS score, count(*) FILTER (WHERE risk_type = '${RISK}' AND scenario = '${SCENARIO}' AND first_year = 2041)::int AS cells
       FROM climatebatch.hazard_results`,
    );
    for (const [name, calculation, ...words] of [
      ["probability.nc", "probability"],
      ["hazard.nc", "hazard"],
      ["probability.geoparquet", "probability"],
      ["probability.parquet", "probability"],
      ["probability.csv", "probability"],
      ["hazard.geojson", "hazard"],
      ["hazard.tif", "hazard", "--risk", RISK, "--scenario", SCENARIO, "--period", "2041-2060"],
    ] as const) {
      await exportTo(name, calculation, ...words);
    }
    const script = join(import.meta.dirname, "openExports.py");
    const place = [String(chosen!.latitude), String(chosen!.longitude)];
    const found = JSON.parse(
      execFileSync(PYTHON!, [script, folder, RISK, SCENARIO, "2", ...place], { encoding: "utf8" }),
    );
    const axes = ["scenario", "period", "latitude", "longitude"];
    expect(found.netcdf_hazard).toMatchObject({
      dims: axes,
      conventions: "CF-1.11",
      units: "1",
      years: ["2041", "2061"],
    });
    expect(found.netcdf_hazard.value).toBeCloseTo(chosen!.score as number, 4);
    expect(found.netcdf_probability).toMatchObject({ units: "m" });
    expect(found.netcdf_probability.value).toBeCloseTo(chosen!.rl100 as number, 4);
    expect(found.geoparquet).toMatchObject({ crs: "OGC:CRS84", rows: sums!.rows });
    expect(found.geoparquet.sum).toBeCloseTo(sums!.p as number, 6);
    for (const suffix of ["parquet", "csv"]) {
      expect(found[`duckdb_${suffix}`].rows).toBe(sums!.rows);
      expect(found[`duckdb_${suffix}`].sum).toBeCloseTo(sums!.p as number, 6);
      expect(found[`duckdb_${suffix}`].levels).toBeCloseTo(sums!.levels as number, 4);
    }
    expect(found.geojson.rows).toBe(sums!.rows);
    expect(found.geojson.sum).toBeCloseTo(scores!.score as number, 4);
    expect(found.geotiff).toMatchObject({
      crs: "EPSG:4326",
      nodata: -9999,
      compression: "deflate",
      cells: scores!.cells,
    });
    expect(found.geotiff.value).toBeCloseTo(chosen!.score as number, 4);
  });
});
