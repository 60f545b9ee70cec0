import { expect, test } from "vitest";
import { measureDifference } from "./measureDifference.ts";

function measure(
  ours: readonly number[],
  theirs: readonly number[],
  by: Parameters<typeof measureDifference>[2],
  tolerance = 0,
) {
  return measureDifference(Float64Array.from(ours), Float64Array.from(theirs), by, tolerance);
}

test("a value that only one side has fails whatever the tolerance", () => {
  expect(measure([1, Number.NaN], [1, 2], "absolute", 10).passed).toBe(false);
  expect(measure([1, 2], [1, Number.NaN], "relative", 10).passed).toBe(false);
  expect(measure([0, 2], [0, Number.NaN], "share", 0.4).passed).toBe(false);
});

test("values that neither side has are no cases, and no cases fail", () => {
  expect(measure([1, Number.NaN], [1, Number.NaN], "equal")).toEqual({ cases: 1, largest: 0, passed: true });
  expect(measure([Number.NaN], [Number.NaN], "equal").passed).toBe(false);
});

test("relative differences are absolute near zero", () => {
  expect(measure([101], [100], "relative").largest).toBeCloseTo(0.01, 12);
  expect(measure([2e-4], [1e-4], "relative").largest).toBeCloseTo(0.1, 12);
});

test("clipped values agree beyond 3.09, also with NaN outside the support", () => {
  expect(measure([3.09, -3.09], [5, Number.NaN], "clipped").largest).toBe(0);
  expect(measure([1], [Number.NaN], "clipped").largest).toBeCloseTo(2.09, 12);
});

test("common years leave out what is not ours, and a share counts what differs", () => {
  expect(measure([1, Number.NaN], [1, 5], "common")).toEqual({ cases: 1, largest: 0, passed: true });
  expect(measure([1, 2, 3, 4], [1, 2, 3, 5], "share").largest).toBe(0.25);
});

test("arrays of different length are refused", () => {
  expect(() => measure([1], [1, 2], "equal")).toThrow("expected 1 values, found 2");
});
