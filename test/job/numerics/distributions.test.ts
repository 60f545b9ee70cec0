// The elementary distributions against SciPy and NumPy, and at their edges.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { betaCdf, betaQuantile, binomialInterval } from "../../../job/numerics/beta.ts";
import { gamma, logGamma } from "../../../job/numerics/gamma.ts";
import { normalCdf, normalQuantile } from "../../../job/numerics/normal.ts";
import { quantileType7, quantileType8 } from "../../../job/numerics/quantile.ts";
import { readGolden } from "../../support/golden.ts";

interface Input {
  normalCdf: number[];
  normalQuantile: number[];
  gamma: number[];
  beta: [number, number, number][];
  quantile: { x: number[]; p: number[] };
}
interface Expected {
  normalCdf: number[];
  normalQuantile: number[];
  gamma: number[];
  logGamma: number[];
  betaQuantile: number[];
  betaCdfAtMean: number[];
  type7: number[];
  type8: number[];
}
const { input, expected } = readGolden<Input, Expected>("distributions");

function expectRelative(found: number, wanted: number, tolerance: number): void {
  expect(Math.abs(found - wanted), `${found} for ${wanted}`).toBeLessThanOrEqual(
    tolerance * Math.max(1e-300, Math.abs(wanted)),
  );
}

describe("normal distribution", () => {
  test("the cumulative probability equals SciPy's to 1e-15", () => {
    input.normalCdf.forEach((z, at) => {
      expect(Math.abs(normalCdf(z) - expected.normalCdf[at]!)).toBeLessThanOrEqual(1e-15);
    });
  });
  test("the quantile equals SciPy's to 1e-15", () => {
    input.normalQuantile.forEach((p, at) => {
      expectRelative(normalQuantile(p), expected.normalQuantile[at]!, 1e-15);
    });
  });
  test("beyond eight deviations the probability is 0 or 1", () => {
    expect([normalCdf(-8.1), normalCdf(8.1), normalCdf(0)]).toEqual([0, 1, 0.5]);
  });
  test("a probability outside 0..1 has no quantile, and the ends have infinite ones", () => {
    expect([normalQuantile(-0.1), normalQuantile(1.1), normalQuantile(Number.NaN)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    expect(normalCdf(Number.NaN)).toBeNaN();
  });
});

describe("gamma function", () => {
  test("it and its logarithm equal SciPy's to 1e-13", () => {
    input.gamma.forEach((x, at) => {
      expectRelative(gamma(x), expected.gamma[at]!, 1e-13);
      expect(Math.abs(logGamma(x) - expected.logGamma[at]!)).toBeLessThanOrEqual(
        1e-13 * Math.max(1, Math.abs(expected.logGamma[at]!)),
      );
    });
  });
  test("the logarithm of what is not positive is missing", () => {
    expect([logGamma(0), logGamma(-1), logGamma(Number.NaN)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe("beta distribution", () => {
  test("cumulative probability and quantile equal SciPy's to 1e-11", () => {
    input.beta.forEach(([p, a, b], at) => {
      expectRelative(betaQuantile(p, a, b), expected.betaQuantile[at]!, 1e-11);
      expectRelative(betaCdf(a / (a + b), a, b), expected.betaCdfAtMean[at]!, 1e-11);
    });
  });
  test("the 95 % intervals of 0, 1 and 3 years in 20 and 30 are the published ones", () => {
    const rows = [
      [30, 0, null, 0.08],
      [30, 1, 0.004, 0.145],
      [30, 3, 0.029, 0.243],
      [20, 0, null, 0.117],
      [20, 1, 0.005, 0.211],
      [20, 3, 0.044, 0.349],
    ] as const;
    for (const [n, k, low, high] of rows) {
      const [lower, upper] = binomialInterval(0.025, k / n, n);
      if (low !== null) expect(lower).toBeCloseTo(low, 3);
      expect(Math.abs(upper - high)).toBeLessThanOrEqual(6e-4);
    }
  });
  test("the quantile undoes the cumulative probability", () => {
    const parameter = fc.double({ min: 0.5, max: 60, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), parameter, parameter, (p, a, b) => {
        expect(betaCdf(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 10);
      }),
    );
  });
  test("the quantile of small and of nearly certain probabilities has the accuracy of the others", () => {
    const parameter = fc.oneof(
      fc.double({ min: -12, max: 0, noNaN: true }).map((power) => 0.5 + 30 * 10 ** power),
      fc.double({ min: 0.5, max: 400, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.constantFrom(0.05, 0.95), parameter, parameter, (p, a, b) => {
        expectRelative(betaCdf(betaQuantile(p, a, b), a, b), p, 1e-11);
      }),
      { numRuns: 2000 },
    );
  });
  test("parameters that are not positive give no number", () => {
    expect([betaCdf(0.5, 0, 1), betaQuantile(0.5, 1, -1), betaQuantile(2, 1, 1)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect([betaQuantile(0, 1, 1), betaQuantile(1, 1, 1)]).toEqual([0, 1]);
  });
});

describe("sample quantiles", () => {
  const sorted = Float64Array.from(input.quantile.x).sort();
  test("type 7 equals NumPy's linear and type 8 its median_unbiased", () => {
    input.quantile.p.forEach((p, at) => {
      expectRelative(quantileType7(sorted, 0, sorted.length, p), expected.type7[at]!, 1e-14);
      expectRelative(quantileType8(sorted, 0, sorted.length, p), expected.type8[at]!, 1e-14);
    });
  });
  test("a slice is read between its ends only", () => {
    const padded = Float64Array.of(99, 1, 2, 3, -99);
    expect(quantileType7(padded, 1, 4, 0.5)).toBe(2);
    expect(quantileType8(padded, 1, 4, 1)).toBe(3);
    expect(quantileType8(padded, 1, 4, 0)).toBe(1);
  });
  test("a position within four machine epsilons of an order statistic is that order statistic", () => {
    const values = Float64Array.of(0, 1e9, 2e9);
    expect(quantileType7(values, 0, 3, 0.5 - Number.EPSILON)).toBe(1e9);
  });
  test("no values give no quantile, one value is every quantile, ties stay ties", () => {
    expect(quantileType8(new Float64Array(0), 0, 0, 0.9)).toBeNaN();
    expect([0, 0.5, 1].map((p) => quantileType8(Float64Array.of(4), 0, 1, p))).toEqual([4, 4, 4]);
    expect(quantileType8(Float64Array.of(0.1, 0.3, 0.3, 0.3), 0, 4, 0.7)).toBe(0.3);
  });
});
