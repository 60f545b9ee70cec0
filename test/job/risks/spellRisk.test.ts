// High temperature and cold wave from daily series to what is actual of each period.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coldWave, makeColdWave } from "../../../job/risks/coldWave.ts";
import { highTemperature, makeHighTemperature } from "../../../job/risks/highTemperature.ts";
import { RISK_DEFINITIONS } from "../../../job/risks/registry.ts";
import type { CellInput } from "../../../job/risks/riskDefinition.ts";
import { makeTimeAxis, type TimeAxis } from "../../../job/timeAxis.ts";
import type { Period } from "../../../model/periods.ts";
import type { PeriodResult } from "../../../model/results.ts";
import type { Variable } from "../../../model/variables.ts";
import { readGolden } from "../../support/golden.ts";
import { constantTemperature, dayAt, goldenTemperature, yearlyTemperature } from "../../support/temperatureSeries.ts";

const BASE: Period = { firstYear: 1991, lastYear: 2020 };
const FUTURE: Period = { firstYear: 2041, lastYear: 2060 };

function cell(axis: TimeAxis, variable: Variable, series: Float64Array, more: Partial<CellInput> = {}): CellInput {
  return {
    latitude: 37.5,
    longitude: 127,
    axis,
    daily: new Map([[variable, series]]),
    monthly: new Map(),
    yearly: new Map(),
    basePeriod: BASE,
    attributes: new Map(),
    periods: [BASE, FUTURE],
    ...more,
  };
}

/** Seeded daily weather [degC] around a season, rounded to tenths as stations do. */
function weather(axis: TimeAxis, seed: number, warmingPerYear = 0): Float64Array {
  let state = seed;
  let anomaly = 0;
  return Float64Array.from(axis.calendarDay, (day, at) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    anomaly = 0.8 * anomaly + 4 * ((state >>> 8) / 2 ** 24 - 0.5);
    const season = 12 - 14 * Math.cos((2 * Math.PI * (day - 20)) / 365);
    return Math.round(10 * (season + anomaly + (warmingPerYear * at) / 365)) / 10;
  });
}

function numbers(result: PeriodResult) {
  if (result.probability === null || result.hazard === null) throw new Error(`no numbers: ${result.reason}`);
  return { ...result.probability, ...result.hazard, flags: result.flags };
}

describe("the results of a cell", () => {
  const axis = makeTimeAxis("standard", 1981, 2060);

  test("the golden series gives its leave-one-out mean, score, counts and probabilities", () => {
    const { expected } = readGolden<unknown, Record<string, number[]>>("spells-noleap");
    const golden = makeTimeAxis("noleap", 2001, 2040);
    const base = { firstYear: 2001, lastYear: 2030 };
    const [result] = highTemperature.compute(
      cell(golden, "tasmax", goldenTemperature(40 * 365), { basePeriod: base, periods: [base] }),
    );
    const wsdi = expected.WSDI_base_leave_one_out!;
    const found = numbers(result!);
    expect(result!.yearsUsed).toBe(30);
    expect(result!.input).toBe("tasmax daily");
    expect(found.value).toBeCloseTo(wsdi.reduce((sum, x) => sum + x, 0) / 30, 12);
    expect(found.score).toBeCloseTo(20 + ((found.value - 6) / 9) * 20, 10);
    expect(found.counts).toEqual([5, 8, 13, 4, 0, 0]);
    expect(found.probabilities[0]).toBe(5 / 30);
    expect(result!.block).toEqual({ firstYear: 2001, lastYear: 2030, values: 30 });
    expect(found.flags).toEqual(["gumbelFallback"]);
  });

  test("probabilities lie between 0 and 1, sum to 1, and damage and score lie inside their intervals", () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: -0.05, max: 0.08, noNaN: true }), (seed, warming) => {
        const series = weather(axis, seed, warming);
        for (const [definition, variable] of [
          [highTemperature, "tasmax"],
          [coldWave, "tasmin"],
        ] as const) {
          for (const result of definition.compute(cell(axis, variable, series))) {
            const found = numbers(result);
            expect(Math.abs(found.probabilities.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThanOrEqual(1e-12);
            expect(Math.min(...found.probabilities)).toBeGreaterThanOrEqual(0);
            expect(found.counts.reduce((sum, count) => sum + count, 0)).toBe(result.yearsUsed);
            found.probabilitiesLow.forEach((low, bin) => {
              expect(low).toBeLessThan(found.probabilitiesHigh[bin]!);
            });
            expect(found.damageLow).toBeLessThanOrEqual(found.damageBins!);
            expect(found.damageHigh).toBeGreaterThanOrEqual(found.damageBins!);
            expect(found.scoreLow).toBeLessThanOrEqual(found.score);
            expect(found.scoreHigh).toBeGreaterThanOrEqual(found.score);
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  test("a cell's result does not depend on the cells before it", () => {
    const series = weather(axis, 7, 0.04);
    const first = highTemperature.compute(cell(axis, "tasmax", series));
    highTemperature.compute(cell(axis, "tasmax", constantTemperature(axis, Number.NaN)));
    highTemperature.compute(cell(axis, "tasmax", weather(axis, 99), { latitude: -30 }));
    expect(highTemperature.compute(cell(axis, "tasmax", series))).toEqual(first);
    const alone = makeHighTemperature(RISK_DEFINITIONS.high_temperature.numbers, {
      yearEnds: "within",
      inBase: "leaveOneOut",
      years: "hazard",
    });
    expect(alone.compute(cell(makeTimeAxis("standard", 1981, 2060), "tasmax", series))).toEqual(first);
  });

  test("return levels rise with the return period for heat and fall for cold, in degrees", () => {
    const series = weather(axis, 3);
    const heat = numbers(highTemperature.compute(cell(axis, "tasmax", series))[0]!).returnLevels;
    const cold = numbers(coldWave.compute(cell(axis, "tasmin", series))[0]!).returnLevels;
    expect(heat).toEqual([...heat].sort((a, b) => a - b));
    expect(cold).toEqual([...cold].sort((a, b) => b - a));
    expect(Math.abs(heat[0]! - Math.max(...series))).toBeLessThan(10);
    expect(cold[0]!).toBeLessThan(0);
  });

  test("companions are means of the period's years", () => {
    const series = constantTemperature(axis, 20);
    for (let year = BASE.firstYear; year <= BASE.lastYear; year++) {
      series.fill(33, dayAt(axis, year, 8, 1), dayAt(axis, year, 8, 5));
      if (year % 2 === 0) series[dayAt(axis, year, 8, 2)] = 35;
    }
    const found = numbers(highTemperature.compute(cell(axis, "tasmax", series))[0]!);
    expect(highTemperature.companions.map(({ name }) => name)).toEqual(["HD33", "HD35", "TXx"]);
    expect(found.companions).toEqual([4, 0.5, 34]);
  });

  test("in the south heat is counted from July to June", () => {
    const series = yearlyTemperature(axis, () => 10);
    series.fill(40, dayAt(axis, 2050, 12, 28), dayAt(axis, 2051, 1, 4));
    const inPeriod = (latitude: number) =>
      numbers(highTemperature.compute(cell(axis, "tasmax", series, { latitude }))[1]!).value;
    expect(inPeriod(-33)).toBeCloseTo(7 / 19, 12);
    expect(inPeriod(33)).toBe(0);
  });

  test("a 360-day year's spells are scaled to 365 days", () => {
    const days360 = makeTimeAxis("360_day", 1981, 2060);
    const series = yearlyTemperature(days360, (year) => (year >= 60 ? 5 : 0));
    const found = numbers(highTemperature.compute(cell(days360, "tasmax", series))[1]!);
    expect(found.value).toBeCloseTo(365, 10);
    expect(found.score).toBe(100);
  });
});

describe("when a cell says little", () => {
  const axis = makeTimeAxis("noleap", 1981, 2060);
  const wholeYearsMissing = (series: Float64Array, years: readonly number[]) => {
    for (const year of years) series.fill(Number.NaN, dayAt(axis, year, 1, 1), dayAt(axis, year, 12, 31) + 1);
    return series;
  };
  const yearsFrom = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at);

  test("without the variable the reason is noInput for every period", () => {
    const results = coldWave.compute(cell(axis, "tasmax", weather(axis, 1)));
    expect(results.map(({ reason, input, probability }) => [reason, input, probability])).toEqual([
      ["noInput", null, null],
      ["noInput", null, null],
    ]);
  });
  test("with 19 valid base years the reason is noBasePeriod, with 20 there are numbers", () => {
    const reasons = (missing: number) =>
      highTemperature
        .compute(cell(axis, "tasmax", wholeYearsMissing(weather(axis, 1), yearsFrom(1991, missing))))
        .map(({ reason }) => reason);
    expect(reasons(11)).toEqual(["noBasePeriod", "noBasePeriod"]);
    expect(reasons(10)).toEqual([null, null]);
  });
  test("nine valid years are too few, ten to fourteen and less than four fifths are a low sample", () => {
    const future = (missing: number) =>
      highTemperature.compute(cell(axis, "tasmax", wholeYearsMissing(weather(axis, 1), yearsFrom(2041, missing))))[1]!;
    expect([future(11).reason, future(11).yearsUsed, future(11).probability]).toEqual(["tooFewYears", 9, null]);
    expect([future(10).reason, future(10).flags.includes("lowSample")]).toEqual([null, true]);
    expect(future(5).flags).toContain("lowSample");
    expect(future(4).flags).not.toContain("lowSample");
  });
  test("an all-missing series has no base period, and nothing throws", () => {
    const results = highTemperature.compute(cell(axis, "tasmax", constantTemperature(axis, Number.NaN)));
    expect(results.map(({ reason }) => reason)).toEqual(["noBasePeriod", "noBasePeriod"]);
  });
  test("a constant series has no spells, score 0 and one level for all return periods", () => {
    const found = numbers(highTemperature.compute(cell(axis, "tasmax", constantTemperature(axis, 31)))[0]!);
    expect(found.probabilities).toEqual([1, 0, 0, 0, 0, 0]);
    expect([found.value, found.score, found.damageBins]).toEqual([0, 0, 0]);
    expect(found.returnLevels).toEqual(new Array(8).fill(31));
    expect(found.flags).toEqual(["constantSeries"]);
  });
  test("a second score is that of days beyond a fixed threshold, whatever the place is used to", () => {
    const hot = highTemperature.compute(cell(axis, "tasmax", constantTemperature(axis, 34)))[0]!.hazard!;
    expect([hot.score, hot.scoreAbsolute]).toEqual([0, 100]);
    const mild = coldWave.compute(cell(axis, "tasmin", constantTemperature(axis, 5)))[0]!.hazard!;
    expect([mild.score, mild.scoreAbsolute]).toEqual([0, 0]);
  });
  test("results over a joined base period say so", () => {
    const flagsOf = (joint?: number) =>
      highTemperature.compute(cell(axis, "tasmax", weather(axis, 1), { joint }))[0]!.flags;
    expect(flagsOf(BASE.firstYear + 5)).toContain("baseSpliced");
    for (const joint of [undefined, BASE.firstYear, BASE.lastYear + 1])
      expect(flagsOf(joint)).not.toContain("baseSpliced");
  });
  test("a last winter without its spring is not counted", () => {
    const last = { firstYear: 2041, lastYear: 2060 };
    const [result] = coldWave.compute(cell(axis, "tasmin", weather(axis, 1), { periods: [last] }));
    expect(result!.yearsUsed).toBe(19);
    expect(result!.flags).not.toContain("lowSample");
  });
  test("counting inside the base period without leaving a year out gives fewer spells", () => {
    const series = weather(axis, 5);
    const settings = { yearEnds: "within", years: "hazard" } as const;
    const value = (inBase: "leaveOneOut" | "none") =>
      numbers(
        makeColdWave(RISK_DEFINITIONS.cold_wave.numbers, { ...settings, inBase }).compute(
          cell(axis, "tasmin", series),
        )[0]!,
      ).value;
    expect(value("leaveOneOut")).toBeGreaterThan(value("none"));
  });
});
