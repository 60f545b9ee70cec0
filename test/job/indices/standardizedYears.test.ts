import { expect, test } from "vitest";
import { lowestMonths, monthsAtMost } from "../../../job/indices/standardizedYears.ts";

function yearly(values: readonly number[]) {
  const standardized = Float64Array.from(values);
  const lowest = new Float64Array(values.length / 12);
  const severe = new Float64Array(values.length / 12);
  lowestMonths(standardized, lowest);
  monthsAtMost(standardized, -1.5, severe);
  return { lowest: [...lowest], severe: [...severe] };
}

test("each calendar year has its own lowest month and its own months at or below the threshold", () => {
  const values = [0, -1.5, -1, 0, 0, 0, 0, 0, 0, 0, 0, -1.6, -1.7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  expect(yearly(values)).toEqual({ lowest: [-1.6, -1.7], severe: [2, 1] });
});

test("a year with a missing month is missing", () => {
  expect(yearly([Number.NaN, ...new Array(11).fill(-2)])).toEqual({ lowest: [Number.NaN], severe: [Number.NaN] });
});

test("without years there is no result", () => {
  expect(yearly([])).toEqual({ lowest: [], severe: [] });
});
