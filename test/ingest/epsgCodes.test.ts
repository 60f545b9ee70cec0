// Every EPSG code that is read, at a point that PROJ 9.5.1 has shifted to WGS 84 (npm run epsg writes both files).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { definitionOfEpsg, makeProjection } from "../../ingest/projections/projection.ts";

type Point = readonly [x: number, y: number, longitude: number, latitude: number];
const read = (path: string) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));
const points: Readonly<Record<string, Point>> = read("test/golden/projections/epsg.json");
const definitions: Readonly<Record<string, string>> = read("ingest/projections/epsg.json");

const CLOSE_DEGREES = 1e-6;
/** 2 m: systems that PROJ shifts with that accuracy, on ellipsoids that proj4 does not have. */
const LOOSE_DEGREES = 2e-5;

function degreesApart(code: string): number {
  const [x, y, longitude, latitude] = points[code]!;
  const [east, north] = makeProjection(definitionOfEpsg(Number(code), "case"), "case").toDegrees(x, y);
  const turns = Math.abs(east - longitude) % 360;
  const apart = Math.min(turns, 360 - turns) * Math.cos((latitude * Math.PI) / 180);
  return Math.max(apart, Math.abs(north - latitude));
}

test("nine of ten systems are within a millionth of a degree of PROJ, and all within 2 m", () => {
  const codes = Object.keys(points);
  expect(codes.length).toBeGreaterThan(4500);
  const apart = codes.map((code) => ({ code, degrees: degreesApart(code) }));
  expect(apart.filter(({ degrees }) => !(degrees < LOOSE_DEGREES))).toEqual([]);
  expect(apart.filter(({ degrees }) => degrees < CLOSE_DEGREES).length / codes.length).toBeGreaterThan(0.9);
});

test.each([
  ["Korea 1985, central belt", "5174"],
  ["Korea 2000, unified", "5179"],
  ["the Netherlands", "28992"],
  ["Sweden", "3021"],
  ["Finland", "2393"],
  ["Kuwait", "4319"],
  ["Jan Mayen", "4660"],
])("%s (EPSG:%s) is within a millionth of a degree", (_, code) => {
  expect(degreesApart(code)).toBeLessThan(CLOSE_DEGREES);
});

test("a system without a point says nothing of a shift, or names the grid that shifts it", () => {
  const others = Object.entries(definitions).filter(([code]) => points[code] === undefined);
  for (const [, definition] of others) {
    const shift = /\+towgs84=(\S+)/.exec(definition)?.[1] ?? "0";
    const isShifted = shift.split(",").some((number) => Number(number) !== 0);
    expect(isShifted && !/\+nadgrids=/.test(definition), definition).toBe(false);
  }
});

test("a system whose shift PROJ does not confirm is refused as an unknown code", () => {
  for (const code of [5170, 29701]) expect(() => definitionOfEpsg(code, "a.nc")).toThrow(`a.nc`);
});
