import { expect, test } from "vitest";
import {
  extraterrestrialRadiation,
  hargreavesDaily,
  hargreavesMonthly,
  heatIndex,
  radiationByDay,
  thornthwaiteMonthly,
} from "../../../job/indices/evapotranspiration.ts";

const WICHITA_DEGREES_NORTH = 37.6475;

test("radiation at 20 degrees south on 3 September is that of FAO-56, example 8", () => {
  expect(extraterrestrialRadiation(-20, 246)).toBeCloseTo(32.19, 2);
});

test("the pole has no radiation in its night and is not undefined", () => {
  expect(extraterrestrialRadiation(90, 355)).toBe(0);
  expect(extraterrestrialRadiation(-90, 355)).toBeGreaterThan(40);
});

test("a year of 360 days is stretched over the sun's year", () => {
  const radiation = new Float64Array(366);
  radiationByDay(50, "360_day", radiation);
  expect(radiation[359]).toBe(extraterrestrialRadiation(50, 365));
  radiationByDay(50, "noleap", radiation);
  expect(radiation[359]).toBe(extraterrestrialRadiation(50, 360));
});

test.each([
  [1, -4.91, 4.16, 25.131867],
  [2, -7.33, 3.04, 28.755961],
  [3, -0.45, 10.96, 64.12235],
])("month %d with %d to %d degC at Wichita evaporates %d mm, as in R's SPEI", (month, lowest, highest, expected) => {
  expect(hargreavesMonthly(highest, lowest, WICHITA_DEGREES_NORTH, month)).toBeCloseTo(expected, 6);
});

test("daily Hargreaves is its formula, and starts each year with the radiation of 1 January", () => {
  const radiation = Float64Array.from({ length: 366 }, (_, day) => day + 1);
  const out = new Float64Array(5);
  const highest = Float64Array.of(30, 30, 30, 10, -40);
  hargreavesDaily(highest, Float64Array.of(14, 14, 14, 12, -50), radiation, Int32Array.of(0, 2, 5), out);
  const one = 0.0023 * 0.408 * (22 + 17.8) * 4;
  expect([...out]).toEqual([one, 2 * one, one, 0, 0]);
});

test("a missing temperature gives no evapotranspiration", () => {
  const out = new Float64Array(2);
  const radiation = new Float64Array(366).fill(20);
  const highest = Float64Array.of(Number.NaN, 20);
  hargreavesDaily(highest, Float64Array.of(5, Number.NaN), radiation, Int32Array.of(0, 2), out);
  expect([...out]).toEqual([Number.NaN, Number.NaN]);
});

test("Thornthwaite's worked case: every month 20 degC on the equator", () => {
  const heat = heatIndex(new Float64Array(12).fill(20));
  expect(heat).toBeCloseTo(12 * 4 ** 1.514, 12);
  const exponent = 6.75e-7 * heat ** 3 - 7.71e-5 * heat ** 2 + 0.01792 * heat + 0.49239;
  expect(thornthwaiteMonthly(20, heat, 0, 6, 30)).toBeCloseTo(16 * (200 / heat) ** exponent, 10);
});

test("Thornthwaite's July at 50 degrees north has 15.76 hours of day", () => {
  expect(24 / 2 / 15.757347747932778).toBeCloseTo(
    thornthwaiteMonthly(24, 60, 0, 7, 31) / thornthwaiteMonthly(24, 60, 50, 7, 31),
    12,
  );
  expect(thornthwaiteMonthly(24, 60, 50, 7, 31)).toBeCloseTo(158.89787622360228, 9);
});

test("Thornthwaite gives nothing below freezing, in an ice climate, and without a temperature", () => {
  const frozen = heatIndex(new Float64Array(12).fill(-5));
  expect(frozen).toBe(0);
  expect(thornthwaiteMonthly(-5, frozen, 60, 1, 31)).toBe(0);
  expect(thornthwaiteMonthly(-5, 40, 60, 1, 31)).toBe(0);
  expect(thornthwaiteMonthly(Number.NaN, 40, 60, 1, 31)).toBeNaN();
});
