// Hazard years, missing days, spells, day counts and yearly extremes on years whose answer can be read.
import { describe, expect, test } from "vitest";
import { yearlyMaximum, yearlyMinimum } from "../../../job/indices/blockMaxima.ts";
import { daysAtLeast, daysAtMost } from "../../../job/indices/dayCounts.ts";
import { hazardYearStart, makeHazardYears } from "../../../job/indices/hazardYears.ts";
import { markObservedYears } from "../../../job/indices/missingDays.ts";
import { spellDaysByYear } from "../../../job/indices/spells.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import { constantTemperature, dayAt } from "../../support/temperatureSeries.ts";

describe("hazard years", () => {
  test("warm seasons start in January in the north and in July in the south, cold ones the other way round", () => {
    expect([hazardYearStart("warm", 37), hazardYearStart("warm", -37)]).toEqual(["January", "July"]);
    expect([hazardYearStart("cold", 37), hazardYearStart("cold", -37)]).toEqual(["July", "January"]);
    expect([hazardYearStart("warm", 0), hazardYearStart("cold", 0)]).toEqual(["January", "July"]);
  });
  test("a July year is labelled by the year it starts in, and the last incomplete one is dropped", () => {
    const axis = makeTimeAxis("standard", 2003, 2005);
    const { firstYear, years, yearStart } = makeHazardYears(axis, "July");
    expect([firstYear, years]).toEqual([2003, 2]);
    expect([...yearStart]).toEqual([2003, 2004, 2005].map((year) => dayAt(axis, year, 7, 1)));
    expect(yearStart[1]! - yearStart[0]!).toBe(366);
  });
  test("a record of one calendar year holds no July year", () => {
    expect(makeHazardYears(makeTimeAxis("360_day", 2003, 2003), "July").years).toBe(0);
  });
});

describe("valid years", () => {
  const axis = makeTimeAxis("noleap", 2001, 2002);
  function validWithout(dates: readonly [number, number, number][], start: "January" | "July" = "January"): number[] {
    const series = constantTemperature(axis, 1);
    for (const [year, month, day] of dates) series[dayAt(axis, year, month, day)] = Number.NaN;
    const { years, yearStart } = makeHazardYears(axis, start);
    const valid = new Uint8Array(years);
    const count = markObservedYears(series, axis.month, yearStart, years, valid);
    expect(count).toBe(valid.reduce((sum, mark) => sum + mark, 0));
    return [...valid];
  }
  const inMonths = (months: number, perMonth: number) =>
    Array.from({ length: months * perMonth }, (_, at): [number, number, number] => [
      2001,
      1 + Math.floor(at / perMonth),
      1 + (at % perMonth),
    ]);

  test("a year with three missing days in each of five months is valid, one more day voids it", () => {
    expect(validWithout(inMonths(5, 3))).toEqual([1, 1]);
    expect(validWithout([...inMonths(5, 3), [2001, 12, 31]])).toEqual([0, 1]);
  });
  test("four missing days of one month void the year", () => {
    expect(validWithout(inMonths(1, 4))).toEqual([0, 1]);
  });
  test("the same days count for the hazard year they lie in", () => {
    const aroundNewYear: [number, number, number][] = [
      [2001, 12, 30],
      [2001, 12, 31],
      [2002, 1, 1],
      [2002, 1, 2],
    ];
    expect(validWithout(aroundNewYear, "July")).toEqual([1]);
    expect(validWithout([...aroundNewYear, [2001, 12, 1], [2001, 12, 2]], "July")).toEqual([0]);
    expect(validWithout(inMonths(1, 4), "July")).toEqual([1]);
  });
});

describe("spells", () => {
  function spells(runs: readonly [number, number][], yearStart: readonly number[]): number[] {
    const holds = new Uint8Array(yearStart.at(-1)!);
    for (const [from, length] of runs) holds.fill(1, from, from + length);
    const out = new Float64Array(yearStart.length - 1);
    spellDaysByYear(holds, Int32Array.from(yearStart), out.length, 6, out);
    return [...out];
  }
  test("five days are no spell, six are, and ten count as ten", () => {
    expect(spells([[3, 5]], [0, 30])).toEqual([0]);
    expect(spells([[3, 6]], [0, 30])).toEqual([6]);
    expect(
      spells(
        [
          [0, 6],
          [20, 10],
        ],
        [0, 30],
      ),
    ).toEqual([16]);
  });
  test("a spell across the year boundary is cut, and each part must be long enough", () => {
    expect(spells([[24, 12]], [0, 30, 60])).toEqual([6, 6]);
    expect(spells([[25, 10]], [0, 30, 60])).toEqual([0, 0]);
    expect(spells([[22, 10]], [0, 30, 60])).toEqual([8, 0]);
  });
  test("no years have no spells, and a year of nothing else is all spell", () => {
    expect(spells([], [0])).toEqual([]);
    expect(spells([[0, 365]], [0, 365])).toEqual([365]);
  });
});

describe("day counts and extremes", () => {
  const yearStart = Int32Array.of(0, 4, 8, 8);
  const values = Float64Array.of(33, 32.9, Number.NaN, 40, Number.NaN, Number.NaN, Number.NaN, Number.NaN);
  const run = (kernel: (out: Float64Array) => void): number[] => {
    const out = new Float64Array(3);
    kernel(out);
    return [...out];
  };
  test("a day at the threshold counts, a missing day does not", () => {
    expect(run((out) => daysAtLeast(values, 33, yearStart, 3, out))).toEqual([2, 0, 0]);
    expect(run((out) => daysAtMost(values, 33, yearStart, 3, out))).toEqual([2, 0, 0]);
  });
  test("the extremes pass over missing days; a year without values has none", () => {
    expect(run((out) => yearlyMaximum(values, yearStart, 3, out))).toEqual([40, Number.NaN, Number.NaN]);
    expect(run((out) => yearlyMinimum(values, yearStart, 3, out))).toEqual([32.9, Number.NaN, Number.NaN]);
  });
});
