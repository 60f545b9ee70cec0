// L-moments and the generalised extreme value distribution against SciPy, lmoments3 and a reference program.
import { describe, expect, test } from "vitest";
import {
  fitGev,
  gevExceedance,
  gevReturnLevel,
  gevShapeFromSkewness,
  LOCATION,
  SCALE,
} from "../../../job/numerics/gev.ts";
import { L1, L2, sampleLMoments, T3 } from "../../../job/numerics/lMoments.ts";
import { readGolden } from "../../support/golden.ts";

const scipy = readGolden<
  {
    gev: [number, number][];
    gevLevels: { location: number; scale: number; shapes: number[]; returnPeriods: number[] };
    lMoments: number[];
    shapes: number[];
  },
  { gevCdf: number[]; gevLevels: number[][]; lMoments: number[]; shapes: number[] }
>("distributions");
const hosking = readGolden<
  { x: number[]; returnPeriods: number[]; cdfAt: number[] },
  {
    l1: number;
    l2: number;
    t3: number;
    k: number;
    location: number;
    scale: number;
    levels: number[];
    cdf: number[];
    gumbelLocation: number;
    gumbelScale: number;
    gumbelLevels: number[];
    gumbelCdf: number[];
  }
>("gev-l-moments");

function lMomentsOf(values: readonly number[]): Float64Array {
  const sorted = Float64Array.from(values).sort();
  const out = new Float64Array(3);
  sampleLMoments(sorted, 0, sorted.length, out);
  return out;
}

function expectClose(found: number, wanted: number, tolerance: number): void {
  expect(Math.abs(found - wanted), `${found} for ${wanted}`).toBeLessThanOrEqual(tolerance);
}

describe("L-moments", () => {
  test("they equal SciPy's to 1e-14", () => {
    const found = lMomentsOf(scipy.input.lMoments);
    for (const at of [L1, L2, T3]) expectClose(found[at]!, scipy.expected.lMoments[at]!, 1e-14);
  });
  test("fewer than three values have none, and equal values have no skewness", () => {
    expect([...lMomentsOf([])]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect([...lMomentsOf([1, 2])]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect([...lMomentsOf([0.1, 0.1, 0.1, 0.1])].slice(1)).toEqual([0, Number.NaN]);
  });
});

describe("generalised extreme values", () => {
  test("the shape has the L-skewness it was found from, to 1e-12", () => {
    scipy.input.shapes.forEach((t3, at) => {
      expectClose(gevShapeFromSkewness(t3), scipy.expected.shapes[at]!, 1e-12);
    });
  });
  test("Gumbel's L-skewness gives a shape that counts as none", () => {
    expectClose(gevShapeFromSkewness((2 * Math.log(3)) / Math.log(2) - 3), 0, 1e-6);
  });
  test("an impossible L-skewness has no shape", () => {
    expect([1, -1, Number.NaN, 2].map(gevShapeFromSkewness)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });
  test("the chance of more is what SciPy's cumulative probability leaves, also outside the support, and keeps its digits far out", () => {
    scipy.input.gev.forEach(([x, k], at) => {
      expectClose(gevExceedance(x, 0, 1, k), 1 - scipy.expected.gevCdf[at]!, 1e-14);
    });
    expect(gevExceedance(40, 0, 1, 0) / Math.exp(-40)).toBeCloseTo(1, 12);
    expect([gevExceedance(-20, 0, 1, -0.1), gevExceedance(20, 0, 1, 0.1)]).toEqual([1, 0]);
  });
  test("return levels equal SciPy's to 1e-10", () => {
    const { location, scale, shapes, returnPeriods } = scipy.input.gevLevels;
    shapes.forEach((shape, row) => {
      returnPeriods.forEach((years, at) => {
        expectClose(gevReturnLevel(years, location, scale, shape), scipy.expected.gevLevels[row]![at]!, 1e-10);
      });
    });
  });
  test("the eleven published values give the published fit, by GEV and by Gumbel", () => {
    const { input, expected } = hosking;
    const moments = lMomentsOf(input.x);
    expectClose(moments[L1]!, expected.l1, 1e-8);
    expectClose(moments[L2]!, expected.l2, 1e-8);
    expectClose(moments[T3]!, expected.t3, 1e-8);
    const shape = gevShapeFromSkewness(moments[T3]!);
    expectClose(shape, expected.k, 1e-9);
    const fit = new Float64Array(2);
    fitGev(moments[L1]!, moments[L2]!, shape, fit);
    expectClose(fit[LOCATION]!, expected.location, 1e-9);
    expectClose(fit[SCALE]!, expected.scale, 1e-9);
    input.returnPeriods.forEach((years, at) => {
      expectClose(gevReturnLevel(years, fit[LOCATION]!, fit[SCALE]!, shape), expected.levels[at]!, 1e-6);
    });
    input.cdfAt.forEach((x, at) => {
      expectClose(gevExceedance(x, fit[LOCATION]!, fit[SCALE]!, shape), 1 - expected.cdf[at]!, 1e-6);
    });
    fitGev(moments[L1]!, moments[L2]!, 0, fit);
    expectClose(fit[LOCATION]!, expected.gumbelLocation, 1e-6);
    expectClose(fit[SCALE]!, expected.gumbelScale, 1e-6);
    input.returnPeriods.forEach((years, at) => {
      expectClose(gevReturnLevel(years, fit[LOCATION]!, fit[SCALE]!, 0), expected.gumbelLevels[at]!, 1e-6);
    });
    input.cdfAt.forEach((x, at) => {
      expectClose(gevExceedance(x, fit[LOCATION]!, fit[SCALE]!, 0), 1 - expected.gumbelCdf[at]!, 1e-6);
    });
  });
  test("a level is exceeded with the probability it was computed for", () => {
    for (const shape of [-0.35, -0.1, 0, 0.2, 0.35]) {
      expectClose(gevExceedance(gevReturnLevel(50, 35, 1.7, shape), 35, 1.7, shape), 0.02, 1e-12);
    }
  });
});
