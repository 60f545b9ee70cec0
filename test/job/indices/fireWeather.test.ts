import { expect, test } from "vitest";
import {
  FFMC_COEFFICIENT_EXACT,
  FFMC_COEFFICIENT_PRINTED,
  fineFuelMoistureCode,
} from "../../../job/indices/fireMoisture.ts";
import {
  DEFAULT_FIRE_WEATHER,
  type FireWeatherInput,
  fireWeather,
  makeFireWeatherArrays,
} from "../../../job/indices/fireWeather.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import { readGolden } from "../../support/golden.ts";

const DEGREES_NORTH = 40;
const RELATIVE = 1e-9;

interface StandardDays {
  readonly latitude: number;
  readonly rows: readonly (readonly number[])[];
}

interface SeasonCase {
  readonly days: number;
  readonly latitude: number;
  readonly ffmcCoefficient: number;
}

interface SeasonResults {
  readonly starts: readonly { readonly day: number }[];
  readonly seasonDays: readonly number[];
  readonly yearlyMaximum: readonly number[];
  readonly rows: Readonly<Record<string, readonly number[]>>;
}

function closeTo(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(RELATIVE * Math.abs(expected));
}

/** Days that differ a little from one another, warm enough for every code to move. */
function weather(days: number): FireWeatherInput {
  const day = Float64Array.from({ length: days }, (_, at) => at);
  return {
    latitude: DEGREES_NORTH,
    month: Uint8Array.from({ length: days }, (_, at) => (Math.floor(at / 30) % 12) + 1),
    temperature: day.map((at) => 20 + 8 * Math.sin(at)),
    humidity: day.map((at) => 55 + 30 * Math.sin(1.7 * at)),
    wind: day.map((at) => 15 + 10 * Math.cos(at)),
    rain: day.map((at) => Math.max(0, 12 * Math.sin(0.7 * at) - 8)),
  };
}

function indexOf(input: FireWeatherInput, settings = DEFAULT_FIRE_WEATHER): Float64Array {
  const arrays = makeFireWeatherArrays(input.temperature.length);
  fireWeather(input, settings, arrays);
  return arrays.fwi;
}

test.each([
  ["coefficientExact", FFMC_COEFFICIENT_EXACT],
  ["coefficientPrinted", FFMC_COEFFICIENT_PRINTED],
])("the 48 standard days give the reference codes and indices (%s)", (which, ffmcCoefficient) => {
  const golden = readGolden<StandardDays, Record<string, number[][]>>("fwi-standard-days");
  const { rows, latitude } = golden.input;
  const expected = golden.expected[which]!;
  const column = (at: number) => Float64Array.from(rows, (row) => row[at]!);
  const input: FireWeatherInput = {
    latitude,
    month: Uint8Array.from(column(0)),
    temperature: column(2),
    humidity: column(3),
    wind: column(4),
    rain: column(5),
  };
  const arrays = makeFireWeatherArrays(rows.length);
  fireWeather(input, { ...DEFAULT_FIRE_WEATHER, ffmcCoefficient }, arrays);
  const ffmc = new Float64Array(rows.length);
  fineFuelMoistureCode(arrays.moisture, ffmcCoefficient, ffmc);
  const columns = [ffmc, arrays.dmc, arrays.dc, arrays.isi, arrays.bui, arrays.fwi];
  for (const [day, row] of expected.entries()) {
    for (const [code, values] of columns.entries()) closeTo(values[day]!, row[code]!);
  }
});

test("a season by temperature with an overwintered Drought Code gives the reference values", () => {
  const { input: described, expected } = readGolden<SeasonCase, SeasonResults>("fwi-season");
  const { days, latitude, ffmcCoefficient } = described;
  const input = seasonWeather(days, latitude);
  const arrays = makeFireWeatherArrays(days);
  fireWeather(input, { ffmcCoefficient, bands: "gfwed", season: "overwinter" }, arrays);
  const ffmc = new Float64Array(days);
  fineFuelMoistureCode(arrays.moisture, ffmcCoefficient, ffmc);
  const columns = [arrays.dc, arrays.dmc, ffmc, arrays.isi, arrays.bui, arrays.fwi];
  for (const [day, row] of Object.entries(expected.rows)) {
    for (const [code, value] of row.entries()) closeTo(columns[code]![Number(day)]!, value);
  }
  for (const [year, maximum] of expected.yearlyMaximum.entries()) {
    const result = arrays.fwi.subarray(365 * year, 365 * (year + 1)).filter((value) => !Number.isNaN(value));
    expect(result.length).toBe(expected.seasonDays[year]);
    closeTo(Math.max(...result), maximum);
  }
  const starts = expected.starts.map(({ day }) => day);
  expect(starts.map((day) => [arrays.inactive[day - 1], arrays.inactive[day]])).toEqual([
    [1, 0],
    [1, 0],
    [1, 0],
  ]);
});

function seasonWeather(days: number, latitude: number): FireWeatherInput {
  const axis = makeTimeAxis("noleap", 2001, 2003);
  const from = (formula: (t: number) => number) => Float64Array.from({ length: days }, (_, t) => formula(t));
  return {
    latitude,
    month: axis.month,
    temperature: from(
      (t) =>
        6 - 16 * Math.cos((2 * Math.PI * ((t % 365) - 15)) / 365) + 4 * Math.sin(0.9 * t) + 3 * Math.sin(0.37 * t + 1),
    ),
    humidity: from((t) => 60 + 20 * Math.sin(0.53 * t + 0.5) + 15 * Math.sin(0.11 * t)),
    wind: from((t) => 12 + 8 * Math.sin(0.71 * t) + 3 * Math.sin(1.9 * t)),
    rain: from((t) => Math.max(0, 8 * (Math.sin(1.3 * t) + Math.sin(0.41 * t + 2) - 1))),
  };
}

test("an empty series gives an empty index", () => {
  expect(indexOf(weather(0)).length).toBe(0);
});

test("one day is computed from the start values", () => {
  expect(indexOf(weather(1))[0]).toBeGreaterThan(0);
});

test("a series that is all missing gives no index", () => {
  const input = weather(30);
  input.humidity.fill(Number.NaN);
  expect(indexOf(input).every(Number.isNaN)).toBe(true);
});

test("a gap of three days holds the codes as if the days had not been", () => {
  const input = weather(40);
  for (const day of [10, 11, 12]) input.rain[day] = Number.NaN;
  const held = indexOf(input);
  const without: FireWeatherInput = {
    ...input,
    month: input.month.filter((_, day) => day < 10 || day > 12),
    temperature: input.temperature.filter((_, day) => day < 10 || day > 12),
    humidity: input.humidity.filter((_, day) => day < 10 || day > 12),
    wind: input.wind.filter((_, day) => day < 10 || day > 12),
    rain: input.rain.filter((_, day) => day < 10 || day > 12),
  };
  const expected = indexOf(without);
  expect([...held.subarray(10, 13)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  expect([...held.subarray(0, 10), ...held.subarray(13)]).toEqual([...expected]);
});

test("a gap of four days restarts the codes and leaves the next 60 days undefined", () => {
  const input = weather(120);
  input.temperature.fill(Number.NaN, 20, 24);
  const fwi = indexOf(input);
  const firstShown = fwi.findIndex((value, day) => day >= 20 && !Number.isNaN(value));
  const restarted: FireWeatherInput = {
    ...input,
    month: input.month.slice(24),
    temperature: input.temperature.slice(24),
    humidity: input.humidity.slice(24),
    wind: input.wind.slice(24),
    rain: input.rain.slice(24),
  };
  expect(firstShown).toBe(84);
  expect([...fwi.subarray(84)]).toEqual([...indexOf(restarted).subarray(60)]);
});

test("humidity of 100 % and more is read as 99.9999 %, negative rain and wind as none", () => {
  const input = weather(20);
  input.humidity[5] = 104;
  input.rain[5] = -0.1;
  input.wind[5] = -1;
  const expected = weather(20);
  expected.humidity[5] = 99.9999;
  expected.rain[5] = 0;
  expected.wind[5] = 0;
  expect([...indexOf(input)]).toEqual([...indexOf(expected)]);
});

test("constant dry heat drives the index up and rain brings it down", () => {
  const input = weather(60);
  input.temperature.fill(35);
  input.humidity.fill(20);
  input.wind.fill(20);
  input.rain.fill(0);
  input.rain[50] = 60;
  const fwi = indexOf(input);
  for (let day = 2; day < 50; day++) expect(fwi[day]).toBeGreaterThan(fwi[day - 1]!);
  expect(fwi[50]).toBeLessThan(fwi[49]! / 2);
});
