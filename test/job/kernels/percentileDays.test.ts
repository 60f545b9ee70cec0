// The compiled kernel finds the thresholds and marks the days that the TypeScript, which is the definition, finds and marks.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type InBase, makeDayOfYearSample, type YearEnds } from "../../../job/indices/dayOfYearSample.ts";
import { type HazardYearStart, makeHazardYears } from "../../../job/indices/hazardYears.ts";
import { markExceedances } from "../../../job/indices/percentileDays.ts";
import {
  fillThresholds,
  makePercentileScratch,
  type PercentileScratch,
} from "../../../job/indices/percentileThresholds.ts";
import { LOWER_TAIL, type Tail, UPPER_TAIL } from "../../../job/indices/windowTops.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import { CALENDARS, type Calendar } from "../../../model/calendars.ts";
import type { Period } from "../../../model/periods.ts";

interface Layout {
  readonly calendar: Calendar;
  readonly basePeriod: Period;
  readonly quantile: number;
  readonly start: HazardYearStart;
  readonly yearEnds: YearEnds;
}

/** 1950 to 2020 */
function makeCase({ calendar, basePeriod, quantile, start, yearEnds }: Layout) {
  const axis = makeTimeAxis(calendar, 1950, 2020);
  const hazardYears = makeHazardYears(axis, start);
  const sample = makeDayOfYearSample(axis, hazardYears, basePeriod, quantile, yearEnds);
  const compiled = makePercentileScratch(sample, axis, hazardYears);
  const days = axis.month.length;
  // What the cell before has left must not matter.
  const [exceeds, missing] = [new Uint8Array(days).fill(7), new Uint8Array(days).fill(7)];
  const mark = (scratch: PercentileScratch, series: Float64Array, tail: Tail, inBase: InBase) => {
    fillThresholds(series, tail, sample, scratch);
    markExceedances(series, tail, sample, scratch, axis, hazardYears, inBase, exceeds, missing);
    return { threshold: scratch.threshold.slice(), exceeds: exceeds.slice(), missing: missing.slice() };
  };
  return { axis, mark, compiled, defined: { ...compiled, kernel: null } };
}

const base = (firstYear: number, years: number): Period => ({ firstYear, lastYear: firstYear + years - 1 });
const LAYOUT: Layout = {
  calendar: "standard",
  basePeriod: base(1961, 30),
  quantile: 0.9,
  start: "January",
  yearEnds: "within",
};

test("this engine runs the compiled kernel", () => {
  expect(makeCase(LAYOUT).compiled.kernel).not.toBeNull();
});

const value = fc.oneof(
  { weight: 20, arbitrary: fc.float({ min: -60, max: 60, noNaN: true }) },
  { weight: 10, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.constantFrom(Number.NaN, 0, -0, 2 ** -149, -(2 ** -130)) },
);
const layouts = fc.record({
  calendar: fc.constantFrom(...CALENDARS),
  sample: fc.oneof(
    fc.record({
      basePeriod: fc.constantFrom(...[0, 1, 2, 15, 30, 32, 33, 40].map((years) => base(1953, years)), base(1940, 30)),
      quantile: fc.constantFrom(0.9, 0.95),
    }),
    fc.record({ basePeriod: fc.constantFrom(base(1953, 64), base(2001, 30)), quantile: fc.constant(0.95) }),
  ),
  start: fc.constantFrom<HazardYearStart>("January", "July"),
  yearEnds: fc.constantFrom<YearEnds>("within", "across"),
});
const cells = fc.array(fc.array(value, { minLength: 1, maxLength: 500 }), { minLength: 1, maxLength: 3 });

test("kernel and definition agree, over ties, gaps, all calendars, both kinds of year and both ends of one", () => {
  fc.assert(
    fc.property(
      layouts,
      cells,
      fc.constantFrom(UPPER_TAIL, LOWER_TAIL),
      fc.constantFrom<InBase>("leaveOneOut", "none"),
      ({ sample, ...rest }, valuesOfCells, tail, inBase) => {
        const { axis, mark, compiled, defined } = makeCase({ ...rest, ...sample });
        for (const values of valuesOfCells) {
          const series = Float64Array.from(axis.month, (_, day) => values[day % values.length]!);
          const found = mark(compiled, series, tail, inBase);
          expect(compiled.isInKernel).toBe(true);
          expect(found).toEqual(mark(defined, series, tail, inBase));
        }
      },
    ),
    { numRuns: 60, seed: 20261201 },
  );
});

test("whole years without values leave thresholds, and days, missing alike", () => {
  for (const [gapYears, tail] of [
    [11, UPPER_TAIL],
    [12, UPPER_TAIL],
    [13, LOWER_TAIL],
    [30, LOWER_TAIL],
  ] as const) {
    const { axis, mark, compiled, defined } = makeCase({ ...LAYOUT, start: "July" });
    const series = Float64Array.from(axis.month, (month, day) => Math.fround(month * 2 + ((day * 7919) % 997) / 50));
    series.fill(Number.NaN, axis.yearStart[11], axis.yearStart[11 + gapYears]);
    expect(mark(compiled, series, tail, "leaveOneOut")).toEqual(mark(defined, series, tail, "leaveOneOut"));
  }
});

test("a series with a value of more than 32 bits is left to the definition, the next one is not", () => {
  const { axis, mark, compiled, defined } = makeCase(LAYOUT);
  const short = Float64Array.from(axis.month, (_, day) => (day * 7919) % 997);
  for (const [at, long] of [
    [axis.yearStart[11]!, 0.1],
    [axis.yearStart[12]! + 7, 1e-310],
    [axis.yearStart[40]! - 1, 1e300],
  ] as const) {
    const series = short.slice();
    series[at] = long;
    const found = mark(compiled, series, UPPER_TAIL, "leaveOneOut");
    expect(compiled.isInKernel).toBe(false);
    expect(found).toEqual(mark(defined, series, UPPER_TAIL, "leaveOneOut"));
    mark(compiled, short, UPPER_TAIL, "leaveOneOut");
    expect(compiled.isInKernel).toBe(true);
  }
});

test("a sample that the kernel has no room for is left to the definition", () => {
  const hasKernel = (basePeriod: Period, quantile: number) =>
    makeCase({ ...LAYOUT, basePeriod, quantile }).compiled.kernel !== null;
  expect(hasKernel(base(1950, 64), 0.95)).toBe(true);
  expect(hasKernel(base(1950, 65), 0.95)).toBe(false);
  expect(hasKernel(base(1961, 30), 0.6)).toBe(false);
});
