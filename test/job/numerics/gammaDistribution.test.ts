import { expect, test } from "vitest";
import { fitGamma, gammaCdf, SCALE, SHAPE } from "../../../job/numerics/gammaDistribution.ts";

function fit(values: readonly number[]): number[] {
  const out = new Float64Array(2);
  fitGamma(Float64Array.from(values).sort(), 0, values.length, out);
  return [...out];
}

test.each([0.1, 1, 2.5, 9])("shape 1 is the exponential distribution (x = %d)", (x) => {
  expect(gammaCdf(x, 1, 2)).toBeCloseTo(1 - Math.exp(-x / 2), 14);
});

test.each([0.5, 3, 12, 40])("shape 3 has the closed form of a sum of three exponentials (x = %d)", (x) => {
  expect(gammaCdf(x, 3, 1)).toBeCloseTo(1 - Math.exp(-x) * (1 + x + (x * x) / 2), 13);
});

test("nothing lies below 0 and all below infinity", () => {
  expect(gammaCdf(0, 2, 3)).toBe(0);
  expect(gammaCdf(-1, 2, 3)).toBe(0);
  expect(gammaCdf(Number.POSITIVE_INFINITY, 2, 3)).toBe(1);
});

test("the fit keeps the sample's mean and solves Thom's equation", () => {
  const [shape, scale] = fit([1, 2, 3, 4, 10]) as [number, number];
  const a = Math.log(4) - (Math.log(1) + Math.log(2) + Math.log(3) + Math.log(4) + Math.log(10)) / 5;
  expect(shape * scale).toBeCloseTo(4, 12);
  expect(2 * a * shape * shape - shape - 1 / 6).toBeCloseTo(0, 12);
});

test.each([[[]], [[4]], [[7, 7, 7]]])("%j has no distribution", (values) => {
  const parameters = fit(values);
  expect(parameters[SHAPE]).toBeNaN();
  expect(parameters[SCALE]).toBeNaN();
  expect(gammaCdf(1, parameters[SHAPE]!, parameters[SCALE]!)).toBeNaN();
});
