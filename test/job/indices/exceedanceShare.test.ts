// Percent of judged days beyond their threshold, by year.
import { expect, test } from "vitest";
import { exceedanceShare } from "../../../job/indices/exceedanceShare.ts";

/** Each year a word: x beyond the threshold, . not, ? missing. */
function shares(...years: string[]): number[] {
  const days = years.join("");
  const yearStart = new Int32Array(years.length + 1);
  for (const [year, word] of years.entries()) yearStart[year + 1] = yearStart[year]! + word.length;
  const marks = (mark: string) => Uint8Array.from(days, (day) => (day === mark ? 1 : 0));
  const out = new Float64Array(years.length);
  exceedanceShare(marks("x"), marks("?"), yearStart, years.length, out);
  return [...out];
}

test("one day of four is 25 percent, all are 100, none is 0", () => {
  expect(shares("x...", "xx", ".....")).toEqual([25, 100, 0]);
});

test("a missing day is in neither count", () => {
  expect(shares("x.??", "?x?")).toEqual([50, 100]);
});

test("a year without a judged day is NaN", () => {
  expect(shares("???", "", "x")).toEqual([Number.NaN, Number.NaN, 100]);
});
