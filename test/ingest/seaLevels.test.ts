// Files about the sea as providers write them: what is read, and what is refused in which words.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRises, readStations, writeSeaLevelRise, writeSeaLevels } from "../../database/seaLevels.ts";
import type { RiseChoice } from "../../ingest/sea/readRiseArrays.ts";
import { readRiseFiles } from "../../ingest/sea/readRiseFiles.ts";
import { readStationFiles, type StationOptions } from "../../ingest/sea/readStationFiles.ts";
import { globalRise, riseIn } from "../../job/risks/seaLevelRise.ts";
import { PYTHON } from "../report/pythonPackages.ts";
import { createTestDatabase } from "../support/database.ts";
import { refusalOf } from "../support/ingest.ts";
import {
  AR6_LOCATIONS,
  type Ar6Options,
  ar6Millimetres,
  makeAr6,
  USUAL_GAUGE,
  USUAL_RISE,
} from "../support/seaFiles.ts";

const { signal } = new AbortController();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-sea-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(text: string): Promise<string> {
  const path = join(folder, "sea.csv");
  await writeFile(path, text);
  return path;
}

const METRES: StationOptions = { unit: "m", shapeSign: undefined, gauge: USUAL_GAUGE };
const readStationText = async (text: string, options: Partial<StationOptions> = {}) =>
  (await readStationFiles([await fileOf(text)], { ...METRES, ...options }, signal)).stations;
const readRiseText = async (text: string, series?: string) =>
  readRiseFiles([await fileOf(text)], { ...USUAL_RISE, unit: "m", series }, signal);

describe("extreme sea levels", () => {
  const place = { name: "Incheon", latitude: 37.45, longitude: 126.6 };
  const unknown = { referenceYear: null, recordYears: null, datumOffset: null };
  test("parameters of Gumbel, in centimetres, with their attributes", async () => {
    const text =
      "station,lat,lon,mu,beta,reference_year,record_years,datum_offset\nIncheon,37.45,126.6,440,12,1998,39,-15\n";
    expect(await readStationText(text, { unit: "cm" })).toEqual([
      {
        ...place,
        ...{ referenceYear: 1998, recordYears: 39, datumOffset: -0.15 },
        record: { kind: "parameters", location: 4.4, scale: 0.12, shape: 0 },
      },
    ]);
  });
  test.each([
    ["hosking", -0.1],
    ["coles", 0.1],
  ] as const)("a GEV shape is stored with Hosking's sign, whatever package wrote it: %s", async (shapeSign, shape) => {
    const text = `station,latitude,longitude,location,scale,shape\nIncheon,37.45,126.6,4.4,0.12,${shape}\n`;
    const [station] = await readStationText(text, { shapeSign });
    expect(station!.record).toEqual({ kind: "parameters", location: 4.4, scale: 0.12, shape: -0.1 });
  });
  test.each([
    ["long", "station,latitude,longitude,return_period,level\nIncheon,37.45,126.6,10,4.7\nIncheon,37.45,126.6,2,4.5\n"],
    ["wide", "station,latitude,longitude,rp2,rp10\nIncheon,37.45,126.6,4.5,4.7\n"],
  ])("a table of return levels, %s", async (_name, text) => {
    const record = { kind: "levels", returnPeriods: [2, 10], levels: [4.5, 4.7] };
    expect(await readStationText(text)).toEqual([{ ...place, ...unknown, record }]);
  });
  test("yearly maxima, blanks left out, stations without a name known by their place", async () => {
    const years = Array.from({ length: 12 }, (_, at) => 1990 + at);
    const rows = years.map((year) => `35.1,189.05,${year},${year === 1995 ? "" : 1 + year / 1e4}`);
    const [station] = await readStationText(`lat,lon,year,level\n${rows.join("\n")}\n`);
    expect(station).toMatchObject({ name: "35.1,-170.95", longitude: -170.95 });
    expect(station!.record).toMatchObject({ kind: "maxima", years: years.filter((year) => year !== 1995) });
  });
  test("a reference year of a table's maxima is not stored: each is above the sea of its own year", async () => {
    const rows = Array.from({ length: 10 }, (_, at) => `A,1,2,${1990 + at},1.${at},1994`);
    const [station] = await readStationText(`station,lat,lon,year,level,reference_year\n${rows.join("\n")}\n`);
    expect(station!.referenceYear).toBeNull();
  });
  test.each([
    {
      of: "another shape",
      text: "station,lat,lon,depth\nA,1,2,3\n",
      says: /^UnknownShape: .*expected location and scale/,
    },
    {
      of: "a shape whose sign is not given",
      text: "station,lat,lon,mu,sigma,xi\nA,1,2,3,0.1,0.1\n",
      says: /^ShapeSignNeeded: .*--shape-sign hosking/,
    },
    {
      of: "centimetres taken for metres",
      text: "station,lat,lon,mu,beta\nA,1,2,440,12\n",
      says: /sea\.csv:2: expected beta to be a number from 0 to 5 m, found "12"\. .*--unit/,
    },
    {
      of: "too few maxima",
      text: "station,lat,lon,year,level\nA,1,2,2000,1\n",
      says: /^TooFewMaxima: .*has 1 yearly maxima; a law needs 10/,
    },
    {
      of: "levels that fall",
      text: "station,lat,lon,rp2,rp5,rp10\nA,1,2,1.5,1.4,1.6\n",
      says: /^InvalidLevels: .*found 1.4 m for 5 years after 1.5 m/,
    },
    {
      of: "one return period",
      text: "station,lat,lon,rp1,rp10\nA,1,2,1.5,1.6\n",
      says: /^InvalidLevels: .*found levels of 1 return periods/,
    },
    {
      of: "one name at two places",
      text: "station,lat,lon,year,level\nA,1,2,2000,1\nA,1,3,2001,1\n",
      says: /^StationMoved: .*sea\.csv:3: station "A" is at 1, 3, but at 1, 2/,
    },
    {
      of: "a year twice",
      text: "station,lat,lon,year,level\nA,1,2,2000,1\nA,1,2,2000,2\n",
      says: /^StationTwice: .*sea\.csv:3: station "A" has 2000 twice/,
    },
    { of: "no place", text: "station,mu,beta\nA,1,0.1\n", says: /^MissingColumn: .*no column latitude/ },
  ])("$of is refused", async ({ text, says }) => {
    expect(await refusalOf(readStationText(text))).toMatch(says);
  });
  const gauges = fileURLToPath(new URL("../../../shared/data/tide_gauge_samples/", import.meta.url));
  test.skipIf(!existsSync(gauges))(
    "a gauge's hours of one week make no year, and hours of another publisher no table (needs ../shared/data/tide_gauge_samples)",
    async () => {
      const refusal = (name: string) => refusalOf(readStationFiles([join(gauges, name)], METRES, signal));
      expect(await refusal("gesla_ireland.csv")).toMatch(
        /^NoCompleteYear: Gauge "Rosslare": none of its 1 years has 90 % of the hours; the best has 0\.\d %\./,
      );
      expect(await refusal("CO-OPS_9415020_wl.csv")).toMatch(/^MissingColumn: .*has no column latitude/);
    },
  );
  test("all three shapes are stored and read as they are; a station of the same name is replaced", async () => {
    await using database = await createTestDatabase();
    const { client } = database;
    await client.query("INSERT INTO climatebatch.grids (name) VALUES ('g')");
    await client.query(
      "INSERT INTO climatebatch.grid_cells (grid_id, latitude, longitude) SELECT grid_id, 37, 127 FROM climatebatch.grids",
    );
    const years = Array.from({ length: 10 }, (_, at) => 1990 + at);
    const stations = [
      { ...place, ...unknown, record: { kind: "levels", returnPeriods: [2, 10], levels: [4.5, 4.7] } },
      {
        ...place,
        ...unknown,
        name: "M",
        recordYears: 10,
        record: { kind: "maxima", years, maxima: years.map(() => 1) },
      },
      { ...place, ...unknown, name: "P", record: { kind: "parameters", location: 1, scale: 0.1, shape: 0 } },
    ] as const;
    await writeSeaLevels(client, stations, false);
    expect(await readStations(client, "g", 0.5)).toEqual(stations);
    expect(await readStations(client, "g", 0.1)).toEqual([]);
    const again = { ...stations[0], datumOffset: 0.3 };
    expect(await writeSeaLevels(client, [again], false)).toMatchObject({ written: 1 });
    expect(await readStations(client, "g", 0.5)).toEqual([again, stations[1], stations[2]]);
  });
});

describe("sea-level rise", () => {
  test("a row a year, at places and everywhere", async () => {
    const text = "scenario,year,rise,lat,lon\nSSP2-4.5,2050,0.2,35,129\nssp245,2030,0.1,35,129\nssp585,2050,0.3,,\n";
    const { rises } = await readRiseText(text, "national");
    expect(rises).toEqual([
      {
        series: "national",
        experiment: "ssp245",
        place: { latitude: 35, longitude: 129 },
        years: [2030, 2050],
        rises: [0.1, 0.2],
      },
      { series: "national", experiment: "ssp585", place: null, years: [2050], rises: [0.3] },
    ]);
  });
  test.each([
    { of: "no experiment of ours", text: "scenario,year,rise\nrcp45,2050,0.2\n", says: /^NoRise: .*found rcp45/ },
    {
      of: "a year twice",
      text: "scenario,year,rise\nssp245,2050,0.2\nssp245,2050,0.3\n",
      says: /^YearTwice: .*:3: .*2050 twice/,
    },
    {
      of: "millimetres",
      text: "scenario,year,rise\nssp245,2050,200\n",
      says: /expected rise to be a number from -5 to 10 m/,
    },
    { of: "no years", text: "scenario,rise\nssp245,0.2\n", says: /^MissingColumn: .*no column year/ },
  ])("$of is refused", async ({ text, says }) => {
    expect(await refusalOf(readRiseText(text))).toMatch(says);
  });
  test("series are stored and replaced", async () => {
    await using database = await createTestDatabase();
    const one = { series: "s", experiment: "ssp245", place: null, years: [2020, 2100], rises: [0.1, 0.5] };
    await writeSeaLevelRise(database.client, [one], false);
    const other = { ...one, place: { latitude: 35, longitude: 129 }, rises: [0.1, 0.6] };
    await writeSeaLevelRise(database.client, [other], false);
    expect(await readRises(database.client)).toEqual([other]);
  });

  test("of a table with several quantiles and confidences the chosen ones are taken", async () => {
    const text =
      "process,confidence,scenario,quantile,2050\ntotal,medium,ssp245,50,0.2\ntotal,medium,ssp245,83,0.3\ntotal,low,ssp245,83,0.4\n";
    const read = async (choice: Partial<RiseChoice>) => {
      const options = { ...USUAL_RISE, unit: "m", series: undefined, ...choice } as const;
      return (await readRiseFiles([await fileOf(text)], options, signal)).rises[0]!.rises;
    };
    expect(await read({})).toEqual([0.2]);
    expect(await read({ quantile: 0.83 })).toEqual([0.3]);
    expect(await read({ quantile: 0.83, confidence: "low" })).toEqual([0.4]);
  });

  describe("AR6's regional projections as NetCDF", () => {
    const NAME = "total_ssp245_medium_confidence_values.nc";
    const readAr6 = async (
      files: Readonly<Record<string, Ar6Options>>,
      choice: Partial<RiseChoice> = {},
      change: (bytes: Buffer) => Buffer = (bytes) => bytes,
    ) => {
      const paths = [];
      for (const [name, options] of Object.entries(files)) {
        paths.push(join(folder, name));
        await writeFile(paths.at(-1)!, change(await makeAr6(options)));
      }
      return readRiseFiles(paths, { ...USUAL_RISE, unit: "m", series: undefined, ...choice }, signal);
    };

    test("gauges and points of the grid: millimetres become metres, the median, every year", async () => {
      const { rises, withoutValues } = await readAr6({ [NAME]: {} });
      expect(withoutValues).toBe(0);
      expect(rises.map(({ series }) => series)).toEqual([
        ...["AR6 gauge 955", "AR6 gauge 956", "AR6 grid 37, 127", "AR6 grid 35, 129"],
      ]);
      for (const [at, { experiment, place, years, rises: metres }] of rises.entries()) {
        expect(experiment).toBe("ssp245");
        expect(place!.latitude).toBe(Math.fround(AR6_LOCATIONS[at]![1]));
        expect(place!.longitude).toBe(Math.fround(AR6_LOCATIONS[at]![2]));
        expect(years).toEqual([2020, 2030, 2100]);
        years.forEach((year, step) => {
          expect(metres[step]).toBeCloseTo(ar6Millimetres(0.5, year, at) / 1000, 12);
        });
      }
    });

    test.each<[string, Partial<RiseChoice>, readonly string[]]>([
      ["gauges", { locations: "gauges" }, ["AR6 gauge 955", "AR6 gauge 956"]],
      ["grid", { locations: "grid" }, ["AR6 grid 37, 127", "AR6 grid 35, 129"]],
      ["numbers", { locations: new Set([956, 1005501290]) }, ["AR6 gauge 956", "AR6 grid 35, 129"]],
      [
        "what is within 200 km of a cell",
        { near: [{ latitude: 37.5, longitude: 126.9 }] },
        ["AR6 gauge 956", "AR6 grid 37, 127"],
      ],
    ])("%s are chosen", async (_, choice, series) => {
      expect((await readAr6({ [NAME]: {} }, choice)).rises.map((one) => one.series)).toEqual(series);
    });

    test("another quantile, another order of axes, longitudes to 360, a year without a value", async () => {
      const locations = [[1009001900, 0, 190]] as const;
      const value = (quantile: number, year: number) => (year === 2030 ? Number.NaN : quantile * 1000);
      for (const axes of [
        ["quantiles", "years", "locations"],
        ["locations", "years", "quantiles"],
        ["years", "locations", "quantiles"],
      ] as const) {
        const { rises } = await readAr6({ [NAME]: { locations, axes, value } }, { quantile: 0.833 });
        expect(rises).toEqual([
          {
            ...{ series: "AR6 grid 0, -170", experiment: "ssp245", place: { latitude: 0, longitude: -170 } },
            ...{ years: [2020, 2100], rises: [830 * 0.001, 830 * 0.001] },
          },
        ]);
      }
    });

    test("points without any value, on land, are left out and counted; another scenario is named", async () => {
      const value = (quantile: number, year: number, location: number) =>
        location === 2 ? Number.NaN : ar6Millimetres(quantile, year, location);
      const { rises, withoutValues, otherExperiments } = await readAr6({
        [NAME]: { value },
        "total_ssp119_medium_confidence_values.nc": {},
      });
      expect([rises.length, withoutValues, otherExperiments]).toEqual([3, 1, ["ssp119"]]);
    });

    test("each scenario has its file", async () => {
      const { rises } = await readAr6({ [NAME]: {}, "total_ssp585_medium_confidence_values.nc": {} });
      expect(rises).toHaveLength(8);
    });

    test.skipIf(PYTHON === null)(
      "written as FACTS does, the values are those of xarray (needs npm run python)",
      async () => {
        const path = join(folder, "total_ssp370_medium_confidence_values.nc");
        const code = `
import json, sys, numpy as np, xarray as xr
q = np.array([0.05, 0.167, 0.5, 0.833, 0.95]); years = np.arange(2020, 2151, 10); fill = np.iinfo(np.int16).min
x = np.random.default_rng(1).normal(300, 100, (5, 14, 40)).round(); x[:, :, 3] = np.nan; x[:, 4, 7] = np.nan
ids = np.r_[np.arange(1, 21), 1000000000 + np.arange(20)]
at = {"lat": ("locations", np.linspace(-60, 60, 40, dtype="f4")), "lon": ("locations", np.linspace(-170, 170, 40, dtype="f4"))}
ds = xr.Dataset({"sea_level_change": (("quantiles", "years", "locations"), x, {"units": "mm", "missing_value": fill}), **at},
                coords={"years": years, "locations": ids, "quantiles": q})
ds.to_netcdf(sys.argv[1], encoding={"sea_level_change": {"scale_factor": 1.0, "dtype": "i2", "zlib": True, "_FillValue": fill}})
one = xr.open_dataset(sys.argv[1]).sel(quantiles=0.833)
print(json.dumps([[int(y) for y in one.years.values], [[None if np.isnan(v) else float(v) / 1000 for v in c] for c in one.sea_level_change.values.T]]))`;
        const { stdout, stderr } = spawnSync(PYTHON!, ["-c", code, path], { encoding: "utf8" });
        expect(stderr).not.toMatch(/Error/);
        const [years, byLocation] = JSON.parse(stdout) as [number[], (number | null)[][]];
        const options = { ...USUAL_RISE, unit: "m", series: undefined, quantile: 0.833 } as const;
        const { rises, withoutValues } = await readRiseFiles([path], options, signal);
        expect([rises.length, withoutValues]).toEqual([39, 1]);
        const expected = byLocation.filter((values) => values.some((value) => value !== null));
        for (const [at, { years: known, rises: metres }] of rises.entries()) {
          expect(known).toEqual(years.filter((_, step) => expected[at]![step] !== null));
          expect(metres.map(Math.fround)).toEqual(
            expected[at]!.flatMap((value) => (value === null ? [] : Math.fround(value))),
          );
        }
      },
    );

    test("its options are refused where no file is one", async () => {
      const read = async (choice: Partial<RiseChoice>) =>
        readRiseFiles(
          [await fileOf("scenario,year,rise\nssp245,2050,0.2\n")],
          { ...USUAL_RISE, unit: "m", series: undefined, ...choice },
          signal,
        );
      expect(await refusalOf(read({ locations: "grid" }))).toMatch(/^UnusedOption: --locations is for AR6's NetCDF/);
      expect(await refusalOf(read({ near: [] }))).toMatch(/^UnusedOption: --grid is for AR6's NetCDF/);
    });

    const far = Array.from({ length: 5001 }, (_, at) => [1e9 + at, at % 90, at % 180] as const);
    test.each<[string, string, Ar6Options, Partial<RiseChoice>, RegExp, ((bytes: Buffer) => Buffer)?]>([
      ["another name", "slr.nc", {}, {}, /^UnknownProjection: .*slr\.nc: expected the name that AR6 gives/],
      ["rates", "total_ssp245_medium_confidence_rates.nc", {}, {}, /^NotTheTotal: .*found rates of rise/],
      [
        "a contribution",
        "AIS_ssp245_medium_confidence_values.nc",
        {},
        {},
        /^NotTheTotal: .*found one contribution \(AIS\)\. Give total_ssp245/,
      ],
      [
        "the other confidence",
        "total_ssp245_low_confidence_values.nc",
        {},
        {},
        /^OtherConfidence: .*found low\. Leave the file out, or give --confidence low\./,
      ],
      ["another unit", NAME, { units: "furlongs" }, {}, /^UnknownUnit: .*has the unit "furlongs"; expected m, cm, mm/],
      ["another array", NAME, { name: "slr" }, {}, /^NoRise: .*expected an array sea_level_change, found .*slr/],
      [
        "a quantile that is not there",
        NAME,
        {},
        { quantile: 0.3 },
        /^UnknownQuantile: .*5 quantiles, of which 0\.17 is/,
      ],
      [
        "a location that is not there",
        NAME,
        {},
        { locations: new Set([7]) },
        /^UnknownLocation: .*has no location 7\./,
      ],
      [
        "nothing near",
        NAME,
        {},
        { near: [{ latitude: 0, longitude: 0 }] },
        /^NoRise: .*within 200 km of a cell\. Correct/,
      ],
      ["too many", NAME, { locations: far }, {}, /^TooManySeries: .*5,001 locations .* --grid NAME/],
      [
        "metres said to be mm, read as m",
        NAME,
        { units: "m" },
        {},
        /^InvalidNumber: .*location 955: expected -5 to 10 m/,
      ],
      [
        "years in no order",
        NAME,
        { years: [2030, 2020, 2100] },
        {},
        /^NoRise: .*ascending order, found 2030, 2020, 2100/,
      ],
      ["no value at all", NAME, { value: () => Number.NaN }, {}, /^NoRise: .*4 locations have no value/],
      ["a latitude of 99", NAME, { locations: [[955, 99, 0]] }, {}, /^InvalidPlace: .*location 955: expected degrees/],
      [
        "a file that is cut off",
        NAME,
        {},
        {},
        /^(UnreadableFile|BrokenFile|TruncatedFile): /,
        (all) => all.subarray(0, all.length - 40),
      ],
    ])("%s: refused", async (_, name, options, choice, says, change) => {
      expect(await refusalOf(readAr6({ [name]: options }, choice, change))).toMatch(says);
    });
  });

  const ar6 = fileURLToPath(
    new URL("../../../shared/data/ar6_sea_level/slr_ipcc_ar6_sea_level_projection_global_total.csv", import.meta.url),
  );
  test.skipIf(!existsSync(ar6))(
    "AR6's own table is read by its medians, and the default is that table to a centimetre (needs ../shared/data/ar6_sea_level)",
    async () => {
      const { otherExperiments, passedOver, rises } = await readRiseFiles(
        [ar6],
        { ...USUAL_RISE, unit: "m", series: undefined },
        signal,
      );
      expect(rises.map(({ experiment }) => experiment)).toEqual(["ssp126", "ssp245", "ssp370", "ssp585"]);
      expect(otherExperiments).toContain("ssp119");
      expect(passedOver).toBeGreaterThan(15);
      for (const { experiment, years, rises: metres } of rises) {
        const existing = globalRise(experiment as "ssp245");
        for (const [at, year] of years.entries()) {
          if (year <= 2100) expect(Math.abs(riseIn(existing, year) - metres[at]!)).toBeLessThanOrEqual(0.011);
        }
      }
    },
  );
});
