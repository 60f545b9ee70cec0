// Heaviest rain of a day and of five days, on series whose answer is readable here.
import { expect, test } from "vitest";
import { heaviestRain } from "../../../job/indices/heaviestRain.ts";

const YEAR_DAYS = 10;

/** Years of ten days, dry but for the days result. */
function heaviest(years: number, index: "Rx1day" | "Rx5day", rain: Readonly<Record<number, number>>): number[] {
  const days = new Float64Array(years * YEAR_DAYS);
  for (const [day, mm] of Object.entries(rain)) days[Number(day)] = mm;
  const yearStart = Int32Array.from({ length: years + 1 }, (_, year) => year * YEAR_DAYS);
  const out = { Rx1day: new Float64Array(years), Rx5day: new Float64Array(years) };
  heaviestRain(days, yearStart, years, out.Rx1day, out.Rx5day);
  return [...out[index]];
}

test("Rx1day is the wettest day of each year", () => {
  expect(heaviest(2, "Rx1day", { 3: 40, 4: 55.5, 17: 20 })).toEqual([55.5, 20]);
});

test("Rx5day is the wettest run of five days, dry ones among them", () => {
  expect(heaviest(1, "Rx5day", { 2: 10, 4: 20, 6: 30, 7: 5 })).toEqual([60]);
});

test("a run over the new year belongs to the year it ends in", () => {
  expect(heaviest(2, "Rx5day", { 8: 10, 9: 20, 10: 30, 11: 40 })).toEqual([30, 100]);
});

test("the first four days of the record end no run", () => {
  expect(heaviest(1, "Rx5day", { 0: 7 })).toEqual([7]);
  expect(heaviest(1, "Rx5day", { 3: 7, 8: 1 })).toEqual([7]);
});

test("a missing day takes its five runs out, and a year without any run is NaN", () => {
  expect(heaviest(1, "Rx5day", { 2: 100, 4: Number.NaN, 9: 3 })).toEqual([3]);
  expect(heaviest(1, "Rx5day", { 2: 100, 4: Number.NaN, 9: Number.NaN })).toEqual([Number.NaN]);
  expect(heaviest(1, "Rx1day", { 2: Number.NaN, 3: 8 })).toEqual([8]);
});

test("rain all the same gives one day's and five days'", () => {
  const all = Object.fromEntries(Array.from({ length: YEAR_DAYS }, (_, day) => [day, 2]));
  expect(heaviest(1, "Rx1day", all)).toEqual([2]);
  expect(heaviest(1, "Rx5day", all)).toEqual([10]);
});

test("without years there is no result", () => {
  expect(heaviest(0, "Rx5day", {})).toEqual([]);
});
