// What a cell takes of the pixels in its area: as GDAL, PROJ and NumPy compute it, by the rule of the attribute, in bounded memory.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { makeCellAreas } from "../../ingest/ground/cellAreas.ts";
import { type RasterOptions, readRasters } from "../../ingest/ground/readRasters.ts";
import type { Attribute, OfPixels } from "../../model/attributes.ts";
import { closeToFloat32 } from "../support/floats.ts";
import { refusalOf } from "../support/ingest.ts";
import { makeRandom } from "../support/random.ts";

const FOLDER = new URL("../golden/ground-areas/", import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, FOLDER));
const { signal } = new AbortController();
const USUAL: RasterOptions = { by: undefined, classes: [], missing: [], unit: undefined };

interface Case {
  readonly files: readonly string[];
  readonly attribute: Attribute;
  readonly by: OfPixels | "share";
  readonly classes?: readonly string[];
  /** Latitude, longitude, value; null: none. */
  readonly cells: readonly (readonly [number, number, number | null])[];
}

const cases = JSON.parse(readFileSync(pathOf("expected.json"), "utf8")) as readonly Case[];
const placesOf = ({ cells }: Pick<Case, "cells">) => cells.map(([latitude, longitude]) => ({ latitude, longitude }));
const read = (one: Pick<Case, "files" | "attribute" | "cells">, options: Partial<RasterOptions> = {}) =>
  readRasters(one.files.map(pathOf), one.attribute, placesOf(one), { ...USUAL, ...options }, signal);

test("the files are those that their provenance describes", () => {
  const { sha256 } = JSON.parse(readFileSync(pathOf("provenance.json"), "utf8")) as { sha256: Record<string, string> };
  for (const [name, digest] of Object.entries(sha256)) {
    const found = createHash("sha256")
      .update(readFileSync(pathOf(name)))
      .digest("hex");
    expect({ name, digest: found }).toEqual({ name, digest });
  }
});

test.each(cases)("$attribute of $files by $by", async (one) => {
  const { values, by } = await read(one, { classes: one.classes ?? [] });
  expect(by).toBe(one.by);
  expect(one.cells.filter(([, , value]) => value !== null).length).toBeGreaterThan(10);
  const wrong = one.cells.flatMap(([latitude, longitude, expected], at) => {
    const found = values[at]!;
    const isExact = one.by === "highest" || one.by === "majority";
    const isRight = isExact ? Object.is(found, expected ?? Number.NaN) : closeToFloat32(found, expected, 0);
    return isRight ? [] : [{ latitude, longitude, expected, found }];
  });
  expect(wrong).toEqual([]);
});

const HD35 = new URL("../../../shared/data/hd35_nc_tif_zarr3/climatology-hd35-annual-mean.tif", import.meta.url);

test.skipIf(!existsSync(HD35))(
  "a real raster: means over India as rasterio reads it (needs ../shared/data)",
  async () => {
    const expected = [
      0.0, 38.886467, 116.801505, 8.13723648, 0.00309714792, 99.8570865, 132.241888, 79.7614181, 116.313047, 142.497861,
      121.739182, 107.269889, 200.910592, 157.576806, 139.908917, 113.229281,
    ];
    const cells = [14.5, 18.5, 22.5, 26.5].flatMap((latitude) =>
      [70.5, 74.5, 78.5, 82.5].map((longitude) => [latitude, longitude, null] as const),
    );
    const places = placesOf({ cells });
    const { values } = await readRasters([fileURLToPath(HD35)], "elevation", places, { ...USUAL, unit: "m" }, signal);
    expect([...values].filter((value, at) => !closeToFloat32(value, expected[at]!))).toEqual([]);
  },
);

describe("the area of a cell", () => {
  const grid = (rows: number, columns: number, south: number, west: number, step: number) =>
    Array.from({ length: rows * columns }, (_, at) => ({
      latitude: south + Math.floor(at / columns) * step,
      longitude: Number((((((west + (at % columns) * step + 540) % 360) + 360) % 360) - 180).toFixed(4)),
    }));

  test("is a box of a regular grid, across the date line too, and nothing beside the grid and in its gaps", () => {
    const places = grid(4, 5, -10, 179, 0.5).filter((_, at) => at !== 7);
    const { find } = makeCellAreas(places)!;
    expect(places[find(-9.8, 179.2)!]).toEqual({ latitude: -10, longitude: 179 });
    expect(places[find(-9.2, -179.8)!]).toEqual({ latitude: -9, longitude: -180 });
    expect(places[find(-8.5, 180.9)!]).toEqual({ latitude: -8.5, longitude: -179 });
    const outside = [find(-9.5, 180), find(-10.3, 179), find(-10, 178.7), find(-8.2, 180), find(-10, 0)];
    expect(outside).toEqual([-1, -1, -1, -1, -1]);
  });

  test("is what is nearest of a model's grid, as the sphere has it", () => {
    // A square of 20 x 20 cells near the pole, 50 km apart.
    const places = Array.from({ length: 400 }, (_, at) => {
      const [x, y] = [((at % 20) - 9.7) * 50, (Math.floor(at / 20) - 4.2) * 50];
      return { latitude: 90 - Math.hypot(x, y) / 111.195, longitude: (Math.atan2(y, x) * 180) / Math.PI };
    });
    const { find } = makeCellAreas(places)!;
    const random = makeRandom("nearest cells");
    let inside = 0;
    for (let turn = 0; turn < 2000; turn++) {
      const point = { latitude: 84 + 6 * random(), longitude: 360 * random() };
      const apart = places.map((place) => angle(place, point) * 6371);
      const nearest = apart.indexOf(Math.min(...apart));
      const found = find(point.latitude, point.longitude);
      // The reach is measured between neighbours, whose distances differ a little.
      if (apart[nearest]! < 34.5) expect(found).toBe(nearest);
      if (apart[nearest]! > 36.5) expect(found).toBe(-1);
      if (found !== -1) inside++;
    }
    expect(inside).toBeGreaterThan(500);
  });

  test("is unknown of scattered places, and of one", () => {
    const random = makeRandom("stations");
    const stations = Array.from({ length: 60 }, () => ({
      latitude: Number((34 + 4 * random()).toFixed(4)),
      longitude: Number((126 + 3 * random()).toFixed(4)),
    }));
    expect([makeCellAreas(stations), makeCellAreas(stations.slice(0, 1))]).toEqual([null, null]);
  });

  function angle(a: { latitude: number; longitude: number }, b: { latitude: number; longitude: number }): number {
    const [p, q, turn] = [a.latitude, b.latitude, b.longitude - a.longitude].map(
      (degrees) => (degrees * Math.PI) / 180,
    );
    return Math.acos(Math.min(1, Math.sin(p!) * Math.sin(q!) + Math.cos(p!) * Math.cos(q!) * Math.cos(turn!)));
  }
});

describe("what is refused", () => {
  const [heights, cover] = [cases[0]!, cases[1]!];
  const stations = [
    [37.3, 127.1, null],
    [37.5, 127.2, null],
    [37.33, 127.4, null],
    [37.61, 127.15, null],
  ] as const;

  test("an area of scattered cells; without a word they have the pixel at their centre", async () => {
    expect(await refusalOf(read({ ...heights, cells: stations }, { by: "mean" }))).toMatch(
      /^IrregularGrid: --by: the 4 cells are scattered.*--by centre/,
    );
    expect(await read({ ...heights, cells: stations })).toMatchObject({ by: "centre" });
  });

  test("pixels that are 2,500 times as wide as the cells", async () => {
    const cells = [0, 1, 2, 3].map((at) => [50.1 + (at % 2) / 1e4, 0.1 + Math.floor(at / 2) / 1e4, null] as const);
    const coarse = { files: ["coarse.tif"], attribute: "elevation", cells } as const;
    expect(await refusalOf(read(coarse))).toMatch(/^TooCoarse: .*coarse\.tif: a pixel is 2,500 times.*--by centre/);
    expect((await read(coarse, { by: "centre" })).values.every(Number.isFinite)).toBe(true);
  });

  test.each<[string, Partial<Case>, Partial<RasterOptions>, RegExp]>([
    ["a share of an amount", { attribute: "elevation" }, { classes: ["50"] }, /^InvalidOption: .*elevation is in m/],
    ["a share of names", { attribute: "country" }, { classes: ["50"] }, /^InvalidOption: .*country is a number/],
    [
      "a share and a rule",
      { attribute: "urbanFraction" },
      { classes: ["50"], by: "mean" },
      /^InvalidOption: .*exclude/,
    ],
    ["a class without a number", { attribute: "urbanFraction" }, { classes: ["urban"] }, /^InvalidOption: .*"urban"/],
    [
      "a class that is not there",
      { attribute: "urbanFraction" },
      { classes: ["50", "190"] },
      /^NoClasses: .*190; found 10, 30, 50, 80/,
    ],
    ["classes as fractions", { attribute: "urbanFraction" }, {}, /^InvalidAttribute: .*around .*per cent/],
  ])("%s", async (_, change, options, expected) => {
    expect(await refusalOf(read({ ...cover, ...change }, options))).toMatch(expected);
  });
});
