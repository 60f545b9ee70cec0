// Attributes of cells from tables, rasters and polygons: what becomes of them, and what is refused in which words.
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fromFile, writeArrayBuffer } from "geotiff";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openFile } from "../../ingest/formats/formats.ts";
import { loadDistricts } from "../../ingest/ground/loadDistricts.ts";
import { type AttributeWords, type LoadedAttributes, loadAttributes } from "../../ingest/ground/loadGround.ts";
import { sampleRaster } from "../../ingest/ground/rasterAttributes.ts";
import { connectSea } from "../../ingest/sea/connectSea.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { refusalOf } from "../support/ingest.ts";

const { signal } = new AbortController();
const USUAL: Omit<AttributeWords, "file"> = {
  grid: "g",
  map: [],
  attribute: undefined,
  property: undefined,
  inside: 1,
  outside: undefined,
  missing: [],
  addCells: false,
  failRunningBatches: false,
};

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-attributes-"));
  database = await createTestDatabase();
});
beforeEach(async () => {
  await database.client.query("TRUNCATE climatebatch.grids, climatebatch.input_revisions CASCADE");
  await database.client.query("INSERT INTO climatebatch.grids (name, step_degrees) VALUES ('g', 0.1)");
  // Two rows of three cells: 35.0 and 35.1 north, 129.0 to 129.2 east.
  await database.client.query(
    `INSERT INTO climatebatch.grid_cells (grid_id, latitude, longitude)
     SELECT grid_id, round((35 + row / 10.0)::numeric, 1), round((129 + col / 10.0)::numeric, 1)
     FROM climatebatch.grids, generate_series(0, 1) AS row, generate_series(0, 2) AS col ORDER BY row, col`,
  );
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

async function load(
  name: string,
  content: string | ArrayBuffer,
  words: Partial<AttributeWords> = {},
): Promise<LoadedAttributes> {
  const file = join(folder, name);
  await writeFile(file, typeof content === "string" ? content : new Uint8Array(content));
  return loadAttributes(database.client, { ...USUAL, ...words, file: [file] }, signal);
}

async function openRaster(content: ArrayBuffer) {
  const file = join(folder, "raster.tif");
  await writeFile(file, new Uint8Array(content));
  const raster = await openFile(file, "raster");
  return { ...raster, [Symbol.asyncDispose]: async () => raster.close() };
}

/** By "latitude longitude". */
async function readAttributes(): Promise<Record<string, Record<string, number>>> {
  const { rows } = await database.client.query("SELECT latitude, longitude, attributes FROM climatebatch.grid_cells");
  return Object.fromEntries(
    rows.map(({ latitude, longitude, attributes }) => [`${latitude} ${longitude}`, attributes]),
  );
}

/** By "latitude longitude". */
async function readDistricts(): Promise<Record<string, string>> {
  const { rows } = await database.client.query(
    "SELECT latitude, longitude, district FROM climatebatch.cell_districts JOIN climatebatch.grid_cells USING (cell_id)",
  );
  return Object.fromEntries(rows.map(({ latitude, longitude, district }) => [`${latitude} ${longitude}`, district]));
}

async function revisionOf(input: string): Promise<number> {
  const { rows } = await database.client.query("SELECT revision FROM climatebatch.input_revisions WHERE input = $1", [
    input,
  ]);
  return Number(rows[0]?.revision ?? 0);
}

test("a line break in a title is part of it", async () => {
  const table = 'latitude,longitude,elevation,"soil\n(clay)"\n35,129,12,3\n';
  expect((await load("broken-title.csv", table)).attributes).toEqual({ elevation: 1 });
});

describe("tables", () => {
  test("columns by name, unit and --map; places snap to the grid; what is blank is left as it was", async () => {
    const first = await load(
      "a.csv",
      "lat,lon,elevation (m),HAND,note\n35.001,129,4.5,0.2,x\n35,129.1,,3,y\n40,129.1,1,1,z\n",
      { map: ["HAND=heightAboveDrainage"] },
    );
    expect(first).toMatchObject({
      attributes: { elevation: 2, heightAboveDrainage: 3 },
      ...{ places: 3, placesElsewhere: 1, cellsChanged: 2, cellsUnchanged: 0, cellsAdded: 0, sea: null },
    });
    await load("b.csv", "lat,lon,elevation,curveNumber\n35,129,,70\n");
    expect(await readAttributes()).toMatchObject({
      "35 129": { elevation: 4.5, heightAboveDrainage: 0.2, curveNumber: 70 },
      "35 129.1": { heightAboveDrainage: 3 },
    });
  });
  test("the same again changes nothing, no revision either; other attributes leave the elevations' revision alone", async () => {
    const table = "lat,lon,elevation\n35,129,4.5\n";
    await load("a.csv", table);
    const before = [await revisionOf("grid/g"), await revisionOf("elevation/g")];
    expect(await load("a.csv", table)).toMatchObject({ cellsChanged: 0, cellsUnchanged: 1 });
    expect([await revisionOf("grid/g"), await revisionOf("elevation/g")]).toEqual(before);
    await load("b.csv", "lat,lon,curveNumber\n35,129,70\n");
    expect(await revisionOf("grid/g")).toBe(before[0]! + 1);
    expect(await revisionOf("elevation/g")).toBe(before[1]);
  });
  test.each([
    {
      of: "a negative height above drainage",
      row: "heightAboveDrainage\n35,129,-1",
      says: /:2: expected heightAboveDrainage to be a number from 0 to 9000 \(m\), found "-1"/,
    },
    { of: "a slope in per cent", row: "slope\n35,129,3", says: /expected slope .* found "3"\. Is it in per cent\?/ },
    {
      of: "a mark of missing values that was not named",
      row: "elevation\n35,129,-9999",
      says: /found "-9999"\. .*--missing/,
    },
    { of: "a basin and a half", row: "basin\n35,129,1.5", says: /expected basin to be a whole number .* found "1\.5"/ },
    { of: "text", row: "elevation\n35,129,high", says: /found "high"/ },
    {
      of: "another unit",
      row: "distanceToCoast (m)\n35,129,300",
      says: /^WrongUnit: .*is in m, but distanceToCoast is stored in km/,
    },
    { of: "no attribute", row: "population\n35,129,3", says: /^MissingColumn: .*no attribute among its columns/ },
    {
      of: "a place twice with different values",
      row: "elevation\n35,129,3\n35,129.0001,4",
      says: /^AttributesConflict: .*:3: elevation of 35, 129.0001 is 4, but .* says 3/,
    },
    {
      of: "places elsewhere",
      row: "elevation\n10,10,3",
      says: /^NoCells: None of the 1 places is a cell.*--add-cells/,
    },
  ])("$of is refused", async ({ row, says }) => {
    expect(await refusalOf(load("a.csv", `lat,lon,${row}\n`))).toMatch(says);
    expect(await revisionOf("elevation/g")).toBe(0);
  });
  test("named marks of missing values are unknown", async () => {
    await load("a.csv", "lat,lon,elevation,slope\n35,129,-9999,0.1\n", { missing: ["-9999"] });
    expect((await readAttributes())["35 129"]).toEqual({ slope: 0.1 });
  });
});

describe("rasters", () => {
  const geographic = { ModelPixelScale: [0.1, 0.1, 0], ModelTiepoint: [0, 0, 0, 128.95, 35.25, 0] };
  /** Leaves the tags of `geographic` out. */
  const MATRIX = { ModelPixelScale: undefined, ModelTiepoint: undefined };
  const tiff = (values: number[], more: object = {}) => {
    const tags = {
      ...{
        width: 3,
        height: 2,
        BitsPerSample: [32],
        SampleFormat: [3],
        GeographicTypeGeoKey: 4326,
        GTModelTypeGeoKey: 2,
      },
      ...geographic,
      ...more,
    };
    const given = Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== undefined));
    return writeArrayBuffer(Float32Array.from(values), given as never) as Promise<ArrayBuffer> | ArrayBuffer;
  };
  test("each cell has the value of the pixel its centre lies in; none where there is none", async () => {
    // The raster covers 35.05 to 35.25 north: its southern row is the grid's northern one.
    const content = await tiff([9, 9, 9, 1.5, -9999, 3.25], { GDAL_NODATA: "-9999" });
    expect(await load("dem.tif", content, { attribute: "elevation" })).toMatchObject({ places: 2, cellsChanged: 2 });
    const known = await readAttributes();
    expect([known["35.1 129"], known["35.1 129.1"], known["35.1 129.2"], known["35 129"]]).toEqual([
      { elevation: 1.5 },
      {},
      { elevation: 3.25 },
      {},
    ]);
  });
  test("where pixels are points, the place given is a pixel's centre", async () => {
    const points = { GTRasterTypeGeoKey: 2, ModelTiepoint: [0, 0, 0, 129, 35.1, 0] };
    await load("dem.tif", await tiff([1, 2, 3, 4, 5, 6], points), { attribute: "elevation" });
    const known = await readAttributes();
    expect([known["35.1 129"], known["35.1 129.2"], known["35 129"], known["35 129.2"]]).toEqual([
      { elevation: 1 },
      { elevation: 3 },
      { elevation: 4 },
      { elevation: 6 },
    ]);
  });
  test.each<[string, object]>([
    ["a tie point inside", { ModelTiepoint: [1, 1, 0, 129.05, 35.15, 0] }],
    ["a matrix", { ...MATRIX, ModelTransformation: [0.1, 0, 0, 128.95, 0, -0.1, 0, 35.25, 0, 0, 0, 0, 0, 0, 0, 1] }],
    [
      "a matrix and rows from the south",
      { ...MATRIX, ModelTransformation: [0.1, 0, 0, 128.95, 0, 0.1, 0, 35.05, 0, 0, 0, 0, 0, 0, 0, 1] },
    ],
  ])("a raster placed by %s", async (how, tags) => {
    const values = how.endsWith("south") ? [4, 5, 6, 1, 2, 3] : [1, 2, 3, 4, 5, 6];
    await load("dem.tif", await tiff(values, tags), { attribute: "elevation" });
    const known = await readAttributes();
    expect([known["35.1 129"], known["35.1 129.2"]]).toEqual([{ elevation: 4 }, { elevation: 6 }]);
  });
  test("two rasters are one map; the share of a class is a fraction; the report says how", async () => {
    const east = { ModelTiepoint: [0, 0, 0, 129.15, 35.25, 0], width: 1 };
    for (const [name, content] of [
      ["west.tif", await tiff([10, 50, 0, 50, 50, 10], { GDAL_NODATA: "0" })],
      ["east.tif", await tiff([80, 50], east)],
    ] as const) {
      await writeFile(join(folder, name), new Uint8Array(content));
    }
    const words = { ...USUAL, attribute: "urbanFraction", classes: ["50"], file: [join(folder, "west.tif")] };
    expect(await loadAttributes(database.client, words, signal)).toMatchObject({ by: "share", places: 3 });
    const both = { ...words, file: ["west.tif", "east.tif"].map((name) => join(folder, name)) };
    expect(await loadAttributes(database.client, both, signal)).toMatchObject({ cellsChanged: 1, cellsUnchanged: 2 });
    const known = await readAttributes();
    expect(["35.1 129", "35.1 129.1", "35.1 129.2"].map((place) => known[place]!.urbanFraction)).toEqual([
      ...[1, 1],
      expect.closeTo(0.5, 12),
    ]);
    expect(await refusalOf(load("a.csv", "lat,lon,slope\n35,129,0\n", { by: "mean" }))).toMatch(
      /^InvalidOption: --by mean does not go with this file. It is for rasters/,
    );
  });

  test("a rotated raster and one with a mask beside it are refused with what to do", async () => {
    const rotated = {
      ...MATRIX,
      ModelTransformation: [0.1, 0.01, 0, 128.95, 0.01, -0.1, 0, 35.25, 0, 0, 0, 0, 0, 0, 0, 1],
    };
    const values = [1, 2, 3, 4, 5, 6];
    expect(await refusalOf(load("r.tif", await tiff(values, rotated), { attribute: "elevation" }))).toMatch(
      /^RotatedRaster: .*gdalwarp/,
    );
    await writeFile(join(folder, "m.tif.msk"), "");
    expect(await refusalOf(load("m.tif", await tiff(values), { attribute: "elevation" }))).toMatch(
      /^MaskedRaster: .*gdalwarp -dstnodata/,
    );
  });
  test("impossible values, a projection, a file without a place and a missing --attribute are refused", async () => {
    const values = [9, 9, 9, 1.5, -9999, 3.25];
    expect(await refusalOf(load("d.tif", await tiff(values), { attribute: "elevation" }))).toMatch(
      /d\.tif around 35\.1, 129\.1: expected elevation .* found "-9999"/,
    );
    const projected = await tiff(values, { GTModelTypeGeoKey: 1 });
    expect(await refusalOf(load("p.tif", projected, { attribute: "elevation" }))).toMatch(
      /^UnknownProjection: .*gdalwarp/,
    );
    expect(await refusalOf(load("x.tif", "II*\0no image", { attribute: "elevation" }))).toMatch(
      /^UnreadableFile: .*GeoTIFF/,
    );
    expect(await refusalOf(load("d.tif", await tiff(values)))).toMatch(
      /^InvalidOption: Missing --attribute: which attribute/,
    );
  });
  test("a width that is several numbers is damage", async () => {
    const content = Buffer.from(await tiff([1, 2, 3, 4, 5, 6]));
    const isLittle = content.toString("latin1", 0, 2) === "II";
    const read = (at: number, bytes: 2 | 4) =>
      isLittle ? content.readUIntLE(at, bytes) : content.readUIntBE(at, bytes);
    const directory = read(4, 4);
    const entries = Array.from({ length: read(directory, 2) }, (_, at) => directory + 2 + 12 * at);
    const width = entries.find((entry) => read(entry, 2) === 256)!;
    if (isLittle) content.writeUInt32LE(9, width + 4);
    else content.writeUInt32BE(9, width + 4);
    const damaged = Uint8Array.from(content).buffer;
    expect(await refusalOf(load("w.tif", damaged, { attribute: "elevation" }))).toMatch(/^UnreadableFile: .*its width/);
  });
  test("a raster that is wider than what is read at a time", async () => {
    const width = 40_000;
    const columns = [0, 4095, 4096, 32_768, width - 1];
    const content = await writeArrayBuffer(
      Float32Array.from({ length: 2 * width }, (_, at) => (at % width) / 10),
      {
        ...{
          width,
          height: 2,
          BitsPerSample: [32],
          SampleFormat: [3],
          GeographicTypeGeoKey: 4326,
          GTModelTypeGeoKey: 2,
        },
        ...{ ModelPixelScale: [0.001, 0.001, 0], ModelTiepoint: [0, 0, 0, 100, 36, 0] },
      } as never,
    );
    const file = join(folder, "wide.tif");
    await writeFile(file, Buffer.from(content as ArrayBuffer));
    const raster = await openFile(file, "raster", signal);
    const places = columns.map((column) => ({ latitude: 35.9985, longitude: 100 + (column + 0.5) / 1000 }));
    const values = await sampleRaster(raster, "elevation", places, []);
    raster.close();
    expect([...values]).toEqual(columns.map((column) => Math.fround(column / 10)));
  });

  test("bytes of an image and a raster in another unit are no elevations; what is confirmed is one, with its range reported", async () => {
    const image = await writeArrayBuffer(Uint8Array.from([1, 2, 3, 40, 50, 210]), {
      ...{ width: 3, height: 2, BitsPerSample: [8], SampleFormat: [1] },
      ...{ GeographicTypeGeoKey: 4326, GTModelTypeGeoKey: 2 },
      ...geographic,
    } as never);
    expect(await refusalOf(load("land-use.tif", image, { attribute: "elevation" }))).toMatch(
      /^UnlikelyElevations: .*land-use\.tif stores bytes \(0 to 255\).* found 3 values from 40 to 210\. .*--unit m$/,
    );
    expect(await load("land-use.tif", image, { attribute: "basin" })).toMatchObject({ cellsChanged: 3 });
    await using raster = await openRaster(image);
    for (const unit of ["K", "degC", "mm/month", "kg m-2 s-1"]) {
      const sampled = sampleRaster({ ...raster, unit }, "elevation", [], []);
      expect(await refusalOf(sampled)).toBe(
        `WrongUnit: ${raster.file} is in ${unit}, but elevation is stored in m. Convert it first: gdal_calc.py.`,
      );
    }
    expect(await refusalOf(load("d.tif", image, { attribute: "elevation", unit: "ft" }))).toMatch(
      /^InvalidOption: --unit: expected m, in which elevation is stored, found "ft"/,
    );
    const { ranges } = await load("dem.tif", image, { attribute: "elevation", unit: "m" });
    expect(ranges).toEqual({ elevation: { min: 40, mean: 100, max: 210 } });
  });
  const hd35 = fileURLToPath(
    new URL("../../../shared/data/hd35_nc_tif_zarr3/climatology-hd35-annual-mean.tif", import.meta.url),
  );
  test.skipIf(!existsSync(hd35))(
    "a real raster gives each place the pixel around it (needs ../shared/data/hd35_nc_tif_zarr3)",
    async () => {
      const tiff = await fromFile(hd35);
      const image = await tiff.getImage();
      const [whole] = (await image.readRasters()) as unknown as [ArrayLike<number>];
      const [west, north] = image.getOrigin() as [number, number];
      const [dx, dy] = image.getResolution() as [number, number];
      const width = image.getWidth();
      const pixels = [0, 1, 2, 3, 4].map((at) => Math.floor(((at + 0.5) * whole.length) / 5));
      const places = pixels.map((pixel) => ({
        latitude: north + (Math.floor(pixel / width) + 0.4) * dy,
        longitude: west + ((pixel % width) + 0.6) * dx,
      }));
      const raster = await openFile(hd35, "raster");
      const values = await sampleRaster(raster, "elevation", places, []);
      const noData = image.getGDALNoData();
      expect(Array.from(values)).toEqual(
        pixels.map((pixel) => (Number(whole[pixel]) === noData ? Number.NaN : Number(whole[pixel]))),
      );
      raster.close();
      tiff.close();
    },
  );
});

describe("polygons", () => {
  const square = (west: number, south: number, east: number, north: number) => [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  const features = (...all: { rings: number[][][]; properties?: object }[]) =>
    JSON.stringify({
      type: "FeatureCollection",
      features: all.map(({ rings, properties }) => ({
        type: "Feature",
        properties: properties ?? null,
        geometry: { type: "Polygon", coordinates: rings },
      })),
    });
  const column = async (name: string) =>
    Object.fromEntries(Object.entries(await readAttributes()).map(([place, known]) => [place, known[name]]));
  test("a mask is 1 inside and 0 outside, holes are outside", async () => {
    const ring = { rings: [square(128.9, 34.9, 129.25, 35.2), square(129.05, 34.95, 129.15, 35.05)] };
    await load("land.geojson", features(ring), { attribute: "landFraction" });
    expect(await column("landFraction")).toEqual({
      ...{ "35 129": 1, "35 129.1": 0, "35 129.2": 1 },
      ...{ "35.1 129": 1, "35.1 129.1": 1, "35.1 129.2": 1 },
    });
  });
  test("a property gives each polygon's own number, and nothing outside", async () => {
    const one = { rings: [square(128.9, 34.9, 129.05, 35.2)], properties: { cn: "71" } };
    const two = { rings: [square(129.05, 34.9, 129.15, 35.2)], properties: { cn: 82 } };
    await load("soil.geojson", features(one, two), { attribute: "curveNumber", property: "cn" });
    expect(await column("curveNumber")).toMatchObject({ "35 129": 71, "35 129.1": 82, "35.1 129.2": undefined });
    expect(await refusalOf(load("s.geojson", features(one), { attribute: "curveNumber", property: "soil" }))).toMatch(
      /feature 1: expected a number in its property "soil", found undefined; it has cn/,
    );
  });
  test("districts are names, of polygons or of a table, and change no input", async () => {
    const file = join(folder, "districts.geojson");
    const west = { rings: [square(128.9, 34.9, 129.15, 35.2)], properties: { name: " 중구 ", code: 26110 } };
    const east = { rings: [square(129.15, 34.9, 129.25, 35.05)], properties: { name: "Dong", code: 26170 } };
    await writeFile(file, features(west, east));
    const before = await revisionOf("grid/g");
    const districts = { file: [file], grid: "g", property: "name" };
    const loaded = { grid: "g", districts: 2, cells: 5, cellsChanged: 5, placesElsewhere: 0 };
    expect(await loadDistricts(database.client, districts, signal)).toEqual(loaded);
    expect(await readDistricts()).toEqual({
      ...{ "35 129": "중구", "35 129.1": "중구", "35 129.2": "Dong", "35.1 129": "중구", "35.1 129.1": "중구" },
    });
    const table = join(folder, "districts.csv");
    await writeFile(table, "lat,lon,district\n35.1,129.2,Buk\n35,129.2,Dong\n10,10,far\n35.1,129,\n");
    const again = await loadDistricts(database.client, { ...districts, file: [table] }, signal);
    expect(again).toEqual({ grid: "g", districts: 2, cells: 2, cellsChanged: 1, placesElsewhere: 1 });
    expect(await readDistricts()).toMatchObject({ "35.1 129.2": "Buk", "35.1 129": "중구" });
    expect(await revisionOf("grid/g")).toBe(before);
    const refused = (words: object) => refusalOf(loadDistricts(database.client, { ...districts, ...words }, signal));
    expect(await refused({ property: undefined })).toMatch(/^InvalidOption: Missing --property.*SIG_KOR_NM/);
    expect(await refused({ property: "nom" })).toMatch(
      /^InvalidDistrict: .*feature 1.*"nom", found undefined; it has name, code/,
    );
    await writeFile(file, features({ rings: [square(0, 0, 1, 1)], properties: { name: "far" } }));
    expect(await refused({})).toMatch(/^NoCells: .*Does it cover the grid/);
  });

  test("what is no GeoJSON of polygons is refused", async () => {
    const words = { attribute: "landFraction" };
    expect(await refusalOf(load("t.json", '{"type":"Topology"}', words))).toMatch(/^NotGeoJson: .*ogr2ogr/);
    expect(await refusalOf(load("t.json", "{", words))).toMatch(/^UnreadableFile/);
    expect(await refusalOf(load("f.geojson", features(), words))).toMatch(/^NotGeoJson: .*no feature has a Polygon/);
    const metres = features({ rings: [square(980_000, 1_900_000, 990_000, 1_910_000)] });
    expect(await refusalOf(load("f.geojson", metres, words))).toMatch(/^NotGeoJson: .*feature 1 reaches .*EPSG:4326/);
    expect(
      await refusalOf(load("f.geojson", features({ rings: [square(0, 0, 1, 1)] }), { ...words, property: "x" })),
    ).toMatch(/^InvalidAttribute/);
  });
});

describe("ways of the sea", () => {
  test("they are found when elevations and sea cells are there, with cells added for the sea", async () => {
    await load(
      "dem.csv",
      "lat,lon,elevation\n35,129,1\n35,129.1,0.5\n35,129.2,9\n35.1,129,1\n35.1,129.1,2\n35.1,129.2,3\n",
    );
    const sea = "lat,lon,landFraction\n35,128.9,0\n35.1,128.9,0\n35,129,1\n";
    const loaded = await load("sea.csv", sea, { addCells: true });
    expect(loaded).toMatchObject({ cellsAdded: 2, sea: { seaCells: 2, connected: 6, cells: 8 } });
    const { rows } = await database.client.query(
      `SELECT c.longitude, s.level, s.distance FROM climatebatch.sea_connections AS s
       JOIN climatebatch.grid_cells AS c USING (cell_id) WHERE c.latitude = 35 ORDER BY c.longitude`,
    );
    const step = 0.1 * 111.12 * Math.cos((35 * Math.PI) / 180);
    expect(rows[0]).toEqual({
      longitude: 129,
      level: expect.closeTo(1 + 0.2 * step, 9),
      distance: expect.closeTo(step, 9),
    });
    expect(rows[1].level).toBeCloseTo(0.5 + 0.2 * 2 * step, 9);
  });
  test("on places without rows and columns they are not looked for, and the attributes are stored all the same", async () => {
    await database.client.query(
      "UPDATE climatebatch.grid_cells SET latitude = 35.037 WHERE longitude = 129.1 AND latitude = 35",
    );
    const loaded = await load("a.csv", "lat,lon,elevation,landFraction\n35,129,1,1\n35,129.2,,0\n");
    expect(loaded).toMatchObject({ cellsChanged: 2, sea: null });
  });
  test("a grid without elevations, without sea or without rows and columns is refused", async () => {
    const { client } = database;
    expect(await refusalOf(connectSea(client, "g", false))).toMatch(/^NoGround: .*no elevations/);
    await load("dem.csv", "lat,lon,elevation\n35,129,1\n");
    expect(await refusalOf(connectSea(client, "g", false))).toMatch(/^NoGround: .*no sea cells/);
    await client.query(
      "UPDATE climatebatch.grid_cells SET latitude = 35.037 WHERE longitude = 129.1 AND latitude = 35",
    );
    await client.query(`UPDATE climatebatch.grid_cells SET attributes = '{"landFraction": 0}' WHERE longitude = 129.2`);
    expect(await refusalOf(connectSea(client, "g", false))).toMatch(/^IrregularGrid: .*distanceToCoast/);
    expect(await refusalOf(connectSea(client, "nowhere", false))).toMatch(/^NoGround: .*has no cells/);
  });
});
