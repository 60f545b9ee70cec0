// The sea's ways over small terrains whose answer can be read, and what must hold on any.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findSeaWays, type TerrainGrid } from "../../../ingest/sea/seaConnection.ts";

/** A degree at the equator, where rows and columns are as far apart. */
const STEP_KM = 111.12;
/** A grid whose steps are a kilometre. */
const STEP_DEGREES = 1 / STEP_KM;

/** Rows from the south; "~" is sea, "x" has no height, a number is metres. */
function terrain(...rows: string[]): TerrainGrid {
  const cells = rows.map((row) => row.trim().split(/\s+/));
  const flat = cells.flat();
  return {
    rows: cells.length,
    columns: cells[0]!.length,
    south: 0,
    rowDegrees: STEP_DEGREES,
    columnDegrees: STEP_DEGREES,
    isRing: false,
    elevation: Float64Array.from(flat, (cell) => (cell === "~" || cell === "x" ? Number.NaN : Number(cell))),
    sea: Uint8Array.from(flat, (cell) => (cell === "~" ? 1 : 0)),
  };
}

const rounded = (values: Float64Array) => Array.from(values, (value) => Number(value.toFixed(3)));

describe("ways of the sea", () => {
  test("on a beach the level is the ground's, plus the water's fall on its way", () => {
    const { level, distance } = findSeaWays(terrain("~ 1 1 1"), 0.2);
    expect(rounded(distance)).toEqual([0, 1, 2, 3]);
    expect(rounded(level)).toEqual([Number.NEGATIVE_INFINITY, 1.2, 1.4, 1.6]);
  });
  test("a polder behind a dike needs the dike's level, not its own", () => {
    const { level } = findSeaWays(terrain("~ 4 -1 -2 0"), 0);
    expect(rounded(level)).toEqual([Number.NEGATIVE_INFINITY, 4, 4, 4, 4]);
  });
  test("a gap in the dike is taken, however long the way, and its length counts", () => {
    const { level, distance } = findSeaWays(terrain("~ 9 0 9", "~ 1 1 9", "~ 9 9 9"), 0);
    expect(level[2]).toBe(1);
    expect(distance[2]).toBeCloseTo(1 + Math.SQRT2, 6);
  });
  test("diagonal steps count, and of two ways of one level the shorter is kept", () => {
    const { distance } = findSeaWays(terrain("~ 0 0", "~ 0 0", "~ 0 0"), 0);
    expect(rounded(distance)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
    expect(findSeaWays(terrain("~ x", "x 0"), 0).distance[3]).toBeCloseTo(Math.SQRT2, 6);
  });
  test("without a way there is none: behind ground of unknown height, and without any sea", () => {
    const { level, distance } = findSeaWays(terrain("~ x 1"), 0.2);
    expect([level[2], distance[2]]).toEqual([Number.NaN, Number.NaN]);
    expect(findSeaWays(terrain("1 2", "3 4"), 0.2).level.every(Number.isNaN)).toBe(true);
  });
  test("eastward steps are shorter away from the equator", () => {
    const north = { ...terrain("~ 1"), south: 60 };
    expect(findSeaWays(north, 0.2).distance[1]).toBeCloseTo(0.5, 4);
  });
  test("a grid around the earth has no edge", () => {
    const ring = { ...terrain("~ 9 9 1"), isRing: true };
    expect(findSeaWays(ring, 0).level[3]).toBe(1);
    expect(findSeaWays({ ...ring, isRing: false }, 0).level[3]).toBe(9);
  });
});

describe("on any terrain", () => {
  const cell = fc.oneof(
    { arbitrary: fc.constant("~"), weight: 1 },
    { arbitrary: fc.constant("x"), weight: 1 },
    { arbitrary: fc.integer({ min: -3, max: 12 }).map(String), weight: 5 },
  );
  const terrains = fc
    .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }))
    .chain(([rows, columns]) =>
      fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: rows, maxLength: rows }),
    )
    .map((rows) => terrain(...rows.map((row) => row.join(" "))));

  test("without fall the level is the lowest of the highest ground on any way, found here by relaxing until nothing changes", () => {
    fc.assert(
      fc.property(terrains, (grid) => {
        const { columns, elevation, rows, sea } = grid;
        const wanted = elevation.map((_, at) => (sea[at] === 1 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY));
        for (let changed = true; changed; ) {
          changed = false;
          for (let at = 0; at < wanted.length; at++) {
            if (Number.isNaN(elevation[at]!)) continue;
            for (let other = 0; other < wanted.length; other++) {
              const apart = Math.max(
                Math.abs((at % columns) - (other % columns)),
                Math.abs(Math.floor(at / columns) - Math.floor(other / columns)),
              );
              const by = Math.max(wanted[other]!, elevation[at]!);
              if (apart === 1 && by < wanted[at]!) {
                wanted[at] = by;
                changed = true;
              }
            }
          }
        }
        const found = findSeaWays(grid, 0).level;
        expect(found.length).toBe(rows * columns);
        expect(Array.from(found, (level) => (Number.isNaN(level) ? Number.POSITIVE_INFINITY : level))).toEqual(
          Array.from(wanted),
        );
      }),
    );
  });

  test("the level is never below the cell's own ground and the fall to it, and a mirrored terrain has mirrored ways", () => {
    fc.assert(
      fc.property(terrains, fc.double({ min: 0, max: 1, noNaN: true }), (grid, attenuation) => {
        const { level, distance } = findSeaWays(grid, attenuation);
        level.forEach((found, at) => {
          if (Number.isNaN(found) || grid.sea[at] === 1) return;
          expect(found).toBeGreaterThanOrEqual(grid.elevation[at]! + attenuation * distance[at]! - 1e-12);
        });
        const { columns } = grid;
        const mirror = <Values extends Float64Array | Uint8Array>(values: Values): Values =>
          values.map((_, at) => values[at - (at % columns) + columns - 1 - (at % columns)]!) as Values;
        const mirrored = findSeaWays(
          { ...grid, elevation: mirror(grid.elevation), sea: mirror(grid.sea) },
          attenuation,
        );
        expect(Array.from(mirror(mirrored.level))).toEqual(Array.from(level));
      }),
    );
  });
});
