import fc from "fast-check";
import { expect, test } from "vitest";
import { kernelBinProbabilities } from "../../../job/numerics/kernelDensity.ts";
import { certainlyHarmless, kernelProbability } from "../../../job/risks/kernelProbability.ts";
import { RISK_DEFINITIONS } from "../../../job/risks/registry.ts";
import { RETURN_PERIODS } from "../../../model/results.ts";

const methods = RISK_DEFINITIONS.wildfire.numbers;
const levels = RETURN_PERIODS.map(() => 1);

function result(values: readonly number[], rateScale: number | null = 1) {
  return kernelProbability(Float64Array.from(values).sort(), values.length, 0, methods, rateScale, levels);
}

test("the probabilities are the kernel estimate's, the counts what was observed", () => {
  const values = [4, 8, 10, 15, 18, 22, 25, 30, 39, 52];
  const bins = new Float64Array(6);
  kernelBinProbabilities(Float64Array.from(values), values.length, methods.edges.values, 0, bins);
  expect(result(values).probabilities).toEqual([...bins]);
  expect(result(values).counts).toEqual([1, 2, 2, 3, 1, 1]);
});

test("more than 80 % of years of one value are reported as counted, 80 % are not yet", () => {
  const tied = (ties: number) => [...new Array(ties).fill(10), ...Array.from({ length: 20 - ties }, (_, i) => 30 + i)];
  expect(result(tied(17)).probabilities).toEqual([0, 0.85, 0, 0.15, 0, 0]);
  expect(result(tied(16)).probabilities[1]).not.toBe(0.8);
});

test("damage is the sum of probabilities and rates times what burns, and unknown when that is", () => {
  const values = Array.from({ length: 20 }, (_, year) => 20 + year);
  const whole = result(values).damageBins!;
  expect(result(values, 0.25).damageBins).toBeCloseTo(0.25 * whole, 15);
  const unknown = result(values, null);
  expect([unknown.damageBins, unknown.damageLow, unknown.damageHigh, unknown.rateScale]).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test("where nothing can burn every year is certainly in the lowest bin", () => {
  const harmless = certainlyHarmless(20, methods, levels);
  expect(harmless.probabilities).toEqual([1, 0, 0, 0, 0, 0]);
  expect(harmless.probabilitiesHigh).toEqual([1, 0, 0, 0, 0, 0]);
  expect([harmless.damageBins, harmless.damageHigh]).toEqual([0, 0]);
});

test("probabilities sum to 1 and lie in their intervals' reach, whatever the years", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 90, noNaN: true }), { minLength: 10, maxLength: 40 }), (values) => {
      const { probabilities, probabilitiesLow, probabilitiesHigh } = result(values);
      expect(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12);
      for (const [bin, p] of probabilities.entries()) {
        expect(p).toBeGreaterThanOrEqual(0);
        expect(probabilitiesLow[bin]).toBeLessThanOrEqual(probabilitiesHigh[bin]!);
      }
    }),
    { numRuns: 100 },
  );
});
