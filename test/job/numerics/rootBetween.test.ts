import fc from "fast-check";
import { expect, test } from "vitest";
import { rootBetween } from "../../../job/numerics/rootBetween.ts";

const RUNS = 1000;

test("roots of falling functions are found to 15 digits in few steps", () => {
  const shapes: readonly [string, (x: number) => number][] = [
    ["line", (x) => -x],
    ["tail", (x) => Math.exp(-x) - 1],
    ["bent", (x) => -(x + x ** 3)],
    ["bounded tail", (x) => Math.log(Math.max(0, 1 - 0.4 * x))],
  ];
  let calls = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...shapes),
      fc.integer({ min: 1, max: 500 }).map((hundredths) => hundredths / 100),
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 3, noNaN: true }),
      ([, shape], root, before, after) => {
        const f = (x: number) => {
          calls++;
          return shape(x - root);
        };
        const found = rootBetween(f, root - before, root + after);
        expect(Math.abs(found - root)).toBeLessThanOrEqual(4e-15 * Math.max(1, Math.abs(root)));
      },
    ),
    { numRuns: RUNS, seed: 20261130 },
  );
  // By halving they would be 50.
  expect(calls / RUNS).toBeLessThan(12);
});

test("a step is found, and the ends where nothing crosses", () => {
  expect(rootBetween((x) => (x < 0.3 ? 1 : Number.NEGATIVE_INFINITY), 0, 1)).toBeCloseTo(0.3, 14);
  expect(rootBetween((x) => (x < 0.3 ? 1 : -1), 0, 1)).toBeCloseTo(0.3, 14);
  expect(rootBetween(() => 1, 2, 3)).toBe(3);
  expect(rootBetween(() => -1, 2, 3)).toBe(2);
  expect(rootBetween((x) => 7 - x, 7, 7)).toBe(7);
});
