// Years judged by their highest days only are those judged by every day, bit for bit.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  DEFAULT_FIRE_WEATHER,
  fireMoistureDays,
  fireWeather,
  makeFireWeatherArrays,
  makeMoistureDays,
} from "../../../job/indices/fireWeather.ts";
import { fireWeatherYears, makeFireWeatherYears } from "../../../job/indices/fireWeatherYears.ts";
import { highFireWeather, makeHighDaysScratch } from "../../../job/indices/highFireWeather.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";

const AXIS = makeTimeAxis("standard", 1999, 2006);
const DAYS = AXIS.month.length;
const LONGEST_YEAR = 366;

function yearsOf(fwi: Float64Array, inactive: Uint8Array) {
  const years = makeFireWeatherYears(AXIS.years);
  const scratch = [new Float64Array(LONGEST_YEAR), new Float64Array(LONGEST_YEAR)] as const;
  fireWeatherYears(fwi, inactive, AXIS.yearStart, AXIS.years, ...scratch, years);
  return years;
}

/** A number of weather, now and then its ends or none. */
const value = (min: number, max: number) =>
  fc.oneof(
    { weight: 400, arbitrary: fc.double({ min, max, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, min, max) },
  );
/** Of the seasons' turn, or the same days again and again. */
const series = ([min, max]: readonly [number, number]) =>
  fc
    .array(value(min, max), { minLength: 1, maxLength: 400 })
    .map((values) => Float64Array.from({ length: DAYS }, (_, day) => values[day % values.length]!));

test("FWI95, FWIx and D38 from the highest days are those from all days", () => {
  const climates = [
    { temperature: [5, 45], humidity: [5, 60], wind: [0, 60], rain: [-30, 10] },
    { temperature: [-30, 30], humidity: [20, 110], wind: [0, 30], rain: [-5, 60] },
    { temperature: [-60, 55], humidity: [0, 110], wind: [0, 200], rain: [0, 500] },
    { temperature: [20, 21], humidity: [40, 40], wind: [10, 10], rain: [0, 0] },
  ] as const;
  const input = fc.constantFrom(...climates).chain((climate) =>
    fc.record({
      latitude: fc.double({ min: -60, max: 60, noNaN: true }),
      month: fc.constant(AXIS.month),
      temperature: series(climate.temperature),
      humidity: series(climate.humidity),
      wind: series(climate.wind),
      rain: series(climate.rain).map((rain) => rain.map((amount) => (amount < 0 ? 0 : amount))),
    }),
  );
  const seasons = fc.constantFrom("alwaysOn" as const, "overwinter" as const);
  let left = 0;
  fc.assert(
    fc.property(input, seasons, (weather, season) => {
      const settings = { ...DEFAULT_FIRE_WEATHER, season };
      const all = makeFireWeatherArrays(DAYS);
      fireWeather(weather, settings, all);
      const days = makeMoistureDays(DAYS);
      const fwi = new Float64Array(DAYS);
      fireMoistureDays(weather, settings, days);
      highFireWeather(days, weather.wind, AXIS.yearStart, AXIS.years, makeHighDaysScratch(LONGEST_YEAR), fwi);

      expect(yearsOf(fwi, days.inactive)).toEqual(yearsOf(all.fwi, all.inactive));
      left += fwi.reduce((sum, one, day) => sum + Number(one === 0 && all.fwi[day]! > 0), 0);
    }),
    { numRuns: 150, seed: 20261130 },
  );
  // Else nothing was left out.
  expect(left).toBeGreaterThan(150 * DAYS * 0.2);
});
