// Rasters and polygons in projections: each place has the pixel or the polygon that GDAL and PROJ find for it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeArrayBuffer } from "geotiff";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openFile } from "../../ingest/formats/formats.ts";
import { samplePolygons } from "../../ingest/ground/polygonAttributes.ts";
import { sampleRaster } from "../../ingest/ground/rasterAttributes.ts";
import { refusalOf } from "../support/ingest.ts";

const FOLDER = new URL("../golden/ground-files/", import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, FOLDER));

/** Latitude, longitude, value; null: none. */
type Point = readonly [number, number, number | null];

const { rasters, polygons } = JSON.parse(readFileSync(pathOf("expected.json"), "utf8")) as {
  rasters: readonly { readonly file: string; readonly system: string; readonly points: readonly Point[] }[];
  polygons: readonly Point[];
};
const placesOf = (points: readonly Point[]) => points.map(([latitude, longitude]) => ({ latitude, longitude }));
const valuesOf = (points: readonly Point[]) => points.map(([, , value]) => value ?? Number.NaN);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-ground-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the files are those that their provenance describes", () => {
  const { sha256 } = JSON.parse(readFileSync(pathOf("provenance.json"), "utf8")) as { sha256: Record<string, string> };
  for (const [name, digest] of Object.entries(sha256)) {
    const found = createHash("sha256")
      .update(readFileSync(pathOf(name)))
      .digest("hex");
    expect({ name, digest: found }).toEqual({ name, digest });
  }
});

test.each(rasters)("$file in $system", async ({ file, points }) => {
  const raster = await openFile(pathOf(file), "raster");
  try {
    expect(points.filter(([, , value]) => value !== null).length).toBeGreaterThan(15);
    expect([...(await sampleRaster(raster, "elevation", placesOf(points), []))]).toEqual(valuesOf(points));
  } finally {
    raster.close();
  }
});

describe("polygons", () => {
  const basin = { property: "basin", inside: 1, outside: null };
  const find = async (file: string) =>
    samplePolygons(file, await openFile(file, "polygons"), "basin", placesOf(polygons), basin);

  test.each(["districts.geojson", "districts.shp"])("%s in EPSG:5179", async (name) => {
    expect([...(await find(pathOf(name)))]).toEqual(valuesOf(polygons));
  });

  test("the names of a shapefile in CP949 are read", async () => {
    const { properties } = await openFile(pathOf("districts.shp"), "polygons");
    expect([...properties.values()]).toEqual([
      { name: "대전", basin: 11 },
      { name: "세종", basin: 12 },
    ]);
  });

  const shapefile = async (change: (content: Record<string, Buffer | undefined>) => void) => {
    const names = ["shp", "dbf", "prj", "cpg"];
    const content: Record<string, Buffer | undefined> = {};
    for (const name of names) content[name] = await readFile(pathOf(`districts.${name}`));
    change(content);
    const own = await mkdtemp(join(folder, "shape-"));
    for (const [name, bytes] of Object.entries(content)) {
      if (bytes !== undefined) await writeFile(join(own, `a.${name}`), bytes);
    }
    return refusalOf(openFile(join(own, "a.shp"), "polygons"));
  };

  test.each<[name: string, change: (content: Record<string, Buffer | undefined>) => void, expected: RegExp]>([
    ["nothing changed", () => undefined, /accepted/],
    ["no .prj", (content) => (content.prj = undefined), /NotShapefile.*a\.prj is missing/],
    ["a .prj that is none", (content) => (content.prj = Buffer.from("Korea")), /UnknownProjection.*a\.prj/],
    ["a cut .shp", (content) => (content.shp = content.shp!.subarray(0, 300)), /UnreadableFile.*bytes/],
    ["a cut .dbf", (content) => (content.dbf = content.dbf!.subarray(0, 140)), /UnreadableFile.*a\.dbf/],
    ["a record of a negative length", (content) => content.shp!.writeInt32BE(-4, 104), /UnreadableFile.*byte 100/],
    ["fewer rows than shapes", (content) => content.dbf!.writeUInt32LE(1, 4), /NotShapefile.*2 shapes.*1 rows/],
    ["too many points", (content) => content.shp!.writeInt32LE(1 << 30, 144), /UnreadableFile/],
  ])("a shapefile: %s", async (_, change, expected) => {
    expect(await shapefile(change)).toMatch(expected);
  });

  test("a crs that is not known is refused", async () => {
    const file = join(folder, "b.geojson");
    await copyFile(pathOf("districts.geojson"), file);
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("EPSG::5179", "EPSG::99999"));
    expect(await refusalOf(find(file))).toMatch(/UnknownProjection.*EPSG:99999/);
    await writeFile(file, text.replace("urn:ogc:def:crs:EPSG::5179", "Korea"));
    expect(await refusalOf(find(file))).toMatch(/NotGeoJson.*"Korea"/);
  });
});

test.each<[name: string, keys: object, expected: RegExp]>([
  ["an unknown EPSG code", { GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: 9999 }, /UnknownProjection.*EPSG:9999/],
  ["a projection without a name", { GTModelTypeGeoKey: 1 }, /UnknownProjection/],
  ["geocentric coordinates", { GTModelTypeGeoKey: 3 }, /UnknownProjection.*model type 3.*gdalwarp/],
  [
    "a datum that needs a grid of shifts",
    { GTModelTypeGeoKey: 1, ProjectedCSTypeGeoKey: 27700 },
    /UnknownProjection.*OSTN15/,
  ],
])("a raster with %s is refused", async (_, keys, expected) => {
  const file = join(folder, "a.tif");
  const content = await writeArrayBuffer(Float32Array.of(1, 2, 3, 4), {
    ...{ width: 2, height: 2, BitsPerSample: [32], SampleFormat: [3] },
    ...{
      GeographicTypeGeoKey: 4326,
      ModelPixelScale: [1000, 1000, 0],
      ModelTiepoint: [0, 0, 0, 950_000, 1_950_000, 0],
    },
    ...keys,
  } as never);
  await writeFile(file, new Uint8Array(content as ArrayBuffer));
  expect(await refusalOf(openFile(file, "raster"))).toMatch(expected);
});
