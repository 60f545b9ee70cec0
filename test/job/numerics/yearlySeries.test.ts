// Broken lines through anchors, and the removal of a running mean.
import { describe, expect, test } from "vitest";
import { piecewiseLinear } from "../../../job/numerics/piecewiseLinear.ts";
import { removeRunningMean, type TrendRemoval } from "../../../job/numerics/trendRemoval.ts";
import { readGolden } from "../../support/golden.ts";

describe("broken line", () => {
  const scores = [0, 20, 40, 60, 80, 100];
  test("values between anchors are interpolated and those beyond are held", () => {
    const depths = [0, 0.15, 0.5, 1, 2, 5];
    const rows = [
      [-1, 0],
      [0, 0],
      [0.15, 20],
      [0.75, 50],
      [0.5422, 41.688],
      [5, 100],
      [7, 100],
    ] as const;
    for (const [depth, score] of rows) expect(piecewiseLinear(depth, depths, scores)).toBeCloseTo(score, 10);
  });
  test("anchors may descend", () => {
    const spei = [-0.5, -1, -1.4, -1.8, -2.2, -2.7];
    const rows = [
      [0, 0],
      [-0.5, 0],
      [-0.75, 10],
      [-1, 20],
      [-1.6, 50],
      [-3, 100],
    ] as const;
    for (const [value, score] of rows) expect(piecewiseLinear(value, spei, scores)).toBeCloseTo(score, 10);
  });
  test("a missing value has a missing score", () => {
    expect(piecewiseLinear(Number.NaN, [0, 1], [0, 100])).toBeNaN();
  });
});

describe("removal of the running mean", () => {
  const remove = (values: readonly number[], removal: TrendRemoval): number[] => {
    const out = new Float64Array(values.length);
    removeRunningMean(Float64Array.from(values), values.length, removal, out);
    return [...out];
  };
  test("a record of at most 30 years has its own mean removed", () => {
    expect(remove([1, 2, 3], "subtract")).toEqual([-1, 0, 1]);
    expect(remove([1, 2, 3], "divide")).toEqual([0.5, 1, 1.5]);
  });
  test("the window of year i is i - 14 to i + 15, shifted inside the record", () => {
    const line = Array.from({ length: 40 }, (_, year) => year);
    const found = remove(line, "subtract");
    expect(found[0]).toBe(0 - 14.5);
    expect(found[14]).toBe(14 - 14.5);
    expect(found[15]).toBe(15 - 15.5);
    expect(found[39]).toBe(39 - 24.5);
  });
  test("missing years stay missing and are left out of the means", () => {
    expect(remove([1, Number.NaN, 3], "subtract")).toEqual([-1, Number.NaN, 1]);
    expect(remove([Number.NaN], "divide")).toEqual([Number.NaN]);
    expect(remove([], "divide")).toEqual([]);
  });
  test("nothing is divided by a mean that is not positive", () => {
    expect(remove([-1, 1], "divide")).toEqual([Number.NaN, Number.NaN]);
  });
  test("75 years with two gaps give the reference's values to 1e-12", () => {
    const { input, expected } = readGolden<{ yearly: (number | null)[] }, { detrended: (number | null)[] }>(
      "whole-record-shape",
    );
    const found = remove(
      input.yearly.map((value) => value ?? Number.NaN),
      "subtract",
    );
    found.forEach((value, year) => {
      const wanted = expected.detrended[year];
      if (wanted === null) expect(value).toBeNaN();
      else expect(Math.abs(value - wanted!)).toBeLessThanOrEqual(1e-12);
    });
  });
});
