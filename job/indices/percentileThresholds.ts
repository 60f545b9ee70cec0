// Thresholds of the calendar days by the base period's quantile, and the few highest values that leaving a year out
// needs.
import { type DayOfYearSample, enoughValues, WINDOW_DAYS } from "./dayOfYearSample.ts";

/** The upper tail is read as it is; the lower one with its sign turned, since Q_p(x) = -Q_(1-p)(-x). */
export const UPPER_TAIL = 1;
export const LOWER_TAIL = -1;
export type Tail = typeof UPPER_TAIL | typeof LOWER_TAIL;

/** Arrays that one cell after the other is worked in; every call rewrites all that it reads. Values carry the tail's sign. */
export interface PercentileScratch {
  /** [days * keptOfDay] highest values of each calendar day, descending, and their hazard years; [days] how many. */
  readonly dayTop: Float64Array;
  readonly dayTopYear: Int16Array;
  readonly dayTopCount: Int16Array;
  /** [days] values of each calendar day, and of each window. */
  readonly dayValues: Int16Array;
  readonly values: Int16Array;
  /** [days * kept] highest values of each window, descending, and their hazard years. */
  readonly top: Float64Array;
  readonly topYear: Int16Array;
  /** [days] threshold by the full sample; NaN where the sample is too small. */
  readonly threshold: Float64Array;
  /** [days] whichever year is left out, a higher value than `surelyAbove` exceeds, one up to `surelyNot` does not. */
  readonly surelyAbove: Float64Array;
  readonly surelyNot: Float64Array;
  /** [WINDOW_DAYS] the merge's position in each calendar day's list, and the value there. */
  readonly head: Int32Array;
  readonly headValue: Float64Array;
}

export function makePercentileScratch(sample: DayOfYearSample): PercentileScratch {
  const { days, kept, keptOfDay } = sample;
  return {
    dayTop: new Float64Array(days * keptOfDay),
    dayTopYear: new Int16Array(days * keptOfDay),
    dayTopCount: new Int16Array(days),
    dayValues: new Int16Array(days),
    values: new Int16Array(days),
    top: new Float64Array(days * kept),
    topYear: new Int16Array(days * kept),
    threshold: new Float64Array(days),
    surelyAbove: new Float64Array(days),
    surelyNot: new Float64Array(days),
    head: new Int32Array(WINDOW_DAYS),
    headValue: new Float64Array(WINDOW_DAYS),
  };
}

/**
 * Thresholds of all calendar days (ETCCDI TX90, TN10), with what leaving a year out needs.
 *
 * Inputs: series [degC] Float64Array [axis days]; tail; sample (its quantile p: 0.9); scratch.
 * Output: scratch.threshold [degC, times the tail's sign] [sample days], and the other arrays of the scratch.
 * Definition: quantile p, type 8 of Hyndman and Fan 1996, of the values on the five calendar days around each day in all
 *   base years, 29 February left out. Zhang et al. 2005, J. Climate 18, 1641-1651, section 2 (type 6 there);
 *   climdex.pcic v1.2-0 for the type and the leap day.
 * Missing data: a threshold needs 60 % of the values its window has room for, else NaN (climdex asks 10 %).
 */
export function fillThresholds(
  series: Float64Array,
  tail: Tail,
  sample: DayOfYearSample,
  scratch: PercentileScratch,
): void {
  sortCalendarDays(series, tail, sample, scratch);
  const { threshold, top, values } = scratch;
  const { days, kept, rankFromTop, room, weight } = sample;
  for (let day = 0; day < days; day++) {
    mergeWindow(day, series, sample, scratch);
    boundLeaveOneOut(day, sample, scratch);
    const n = values[day]!;
    if (!enoughValues(n, room[day]!)) {
      threshold[day] = Number.NaN;
      continue;
    }
    const below = day * kept + rankFromTop[n]! - 1;
    threshold[day] = between(top[below]!, weight[n] === 0 ? 0 : top[below - 1]!, weight[n]!);
  }
}

/** The threshold of a calendar day [times the tail's sign] made without one hazard year's values. */
export function thresholdWithout(
  year: number,
  day: number,
  series: Float64Array,
  sample: DayOfYearSample,
  scratch: PercentileScratch,
): number {
  const { absentYear, baseYears, hazardYear, kept, offset, window } = sample;
  let leftOut = 0;
  let room = sample.room[day]!;
  for (let at = day * WINDOW_DAYS; at < (day + 1) * WINDOW_DAYS; at++) {
    const neighbour = window[at]!;
    const baseYear = year - hazardYear[neighbour]!;
    if (baseYear < 0 || baseYear >= baseYears || baseYear === absentYear[at]) continue;
    room--;
    if (!Number.isNaN(series[offset[neighbour * baseYears + baseYear]!]!)) leftOut++;
  }
  const n = scratch.values[day]! - leftOut;
  if (!enoughValues(n, room)) return Number.NaN;
  let toPass = sample.rankFromTop[n]!;
  let above = 0;
  for (let at = day * kept; ; at++) {
    if (scratch.topYear[at] === year) continue;
    const value = scratch.top[at]!;
    if (--toPass === 0) return between(value, above, sample.weight[n]!);
    above = value;
  }
}

function between(below: number, above: number, weight: number): number {
  return weight === 0 ? below : below + weight * (above - below);
}

/** Stage 1: each calendar day's highest values, by insertion from the left. */
function sortCalendarDays(series: Float64Array, tail: Tail, sample: DayOfYearSample, scratch: PercentileScratch): void {
  const { baseYears, days, hazardYear, keptOfDay, offset } = sample;
  const { dayTop, dayTopCount, dayTopYear, dayValues } = scratch;
  for (let day = 0; day < days; day++) {
    const from = day * keptOfDay;
    let count = 0;
    let values = 0;
    for (let year = 0; year < baseYears; year++) {
      const value = tail * series[offset[day * baseYears + year]!]!;
      if (Number.isNaN(value)) continue;
      values++;
      if (count === keptOfDay && !(value > dayTop[from + count - 1]!)) continue;
      if (count < keptOfDay) count++;
      let at = from + count - 1;
      for (; at > from && dayTop[at - 1]! < value; at--) {
        dayTop[at] = dayTop[at - 1]!;
        dayTopYear[at] = dayTopYear[at - 1]!;
      }
      dayTop[at] = value;
      dayTopYear[at] = hazardYear[day]! + year;
    }
    dayTopCount[day] = count;
    dayValues[day] = values;
  }
}

/** Stage 2: the highest values of a window, from the lists of its five calendar days. */
function mergeWindow(day: number, series: Float64Array, sample: DayOfYearSample, scratch: PercentileScratch): void {
  const { absentYear, baseYears, kept, keptOfDay, offset, window } = sample;
  const { dayTop, dayTopCount, dayTopYear, dayValues, head, headValue, top, topYear, values } = scratch;
  const firstPlace = day * WINDOW_DAYS;
  let n = 0;
  for (let place = 0; place < WINDOW_DAYS; place++) {
    const neighbour = window[firstPlace + place]!;
    const absent = absentYear[firstPlace + place]!;
    n += dayValues[neighbour]!;
    if (absent >= 0 && !Number.isNaN(series[offset[neighbour * baseYears + absent]!]!)) n--;
    head[place] = neighbour * keptOfDay;
    headValue[place] = dayTopCount[neighbour]! > 0 ? dayTop[neighbour * keptOfDay]! : Number.NEGATIVE_INFINITY;
  }
  values[day] = n;
  let at = day * kept;
  const end = at + Math.min(kept, n);
  while (at < end) {
    let best = 0;
    for (let place = 1; place < WINDOW_DAYS; place++) if (headValue[place]! > headValue[best]!) best = place;
    const from = head[best]!;
    const neighbour = window[firstPlace + best]!;
    const year = dayTopYear[from]!;
    const absent = absentYear[firstPlace + best]!;
    if (absent < 0 || year - sample.hazardYear[neighbour]! !== absent) {
      top[at] = headValue[best]!;
      topYear[at] = year;
      at++;
    }
    head[best] = from + 1;
    const listEnd = neighbour * keptOfDay + dayTopCount[neighbour]!;
    headValue[best] = from + 1 < listEnd ? dayTop[from + 1]! : Number.NEGATIVE_INFINITY;
  }
}

/** Stage 3: the order statistics that every leave-one-out threshold of a day lies between. */
function boundLeaveOneOut(day: number, sample: DayOfYearSample, scratch: PercentileScratch): void {
  const { kept, rankFromTop, room } = sample;
  const n = scratch.values[day]!;
  if (!enoughValues(n - WINDOW_DAYS, room[day]!)) {
    scratch.surelyAbove[day] = Number.POSITIVE_INFINITY;
    scratch.surelyNot[day] = Number.NEGATIVE_INFINITY;
    return;
  }
  let highest = n;
  let lowest = 1;
  for (let leftOut = 0; leftOut <= WINDOW_DAYS; leftOut++) {
    const rank = rankFromTop[n - leftOut]!;
    highest = Math.min(highest, Math.max(1, rank - 1));
    lowest = Math.max(lowest, rank + leftOut);
  }
  scratch.surelyAbove[day] = scratch.top[day * kept + highest - 1]!;
  scratch.surelyNot[day] = scratch.top[day * kept + lowest - 1]!;
}
