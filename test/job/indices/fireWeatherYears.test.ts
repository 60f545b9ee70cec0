import { expect, test } from "vitest";
import { fireWeatherYears, makeFireWeatherYears } from "../../../job/indices/fireWeatherYears.ts";
import { quantileType8 } from "../../../job/numerics/quantile.ts";

function yearOf(fwi: readonly number[], inactiveDays: readonly number[] = []) {
  const inactive = new Uint8Array(fwi.length);
  for (const day of inactiveDays) inactive[day] = 1;
  const out = makeFireWeatherYears(1);
  const scratch = [new Float64Array(fwi.length), new Float64Array(fwi.length)] as const;
  fireWeatherYears(Float64Array.from(fwi), inactive, Int32Array.of(0, fwi.length), 1, ...scratch, out);
  return { fwi95: out.fwi95[0]!, fwix: out.fwix[0]!, d38: out.d38[0]! };
}

const oneToHundred = Array.from({ length: 100 }, (_, day) => ((day * 37) % 100) + 1);

test("a year of 1 to 100 has its 95th percentile at 95.65, its maximum at 100 and 63 dangerous days", () => {
  const year = yearOf(oneToHundred);
  expect(year.fwi95).toBeCloseTo(95.65, 12);
  expect([year.fwix, year.d38]).toEqual([100, 63]);
});

test("the percentile is the type 8 quantile of the sorted year", () => {
  const values = Array.from({ length: 365 }, (_, day) => 30 * Math.abs(Math.sin(day * 1.3)));
  expect(yearOf(values).fwi95).toBe(quantileType8(Float64Array.from(values).sort(), 0, 365, 0.95));
});

test("15 missing days are left out, 16 void the year", () => {
  const year = (missing: number) => yearOf(oneToHundred.map((value, day) => (day < missing ? Number.NaN : value)));
  expect(year(15).fwix).toBe(100);
  expect(year(16)).toEqual({ fwi95: Number.NaN, fwix: Number.NaN, d38: Number.NaN });
});

test("a year out of season counts as 0 throughout", () => {
  const days = oneToHundred.map((_, day) => day);
  expect(yearOf(new Array(100).fill(Number.NaN), days)).toEqual({ fwi95: 0, fwix: 0, d38: 0 });
});

test.each([
  ["no day", []],
  ["all days missing", new Array(10).fill(Number.NaN)],
])("%s makes no year", (_, days) => {
  expect(yearOf(days).fwi95).toBeNaN();
});

test("one day, and a constant year, are their own percentile", () => {
  expect(yearOf([7])).toEqual({ fwi95: 7, fwix: 7, d38: 0 });
  expect(yearOf(new Array(365).fill(38))).toEqual({ fwi95: 38, fwix: 38, d38: 365 });
});
