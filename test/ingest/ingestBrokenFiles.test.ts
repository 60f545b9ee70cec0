// Files that lie, are damaged, or are made to hurt: how each is refused (what, where, how to fix it), and that the database stays as it was.
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngestWords } from "../../ingest/series/options.ts";
import { makeNetcdf, makeZip, zarrEntries } from "../support/arrayFiles.ts";
import { highestMemory, startCli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Files, ingest, ingestPaths, refusalOf } from "../support/ingest.ts";
import { writeHdf5 } from "../support/seriesFormats.ts";
import { digestTables } from "../support/tableDigests.ts";

const GOLDEN = new URL("../golden/array-files/", import.meta.url);
const golden = (name: string) => readFileSync(new URL(name, GOLDEN));

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-broken-"));
  const files = { "old.nc": await makeNetcdf({ times: [0], global: { frequency: "day" } }) };
  await ingest(database.client, files, { scenario: "existing" });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

interface Broken {
  readonly files: () => Promise<Files> | Files;
  readonly words?: Partial<IngestWords>;
  /** The reason, where, what, and how to fix it. */
  readonly says: readonly string[];
}

const netcdf =
  (...options: Parameters<typeof makeNetcdf>) =>
  async () => ({ "a.nc": await makeNetcdf(...options) });
const zarr =
  (...options: Parameters<typeof zarrEntries>) =>
  () => ({ "a.zarr.zip": makeZip(zarrEntries(...options)) });
const damaged = (name: string, damage: (bytes: Buffer) => Buffer) => () => ({
  [name]: damage(Buffer.from(golden(name))),
});
const days = (count: number) => Array.from({ length: count }, (_, day) => day);
const plevel = {
  variable: { name: "plev", type: "double", dimensions: ["plev"], attributes: {} },
  values: [1, 2],
} as const;
const halfOf = (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1);

const BROKEN: Readonly<Record<string, Broken>> = {
  "NetCDF-3 cut off in its header": {
    files: async () => ({ "a.nc": (await makeNetcdf()).subarray(0, 200) }),
    says: ["UnreadableFile", "a.nc", "header", "fetch it again"],
  },
  "NetCDF-3 cut off in its values": {
    files: async () => ({ "a.nc": (await makeNetcdf()).subarray(0, 5000) }),
    says: ["UnreadableFile", 'variable "tasmax" (400 x 2 x 2)', "the file has 5000", "fetch it again"],
  },
  "NetCDF-3 with damage in its header": {
    files: async () => {
      const bytes = await makeNetcdf();
      bytes.fill(0xee, 12, 40);
      return { "a.nc": bytes };
    },
    says: ["UnreadableFile", "a.nc", "damaged", "fetch it again"],
  },
  "NetCDF-3 with an absurd dimension": {
    files: async () => {
      const bytes = await makeNetcdf();
      // The length of the first dimension, time, after its name.
      bytes.writeUInt32BE(4_000_000_000, 24);
      return { "a.nc": bytes };
    },
    says: ["UnreadableFile", "4000000000", "the file has", "fetch it again"],
  },
  "a version of the classic format that does not exist": {
    files: async () => {
      const bytes = await makeNetcdf();
      bytes[3] = 9;
      return { "a.nc": bytes };
    },
    says: ["WrongFormat", "a.nc", "NetCDF of an unknown version", "expected"],
  },
  "HDF5 cut off": {
    files: damaged("chunked.nc", halfOf),
    says: ["UnreadableFile", "chunked.nc", "truncated file", "fetch it again"],
  },
  "HDF5 whose superblock is damaged": {
    files: damaged("chunked.nc", (bytes) => bytes.fill(0, 9, 40)),
    says: ["UnreadableFile", "chunked.nc", "HDF5 structure", "fetch it again"],
  },
  "HDF5 whose compressed values are damaged": {
    files: damaged("chunked.nc", (bytes) => bytes.fill(0xff, bytes.length >> 2, bytes.length >> 1)),
    says: ["UnreadableFile", "chunked.nc", "fetch it again"],
  },
  "HDF5 with absurd dimensions": {
    files: async () => ({
      "a.nc": await writeHdf5((root) => {
        const scale = (name: string, length: number, units: string) => {
          const dataset = root.create_dataset({ name, data: new Float64Array(length).fill(1) });
          dataset.create_attribute("units", units);
          dataset.make_scale(name);
        };
        scale("time", 1, "days since 2001-01-01");
        scale("lat", 100_000, "degrees_north");
        scale("lon", 100_000, "degrees_east");
        const tasmax = root.create_dataset({
          name: "tasmax",
          data: new Float32Array(100),
          shape: [1, 10, 10],
          maxshape: [1, null, null],
          chunks: [1, 10, 10],
        });
        tasmax.create_attribute("units", "degC");
        ["time", "lat", "lon"].forEach((name, axis) => {
          tasmax.attach_scale(axis, name);
        });
        tasmax.resize([1, 100_000, 100_000]);
        root.create_attribute("frequency", "day");
      }),
    }),
    says: ["TooManyPlaces", "(1 x 100000 x 100000)", "10,000,000,000 places", "cut it into regions"],
  },
  GRIB: {
    files: () => ({ "a.grib": Buffer.from("GRIB\0\0\0\x02 and so on") }),
    says: ["WrongFormat", "a.grib", "GRIB", "cdo -f nc4 copy"],
  },
  "a web page instead of a file": {
    files: () => ({ "a.nc": "<html><body>404 Not Found</body></html>" }),
    says: ["WrongFormat", "a.nc", "HTML", "why there is no file"],
  },
  "time without units": {
    files: netcdf({ time: { units: undefined } }),
    says: ["InvalidTime", 'a.nc: time coordinate "time"', "no units", 'such as "days since 1850-01-01"'],
  },
  "time in months": {
    files: netcdf({ time: { units: "months since 2001-01-01" } }),
    says: ["InvalidTime", '"months since 2001-01-01"', "days, hours, minutes or seconds"],
  },
  "time since no date": {
    files: netcdf({ time: { units: "days since 2001-13-45" } }),
    says: ["InvalidTime", '"days since 2001-13-45"', "expected a date"],
  },
  "a calendar that no climate model publishes": {
    files: netcdf({ time: { calendar: "julian" } }),
    says: ["UnknownCalendar", 'time coordinate "time"', '"julian"', "convert_calendar"],
  },
  "dates out of order": {
    files: netcdf({ times: [0, 1, 3, 2, 4, 5] }),
    says: ["DatesOutOfOrder", "2001-01-03 after 2001-01-04 at position 3", "sortby"],
  },
  "the same date twice": {
    files: netcdf({ times: [0, 1, 2, 2, 3, 4] }),
    says: ["DatesOutOfOrder", "2001-01-03 twice at position 3", "drop_duplicates"],
  },
  "a time that is no number": {
    files: netcdf({ times: [0, 1, Number.NaN, 3] }),
    says: ["InvalidTime", "found NaN", "position 2", "Correct"],
  },
  "hours instead of days": {
    files: netcdf({ times: days(48), time: { units: "hours since 2001-01-01" } }),
    says: ["InvalidTime", "its steps are 1 hours", "make daily values first"],
  },
  "steps of ten days": {
    files: netcdf({ times: days(30).map((day) => 10 * day) }),
    says: ["InvalidTime", "steps of 10 days", "expected days, months or years"],
  },
  "one step that could be anything": {
    files: netcdf({ times: [0] }),
    says: ["InvalidTime", "one step", "attribute frequency"],
  },
  "years before any calendar": {
    files: netcdf({ time: { units: "days since 0001-01-01", calendar: "noleap" } }),
    says: ["InvalidTime", "expected years from 1000 to 2999", "0001-01-01"],
  },
  "no axis of time": {
    files: netcdf({ dimensions: ["lat", "lon"] }),
    says: ["NoTimeAxis", 'variable "tasmax" (lat 2 x lon 2)', "ingest the days, months or years"],
  },
  "a latitude that is no number": {
    files: netcdf({ latitudes: [36, Number.NaN] }),
    says: ["InvalidPlace", 'coordinate "lat"', "found NaN at position 1", "leave positions without one out"],
  },
  "metres of a projection": {
    files: netcdf({ latitudes: [350_000, 351_000] }),
    says: ["InvalidPlace", "found 350000 at position 0", "metres of a projection are no degrees"],
  },
  "no latitude at all": {
    files: netcdf({ dimensions: ["time", "y", "lon"], extra: { y: 2 } }),
    says: ["NoPlace", 'variable "tasmax" (time 400 x y 2 x lon 2)', "no latitude", "--latitude"],
  },
  "levels of pressure": {
    files: netcdf({ dimensions: ["time", "plev", "lat", "lon"], extra: { plev: 2 }, more: [plevel] }),
    says: ["TooManyAxes", 'the axis "plev"', "--select plev="],
  },
  "a globe that repeats its first meridian": {
    files: netcdf({ longitudes: [0, 180, 360] }),
    says: ["TwoPlacesAtOnePoint", "positions 0 and 2 both are at 36, 0", "Leave one of them out"],
  },
  "no unit": {
    files: netcdf({ variable: { units: undefined } }),
    says: ["UnitNeeded", 'variable "tasmax"', "--units tasmax=degC"],
  },
  "a unit that is unknown": {
    files: netcdf({ variable: { units: "furlong" } }),
    says: ["UnknownUnit", 'variable "tasmax"', '"furlong"', "--units tasmax=UNIT"],
  },
  "rain's unit on temperatures": {
    files: netcdf({ variable: { units: "mm d-1" } }),
    says: ["WrongUnit", '"mm d-1"', "--units tasmax=UNIT", "values go from 10 to 32"],
  },
  "kelvin called degrees Celsius": {
    files: netcdf({ value: () => 288.15 }),
    says: ["ImplausibleValue", 'variable "tasmax" at 36, 127 on 2001-01-01', "found 288.15 degC", "--units tasmax=K"],
  },
  "rain in metres called millimetres": {
    files: netcdf({ name: "pr", variable: { units: "mm" }, value: (step) => (step % 5) / 1000 }),
    says: [
      "UnitsContradictValues",
      'variable "pr" says mm',
      "go from 0 to 0.004 mm d-1",
      '--units "pr=m d-1".',
      "--units pr=mm.",
    ],
  },
  "a fraction called per cent": {
    files: netcdf({ name: "hurs", variable: { units: "%" }, value: (step) => 0.3 + (step % 7) / 10 }),
    says: ["UnitsContradictValues", 'variable "hurs" says %', "--units hurs=1.", "--units hurs=%."],
  },
  "a mark for missing values that is not declared": {
    files: netcdf({ value: (step) => (step === 7 ? -9999 : 10) }),
    says: ["ImplausibleValue", "on 2001-01-08", "-9999", "--missing tasmax=-9999"],
  },
  "infinite values": {
    files: netcdf({ value: (step) => (step === 3 ? Number.POSITIVE_INFINITY : 10) }),
    says: ["ImplausibleValue", "on 2001-01-04", "Infinity"],
  },
  "nothing but missing values": {
    files: netcdf({ value: () => Number.NaN }),
    says: ["NoValues", "a.nc", "_FillValue"],
  },
  "text where numbers should be": {
    files: netcdf({ type: "char", variable: { units: "degC" }, value: () => 65 }),
    says: ["NotNumbers", 'variable "tasmax"', "expected numbers"],
  },
  "two arrays that both are the variable": {
    files: netcdf({
      more: [{ variable: { name: "TASMAX", type: "float", dimensions: ["time"], attributes: {} }, values: days(400) }],
    }),
    says: ["TwoColumns", '"tasmax" and "TASMAX"', "--map"],
  },
  "a calendar against that of the scenario": {
    files: netcdf({ time: { calendar: "360_day" } }),
    words: { scenario: "existing" },
    says: ["CalendarMismatch", "360_day", 'scenario "existing" has standard', "another --scenario"],
  },
  "a calendar against --calendar": {
    files: netcdf(),
    words: { calendar: "noleap" },
    says: [
      "CalendarMismatch",
      "a.nc says that its calendar is standard",
      "--calendar has noleap",
      "Leave --calendar out",
    ],
  },
  "two files of different calendars": {
    files: async () => ({ "a.nc": await makeNetcdf(), "b.nc": await makeNetcdf({ time: { calendar: "noleap" } }) }),
    says: ["CalendarMismatch", "a.nc has tasmax daily in the calendar standard", "b.nc", "different scenarios"],
  },
  "a daily and a monthly file": {
    files: async () => ({ "a.nc": await makeNetcdf(), "b.nc": await makeNetcdf({ times: [0, 31, 59, 90] }) }),
    says: ["MixedFrequencies", "a.nc", "b.nc", "one after the other"],
  },
  "two files that differ on the same day": {
    files: async () => ({ "a.nc": await makeNetcdf(), "b.nc": await makeNetcdf({ times: days(2), value: () => 5 }) }),
    says: ["DuplicateValue", 'b.nc: variable "tasmax"', "on 2001-01-01", "Leave one of the files out"],
  },
  "stored days with other values": {
    files: netcdf({ value: () => 1 }),
    words: { scenario: "existing" },
    says: ["ValuesConflict", "on 2001-01-01", "--on-conflict replace"],
  },
  "arrays and tables together": {
    files: async () => ({ "a.nc": await makeNetcdf(), "b.csv": "date,lat,lon,tasmax\n2001-01-01,36,127,1\n" }),
    says: ["MixedFormats", "a.nc is NetCDF", "b.csv is CSV", "one after the other"],
  },
  "--map to an array that is not there": {
    files: netcdf(),
    words: { map: ["t2m=tas"] },
    says: ["UnusedOption", "--map t2m=tas", 'Found "tasmax"', "Correct the name"],
  },
  "a zip without a store": {
    files: () => ({ "a.zip": makeZip({ "rain.csv": Buffer.from("date,pr\n") }) }),
    says: ["WrongFormat", "a.zip", "found a zip of files", "Unpack it first"],
  },
  "an Excel workbook": {
    files: () => ({
      "a.xlsx": makeZip({ "[Content_Types].xml": Buffer.from("<a/>"), "xl/workbook.xml": Buffer.from("<a/>") }),
    }),
    says: ["WrongFormat", "a.xlsx", "found an Excel workbook (.xlsx)", "Save the sheet as CSV"],
  },
  "a Word document": {
    files: () => ({
      "a.docx": makeZip({ "[Content_Types].xml": Buffer.from("<a/>"), "word/document.xml": Buffer.from("<a/>") }),
    }),
    says: ["WrongFormat", "a.docx", "found an Office document", "as CSV"],
  },
  "an OpenDocument spreadsheet": {
    files: () => ({
      "a.ods": makeZip({
        mimetype: Buffer.from("application/vnd.oasis.opendocument.spreadsheet"),
        "content.xml": Buffer.from("<a/>"),
      }),
    }),
    says: ["WrongFormat", "a.ods", "found an OpenDocument file (.ods)", "Save the sheet as CSV"],
  },
  "an old Excel workbook": {
    files: () => ({ "a.xls": Buffer.from("d0cf11e0a1b11ae1", "hex") }),
    says: ["WrongFormat", "a.xls", "found an old Excel workbook (.xls)", "Save the sheet as CSV"],
  },
  "best tracks instead of climate": {
    files: () => ({ "a.csv": "SID,SEASON,NUMBER\n ,Year, \n2018,2018,1\n" }),
    says: ["WrongFormat", "a.csv", "found IBTrACS (tracks)", "climatebatch load storms"],
  },
  "polygons instead of climate": {
    files: () => ({ "a.csv": '{"type":"FeatureCollection","features":[]}' }),
    says: ["WrongFormat", "a.csv", "found GeoJSON (polygons)", "climatebatch load ground"],
  },
  "a GeoTIFF instead of climate": {
    files: () => ({ "a.tif": "II*\0\x08\0\0\0" }),
    says: ["WrongFormat", "a.tif", "found GeoTIFF (raster)", "climatebatch load ground"],
  },
  "a zip cut off": {
    files: () => ({ "a.zarr.zip": halfOf(makeZip(zarrEntries())) }),
    says: ["UnreadableFile", "a.zarr.zip", "zip entries", "fetch it again"],
  },
  "Zarr whose description is no JSON": {
    files: zarr({ entries: { "tasmax/.zarray": "{" } }),
    says: ["UnreadableFile", 'the description of array "tasmax"', "fetch it again"],
  },
  "Zarr with a chunk that is cut off": {
    files: () => {
      const entries = zarrEntries();
      return { "a.zarr.zip": makeZip({ ...entries, "tasmax/0.0.0": halfOf(entries["tasmax/0.0.0"]!) }) };
    },
    says: ["UnreadableFile", 'array "tasmax"', "fetch it again"],
  },
  "Zarr of an unknown compression": {
    files: zarr({ compressor: { id: "sneakernet" } }),
    says: ["UnreadableFile", "sneakernet"],
  },
  "Zarr whose chunk is no gzip": {
    files: zarr({ compressor: { id: "gzip", level: 1 } }),
    says: ["UnreadableFile", "array", "fetch it again"],
  },
  "a chunk that would fill the memory": {
    files: zarr({
      compressor: { id: "gzip", level: 1 },
      pack: (values) => (values.length > 10_000 ? gzipSync(Buffer.alloc(200 << 20)) : gzipSync(values)),
    }),
    says: ["TooLargeInside", '"tasmax/0.0.0" would unpack to 200 MiB', "fetch it again from its source"],
  },
  "a zip entry that would fill the memory": {
    files: () => ({ "a.zarr.zip": makeZip(zarrEntries(), { "tasmax/0.0.0": 0xf000_0000 }) }),
    says: ["TooLargeInside", '"tasmax/0.0.0" would unpack to 3,840 MiB', "fetch it again from its source"],
  },
  "Parquet cut off": {
    files: damaged("table.parquet", halfOf),
    says: ["UnreadableFile", "table.parquet", "fetch it again"],
  },
  "Parquet whose description is damaged": {
    files: damaged("table.parquet", (bytes) => bytes.fill(0xff, bytes.length - 400, bytes.length - 8)),
    says: ["UnreadableFile", "table.parquet", "fetch it again"],
  },
};

test("there are more than forty", () => {
  expect(Object.keys(BROKEN).length).toBeGreaterThan(40);
});

for (const [name, { files, words, says }] of Object.entries(BROKEN)) {
  test(`${name}: refused, and the database is as it was`, async () => {
    const before = await digestTables(database.client);
    const refusal = await refusalOf(ingest(database.client, await files(), words));
    for (const part of says) expect(refusal).toContain(part);
    expect(await digestTables(database.client)).toEqual(before);
  });
}

test("an empty folder that is named as a store", async () => {
  const store = join(folder, "empty.zarr");
  await mkdir(store);
  expect(await refusalOf(ingestPaths(database.client, [store]))).toContain("NotZarr");
});

/** Of the whole program, that is 90 MiB without any file. */
const MOST_MIB = 400;

test.skipIf(process.platform !== "linux")(
  `files made to hurt: exit code 2, one message, below ${MOST_MIB} MiB`,
  async () => {
    for (const name of [
      "a chunk that would fill the memory",
      "a zip entry that would fill the memory",
      "NetCDF-3 with an absurd dimension",
    ]) {
      const [[file, bytes]] = Object.entries(await BROKEN[name]!.files()) as [[string, Buffer]];
      await writeFile(join(folder, file), bytes);
      await using program = startCli(["ingest", join(folder, file), "--scenario", "never", "--database", database.url]);
      const highest = highestMemory(program);
      const { code, stdout, stderr } = await program.ended;
      expect({ name, code, stdout }).toEqual({ name, code: 2, stdout: "" });
      expect(stderr).toContain(BROKEN[name]!.says[1]!);
      expect(await highest).toBeLessThan(MOST_MIB);
    }
  },
);
