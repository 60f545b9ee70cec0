// Files about the sea as providers write them: what is read, and what is refused in which words.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRises, readStations, writeSeaLevelRise, writeSeaLevels } from "../../database/seaLevels.ts";
import { readRiseFiles } from "../../ingest/sea/readRiseFiles.ts";
import { readStationFiles, type StationOptions } from "../../ingest/sea/readStationFiles.ts";
import { globalRise, riseIn } from "../../job/risks/seaLevelRise.ts";
import { createTestDatabase } from "../support/database.ts";
import { refusalOf } from "../support/ingest.ts";

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

const METRES: StationOptions = { unit: "m", shapeSign: undefined };
const readStationText = async (text: string, options: Partial<StationOptions> = {}) =>
  readStationFiles([await fileOf(text)], { ...METRES, ...options }, signal);
const readRiseText = async (text: string, series?: string) =>
  readRiseFiles([await fileOf(text)], { unit: "m", series }, signal);

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
    "a gauge's own record is no law of maxima, and the refusal says so (needs ../shared/data/tide_gauge_samples)",
    async () => {
      const refusal = (name: string) => refusalOf(readStationFiles([join(gauges, name)], METRES, signal));
      expect(await refusal("gesla_ireland.csv")).toMatch(
        /^StationTwice: .*gesla_ireland\.csv:3: station "Rosslare" has 2019 twice\. .*only the highest level of each year/,
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

  const ar6 = fileURLToPath(
    new URL("../../../shared/data/ar6_sea_level/slr_ipcc_ar6_sea_level_projection_global_total.csv", import.meta.url),
  );
  test.skipIf(!existsSync(ar6))(
    "AR6's own table is read by its medians, and the default is that table to a centimetre (needs ../shared/data/ar6_sea_level)",
    async () => {
      const { otherExperiments, passedOver, rises } = await readRiseFiles(
        [ar6],
        { unit: "m", series: undefined },
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
