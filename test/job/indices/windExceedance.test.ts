import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { windDamage, windDamageSlope } from "../../../job/indices/windDamage.ts";
import {
  type ExceedanceCurve,
  exceedanceProbability,
  exceedanceRate,
  expectedWindDamage,
  fillExceedanceCurve,
  hasTail,
  makeExceedanceCurve,
  returnLevelDeviation,
  windReturnLevel,
} from "../../../job/indices/windExceedance.ts";
import { RISK_DEFINITIONS } from "../../../job/risks/registry.ts";
import { WIND_DAMAGE_REGIONS } from "../../../job/risks/windDamageRegions.ts";

const RECORD_YEARS = 40;
const EDGES = [19.32, 28.41, 37.5, 50, 61.36];

function curveOf(winds: readonly number[], frequencies = winds.map(() => 1 / RECORD_YEARS)): ExceedanceCurve {
  const curve = makeExceedanceCurve(winds.length);
  const sorted = Float64Array.from(winds).sort().reverse();
  fillExceedanceCurve(sorted, Float64Array.from(frequencies), winds.length, curve);
  return curve;
}

describe("ten storms in forty years, worked by hand in the methods", () => {
  const winds = [18.2, 19.5, 21, 22.4, 24.9, 26.3, 28, 31.5, 36.2, 44];
  const curve = curveOf(winds);

  test("the tail begins at the fifth largest wind, its scale is the mean excess over 17.5", () => {
    expect(curve.anchor).toBe(26.3);
    expect(curve.scale).toBeCloseTo(9.7, 12);
  });

  test("rates at the edges of the bins", () => {
    [0.225, 0.100563, 0.039396, 0.010859, 0.003367].forEach((rate, at) => {
      expect(exceedanceRate(curve, EDGES[at]!)).toBeCloseTo(rate, 6);
    });
  });

  test("probabilities of the bins", () => {
    const above = [1, ...EDGES.map((edge) => exceedanceProbability(curve, edge)), 0];
    const bins = above.slice(1).map((p, at) => above[at]! - p);
    [0.798516, 0.105812, 0.057042, 0.02783, 0.00744, 0.003361].forEach((p, at) => {
      expect(bins[at]).toBeCloseTo(p, 6);
    });
  });

  test("return levels", () => {
    [27.958, 34.94, 43.978, 50.751, 57.499, 66.401].forEach((level, at) => {
      expect(windReturnLevel(curve, [10, 20, 50, 100, 200, 500][at]!, RECORD_YEARS)).toBeCloseTo(level, 3);
    });
    expect(windReturnLevel(curve, 5, RECORD_YEARS)).toBe(19.5);
    expect(windReturnLevel(curve, 2, RECORD_YEARS)).toBe(0);
  });

  test("expected damage is the integral of slope times rate, by a quadrature of another kind", () => {
    const frequencies = new Float64Array(winds.length).fill(1 / RECORD_YEARS);
    let sum = 0;
    const steps = 400_000;
    const width = (90 - 25.7) / steps;
    for (let i = 0; i < steps; i++) {
      const v = 25.7 + (i + 0.5) * width;
      sum += windDamageSlope(v, 135.6) * exceedanceRate(curve, v) * width;
    }
    // The observed part is a staircase, which the midpoints meet to the width of a step.
    expect(Math.abs(expectedWindDamage(curve, frequencies, 135.6) / sum - 1)).toBeLessThan(1e-6);
    expect(sum).toBeCloseTo(0.00050078, 8);
  });

  test("the 100-year level has the deviation of the delta method", () => {
    // sigma 9.7, ten excesses, lambda(17.5) = 10 / 40, rate of 100 years 0.010050336.
    const steps = Math.log(0.25 / 0.010050335853501);
    expect(returnLevelDeviation(curve, 100)).toBeCloseTo(9.7 * Math.sqrt((1 + steps ** 2) / 10), 9);
  });
});

describe("few storms", () => {
  test("five weak ones have a tail by their excess over 10 m/s", () => {
    const curve = curveOf([11, 12, 13, 14, 20]);
    expect(curve.scale).toBeCloseTo(4, 12);
    expect(curve.threshold).toBe(10);
    expect(windReturnLevel(curve, 100, RECORD_YEARS)).toBeCloseTo(11 + 4 * Math.log(0.125 / 0.010050335853501), 9);
  });

  test("four have none: levels within the record are counted, beyond it there is none", () => {
    const curve = curveOf([12, 25, 30, 41]);
    expect(hasTail(curve)).toBe(false);
    // Once in 20 years is a yearly rate of 0.0513: more than the two storms from 30 m/s have.
    expect(windReturnLevel(curve, 20, RECORD_YEARS)).toBe(25);
    expect(windReturnLevel(curve, 40, RECORD_YEARS)).toBe(30);
    expect(windReturnLevel(curve, 50, RECORD_YEARS)).toBeNaN();
    expect(exceedanceRate(curve, 41.1)).toBe(0);
    expect(returnLevelDeviation(curve, 100)).toBeNaN();
    const each = new Float64Array(4).fill(1 / RECORD_YEARS);
    expect(expectedWindDamage(curve, each, 135.6)).toBeCloseTo(
      (windDamage(30, 135.6) + windDamage(41, 135.6)) / 40,
      15,
    );
  });

  test("none at all is a place without storm winds", () => {
    const curve = curveOf([]);
    expect([2, 100, 500].map((T) => windReturnLevel(curve, T, RECORD_YEARS))).toEqual([0, 0, 0]);
    expect(exceedanceProbability(curve, 19.32)).toBe(0);
  });

  test("no level is above 90 m/s, and storms that warming takes away leave nothing", () => {
    expect(windReturnLevel(curveOf([60, 70, 80, 85, 88]), 500, 10)).toBe(90);
    const gone = curveOf([20, 21, 22, 23, 24], [0, 0, 0, 0, 0]);
    expect(windReturnLevel(gone, 100, RECORD_YEARS)).toBe(0);
    expect(expectedWindDamage(gone, new Float64Array(5), 135.6)).toBe(0);
  });
});

const storms = fc.array(fc.double({ min: 10, max: 89, noNaN: true }), { maxLength: 60 });

test("a curve never rises, is whole at the anchor, and its levels invert it", () => {
  fc.assert(
    fc.property(
      storms,
      fc.array(fc.double({ min: 0, max: 95, noNaN: true }), { minLength: 2, maxLength: 20 }),
      (winds, at) => {
        const curve = curveOf(winds);
        const rates = at.sort((a, b) => a - b).map((x) => exceedanceRate(curve, x));
        expect(rates[0]).toBeLessThanOrEqual(winds.length / RECORD_YEARS + 1e-12);
        for (let i = 1; i < rates.length; i++) expect(rates[i]).toBeLessThanOrEqual(rates[i - 1]!);
        if (!hasTail(curve) || curve.scale === 0) return;
        expect(exceedanceRate(curve, curve.anchor * (1 + 1e-12))).toBeCloseTo(curve.anchorRate, 6);
        const level = windReturnLevel(curve, 100, RECORD_YEARS);
        if (level > curve.anchor && level < 90) expect(exceedanceProbability(curve, level)).toBeCloseTo(0.01, 12);
      },
    ),
  );
});

describe("damage by wind", () => {
  test("is Emanuel's, as CLIMADA's tests have it", () => {
    const expected = [0.00067534195, 0.0067904956, 0.0242525439, 0.1087055646, 0.5045777093, 0.8769633232];
    [30, 35, 40, 50, 75, 120].forEach((wind, at) => {
      expect(windDamage(wind, 74.7)).toBeCloseTo(expected[at]!, 10);
    });
    expect(windDamage(75, 190.5)).toBeCloseTo(0.02607326527808, 13);
    expect(windDamage(120, 190.5)).toBeCloseTo(0.15779133833203, 13);
    expect(windDamage(25.7, 135.6)).toBe(0);
    expect(windDamage(0, 135.6)).toBe(0);
  });

  test("slopes as its values do", () => {
    for (const wind of [20, 26, 40, 60, 90]) {
      const step = 1e-4;
      const slope = (windDamage(wind + step, 80.2) - windDamage(wind - step, 80.2)) / (2 * step);
      expect(windDamageSlope(wind, 80.2)).toBeCloseTo(slope, 9);
    }
  });

  test.each(WIND_DAMAGE_REGIONS)(
    "rates of the bins in $region are its mean over each bin, to their digits",
    ({ region, halfDamageWind }) => {
      const edges = [17, 25, 33, 44, 54].map((wind) => wind / 0.88);
      const { values } = RISK_DEFINITIONS.typhoon.numbers.rateSets[region]!;
      const steps = 20_000;
      const means = edges.map((from, at) => {
        const to = edges[at + 1] ?? 80;
        let sum = 0;
        for (let i = 0; i < steps; i++) sum += windDamage(from + ((i + 0.5) * (to - from)) / steps, halfDamageWind);
        return sum / steps;
      });
      expect(values).toHaveLength(edges.length + 1);
      expect(values[0]).toBe(0);
      for (const [at, mean] of means.entries()) expect(Math.abs(values[at + 1]! - mean)).toBeLessThanOrEqual(1e-6);
    },
  );
});
