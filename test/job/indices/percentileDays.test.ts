// Thresholds by calendar day and days beyond them, against xclim, a brute-force reference and the golden case.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type InBase, makeDayOfYearSample, type YearEnds } from "../../../job/indices/dayOfYearSample.ts";
import { type HazardYearStart, makeHazardYears } from "../../../job/indices/hazardYears.ts";
import { markValidYears } from "../../../job/indices/missingDays.ts";
import { markExceedances } from "../../../job/indices/percentileDays.ts";
import { fillThresholds, makePercentileScratch } from "../../../job/indices/percentileThresholds.ts";
import { spellDaysByYear } from "../../../job/indices/spells.ts";
import { LOWER_TAIL, type Tail, UPPER_TAIL } from "../../../job/indices/windowTops.ts";
import { makeTimeAxis, type TimeAxis } from "../../../job/timeAxis.ts";
import type { Calendar } from "../../../model/calendars.ts";
import type { Period } from "../../../model/periods.ts";
import { readGolden } from "../../support/golden.ts";
import { constantTemperature, dayAt, goldenTemperature, yearlyTemperature } from "../../support/temperatureSeries.ts";

interface Layout {
  calendar: Calendar;
  firstYear: number;
  lastYear: number;
  basePeriod: Period;
}
interface Ways {
  start: HazardYearStart;
  tail: Tail;
  yearEnds: YearEnds;
}

function makeCase(layout: Layout, { start, tail, yearEnds }: Ways) {
  const axis = makeTimeAxis(layout.calendar, layout.firstYear, layout.lastYear);
  const hazardYears = makeHazardYears(axis, start);
  const sample = makeDayOfYearSample(axis, hazardYears, layout.basePeriod, 0.9, yearEnds);
  const scratch = makePercentileScratch(sample, axis, hazardYears);
  const days = axis.calendarDay.length;
  const exceeds = new Uint8Array(days);
  const missing = new Uint8Array(days);
  return {
    axis,
    thresholds(series: Float64Array): number[] {
      fillThresholds(series, tail, sample, scratch);
      return Array.from(scratch.threshold, (value) => tail * value);
    },
    count(series: Float64Array, inBase: InBase) {
      fillThresholds(series, tail, sample, scratch);
      markExceedances(series, tail, sample, scratch, axis, hazardYears, inBase, exceeds, missing);
      const spells = new Float64Array(hazardYears.years);
      const valid = new Uint8Array(hazardYears.years);
      spellDaysByYear(exceeds, hazardYears.yearStart, hazardYears.years, 6, spells);
      markValidYears(missing, axis.month, hazardYears.yearStart, hazardYears.years, valid);
      return { spells: [...spells], valid: [...valid], exceeds, missing };
    },
  };
}

function expectThresholds(found: readonly number[], wanted: readonly (number | null)[]): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, day) => {
    const threshold = wanted[day];
    if (threshold === null) expect(value, `day ${day}`).toBeNaN();
    else expect(Math.abs(value - threshold!), `day ${day}`).toBeLessThanOrEqual(1e-9);
  });
}

const WARM: Ways = { start: "January", tail: UPPER_TAIL, yearEnds: "within" };
const COLD: Ways = { start: "January", tail: LOWER_TAIL, yearEnds: "within" };

describe("against references", () => {
  test("the golden noleap case gives its thresholds, its counts and its leave-one-out counts", () => {
    const { input, expected } = readGolden<Layout, Record<string, number[]>>("spells-noleap");
    const series = goldenTemperature(40 * 365);
    const warm = makeCase(input, WARM);
    expectThresholds(warm.thresholds(series), expected.tx90!);
    expect(warm.count(series, "none").spells).toEqual(expected.WSDI);
    const leaveOneOut = warm.count(series, "leaveOneOut").spells;
    expect(leaveOneOut.slice(0, 30)).toEqual(expected.WSDI_base_leave_one_out);
    expect(leaveOneOut.slice(30)).toEqual(expected.WSDI!.slice(30));
    const cold = makeCase(input, COLD);
    expectThresholds(cold.thresholds(series), expected.tn10!);
    expect(cold.count(series, "none").spells).toEqual(expected.CSDI);
  });

  test("windows across year ends give xclim's thresholds and counts, by calendar years and from July", () => {
    const { input, expected } = readGolden<Layout, Record<string, number[]>>("spells-xclim");
    const series = goldenTemperature(40 * 365);
    const warm = makeCase(input, { ...WARM, yearEnds: "across" });
    expectThresholds(warm.thresholds(series), expected.tx90!);
    expect(warm.count(series, "none").spells).toEqual(expected.WSDI_YS);
    const cold = makeCase(input, { ...COLD, yearEnds: "across" });
    expectThresholds(cold.thresholds(series), expected.tn10!);
    expect(cold.count(series, "none").spells).toEqual(expected.CSDI_YS);
    const winters = makeCase(input, { ...COLD, start: "July", yearEnds: "across" });
    expect(winters.count(series, "none").spells).toEqual(expected.CSDI_YS_JUL);
  });

  const gaps = readGolden<
    Layout & { values: (number | null)[] },
    Record<string, { thresholds: (number | null)[]; leaveOneOut: number[]; none: number[]; valid: number[] }>
  >("spells-standard-gaps");
  const rows: [string, Ways][] = [
    ["warmCalendar", WARM],
    ["coldJuly", { ...COLD, start: "July" }],
    ["warmJuly", { ...WARM, start: "July" }],
  ];
  test.each(rows)("leap days, ties and gaps give what brute force gives: %s", (name, ways) => {
    const wanted = gaps.expected[name]!;
    const series = Float64Array.from(gaps.input.values, (tenths) => (tenths === null ? Number.NaN : tenths / 10));
    const found = makeCase(gaps.input, ways);
    expectThresholds(found.thresholds(series), wanted.thresholds);
    expect(found.count(series, "none").spells).toEqual(wanted.none);
    const leaveOneOut = found.count(series, "leaveOneOut");
    expect(leaveOneOut.spells).toEqual(wanted.leaveOneOut);
    expect(leaveOneOut.valid).toEqual(wanted.valid);
  });
});

test("warmer days after the base period never lower the warm spell days of a year, nor raise its cold ones", () => {
  const layout: Layout = {
    calendar: "noleap",
    firstYear: 1981,
    lastYear: 2000,
    basePeriod: { firstYear: 1981, lastYear: 1995 },
  };
  const years = [...Array(layout.lastYear - layout.firstYear + 1).keys()];
  const series = goldenTemperature(years.length * 365);
  const warm = makeCase(layout, WARM);
  const cold = makeCase(layout, COLD);
  const warmBefore = warm.count(series, "leaveOneOut").spells;
  const coldBefore = cold.count(series, "leaveOneOut").spells;
  const warming = fc.array(fc.double({ min: 0, max: 8, noNaN: true }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(warming, (added) => {
      const warmer = series.map((degC, day) => degC + (added[Math.floor(day / 365) - 15] ?? 0));
      const warmAfter = warm.count(warmer, "leaveOneOut").spells;
      const coldAfter = cold.count(warmer, "leaveOneOut").spells;
      for (const year of years) {
        expect(warmAfter[year]).toBeGreaterThanOrEqual(warmBefore[year]!);
        expect(coldAfter[year]).toBeLessThanOrEqual(coldBefore[year]!);
      }
      expect(warmAfter.slice(0, 15)).toEqual(warmBefore.slice(0, 15));
    }),
    { numRuns: 50 },
  );
});

describe("idealised years", () => {
  const layout: Layout = {
    calendar: "noleap",
    firstYear: 2001,
    lastYear: 2012,
    basePeriod: { firstYear: 2001, lastYear: 2010 },
  };

  test("with ten base years at 1 to 10 degC the threshold is that of fifty values, each five times", () => {
    const { axis, thresholds } = makeCase(layout, WARM);
    // h = 50 * 0.9 + 1.9 / 3 = 45.63: between the 45th value, 9, and the 46th, 10
    const found = thresholds(yearlyTemperature(axis, (year) => year + 1));
    for (const threshold of found) expect(threshold).toBeCloseTo(9 + 1.9 / 3, 10);
  });
  test("leaving the warmest base year out lets all its days exceed", () => {
    const { axis, count } = makeCase(layout, WARM);
    const series = yearlyTemperature(axis, (year) => (year < 10 ? year + 1 : 0));
    // Without it: 45 values, h = 41.13, between the 41st and 42nd value, which are both 9.
    expect(count(series, "leaveOneOut").spells).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 365, 0, 0]);
    expect(count(series, "none").spells).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 365, 0, 0]);
    expect(count(series, "leaveOneOut").exceeds[dayAt(axis, 2009, 5, 1)]).toBe(0);
  });
  test("a constant climate never exceeds its own quantile", () => {
    for (const ways of [WARM, COLD]) {
      const { axis, count } = makeCase(layout, ways);
      const found = count(constantTemperature(axis, 11.3), "leaveOneOut");
      expect(found.spells).toEqual(new Array(12).fill(0));
      expect(found.valid).toEqual(new Array(12).fill(1));
    }
  });
  test("a series without values has no thresholds, and every day is missing", () => {
    const { axis, count, thresholds } = makeCase(layout, WARM);
    const series = constantTemperature(axis, Number.NaN);
    expectThresholds(thresholds(series), new Array(365).fill(null));
    const { missing, valid } = count(series, "leaveOneOut");
    expect(missing.every((mark) => mark === 1)).toBe(true);
    expect(valid).toEqual(new Array(12).fill(0));
  });
  test("one missing day is missing, does not exceed, and moves no threshold that has ties around it", () => {
    const { axis, count } = makeCase(layout, WARM);
    const series = constantTemperature(axis, 3);
    const at = dayAt(axis, 2004, 7, 9);
    series[at] = Number.NaN;
    const { exceeds, missing, valid } = count(series, "leaveOneOut");
    expect([missing[at], exceeds[at], missing.reduce((sum, mark) => sum + mark, 0)]).toEqual([1, 0, 1]);
    expect(valid).toEqual(new Array(12).fill(1));
  });
  test("29 February is judged by 28 February's threshold and is in no sample", () => {
    const leap: Layout = { ...layout, calendar: "standard" };
    const { axis, count, thresholds } = makeCase(leap, WARM);
    const series = yearlyTemperature(axis, (year) => year % 3);
    for (const year of [2004, 2008, 2012]) series[dayAt(axis, year, 2, 29)] = 50;
    expect(Math.max(...thresholds(series))).toBe(2);
    const { exceeds } = count(series, "leaveOneOut");
    expect([2004, 2008, 2012].map((year) => exceeds[dayAt(axis, year, 2, 29)])).toEqual([1, 1, 1]);
    expect(exceeds.reduce((sum, mark) => sum + mark, 0)).toBe(3);
  });
  test("a base period that the record does not touch gives no thresholds", () => {
    const { axis, count } = makeCase({ ...layout, basePeriod: { firstYear: 1961, lastYear: 1990 } }, WARM);
    expect(count(constantTemperature(axis, 3), "leaveOneOut").valid).toEqual(new Array(12).fill(0));
  });
  test("a 360-day calendar has 360 thresholds and needs no days inserted", () => {
    const { axis, count, thresholds } = makeCase({ ...layout, calendar: "360_day" }, { ...WARM, start: "July" });
    const series = yearlyTemperature(axis, (year) => year);
    expect(thresholds(series)).toHaveLength(360);
    expect(count(series, "leaveOneOut").spells.at(-1)).toBe(360);
  });
});

describe("laws", () => {
  const layout: Layout = {
    calendar: "standard",
    firstYear: 2001,
    lastYear: 2008,
    basePeriod: { firstYear: 2001, lastYear: 2005 },
  };

  function weather(axis: TimeAxis, seed: number): Float64Array {
    let state = seed;
    return Float64Array.from(axis.calendarDay, () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return state % 7 === 0 && state % 11 === 0 ? Number.NaN : (state >>> 24) % 40;
    });
  }

  test("warming the years after the base period never lowers their warm spells", () => {
    const { axis, count } = makeCase(layout, WARM);
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 12, noNaN: true }), (seed, warming) => {
        const series = weather(axis, seed);
        const before = count(series, "leaveOneOut").spells;
        for (let day = dayAt(axis, 2006, 1, 1); day < series.length; day++) series[day]! += warming;
        const after = count(series, "leaveOneOut").spells;
        after.forEach((spells, year) => {
          expect(spells).toBeGreaterThanOrEqual(before[year]!);
        });
      }),
      { numRuns: 30 },
    );
  });
  test("cold spells are the warm spells of the mirrored series, whatever cell was worked on before", () => {
    const warm = makeCase(layout, WARM);
    const cold = makeCase(layout, COLD);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const series = weather(warm.axis, seed);
        const mirrored = series.map((value) => -value);
        expect(cold.count(mirrored, "leaveOneOut").spells).toEqual(warm.count(series, "leaveOneOut").spells);
      }),
      { numRuns: 20 },
    );
  });
  test("arrays that another cell has used give the same bytes as new ones", () => {
    const used = makeCase(layout, WARM);
    used.count(weather(used.axis, 1), "leaveOneOut");
    const series = weather(used.axis, 2);
    const fresh = makeCase(layout, WARM);
    expect(used.thresholds(series)).toEqual(fresh.thresholds(series));
    expect(used.count(series, "leaveOneOut")).toEqual(fresh.count(series, "leaveOneOut"));
  });
});
