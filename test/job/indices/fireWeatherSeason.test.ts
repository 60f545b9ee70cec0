import { expect, test } from "vitest";
import { findFireSeasons, overwinteredDroughtCode, winterRain } from "../../../job/indices/fireWeatherSeason.ts";

function inactiveDays(temperature: readonly number[]): number[] {
  const inactive = new Uint8Array(temperature.length);
  findFireSeasons(Float64Array.from(temperature), inactive);
  return [...inactive];
}

test.each([
  [300, 110, 0.75, 0.75, 109.4657],
  [300, 110, 1, 0.9, 16.35315],
  [100, 50, 0.75, 0.75, 105.176],
])("DC %d and %d mm of winter rain (a = %d, b = %d) start the season with DC %d", (code, rain, a, b, expected) => {
  expect(overwinteredDroughtCode(code, rain, a, b)).toBeCloseTo(expected, 3);
});

test.each([
  ["there was no season before", Number.NaN, 80],
  ["a day of winter rain is missing", 300, Number.NaN],
  ["the winter was wet", 300, 1000],
])("the Drought Code starts with 15 when %s", (_, code, rain) => {
  expect(overwinteredDroughtCode(code, rain)).toBe(15);
});

test("the season starts after three days above 12 degC and ends after three below 5 degC", () => {
  const temperature = [0, 0, 0, 0, 13, 13, 13, 13, 4, 4, 6, 4, 4, 4, 20];
  expect(inactiveDays(temperature)).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test("12 and 5 degC themselves change nothing", () => {
  expect(inactiveDays(new Array(10).fill(12))).toEqual(new Array(10).fill(1));
  expect(inactiveDays([20, 20, 20, 20, 20, 5, 5, 5, 5])).toEqual([1, 1, 1, 1, 0, 0, 0, 0, 0]);
});

test("a missing day meets neither condition", () => {
  expect(inactiveDays([20, 20, 20, Number.NaN, 20, 20, 20, 20])).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
  expect(inactiveDays([])).toEqual([]);
});

test("winter rain is summed without the first day of the season, and unknown when a day is missing", () => {
  const rain = Float64Array.of(1, 2, 3, 4, Number.NaN);
  expect(winterRain(rain, 1, 4)).toBe(9);
  expect(winterRain(rain, 1, 1)).toBe(0);
  expect(winterRain(rain, 3, 5)).toBeNaN();
});
