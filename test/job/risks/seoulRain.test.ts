// Seoul's rain through the floods, where its record lies beside the project; without it the tests are skipped by name.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fillRainYears, makeRainYears } from "../../../job/risks/rainYears.ts";
import type { CellInput } from "../../../job/risks/riskDefinition.ts";
import { urbanFlood } from "../../../job/risks/urbanFlood.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import type { PeriodResult } from "../../../model/results.ts";
import { dayAt } from "../../support/temperatureSeries.ts";

const RECORD = new URL(
  "../../../../shared/data/seoul_asos_1907_2020/OBS_ASOS_DD_19071001-20200609.csv",
  import.meta.url,
);
const EARLIER = { firstYear: 1961, lastYear: 1990 };
const LATER = { firstYear: 1991, lastYear: 2019 };

function readSeoul(): CellInput {
  const axis = makeTimeAxis("standard", EARLIER.firstYear, LATER.lastYear);
  const rain = new Float64Array(axis.month.length).fill(Number.NaN);
  const [header, ...lines] = readFileSync(RECORD, "utf8").split(/\r?\n/);
  const column = header!.split(",").indexOf("Precipitation");
  for (const line of lines) {
    const cells = line.split(",");
    const [year, month, day] = cells[0]!.split("-").map(Number) as [number, number, number];
    if (!(year >= EARLIER.firstYear && year <= LATER.lastYear)) continue;
    // The agency writes no rain as a blank.
    rain[dayAt(axis, year, month, day)] = Number(cells[column] || 0);
  }
  return {
    ...{ latitude: 37.57, longitude: 126.97, axis, monthly: new Map(), yearly: new Map() },
    daily: new Map([["pr", rain]]),
    // Targets of the city: 95 mm an hour; nine tenths of the core are sealed.
    attributes: new Map([
      ["imperviousFraction", 0.9],
      ["drainageCapacity", 95],
      ["slope", 0.005],
      ["curveNumber", 80],
    ]),
    ...{ basePeriod: EARLIER, periods: [EARLIER, LATER] },
  };
}

describe.skipIf(!existsSync(RECORD))("Seoul's rain (needs ../shared/data/seoul_asos_1907_2020)", () => {
  test("the mean of the wettest days is 148 mm in 1961-1990, 156 mm in 1991-2019", () => {
    const input = readSeoul();
    const work = makeRainYears(input.axis);
    fillRainYears(input, false, work);
    const mean = (from: number, to: number) =>
      work.rx1day.subarray(from, to).reduce((sum, rain) => sum + rain, 0) / (to - from);
    expect([mean(0, 30).toFixed(0), mean(30, 59).toFixed(0)]).toEqual(["148", "156"]);
  });
  test("drains for 95 mm an hour, which the city calls a 30-year rain, pond every 58 years by 1961-1990 and every 25 by 1991-2019", () => {
    const [earlier, later] = urbanFlood.compute(readSeoul());
    const yearsBetween = ({ probability }: PeriodResult) => 1 / (1 - probability!.probabilities[0]!);
    expect([yearsBetween(earlier!).toFixed(0), yearsBetween(later!).toFixed(0)]).toEqual(["58", "25"]);
    expect(earlier!.flags).toEqual(["defaultExposedFraction", "gumbelFallback"]);
  });
});
