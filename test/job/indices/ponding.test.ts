// Water that drains leave, against the vectors of an independent program.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retention } from "../../../job/indices/curveNumberRunoff.ts";
import { depthPerStorage, excessStorage, rainOfStorage, urbanRunoff } from "../../../job/indices/ponding.ts";
import { shareOfDay, wettestDay } from "../../../job/indices/stormRain.ts";

const ground = { imperviousFraction: 0.7, retained: retention(80), drainage: 40 };
const perStorage = depthPerStorage(0.005, 0.2);

describe("a town with drains of 40 mm an hour", () => {
  test("each mm left ponds 0.003894004 m deep in its low ground", () => {
    expect(perStorage).toBeCloseTo(0.003894004, 9);
  });
  test.each([
    [0, 163.9514],
    [0.15, 294.6503],
    [0.3, 416.0179],
    [0.5, 539.8104],
    [1, 790.589],
  ])("%f m need %f mm in a day", (depth, rain) => {
    expect(rainOfStorage(depth / perStorage, ground)).toBeCloseTo(rain, 4);
  });
  test.each([
    [210.015, 13.3029],
    [276.078, 32.9231],
    [304.006, 41.3513],
    [331.832, 49.8083],
  ])("%f mm in a day leave %f mm", (rain, left) => {
    expect(Math.abs(excessStorage(rain, ground) - left)).toBeLessThan(3e-4);
  });
});

test("where drains are weaker the two-hour storm is the worst", () => {
  const weaker = { imperviousFraction: 0.6, retained: retention(75), drainage: 30 };
  expect(excessStorage(400, weaker)).toBeCloseTo(79.4543, 4);
  expect(excessStorage(400, weaker) * perStorage).toBeCloseTo(0.3094, 4);
  const twoHours = urbanRunoff(wettestDay(400) * shareOfDay(2), 0.6, weaker.retained) - 2 * weaker.drainage;
  expect(excessStorage(400, weaker)).toBe(twoHours);
});

test("an hour has 0.28049 of the day's wettest 24 hours", () => {
  expect(wettestDay(7 / 8) * shareOfDay(1)).toBeCloseTo(0.28049, 5);
});

test("without drains any runoff ponds, and where no rain is enough the threshold is infinite", () => {
  const sealed = { imperviousFraction: 1, retained: retention(80), drainage: 0 };
  expect(rainOfStorage(0, sealed)).toBeCloseTo(2 * (7 / 8), 10);
  expect(rainOfStorage(1e5, sealed)).toBe(Number.POSITIVE_INFINITY);
  expect(excessStorage(Number.NaN, sealed)).toBeNaN();
  expect(rainOfStorage(Number.NaN, sealed)).toBeNaN();
});

test("more rain never leaves less water, and the rain of a storage is the inverse", () => {
  const grounds = fc.record({
    imperviousFraction: fc.double({ min: 0, max: 1, noNaN: true }),
    retained: fc.double({ min: 5, max: 600, noNaN: true }),
    drainage: fc.double({ min: 0, max: 200, noNaN: true }),
  });
  const rain = fc.double({ min: 0, max: 2000, noNaN: true });
  fc.assert(
    fc.property(grounds, rain, rain, (any, one, other) => {
      const low = excessStorage(Math.min(one, other), any);
      const high = excessStorage(Math.max(one, other), any);
      expect(low).toBeLessThanOrEqual(high);
      if (high > 0) expect(rainOfStorage(high, any)).toBeCloseTo(Math.max(one, other), 6);
    }),
  );
});
