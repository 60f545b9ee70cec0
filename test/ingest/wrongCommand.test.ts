// A file given to the command of another kind of file: the refusal says what the file is, and which command reads it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chooseFormat } from "../../ingest/formats/formats.ts";
import { PLAIN_NUMBERS } from "../../ingest/formats/numberText.ts";
import { hintTableCommand } from "../../ingest/formats/tableContent.ts";
import { readCsvAttributes } from "../../ingest/ground/csvAttributes.ts";
import { readRiseFiles } from "../../ingest/sea/readRiseFiles.ts";
import { readStationFiles } from "../../ingest/sea/readStationFiles.ts";
import { makeNetcdf } from "../support/arrayFiles.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingest, refusalOf } from "../support/ingest.ts";
import { USUAL_GAUGE, USUAL_RISE } from "../support/seaFiles.ts";

const { signal } = new AbortController();
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-wrong-"));
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const TABLES = {
  "load climate": "date,latitude,longitude,tasmax (degC)\n2001-01-01,37.5,127,3\n",
  "load sea-levels": "station,latitude,longitude,location,scale\nBusan,35.1,129,2,0.1\n",
  "load sea-level-rise": "scenario,latitude,longitude,year,rise\nssp245,35,129,2050,0.3\n",
  "load ground": "latitude,longitude,elevation (m),slope\n37.5,127,30,0.1\n",
} as const;
type TableCommand = keyof typeof TABLES;
const COMMANDS = Object.keys(TABLES) as readonly TableCommand[];

/** As the command reads it. */
const READ: Readonly<Record<TableCommand | "load storms", (file: string, text: string) => Promise<unknown>>> = {
  "load climate": (_, text) => ingest(database.client, { "a.csv": text }, { scenario: "s", check: true }),
  "load sea-levels": (file) =>
    readStationFiles([file], { unit: "m", shapeSign: undefined, gauge: USUAL_GAUGE }, signal),
  "load sea-level-rise": (file) => readRiseFiles([file], { ...USUAL_RISE, unit: "m", series: undefined }, signal),
  "load ground": (file) =>
    readCsvAttributes([file], { map: new Map(), missing: [], numbers: PLAIN_NUMBERS, stepDegrees: 0.1 }, signal),
  "load storms": (file) => chooseFormat(file, "tracks"),
};

test.each(COMMANDS.flatMap((of) => ([...COMMANDS, "load storms"] as const).map((given) => ({ of, given }))))(
  "a table of $of, given to $given",
  async ({ of, given }) => {
    const file = join(folder, `${of}.csv`);
    await writeFile(file, TABLES[of]);
    const outcome = await refusalOf(READ[given](file, TABLES[of]));
    if (of === given) expect(outcome).toBe("accepted");
    else expect(outcome).toMatch(new RegExp(`By its columns ".*" and ".*" it holds .*: climatebatch ${of} reads`));
  },
);

test.each([
  ["return levels, a column each", "name,lat,lon,rp10,rp100", "load sea-levels"],
  ["yearly maxima", "station,latitude,longitude,year,level", "load sea-levels"],
  ["the sea level tool of AR6", "process,confidence,scenario,quantile,2020,2030", "load sea-level-rise"],
  ["a station of KMA", "지점,지점명,일시,평균기온(°C),최고기온(°C)", "load climate"],
  ["a table of something else", "name,population", ""],
  ["years of something else", "year,latitude,longitude,population", ""],
])("%s", (_, header, command) => {
  const own = command === "load ground" ? "load climate" : "load ground";
  expect(/climatebatch (load [a-z-]+)/.exec(hintTableCommand(header.split(","), own))?.[1] ?? "").toBe(command);
});

test("a map or a table of levels in NetCDF: what to convert it to, and which command reads that", async () => {
  const file = join(folder, "map.nc");
  const map = await makeNetcdf();
  await writeFile(file, map);
  expect(await refusalOf(chooseFormat(file, "table", "raster", "polygons"))).toMatch(
    /found NetCDF.* \(array\)\. Such files are read by climatebatch load climate\. If it is a map, .*gdal_translate NETCDF:.*map\.nc:VARIABLE map\.tif$/,
  );
  expect(await refusalOf(chooseFormat(file, "table"))).toMatch(
    /Sea levels are read as CSV; hours of UHSLC and AR6.s projections as NetCDF, too\.$/,
  );
  expect(await refusalOf(chooseFormat(file, "tracks"))).toMatch(/IBTrACS as CSV\.$/);
});
