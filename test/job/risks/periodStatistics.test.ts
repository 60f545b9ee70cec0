// Years of a period, intervals, damage and scores on numbers whose answer can be read.
import { describe, expect, test } from "vitest";
import { binDamage, binIntervals } from "../../../job/risks/binStatistics.ts";
import { meanWithInterval, scoresOf } from "../../../job/risks/hazardScore.ts";
import { isBaseUsable, isLowSample, positionsIn, sortedYears, tooFewYears } from "../../../job/risks/periodYears.ts";

describe("years of a period", () => {
  const period = { firstYear: 2001, lastYear: 2020 };
  test("ten valid years are enough for a result, fifteen and four fifths for one without a flag", () => {
    expect([tooFewYears(9), tooFewYears(10)]).toEqual([true, false]);
    expect([isLowSample(15, period), isLowSample(16, period)]).toEqual([true, false]);
    expect([
      isLowSample(14, { firstYear: 2001, lastYear: 2015 }),
      isLowSample(15, { firstYear: 2001, lastYear: 2015 }),
    ]).toEqual([true, false]);
    expect([isBaseUsable(19), isBaseUsable(20)]).toEqual([false, true]);
  });
  test("a period is cut to the record's years", () => {
    expect(positionsIn(period, 1990, 20)).toEqual({ from: 11, to: 20 });
    expect(positionsIn(period, 2005, 100)).toEqual({ from: 0, to: 16 });
    expect(positionsIn(period, 2030, 10)).toEqual({ from: 0, to: 0 });
    expect(positionsIn(period, 1950, 10)).toEqual({ from: 10, to: 10 });
  });
  test("only the marked years' values are taken, in ascending order", () => {
    const out = new Float64Array(4);
    const n = sortedYears(Float64Array.of(5, 1, Number.NaN, 3), Uint8Array.of(1, 0, 1, 1), 0, 4, out);
    expect([n, ...out.subarray(0, n)]).toEqual([2, 3, 5]);
  });
});

describe("damage and intervals", () => {
  test("damage is the bin sum, its interval that of a mean over the years", () => {
    const found = binDamage([0.5, 0.5], [0, 0.2], 0.5, 25);
    expect(found.rate).toBeCloseTo(0.05, 15);
    expect(found.low).toBeCloseTo(0.05 - (1.645 * 0.05) / 5, 15);
    expect(found.high).toBeCloseTo(0.05 + (1.645 * 0.05) / 5, 15);
  });
  test("a certain bin has no spread, and damage is never below 0", () => {
    expect(binDamage([0, 1], [0, 0.2], 1, 30)).toEqual({ rate: 0.2, low: 0.2, high: 0.2 });
    expect(binDamage([0.99, 0.01], [0, 1], 1, 10).low).toBe(0);
  });
  test("a bin that never happened in 30 years still has an upper bound", () => {
    const { low, high } = binIntervals([0, 1], 30);
    expect(high[0]).toBeGreaterThan(0.05);
    expect(low[1]).toBeCloseTo(1 - high[0]!, 12);
    expect([low[0], high[1]]).toEqual([0, 1]);
  });
  test("an interval contains its estimate, and damage is at most all", () => {
    for (const years of [10, 20, 30, 40]) {
      for (let share = 0; share <= 100; share++) {
        const { low, high } = binIntervals([share / 100], years);
        expect(low[0]).toBeLessThanOrEqual(share / 100);
        expect(high[0]).toBeGreaterThanOrEqual(share / 100);
      }
    }
    expect(binDamage([0.5, 0.5], [0, 1], 1, 1).high).toBe(1);
    expect(binIntervals([0.5], Number.NaN)).toEqual({ low: [Number.NaN], high: [Number.NaN] });
  });
});

describe("mean and score", () => {
  test("the interval of a mean is held at its floor", () => {
    expect(meanWithInterval(Float64Array.of(0, 0, 0, 8), 4, 0)).toEqual({ value: 2, low: 0, high: 2 + 1.645 * 2 });
    expect(meanWithInterval(Float64Array.of(), 0, 0).value).toBeNaN();
  });
  test("where low values are the bad ones the lower score is still reported first", () => {
    const anchors = [-0.5, -1, -1.4, -1.8, -2.2, -2.7];
    expect(scoresOf(-1.2, -1.4, -1, anchors)).toEqual({ score: expect.closeTo(30, 10), scoreLow: 20, scoreHigh: 40 });
  });
});
