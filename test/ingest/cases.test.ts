// Files that users really have and that went wrong once, with the values that other programs read from them. They are beside the
// clone (../shared/cases), not in it; the conventions behind them are tested with made files in conventions.test.ts.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { transaction } from "../../database/connect.ts";
import { addCells } from "../../database/gridCells.ts";
import { loadAttributes } from "../../ingest/ground/loadGround.ts";
import { readRiseFiles } from "../../ingest/sea/readRiseFiles.ts";
import { readStationFiles } from "../../ingest/sea/readStationFiles.ts";
import type { IngestWords } from "../../ingest/series/options.ts";
import { readStormFiles } from "../../ingest/storms/stormFiles.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingestPaths, readStored, refusalOf } from "../support/ingest.ts";
import { USUAL_GAUGE, USUAL_RISE } from "../support/seaFiles.ts";
import { SILENT_READING } from "../support/stormFiles.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/cases");
const isHere = existsSync(FOLDER);
const where = isHere ? "" : " (needs ../shared/cases)";
const path = (name: string) => join(FOLDER, name);
const signal = new AbortController().signal;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

let scenarios = 0;

/** Stored values by "variable year", of a scenario of their own. */
async function load(
  files: readonly string[],
  words: Partial<IngestWords> = {},
): Promise<ReadonlyMap<string, Float32Array>> {
  const scenario = `case${++scenarios}`;
  await ingestPaths(database.client, files.map(path), { scenario, ...words });
  const stored = await readStored(database.client);
  return new Map(
    [...stored].flatMap(([key, values]) => {
      const [name, variable, , , year] = key.split(" ");
      return name === scenario ? [[`${variable} ${year}`, values] as const] : [];
    }),
  );
}

const refuse = (files: readonly string[], words: Partial<IngestWords> = {}) =>
  refusalOf(ingestPaths(database.client, files.map(path), { scenario: "refused", ...words }));

/** The highest sum of `days` days in each of the years 2001 to 2003, to one decimal. */
function highest(stored: ReadonlyMap<string, Float32Array>, days: number): number[] {
  return [2001, 2002, 2003].map((year) => {
    const values = stored.get(`pr ${year}`)!;
    let most = Number.NEGATIVE_INFINITY;
    for (let at = 0; at + days <= values.length; at++) {
      most = Math.max(
        most,
        values.subarray(at, at + days).reduce((sum, value) => sum + value, 0),
      );
    }
    return Number(most.toFixed(1));
  });
}

const count = (stored: ReadonlyMap<string, Float32Array>, variable: string) =>
  [...stored].reduce(
    (sum, [key, values]) =>
      sum + (key.startsWith(`${variable} `) ? values.filter((one) => !Number.isNaN(one)).length : 0),
    0,
  );

const one = { latitude: 37, longitude: 127 };

test.skipIf(!isHere)(`01: a fill value of Zarr v3 is no mark of missing values${where}`, async () => {
  for (const file of ["01/v3-xarray-2025.6.zarr", "01/same.nc"]) {
    const stored = await load([file]);
    expect(count(stored, "pr")).toBe(1095);
    expect(highest(stored, 5)).toEqual([79.5, 72.7, 87]);
  }
});

test.skipIf(!isHere)(`02: unsigned integers with a valid range of the signed type${where}`, async () => {
  const stored = await load(["02/goes-like-NETCDF4.nc"]);
  const expected = numbersOf("02/true.txt");
  const values = [2001, 2002, 2003, 2004].flatMap((year) => [...stored.get(`pr ${year}`)!]).slice(0, expected.length);
  expect(count(stored, "pr")).toBe(1096);
  values.forEach((value, day) => {
    expect(Math.abs(value - expected[day]!)).toBeLessThan(0.0008);
  });
});

test.skipIf(!isHere)(`03: a valid range in units of the unpacked values${where}`, async () => {
  expect(highest(await load(["03/partial-pr.nc"]), 1)).toEqual([50.5, 45.5, 55.8]);
});

test.skipIf(!isHere)(`04: days stamped at their end, with bounds${where}`, async () => {
  const stored = await load(["04/end.nc"]);
  expect(highest(stored, 1)).toEqual([200, 10, 20]);
  expect([...stored.values()]).toEqual([...(await load(["04/middle.nc"])).values()]);
});

test.skipIf(!isHere)(`05: monthly means of daily accumulations${where}`, async () => {
  const stored = await load(["05/era5-monthly.nc"]);
  const expected = readFileSync(path("05/true.csv"), "utf8").trim().split("\n").slice(1);
  expect(expected).toHaveLength(384);
  for (const line of expected) {
    const [date, value] = line.split(",");
    const [year, month] = date!.split("-").map(Number);
    expect(stored.get(`pr ${year}`)![month! - 1]).toBeCloseTo(Number(value), 5);
  }
});

test.skipIf(!isHere)(`06: a provisional spur is no storm${where}`, async () => {
  const read = async (file: string) => {
    const options = { files: [path(file)], windUnit: undefined, agency: undefined };
    return (await readStormFiles(options, SILENT_READING, signal)).tracks;
  };
  expect(await read("06/main-and-provisional-spur.csv")).toEqual(await read("06/main-only.csv"));
});

test.skipIf(!isHere)(`07: days as local midnights of a zone${where}`, async () => {
  expect(highest(await load(["07/seoul.parquet"]), 1)).toEqual([200, 7, 11]);
  expect((await load(["07/kst.csv"])).get("pr 2001")!.slice(0, 3)).toEqual(Float32Array.of(5, 6, Number.NaN));
});

test.skipIf(!isHere)(`11: T is a trace of rain${where}`, async () => {
  expect(await refuse(["11/trace.csv"])).toContain('--read-as "T=0"');
  const stored = await load(["11/trace.csv"], { readAs: ["T=0"] });
  expect(highest(stored, 5)).toEqual([62, 83, 57.6]);
  expect([...stored.values()]).toEqual([...(await load(["11/zero.csv"])).values()]);
});

test.skipIf(!isHere)(`12: YEAR, MO, DY${where}`, async () => {
  const map = ["T2M_MAX=tasmax", "PRECTOTCORR=pr"];
  const stored = await load(["12/ymd.csv"], { ...one, map, missing: ["-999"] });
  expect([...stored.get("tasmax 2001")!.slice(0, 4)].map((value) => Number(value.toFixed(1)))).toEqual([
    2.1,
    3.4,
    Number.NaN,
    1,
  ]);
});

test.skipIf(!isHere)(`13: a mark of missing rain that is a temperature too${where}`, async () => {
  const words = { ...one, map: ["TA_AVG=tas", "TA_MAX=tasmax", "TA_MIN=tasmin", "RN_DAY=pr"] };
  expect(await refuse(["13/hub2.csv"], words)).toContain("--missing pr=-9.0");
  const stored = await load(["13/hub2.csv"], { ...words, missing: ["pr=-9.0"] });
  expect([count(stored, "pr"), count(stored, "tas"), count(stored, "tasmin")]).toEqual([2, 4, 4]);
});

test.skipIf(!isHere)(`14: a raster's value without data is that of its own type${where}`, async () => {
  await load(["16/th.csv"], { thousands: ",", grid: "tif" });
  const words = { map: [], property: undefined, inside: 1, outside: undefined, missing: [] };
  const more = { by: "centre", addCells: true, failRunningBatches: false, grid: "tif" } as const;
  const cells = readFileSync(path("14/cells.csv"), "utf8").trim().split("\n").slice(1);
  const places = cells.map((cell) => {
    const [latitude, longitude] = cell.split(",").map(Number) as [number, number];
    return { latitude, longitude };
  });
  await transaction(database.client, () => addCells(database.client, "tif", places));
  const loaded = await loadAttributes(
    database.client,
    { ...words, ...more, file: [path("14/gdal-written.tif")], attribute: "elevation" },
    signal,
  );
  expect(loaded.attributes).toEqual({ elevation: 8 });
});

test.skipIf(!isHere)(`15: a file per day${where}`, async () => {
  const files = [1, 2, 3, 4, 5].map((day) => `15/chirps-like.2020.01.0${day}.nc`);
  const stored = await load(files, { map: ["precip=pr"] });
  expect(stored.get("pr 2020")!.slice(0, 5).some(Number.isNaN)).toBe(false);
  expect(stored.get("pr 2020")!.slice(5).every(Number.isNaN)).toBe(true);
  expect(await refuse([files[0]!], { map: ["precip=pr"] })).toContain("--frequency daily, monthly or yearly");
  expect(count(await load([files[0]!], { map: ["precip=pr"], frequency: "daily" }), "pr")).toBe(1);
});

test.skipIf(!isHere)(`16: separators of thousands${where}`, async () => {
  expect(await refuse(["16/th.csv"])).toContain('If it is 1234, give --thousands ","');
  const stored = await load(["16/th.csv"], { thousands: "," });
  expect([2001, 2002, 2003].map((year) => stored.get(`withdrawal ${year}`)![0])).toEqual(
    [1234e6, 1240e6, 1251.5e6].map(Math.fround),
  );
});

test.skipIf(!isHere)(`18: a mark among a tide gauge's maxima${where}`, async () => {
  const read = (missing: string[]) =>
    readStationFiles([path("18/gauge.csv")], { unit: "mm", shapeSign: undefined, missing, gauge: USUAL_GAUGE }, signal);
  expect(await refusalOf(read([]))).toContain("give --missing -99999");
  expect((await read(["-99999"])).stations).toHaveLength(1);
});

const HOSTILE: readonly (readonly [file: string, says: readonly string[]])[] = [
  ["nc4-time30-data40.nc", ["LengthsContradict", "40", "30"]],
  ["zarr2-time40-data30.zarr.zip", ["LengthsContradict", "40", "30"]],
  ["zarr3-time30-data40.zarr.zip", ["LengthsContradict", "40", "30"]],
  ["nc4-9KB-31s-2GB.nc", ["LengthsContradict", "2147483648", "2"]],
  ["nc4-51KB-hang.nc", ["UnreadableFile", "damaged or unsupported"]],
  ["parquet-hang-readRle.parquet", ["UnreadableFile", "damaged or unsupported"]],
  ["parquet-invalid-length.parquet", ["UnreadableFile", "Parquet description"]],
  ["zarr2-quantize-bz2.zarr.zip", ["UnreadableFile", "Unknown codec"]],
  ["zarr-attributes-null.zarr.zip", ["UnreadableFile", "attributes"]],
  ["nc3-standard-name-constructor.nc", ["NoVariables", '"constructor"']],
];
test.each(HOSTILE)(`hostile: %s is refused by name${where}`, async (file, says) => {
  if (!isHere) return;
  const refusal = await refuse([`hostile/${file}`]);
  for (const part of [file, ...says]) expect(refusal).toContain(part);
});

test.skipIf(!isHere).each(["csv-quoted-space.csv", "csv-quoted-nbsp.csv"])(
  `hostile: %s: a quoted blank is missing${where}`,
  async (file) => {
    const stored = await load([`hostile/${file}`]);
    expect([count(stored, "tasmax"), count(stored, "pr")]).toEqual([2, 2]);
  },
);

test.skipIf(!isHere)(`hostile: an unlimited array that ends before the others${where}`, async () => {
  const stored = await load(["hostile/nc4-by-netcdf-library.nc"]);
  expect([count(stored, "tasmax"), count(stored, "pr")]).toEqual([400, 300]);
});

test.skipIf(!isHere)(`hostile: tables of storms and of the sea${where}`, async () => {
  const storms = (file: string) =>
    readStormFiles(
      { files: [path(`hostile/${file}`)], windUnit: undefined, agency: undefined },
      SILENT_READING,
      signal,
    );
  const stations = (file: string) =>
    readStationFiles([path(`hostile/${file}`)], { unit: "m", shapeSign: undefined, gauge: USUAL_GAUGE }, signal);
  const { tracks } = await storms("ibtracs-grade-constructor.csv");
  expect(tracks[0]!.grade.every((grade) => grade === null || typeof grade === "string")).toBe(true);
  expect(await refusalOf(storms("ibtracs-season-1e9.csv"))).toMatch(/csv:3: .* a season .* found 1000000000/);
  expect(await refusalOf(stations("sea-quoted.csv"))).toMatch(/sea-quoted\.csv:8: .*"0x1"/);
  expect(await refusalOf(stations("sea-levels-flat-negative-scale.csv"))).toMatch(/InvalidLevels/);
  const rises = readRiseFiles(
    [path("hostile/rise-years-0000-9999.csv")],
    { ...USUAL_RISE, unit: "m", series: undefined },
    signal,
  );
  expect(await refusalOf(rises)).toMatch(/column "0000"/);
});

test.skipIf(!isHere)(`hostile: quoted blanks of attributes, and a raster that hangs its library${where}`, async () => {
  const words = { map: [], property: undefined, inside: 1, outside: undefined, missing: [] };
  const more = { addCells: true, failRunningBatches: false, grid: "hostile" };
  const attributesOf = (file: string, attribute: string | undefined) =>
    refusalOf(
      loadAttributes(database.client, { ...words, ...more, file: [path(`hostile/${file}`)], attribute }, signal),
    );
  await transaction(database.client, () => addCells(database.client, "hostile", [{ latitude: 36, longitude: 127 }]));
  expect(await attributesOf("attributes-quoted.csv", undefined)).toMatch(/attributes-quoted\.csv:3.*"0x10"/);
  expect(await attributesOf("geotiff-264B-hang.tif", "elevation")).toMatch(/^UnreadableFile: .*geotiff-264B-hang\.tif/);
});

function numbersOf(file: string): number[] {
  return readFileSync(path(file), "utf8").trim().split("\n").map(Number);
}
