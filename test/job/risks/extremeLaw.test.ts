// The law of a year's highest value: chances, levels and their errors, with and without years that have none.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExtremeLaw, exceedance, levelDeviation, levelOf } from "../../../job/risks/extremeDistribution.ts";
import { fitRainExtremes, gumbelOfSame, makeExtremesScratch, recordShape } from "../../../job/risks/extremes.ts";
import { makeRandom } from "../../support/dailyWeather.ts";

const law = (more: Partial<ExtremeLaw>): ExtremeLaw => ({
  ...{ zeroShare: 0, location: 0, scale: 1, shape: 0, values: 30 },
  ...more,
});

describe("levels", () => {
  test.each([
    [2, 0],
    [4, 0],
    [10, 27.836],
    [25, 35.07],
    [50, 40.034],
    [100, 44.84],
  ])("of %d years, where three years in four have none, is %f", (years, level) => {
    const windy = law({ zeroShare: 0.75, location: 23.315702, scale: 6.729371 });
    expect(levelOf(windy, years)).toBeCloseTo(level, 3);
  });
  test("a step is every level, and is exceeded always below it and never from it on", () => {
    const step = law({ location: 31, scale: 0 });
    expect([levelOf(step, 2), levelOf(step, 500), levelDeviation(step, 100)]).toEqual([31, 31, 0]);
    expect([exceedance(step, 30.9), exceedance(step, 31), exceedance(step, Number.NaN)]).toEqual([1, 0, Number.NaN]);
  });
  test("thirty times the variance of a 100-year level is 20.24 scales squared", () => {
    expect(30 * levelDeviation(law({}), 100) ** 2).toBeCloseTo(20.24, 2);
    expect(levelDeviation(law({ zeroShare: 0.5 }), 1.5)).toBe(0);
  });
  test("a level is exceeded with the probability it was computed for", () => {
    const laws = fc.record({
      zeroShare: fc.double({ min: 0, max: 0.9, noNaN: true }),
      location: fc.double({ min: 10, max: 200, noNaN: true }),
      scale: fc.double({ min: 0.1, max: 2, noNaN: true }),
      shape: fc.double({ min: -0.35, max: 0.35, noNaN: true }),
      values: fc.constant(30),
    });
    fc.assert(
      fc.property(laws, fc.double({ min: 2, max: 500, noNaN: true }), (any, years) => {
        if ((1 - any.zeroShare) * years <= 1.0001) return;
        expect(exceedance(any, levelOf(any, years)) * years).toBeCloseTo(1, 6);
      }),
    );
  });
});

describe("rain that some years do not have", () => {
  const scratch = makeExtremesScratch(60);
  const random = makeRandom(4);
  const rain = Float64Array.from({ length: 60 }, () => 80 - 20 * Math.log(-Math.log(random())));
  test("keeps the share of those years, and the law of the others", () => {
    const wet = rain.map((value, year) => (year % 3 === 0 ? 0 : value));
    const { law: found, values } = fitRainExtremes(wet, 0, 60, { shape: Number.NaN, clamped: false }, scratch);
    expect([found!.zeroShare, values]).toEqual([20 / 60, 60]);
    const others = wet.filter((value) => value > 0);
    const { law: alone } = fitRainExtremes(others, 0, 40, { shape: Number.NaN, clamped: false }, scratch);
    expect([found!.location, found!.scale]).toEqual([alone!.location, alone!.scale]);
    expect(exceedance(found!, 0)).toBeCloseTo(40 / 60, 6);
    expect(exceedance(found!, -1)).toBe(1);
  });
  test("without any year of rain is a step at 0; with fewer than ten has no law", () => {
    const none = fitRainExtremes(new Float64Array(60), 0, 30, { shape: Number.NaN, clamped: false }, scratch);
    expect(none.law).toMatchObject({ zeroShare: 0, location: 0, scale: 0 });
    const hardly = rain.map((value, year) => (year % 4 === 0 ? value : 0));
    expect(fitRainExtremes(hardly, 0, 30, { shape: Number.NaN, clamped: false }, scratch).law).toBeNull();
  });
  test("has its Gumbel law reported with a law of another shape", () => {
    const shape = recordShape(rain, 60, "divide", scratch);
    const { law: found } = fitRainExtremes(rain, 0, 30, shape, scratch);
    const gumbel = gumbelOfSame(found!, scratch);
    const { law: requested } = fitRainExtremes(rain, 0, 30, { shape: Number.NaN, clamped: false }, scratch);
    expect(gumbel).toEqual(requested);
    expect(found!.shape).toBe(shape.shape);
  });
});
