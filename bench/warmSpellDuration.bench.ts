// How many cell-years of warm spell duration one thread makes: the kernels alone, then the whole of high temperature.
// Run: node bench/warmSpellDuration.bench.ts [cells].
import { makeUniform } from "../cli/sample/sampleRandom.ts";
import { makeDayOfYearSample } from "../job/indices/dayOfYearSample.ts";
import { makeHazardYears } from "../job/indices/hazardYears.ts";
import { markValidYears } from "../job/indices/missingDays.ts";
import { markExceedances } from "../job/indices/percentileDays.ts";
import { fillThresholds, makePercentileScratch } from "../job/indices/percentileThresholds.ts";
import { SHORTEST_SPELL_DAYS, spellDaysByYear } from "../job/indices/spells.ts";
import { UPPER_TAIL } from "../job/indices/windowTops.ts";
import { highTemperature } from "../job/risks/highTemperature.ts";
import { makeTimeAxis, type TimeAxis } from "../job/timeAxis.ts";
import type { Calendar } from "../model/calendars.ts";
import { DEFAULT_BASE_PERIOD, DEFAULT_PERIODS } from "../model/periods.ts";
import { measure } from "./measure.ts";

const SEED = 20240229;

/** Daily maximum temperature [degC] with a season, persistent weather and a slow warming, different in every cell. */
function makeSeries(axis: TimeAxis, random: () => number): Float64Array {
  const series = new Float64Array(axis.calendarDay.length);
  const mean = 15 + 10 * random();
  let weather = 0;
  for (let day = 0; day < series.length; day++) {
    weather = 0.75 * weather + 2.4 * (random() + random() + random() - 1.5);
    const season = -12 * Math.cos((2 * Math.PI * (axis.calendarDay[day]! - 20)) / 365);
    series[day] = mean + season + 2 * weather + (0.03 * day) / 365;
  }
  return series;
}

function benchKernels(cells: number): void {
  const axis = makeTimeAxis("noleap", 1991, 2020);
  const random = makeUniform(SEED);
  const series = Array.from({ length: cells }, () => makeSeries(axis, random));
  const hazardYears = makeHazardYears(axis, "January");
  const { years, yearStart } = hazardYears;
  const sample = makeDayOfYearSample(axis, hazardYears, DEFAULT_BASE_PERIOD, 0.9, "within");
  const scratch = makePercentileScratch(sample);
  const exceeds = new Uint8Array(axis.calendarDay.length);
  const missing = new Uint8Array(axis.calendarDay.length);
  const valid = new Uint8Array(years);
  const out = new Float64Array(years);
  measure("WSDI, leave-one-out, 30 base years", cells * years, () => {
    let sum = 0;
    for (const cell of series) {
      fillThresholds(cell, UPPER_TAIL, sample, scratch);
      markExceedances(cell, UPPER_TAIL, sample, scratch, axis, hazardYears, "leaveOneOut", exceeds, missing);
      markValidYears(missing, axis.month, yearStart, years, valid);
      spellDaysByYear(exceeds, yearStart, years, SHORTEST_SPELL_DAYS, out);
      for (let year = 0; year < years; year++) sum += out[year]!;
    }
    return sum;
  });
}

function benchRisk(cells: number, calendar: Calendar): void {
  const axis = makeTimeAxis(calendar, 1981, 2100);
  const random = makeUniform(SEED);
  const series = Array.from({ length: cells }, () => makeSeries(axis, random));
  const periods = [DEFAULT_BASE_PERIOD, ...DEFAULT_PERIODS];
  measure(`high temperature, all of it, ${calendar}, 5 periods`, cells * axis.years, () => {
    let sum = 0;
    for (const tasmax of series) {
      const results = highTemperature.compute({
        latitude: 37.5,
        longitude: 127,
        axis,
        daily: new Map([["tasmax", tasmax]]),
        monthly: new Map(),
        yearly: new Map(),
        attributes: new Map(),
        basePeriod: DEFAULT_BASE_PERIOD,
        periods,
      });
      for (const { hazard } of results) sum += hazard?.score ?? 0;
    }
    return sum;
  });
}

const cells = Number(process.argv[2] ?? 256);
benchKernels(cells);
benchRisk(Math.max(1, cells >> 3), "noleap");
benchRisk(Math.max(1, cells >> 3), "standard");
