// Fu's curve and water stress: the table of other forms of the Budyko curve, limits, and Aqueduct's classes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuRunoff } from "../../../job/indices/budyko.ts";
import { isAridLowUse, waterStress } from "../../../job/indices/waterStress.ts";

describe("Fu's curve", () => {
  test.each([
    [0.5, 0.4395],
    [1, 0.6945],
    [2, 0.879],
    [5, 0.9708],
  ])("at an aridity of %d the share %d of the rain evaporates (w = 2.6)", (aridity, share) => {
    expect(1 - fuRunoff(1000, 1000 * aridity, 2.6) / 1000).toBeCloseTo(share, 4);
  });

  test("without rain nothing runs off, without evaporation all of it does, in a desert hardly anything", () => {
    expect(fuRunoff(0, 1200, 2.6)).toBe(0);
    expect(fuRunoff(800, 0, 2.6)).toBe(800);
    // Far out on the curve R/P -> phi^(1-w) / w.
    expect(fuRunoff(1, 1e5, 2.6) / (1e5 ** -1.6 / 2.6)).toBeCloseTo(1, 6);
    expect(fuRunoff(Number.NaN, 1, 2.6)).toBeNaN();
    expect(fuRunoff(0, Number.NaN, 2.6)).toBeNaN();
  });

  test("more rain runs off more, more evaporation less, and never less than the balance", () => {
    const amount = fc.double({ min: 1, max: 4000, noNaN: true });
    fc.assert(
      fc.property(amount, amount, fc.double({ min: 1.2, max: 5, noNaN: true }), (rain, loss, omega) => {
        const runoff = fuRunoff(rain, loss, omega);
        expect(runoff).toBeGreaterThanOrEqual(Math.max(0, rain - loss) - 1e-9);
        expect(runoff).toBeLessThanOrEqual(rain);
        expect(fuRunoff(rain + 10, loss, omega)).toBeGreaterThan(runoff);
        expect(fuRunoff(rain, loss + 10, omega)).toBeLessThan(runoff);
      }),
    );
  });
});

test("stress is a ratio held at 10, 0 where nothing is withdrawn", () => {
  expect([waterStress(3, 10), waterStress(200, 10), waterStress(1, 0), waterStress(0, 0), waterStress(0, 5)]).toEqual([
    0.3, 10, 10, 0, 0,
  ]);
  expect([waterStress(Number.NaN, 1), waterStress(0, Number.NaN), waterStress(1, Number.NaN)]).toEqual([
    Number.NaN,
    Number.NaN,
    Number.NaN,
  ]);
});

test("arid and little used is under 30 mm of supply and under 12 mm of withdrawal", () => {
  const area = 1e9;
  expect(isAridLowUse(0.011 * area, 0.029 * area, area)).toBe(true);
  expect(isAridLowUse(0.013 * area, 0.029 * area, area)).toBe(false);
  expect(isAridLowUse(0.011 * area, 0.031 * area, area)).toBe(false);
});
