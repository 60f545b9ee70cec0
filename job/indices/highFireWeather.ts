// The Fire Weather Index of those days only that can be among a year's highest: it is a third of the work of a day, and a year is
// judged by one day in twenty. Tables say between which bounds a day's index lies; fireBehaviour.ts defines it.
import { largestValues } from "../numerics/largestValues.ts";
import { buildup, highDuff, initialSpread, LOW_DUFF_MAX, lowDuff } from "./fireBehaviour.ts";
import { FIRE_WEATHER_CORE, type MoistureDays } from "./fireWeather.ts";
import type { BehaviourIndices, MoistureCodes } from "./fireWeatherCore.ts";
import { DANGER_FWI, highestThatCount } from "./fireWeatherYears.ts";

/** Steps of moisture, a quarter of a percent each, and of the Buildup Index, 1 each. What is above is in the last one. */
const STEPS_PER_PERCENT = 4;
const MOISTURE_STEPS = 250 * STEPS_PER_PERCENT;
const BUILDUP_STEPS = 512;
const HIGHEST_DUFF = 1000 / 25;
/** Rounding moves ln B by less. */
const MARGIN = 1e-9;
const NEVER = Number.NEGATIVE_INFINITY;

/** ln B = 0.05039·W + spread(m) + ln f(D) by Eq. 24-29. The second falls, the third rises; a step's bounds are those at its ends. */
const LEAST_SPREAD = tabulate(MOISTURE_STEPS, (step) => logSpread((step + 1) / STEPS_PER_PERCENT), NEVER);
const MOST_SPREAD = tabulate(MOISTURE_STEPS, (step) => logSpread(step / STEPS_PER_PERCENT), logSpread(250));
const LEAST_DUFF = tabulate(BUILDUP_STEPS, (step) => Math.log(duffFrom(step)), Math.log(duffFrom(BUILDUP_STEPS)));
const MOST_DUFF = tabulate(BUILDUP_STEPS, (step) => Math.log(duffUpTo(step + 1)), Math.log(HIGHEST_DUFF));
/** Eq. 30b solved for the ln B of the index that days are counted from. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: the equation prints 0.434.
const DANGER = (Math.log(DANGER_FWI) / 2.72) ** (1 / 0.647) / 0.434 - MARGIN;

function tabulate(steps: number, boundOf: (step: number) => number, last: number): Float64Array {
  return Float64Array.from({ length: steps + 1 }, (_, step) => (step === steps ? last : boundOf(step)));
}

function logSpread(m: number): number {
  return Math.log(0.1 * initialSpread(m, 0));
}

/** Eq. 28b begins a little below the end of Eq. 28a: the lower one just above 80, the higher one just below 81. */
function duffFrom(u: number): number {
  return u < LOW_DUFF_MAX ? lowDuff(u) : highDuff(u);
}
function duffUpTo(u: number): number {
  return u <= LOW_DUFF_MAX ? lowDuff(u) : Math.max(highDuff(u), lowDuff(LOW_DUFF_MAX));
}

/** Room for the days of a year; made once. */
export interface HighDaysScratch {
  /** Days with codes; their ln B at least and at most, and the largest of the former. */
  readonly day: Int32Array;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly largest: Float64Array;
  /** The days that are computed, side by side. */
  readonly high: MoistureCodes & BehaviourIndices & { readonly day: Int32Array; readonly wind: Float64Array };
}

export function makeHighDaysScratch(longestYear: number): HighDaysScratch {
  const numbers = () => new Float64Array(longestYear);
  const days = () => new Int32Array(longestYear);
  const codes = { moisture: numbers(), dmc: numbers(), dc: numbers() };
  const indices = { isi: numbers(), bui: numbers(), fwi: numbers() };
  const high = { ...codes, ...indices, day: days(), wind: numbers() };
  return { day: days(), least: numbers(), most: numbers(), largest: numbers(), high };
}

/**
 * Daily Fire Weather Index, where FWI95, FWIx and D38 of a year depend on it.
 *
 * Inputs: `days` of fireMoistureDays; `wind` [km h-1] [days]; `yearStart` [years + 1] offsets into the days; scratch.
 * Output: `fwi` [1] [days of the years]: the index on every day that can be among its year's highestThatCount or reach 38, else 0.
 * Definition: fireBehaviour.ts. Enough days of a year have at least some index; days that cannot have that much are left out.
 * Missing data: days without codes are NaN. Departures: none; fireWeatherYears gives the same bits as from the index of every day.
 */
export function highFireWeather(
  days: MoistureDays,
  wind: Float64Array,
  yearStart: Int32Array,
  years: number,
  scratch: HighDaysScratch,
  fwi: Float64Array,
): void {
  for (let year = 0; year < years; year++) {
    const first = yearStart[year]!;
    const end = yearStart[year + 1]!;
    const known = boundDays(days, wind, first, end, scratch, fwi);
    let inactive = 0;
    for (let day = first; day < end; day++) inactive += days.inactive[day]!;
    const limit = Math.min(DANGER, leastOfEnough(known, highestThatCount(known + inactive), scratch));
    computeHighDays(days, wind, known, limit, scratch, fwi);
  }
}

/** What at least `count` days have at least. */
function leastOfEnough(known: number, count: number, { least, largest }: HighDaysScratch): number {
  if (count > known) return NEVER;
  largestValues(least, known, count, largest);
  return largest[0]! - MARGIN;
}

function computeHighDays(
  { moisture, dmc, dc }: MoistureDays,
  wind: Float64Array,
  known: number,
  limit: number,
  { day: dayAt, most, high }: HighDaysScratch,
  fwi: Float64Array,
): void {
  let n = 0;
  for (let i = 0; i < known; i++) {
    if (most[i]! < limit) continue;
    const day = dayAt[i]!;
    high.day[n] = day;
    high.moisture[n] = moisture[day]!;
    high.dmc[n] = dmc[day]!;
    high.dc[n] = dc[day]!;
    high.wind[n] = wind[day]!;
    n++;
  }
  FIRE_WEATHER_CORE.behaviour(n, high, high.wind, high);
  for (let i = 0; i < n; i++) fwi[high.day[i]!] = high.fwi[i]!;
}

/** Lists the days of a year that have codes, with the bounds of ln B; returns how many. */
function boundDays(
  { moisture, dmc, dc }: MoistureDays,
  wind: Float64Array,
  first: number,
  end: number,
  { day: dayAt, least, most }: HighDaysScratch,
  fwi: Float64Array,
): number {
  let known = 0;
  for (let day = first; day < end; day++) {
    const m = moisture[day]!;
    if (Number.isNaN(m)) {
      fwi[day] = Number.NaN;
      continue;
    }
    fwi[day] = 0;
    const p = dmc[day]!;
    const d = 0.4 * dc[day]!;
    // Eq. 27a here, or else every day's number would become an object on its way back.
    const u = p <= d && d > 0 ? (2 * d * p) / (p + d) : buildup(p, dc[day]!);
    const ofMoisture = Math.min(MOISTURE_STEPS, Math.floor(m * STEPS_PER_PERCENT));
    const ofBuildup = Math.min(BUILDUP_STEPS, Math.floor(u));
    const ofWind = 0.05039 * Math.max(wind[day]!, 0);
    dayAt[known] = day;
    least[known] = ofWind + LEAST_SPREAD[ofMoisture]! + LEAST_DUFF[ofBuildup]!;
    most[known] = ofWind + MOST_SPREAD[ofMoisture]! + MOST_DUFF[ofBuildup]!;
    known++;
  }
  return known;
}
