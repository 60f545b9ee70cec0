// The compiled kernel gives the bits of the scalar definition.
import fc from "fast-check";
import { expect, test } from "vitest";
import { DAY_LENGTH_BANDS } from "../../../job/indices/fireDayLength.ts";
import { FFMC_COEFFICIENT_EXACT, FFMC_COEFFICIENT_PRINTED } from "../../../job/indices/fireMoisture.ts";
import {
  DEFAULT_FIRE_WEATHER,
  type FireWeatherInput,
  type FireWeatherSettings,
  fireWeather,
  makeFireWeatherArrays,
} from "../../../job/indices/fireWeather.ts";
import { type FireWeatherCore, scalarFireWeather } from "../../../job/indices/fireWeatherCore.ts";
import { loadFireWeatherKernel } from "../../../job/kernels/fireWeather.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import { CALENDARS } from "../../../model/calendars.ts";
import { makeRandom } from "../../support/random.ts";

const kernel = loadFireWeatherKernel();

const MONTH = makeTimeAxis("standard", 1999, 2006).month;
const DAYS = MONTH.length;
const WEATHER = [1, 2, 3, 4].map((seed) => {
  const random = makeRandom(`weather ${seed}`);
  const filled = (min: number, max: number, missing = 0) =>
    Float64Array.from({ length: DAYS }, () => (random() < missing ? Number.NaN : min + (max - min) * random()));
  return { temperature: filled(-10, 35, 0.002), humidity: filled(10, 100), wind: filled(0, 40), rain: filled(-20, 30) };
});

test("this engine runs the compiled kernel", () => {
  expect(kernel).not.toBeNull();
});

/** A number of weather, or one that no weather has. */
const value = (min: number, max: number) =>
  fc.oneof(
    { weight: 30, arbitrary: fc.double({ min, max, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, 0, -0, min, max, Number.MIN_VALUE, 1e-310, -1e-12) },
  );
const series = (days: number, min: number, max: number) =>
  fc
    .oneof(
      fc.array(value(min, max), { minLength: 1, maxLength: 400 }),
      fc.array(value(min, max), { minLength: 1, maxLength: 1 }),
    )
    .map((values) => Float64Array.from({ length: days }, (_, day) => values[day % values.length]!));

test("kernel and scalar definition agree in every bit, over ordinary and hostile series", () => {
  const settings = fc.record({
    ffmcCoefficient: fc.constantFrom(FFMC_COEFFICIENT_EXACT, FFMC_COEFFICIENT_PRINTED),
    bands: fc.constantFrom(...DAY_LENGTH_BANDS),
    season: fc.constantFrom("alwaysOn" as const, "overwinter" as const),
  });
  const input = fc.record({
    calendar: fc.constantFrom(...CALENDARS),
    latitude: fc.double({ min: -80, max: 80, noNaN: true }),
  });
  const weather = input.chain(({ calendar, latitude }) => {
    const { month } = makeTimeAxis(calendar, 1999, 2004);
    const days = month.length;
    return fc.record({
      latitude: fc.constant(latitude),
      month: fc.constant(month),
      temperature: series(days, -60, 55),
      humidity: series(days, 0, 110),
      wind: series(days, 0, 200),
      rain: series(days, 0, 500),
    });
  });
  fc.assert(
    fc.property(weather, settings, fc.nat(20), (oneInput, oneSettings, firstDay) => {
      expect(compute(oneInput, oneSettings, firstDay, kernel!)).toEqual(
        compute(oneInput, oneSettings, firstDay, scalarFireWeather),
      );
    }),
    { numRuns: 60, seed: 20261129 },
  );
});

test("scenarios that share years with the run before get the bits of a run of their own", () => {
  const arrays = makeFireWeatherArrays(DAYS);
  const scenario = fc.record({
    shared: fc.nat(DAYS),
    parent: fc.constantFrom(0, 1),
    own: fc.constantFrom(2, 3),
    firstDay: fc.constantFrom(0, 0, 700),
    latitude: fc.constantFrom(37, 37, -35),
  });
  fc.assert(
    fc.property(fc.array(scenario, { minLength: 2, maxLength: 6 }), (scenarios) => {
      for (const { shared, parent, own, firstDay, latitude } of scenarios) {
        const input = { ...joinWeather(WEATHER[parent]!, WEATHER[own]!, shared), latitude, month: MONTH };
        fireWeather(input, DEFAULT_FIRE_WEATHER, arrays, firstDay, kernel!);
        expect(arrays).toEqual(compute(input, DEFAULT_FIRE_WEATHER, firstDay, scalarFireWeather));
      }
    }),
    { numRuns: 40, seed: 20261130 },
  );
});

/** The first weather up to a day, the second from there on. */
function joinWeather(first: (typeof WEATHER)[number], second: (typeof WEATHER)[number], day: number) {
  const joined = (name: keyof typeof first) => {
    const values = second[name].slice();
    values.set(first[name].subarray(0, day));
    return values;
  };
  return {
    temperature: joined("temperature"),
    humidity: joined("humidity"),
    wind: joined("wind"),
    rain: joined("rain"),
  };
}

function compute(input: FireWeatherInput, settings: FireWeatherSettings, firstDay: number, core: FireWeatherCore) {
  const arrays = makeFireWeatherArrays(input.month.length);
  fireWeather(input, settings, arrays, firstDay, core);
  return arrays;
}
