import { expect, test } from "vitest";
import { humidityAtHighestTemperature } from "../../../job/indices/fireHumidity.ts";

function humidityOf(meanHumidity: number, mean: number, highest: number): number {
  const out = new Float64Array(1);
  humidityAtHighestTemperature(Float64Array.of(meanHumidity), Float64Array.of(mean), Float64Array.of(highest), out);
  return out[0]!;
}

test("60 % at 20 degC is 33 % at 30 degC", () => {
  expect(humidityOf(60, 20, 30)).toBeCloseTo(33.05, 1);
});

test("without a rise of temperature humidity stays, and is held between 1 and 100 %", () => {
  expect(humidityOf(60, 20, 20)).toBe(60);
  expect(humidityOf(104, 20, 20)).toBe(100);
  expect(humidityOf(2, 0, 30)).toBe(1);
});

test.each([
  [Number.NaN, 20, 25],
  [50, Number.NaN, 25],
  [50, 20, Number.NaN],
])("humidity %d %%, mean %d and highest %d degC give no value", (humidity, mean, highest) => {
  expect(humidityOf(humidity, mean, highest)).toBeNaN();
});
