import { expect, test } from "vitest";
import {
  fitGeneralizedLogistic,
  generalizedLogisticCdf,
  LOCATION,
  SCALE,
  SHAPE,
} from "../../../job/numerics/generalizedLogistic.ts";

function fit(values: readonly number[]): number[] {
  const out = new Float64Array(3);
  fitGeneralizedLogistic(Float64Array.from(values).sort(), values.length, out);
  return [...out];
}

/** Quantiles of a known distribution: x = xi + alpha (1 - ((1 - F)/F)^k) / k. */
function quantiles(n: number, location: number, scale: number, shape: number): number[] {
  return Array.from({ length: n }, (_, i) => {
    const odds = (n - i - 0.5) / (i + 0.5);
    return shape === 0 ? location - scale * Math.log(odds) : location + (scale / shape) * (1 - odds ** shape);
  });
}

test("a large sample gives back its distribution", () => {
  const parameters = fit(quantiles(20_000, -100, 50, -0.1));
  expect(parameters[LOCATION]).toBeCloseTo(-100, 1);
  expect(parameters[SCALE]).toBeCloseTo(50, 1);
  expect(parameters[SHAPE]).toBeCloseTo(-0.1, 3);
});

test("a symmetric sample is logistic: shape 0, half of the probability below the mean", () => {
  const [location, scale, shape] = fit([-3, -1, 0, 1, 3]) as [number, number, number];
  expect([location, shape]).toEqual([0, 0]);
  expect(generalizedLogisticCdf(0, location, scale, shape)).toBe(0.5);
  expect(generalizedLogisticCdf(scale, location, scale, shape)).toBeCloseTo(1 / (1 + Math.exp(-1)), 15);
});

test.each([[[]], [[4]], [[4, 5]], [[7, 7, 7, 7]]])("%j has no distribution", (values) => {
  expect(fit(values)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
});

test("outside the support the probability is 0 below and 1 above", () => {
  expect(generalizedLogisticCdf(-11, 0, 1, -0.1)).toBe(0);
  expect(generalizedLogisticCdf(11, 0, 1, 0.1)).toBe(1);
});

test("a missing value has no probability", () => {
  expect(generalizedLogisticCdf(Number.NaN, 0, 1, -0.1)).toBeNaN();
  expect(generalizedLogisticCdf(Number.NaN, 0, 1, 0)).toBeNaN();
  expect(generalizedLogisticCdf(1, Number.NaN, Number.NaN, Number.NaN)).toBeNaN();
});
