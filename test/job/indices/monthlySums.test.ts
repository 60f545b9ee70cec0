import { expect, test } from "vitest";
import { monthlyMeans, monthlyTotals, monthStarts } from "../../../job/indices/monthlySums.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";

function totals(values: Float64Array, starts: Int32Array): number[] {
  const out = new Float64Array(starts.length - 1);
  monthlyTotals(values, starts, out);
  return [...out];
}

test.each([
  ["standard", [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]],
  ["noleap", [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]],
  ["360_day", new Array(12).fill(30)],
] as const)("a year of ones sums to the lengths of its months (%s)", (calendar, lengths) => {
  const axis = makeTimeAxis(calendar, 2020, 2020);
  expect(totals(new Float64Array(axis.month.length).fill(1), monthStarts(axis))).toEqual([...lengths]);
});

test("months go on across the year's end", () => {
  const axis = makeTimeAxis("noleap", 2001, 2002);
  const starts = monthStarts(axis);
  expect([starts.length, starts[11], starts[12], starts[24]]).toEqual([25, 334, 365, 730]);
});

test("three missing days are made up for, four void the month", () => {
  const starts = Int32Array.of(0, 30, 60);
  const values = new Float64Array(60).fill(2);
  values.fill(Number.NaN, 0, 3);
  values.fill(Number.NaN, 30, 34);
  expect(totals(values, starts)).toEqual([60, Number.NaN]);
});

test("the mean is over the days present", () => {
  const out = new Float64Array(1);
  monthlyMeans(Float64Array.of(1, Number.NaN, 5), Int32Array.of(0, 3), out);
  expect(out[0]).toBe(3);
});

test("a month without any day present has no total, however short it is", () => {
  expect(totals(Float64Array.of(Number.NaN, Number.NaN), Int32Array.of(0, 2))).toEqual([Number.NaN]);
  expect(totals(new Float64Array(0), Int32Array.of(0))).toEqual([]);
});
