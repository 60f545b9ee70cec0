// Kernel estimates of bin probabilities against a reference, at their edges, and as laws.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  countBins,
  kernelBandwidth,
  kernelBinProbabilities,
  zeroInflatedBinProbabilities,
} from "../../../job/numerics/kernelDensity.ts";
import { readGolden } from "../../support/golden.ts";

interface Input {
  x: number[];
  reflectedAtZero: { edges: number[] };
  atomAtZero: { edges: number[]; lowestPositive: number };
}
interface Expected {
  h: number;
  kde: number[];
  empirical: number[];
  atomH: number;
  atomP: number[];
}
const { input, expected } = readGolden<Input, Expected>("kernel-density");
const SPELL_EDGES = [3, 10, 20, 40, 80];

function sortedOf(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

function kernel(values: readonly number[], edges: readonly number[], lowerBound: number): number[] {
  const out = new Float64Array(edges.length + 1);
  kernelBinProbabilities(sortedOf(values), values.length, edges, lowerBound, out);
  return [...out];
}

function zeroInflated(values: readonly number[], edges: readonly number[], lowestPositive: number): number[] {
  const out = new Float64Array(edges.length + 1);
  const scratch = new Float64Array(values.length);
  zeroInflatedBinProbabilities(sortedOf(values), values.length, edges, lowestPositive, scratch, out);
  return [...out];
}

function expectAllClose(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, at) => {
    expect(Math.abs(value - wanted[at]!), `bin ${at}`).toBeLessThanOrEqual(tolerance);
  });
}

describe("kernel estimate", () => {
  test("the bandwidth and the probabilities reflected at zero equal the reference", () => {
    expect(Math.abs(kernelBandwidth(sortedOf(input.x), input.x.length) - expected.h)).toBeLessThanOrEqual(1e-12);
    expectAllClose(kernel(input.x, input.reflectedAtZero.edges, 0), expected.kde, 1e-6);
  });
  test("counts go to the bin above an edge they equal, and missing values nowhere", () => {
    const out = new Float64Array(5);
    countBins(Float64Array.from(input.x), 0, input.x.length, input.reflectedAtZero.edges, out);
    expectAllClose(
      [...out].map((count) => count / input.x.length),
      expected.empirical,
      0,
    );
    countBins(Float64Array.of(Number.NaN, 6, 5.9), 0, 3, input.reflectedAtZero.edges, out);
    expect([...out]).toEqual([1, 1, 0, 0, 0]);
  });
  test("equal values, or a single one, have all their probability in their bin", () => {
    expect(kernel([7, 7, 7, 7], [3, 10], 0)).toEqual([0, 1, 0]);
    expect(kernel([2], [3, 10], Number.NEGATIVE_INFINITY)).toEqual([1, 0, 0]);
  });
  test("where half of the values are tied the deviation alone sets the bandwidth", () => {
    const tied = [1, 5, 5, 5, 5, 5, 5, 9];
    const deviation = Math.sqrt(32 / 7);
    expect(kernelBandwidth(sortedOf(tied), tied.length)).toBeCloseTo(0.9 * deviation * 8 ** -0.2, 12);
  });
  test("no values give no probabilities", () => {
    expect(kernel([], [3], 0)).toEqual([Number.NaN, Number.NaN]);
  });
});

describe("kernel estimate with an atom at zero", () => {
  test("bandwidth and probabilities equal the reference", () => {
    const { edges, lowestPositive } = input.atomAtZero;
    const roots = sortedOf(input.x.filter((x) => x > 0).map(Math.sqrt));
    expect(Math.abs(kernelBandwidth(roots, roots.length) - expected.atomH)).toBeLessThanOrEqual(1e-9);
    expectAllClose(zeroInflated(input.x, edges, lowestPositive), expected.atomP, 1e-9);
  });
  test("the share of zeros is the first bin's probability exactly", () => {
    expect(zeroInflated(input.x, SPELL_EDGES, 5.5)[0]).toBe(7 / 20);
  });
  test("four positive values, or equal ones, are reported as counted", () => {
    expect(zeroInflated([0, 0, 0, 0, 0, 0, 6, 7, 12, 90], SPELL_EDGES, 5.5)).toEqual([0.6, 0.2, 0.1, 0, 0, 0.1]);
    expect(zeroInflated([0, 0, 6, 6, 6, 6, 6, 6, 6, 6], SPELL_EDGES, 5.5)).toEqual([0.2, 0.8, 0, 0, 0, 0]);
    expect(zeroInflated([0, 0, 0], SPELL_EDGES, 5.5)).toEqual([1, 0, 0, 0, 0, 0]);
  });

  const spells = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 6, max: 200 })), { minLength: 1, maxLength: 40 });
  test("probabilities are never negative and sum to 1 within 1e-12", () => {
    fc.assert(
      fc.property(spells, (values) => {
        for (const found of [zeroInflated(values, SPELL_EDGES, 5.5), kernel(values, SPELL_EDGES, 0)]) {
          expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
          expect(Math.abs(found.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThanOrEqual(1e-12);
        }
      }),
    );
  });
  test("the order of the years does not change a single bit", () => {
    fc.assert(
      fc.property(
        spells.chain((values) =>
          fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })),
        ),
        ([values, shuffled]) => {
          expect(zeroInflated(shuffled, SPELL_EDGES, 5.5)).toEqual(zeroInflated(values, SPELL_EDGES, 5.5));
        },
      ),
    );
  });
});
