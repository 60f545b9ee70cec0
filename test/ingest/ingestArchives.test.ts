// Real archives, which are not part of the repository (see their PROVENANCE): each ingested or refused as it deserves, values
// as xarray decodes them.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dateOf, dayNumber } from "../../ingest/cf/calendar.ts";
import type { IngestWords } from "../../ingest/series/options.ts";
import { type Calendar, dayOfYear } from "../../model/calendars.ts";
import { cli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { closeToFloat32 } from "../support/floats.ts";
import { readGolden } from "../support/golden.ts";
import { ingest, ingestPaths, readStored, refusalOf } from "../support/ingest.ts";

const DATA = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

type Sample = readonly [latitude: number, longitude: number, date: string, value: number | null];
interface KnownValue {
  readonly values: number;
  readonly missing: number;
  readonly samples: readonly Sample[];
}
const { input, expected } = readGolden<
  Readonly<Record<string, { readonly file: string }>>,
  Readonly<Record<string, Readonly<Record<string, KnownValue>>>>
>("array-values");

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

interface Archive {
  readonly cases: readonly string[];
  readonly calendar: Calendar;
  readonly cells: number;
  readonly words?: Partial<IngestWords>;
  readonly stampedAtEnd?: true;
}

const ARCHIVES: Readonly<Record<string, Archive>> = {
  hadgem2cc_360day: {
    cases: ["hadgem2cc-pr", "hadgem2cc-tasmax", "hadgem2cc-tasmin"],
    calendar: "360_day",
    cells: 1294,
    words: { grid: "na10k" },
  },
  "canesm5_zarr2_noleap with the unit of pr": {
    cases: ["canesm5"],
    calendar: "noleap",
    cells: 9,
    words: { units: ["pr=mm d-1"] },
  },
  // Its days are stamped at their end, as their bounds say; the expected dates are the stamps.
  "cmip6_mini of CESM2": { cases: ["cesm2"], calendar: "noleap", cells: 6, stampedAtEnd: true },
  "cmip6_mini of MPI-ESM": { cases: ["mpi"], calendar: "standard", cells: 8 },
  "cmip6_mini of MIROC6, a globe of one day": { cases: ["miroc6"], calendar: "standard", cells: 32_768 },
  "era5land_bad_units, its rain alone": {
    cases: ["era5land"],
    calendar: "standard",
    cells: 900,
    words: { variables: ["pr"] },
  },
  "era5_metres_nan, metres and gaps": { cases: ["era5"], calendar: "standard", cells: 8 },
};

for (const [name, { cases, calendar, cells, words, stampedAtEnd }] of Object.entries(ARCHIVES)) {
  const files = cases.map((one) => join(DATA, input[one]!.file));
  const isHere = files.every(existsSync);
  test.skipIf(!isHere)(`${name}${isHere ? "" : " (needs ../shared/data)"}`, async () => {
    const scenario = name.split(/[ ,]/)[0] + cases[0]!;
    const report = await ingestPaths(database.client, files, { scenario, ...words });
    expect(report).toMatchObject({ calendar, cells, scenario });
    const stored = await readStored(database.client);
    for (const [variable, { values, missing, samples }] of cases.flatMap((one) => Object.entries(expected[one]!))) {
      expect(report.variables).toContainEqual(expect.objectContaining({ variable, values, missing }));
      for (const [latitude, longitude, date, value] of samples) {
        const [y, m, d] = date.split("-").map(Number) as [number, number, number];
        const number = dayNumber(calendar, { year: y, month: m, day: d }, false) - (stampedAtEnd ? 1 : 0);
        const { year, month, day } = dateOf(calendar, number);
        const found = stored.get(`${scenario} ${variable} ${latitude} ${longitude} ${year}`);
        const at = dayOfYear(calendar, year, month, day);
        const one = found?.[at];
        // A cell without any value is not stored.
        const isRight = closeToFloat32(one ?? Number.NaN, value);
        expect({ variable, date, latitude, longitude, expected: value, stored: one, isRight }).toMatchObject({
          isRight: true,
        });
      }
    }
  });
}

interface Refused {
  readonly folder: string;
  readonly file: RegExp;
  readonly words?: Partial<IngestWords>;
  readonly says: readonly string[];
}

const REFUSED: Readonly<Record<string, Refused>> = {
  "canesm5_zarr2_noleap: pr has no unit": {
    folder: "canesm5_zarr2_noleap",
    file: /day\.gn\.zarr\.zip$/,
    says: ["UnitNeeded", '"pr"', '--units "pr=mm d-1"'],
  },
  "canesm5_zarr2_noleap: the file of elevations has no time": {
    folder: "canesm5_zarr2_noleap",
    file: /fx\.gn\.zarr\.zip$/,
    says: ["NoTimeAxis", "orog"],
  },
  "era5land_bad_units: temperatures in mm d-1": {
    folder: "era5land_bad_units",
    file: /\.nc$/,
    says: ["WrongUnit", '"tasmax"', '"mm d-1"', "--units tasmax=UNIT", "--variables", "values go from"],
  },
  "hd35 as NetCDF: a climatology is no series": {
    folder: "hd35_nc_tif_zarr3",
    file: /\.nc$/,
    says: ["NoTimeAxis", "Band1"],
  },
  "hd35 as Zarr v3: a climatology is no series": {
    folder: "hd35_nc_tif_zarr3",
    file: /\.zarr$/,
    says: ["NoTimeAxis", "Band1"],
  },
  "etopo20: elevation is no series": { folder: "etopo20", file: /\.cdf$/, says: ["NoTimeAxis", "ROSE"] },
  "daejeon_asos_2025_cp949 without its place": {
    folder: "daejeon_asos_2025_cp949",
    file: /\.csv$/,
    says: ["NoPlace", "지점", "--latitude", "--stations"],
  },
};

for (const [name, { folder, file, words, says }] of Object.entries(REFUSED)) {
  const isHere = existsSync(join(DATA, folder));
  test.skipIf(!isHere)(`${name}: refused${isHere ? "" : " (needs ../shared/data)"}`, async () => {
    const found = (await readdir(join(DATA, folder))).find((one) => file.test(one))!;
    const refusal = await refusalOf(
      ingestPaths(database.client, [join(DATA, folder, found)], { scenario: "never", ...words }),
    );
    for (const words of says) expect(refusal).toContain(words);
  });
}

const DAEJEON = join(DATA, "daejeon_asos_2025_cp949/OBS_ASOS_DD_20260115112034.csv");
test.skipIf(!existsSync(DAEJEON))(
  `Daejeon 2025 as the KMA exports it: CP949, Korean headers, a blank of rain is none${existsSync(DAEJEON) ? "" : " (needs ../shared/data)"}`,
  async () => {
    const report = await ingestPaths(database.client, [DAEJEON], {
      scenario: "daejeon",
      latitude: 36.372,
      longitude: 127.3721,
    });
    expect(report.variables.map(({ variable, values, filled }) => [variable, values, filled])).toEqual([
      ["tas", 365, 0],
      ["tasmax", 365, 0],
      ["tasmin", 365, 0],
      ["pr", 160, 205],
      ["hurs", 365, 0],
    ]);
    expect(report.notes.join()).toContain("a blank of pr is 0");
    const stored = await readStored(database.client);
    const of = (variable: string) => stored.get(`daejeon ${variable} 36.372 127.3721 2025`)!;
    // 1 to 3 January, as the file writes them: "2.6,-3.8,10.4,", "1.8,-2.7,8.4,", ".3,-4.1,5.5,0".
    expect([...of("tas").subarray(0, 3)]).toEqual([2.6, 1.8, 0.3].map(Math.fround));
    expect([...of("pr").subarray(0, 3)]).toEqual([0, 0, 0]);
    const missing = await ingestPaths(database.client, [DAEJEON], {
      scenario: "daejeon-gaps",
      latitude: 36.372,
      longitude: 127.3721,
      blank: ["pr=missing"],
    });
    expect(missing.variables.find(({ variable }) => variable === "pr")).toMatchObject({
      values: 160,
      missing: 205,
      filled: 0,
    });
  },
);

const OPENMETEO = join(DATA, "openmeteo_korea");
test.skipIf(!existsSync(OPENMETEO))(
  `six cities of open-meteo: ten years are ingested, but no base period to run on${existsSync(OPENMETEO) ? "" : " (needs ../shared/data)"}`,
  async () => {
    await using own = await createTestDatabase();
    const names = (await readdir(OPENMETEO)).filter((name) => name.endsWith(".json.gz"));
    const files: Record<string, string> = {};
    for (const name of names) files[`${basename(name, ".json.gz")}.csv`] = asCsv(await readFile(join(OPENMETEO, name)));
    const report = await ingest(own.client, files, { scenario: "openmeteo" });
    expect(report).toMatchObject({
      cells: 6,
      firstYear: 2016,
      lastYear: 2025,
      calendar: "standard",
      rowsWritten: 6 * 5 * 10,
    });
    const run = await cli(own.url, "run", "probability", "--scenario", "openmeteo");
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/base period/i);
  },
);

interface City {
  readonly lat: number;
  readonly lon: number;
  readonly daily: readonly {
    readonly date: string;
    readonly temp: { readonly max: number; readonly min: number; readonly avg: number };
    readonly humidity: number;
    readonly precipitation_mm: number;
  }[];
}

function asCsv(packed: Buffer): string {
  const { lat, lon, daily } = JSON.parse(gunzipSync(packed).toString("utf8")) as City;
  const rows = daily.map(({ date, temp, humidity, precipitation_mm }) =>
    [date, lat, lon, temp.max, temp.min, temp.avg, humidity, precipitation_mm].join(),
  );
  return `${["date,latitude,longitude,tasmax (degC),tasmin (degC),tas (degC),hurs (%),pr (mm)", ...rows].join("\n")}\n`;
}
