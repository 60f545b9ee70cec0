// Return levels: which years they come from, whose shape they have, and what is said when there are few values.
import { describe, expect, test } from "vitest";
import { blockAround, extremeLevels, makeExtremesScratch, recordShape } from "../../../job/risks/extremes.ts";
import { readGolden } from "../../support/golden.ts";

const golden = readGolden<{ yearly: (number | null)[]; block: [number, number] }, { shape: number; levels: number[] }>(
  "whole-record-shape",
);
const yearly = Float64Array.from(golden.input.yearly, (value) => value ?? Number.NaN);
const scratch = makeExtremesScratch(yearly.length);
const shape = recordShape(yearly, yearly.length, "subtract", scratch);

describe("the 30-year block", () => {
  test.each([
    ["2021-2040 at its centre", 2021, 2040, 1950, 2100, 2016, 2045],
    ["1991-2020 is its own block", 1991, 2020, 1950, 2100, 1991, 2020],
    ["2081-2100 shifted into the record", 2081, 2100, 1950, 2100, 2071, 2100],
    ["1951-1970 shifted into the record", 1951, 1970, 1950, 2100, 1950, 1979],
    ["a record of 20 years as a whole", 2001, 2015, 2001, 2020, 2001, 2020],
  ])("%s", (_name, first, last, recordFirst, recordLast, blockFirst, blockLast) => {
    const block = blockAround({ firstYear: first, lastYear: last }, recordFirst, recordLast - recordFirst + 1);
    expect(block).toEqual({ firstYear: blockFirst, lastYear: blockLast });
  });
});

describe("return levels", () => {
  test("shape of the whole record and levels of the block equal the reference's to 1e-9", () => {
    expect(Math.abs(shape.shape - golden.expected.shape)).toBeLessThanOrEqual(1e-9);
    const [from, to] = golden.input.block;
    const { flags, levels, values } = extremeLevels(yearly, from, to, shape, scratch);
    expect([flags, values]).toEqual([[], 29]);
    levels.forEach((level, at) => {
      expect(Math.abs(level - golden.expected.levels[at]!)).toBeLessThanOrEqual(1e-9);
    });
  });
  test("59 values have no shape, and the levels are then Gumbel's", () => {
    const short = recordShape(yearly.subarray(11, 11 + 60), 60, "subtract", scratch);
    expect(short.shape).toBeNaN();
    expect(extremeLevels(yearly, 40, 70, short, scratch).flags).toEqual(["gumbelFallback"]);
  });
  test("19 values are fitted by Gumbel, 9 by nothing", () => {
    expect(extremeLevels(yearly, 20, 39, shape, scratch)).toMatchObject({ flags: ["gumbelFallback"], fitted: true });
    const few = extremeLevels(yearly, 20, 29, shape, scratch);
    expect([few.fitted, few.values, few.levels]).toEqual([false, 9, new Array(8).fill(Number.NaN)]);
  });
  test("a shape steeper than 0.35 is clamped and said to be", () => {
    const steep = Float64Array.from({ length: 70 }, (_, year) => (year % 10 === 3 ? 60 + year : (year * 7) % 5));
    const record = recordShape(steep, 70, "subtract", scratch);
    expect(record).toEqual({ shape: -0.35, clamped: true });
    expect(extremeLevels(steep, 0, 30, record, scratch).flags).toEqual(["clampedShape"]);
  });
  test("values that do not vary are every level", () => {
    const constant = new Float64Array(70).fill(31.1);
    const record = recordShape(constant, 70, "subtract", scratch);
    expect(record.shape).toBeNaN();
    const { flags, levels } = extremeLevels(constant, 0, 30, record, scratch);
    expect(flags).toEqual(["constantSeries"]);
    for (const level of levels) expect(level).toBeCloseTo(31.1, 12);
  });
});
