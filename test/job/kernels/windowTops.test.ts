// The compiled kernel finds the values that sorting every sample finds.
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeDayOfYearSample, type YearEnds } from "../../../job/indices/dayOfYearSample.ts";
import { makeHazardYears } from "../../../job/indices/hazardYears.ts";
import { LOWER_TAIL, scalarWindowTops, UPPER_TAIL, type WindowTops } from "../../../job/indices/windowTops.ts";
import { loadWindowTopsKernel } from "../../../job/kernels/windowTops.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import { CALENDARS } from "../../../model/calendars.ts";

const kernel = loadWindowTopsKernel();

test("this engine runs the compiled kernel", () => {
  expect(kernel).not.toBeNull();
});

const value = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: -60, max: 60, noNaN: true }) },
  { weight: 10, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.constantFrom(Number.NaN, 0, -0, 1e-310, Number.MIN_VALUE) },
);
const layouts = fc.record({
  calendar: fc.constantFrom(...CALENDARS),
  sample: fc.oneof(
    fc.record({ baseYears: fc.constantFrom(0, 1, 2, 15, 30, 32, 33, 40), quantile: fc.constantFrom(0.9, 0.95) }),
    fc.record({ baseYears: fc.constant(64), quantile: fc.constant(0.95) }),
  ),
  yearEnds: fc.constantFrom<YearEnds>("within", "across"),
});

test("kernel and scalar definition agree, over ties, gaps, all calendars and both ends of a year", () => {
  fc.assert(
    fc.property(
      layouts,
      fc.array(fc.array(value, { minLength: 1, maxLength: 500 }), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(UPPER_TAIL, LOWER_TAIL),
      ({ calendar, sample: { baseYears, quantile }, yearEnds }, cells, tail) => {
        const axis = makeTimeAxis(calendar, 1950, 2020);
        const base = {
          firstYear: 1953 - (baseYears === 0 ? 100 : 0),
          lastYear: 1952 - (baseYears === 0 ? 100 : 0) + baseYears,
        };
        const sample = makeDayOfYearSample(axis, makeHazardYears(axis, "July"), base, quantile, yearEnds);
        const compiled = kernel!(sample);
        // Each on arrays that the cell before has used.
        const [found, expected] = [makeTops(sample), makeTops(sample)];
        for (const values of cells) {
          const series = Float64Array.from(axis.month, (_, day) => values[day % values.length]!);
          scalarWindowTops(sample)(series, tail, expected);
          compiled!(series, tail, found);
          expect(found).toEqual(expected);
        }
      },
    ),
    { numRuns: 60, seed: 20261130 },
  );
});

test("a sample that the kernel has no room for is left to the scalar definition", () => {
  const axis = makeTimeAxis("noleap", 1901, 2000);
  const sampleOf = (lastYear: number, quantile: number) =>
    makeDayOfYearSample(axis, makeHazardYears(axis, "January"), { firstYear: 1901, lastYear }, quantile, "within");
  expect(kernel!(sampleOf(1964, 0.95))).not.toBeNull();
  expect(kernel!(sampleOf(1965, 0.95))).toBeNull();
  expect(kernel!(sampleOf(1930, 0.6))).toBeNull();
});

function makeTops({ days, kept }: { readonly days: number; readonly kept: number }): WindowTops {
  return { top: new Float64Array(kept * days), values: new Int16Array(days) };
}
