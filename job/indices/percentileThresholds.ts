// Thresholds of the calendar days by the base period's quantile, all years in or one left out.
import { loadPercentileKernel, type PercentileKernel } from "../kernels/percentileDays.ts";
import { LONGEST_YEAR_DAYS, type TimeAxis } from "../timeAxis.ts";
import { type DayOfYearSample, enoughValues, WINDOW_DAYS } from "./dayOfYearSample.ts";
import type { HazardYears } from "./hazardYears.ts";
import { type FillWindowTops, scalarWindowTops, type Tail, type WindowTops } from "./windowTops.ts";

/** Compiled where the engine can run it; it has room for the samples that are usual. */
const loadKernel = loadPercentileKernel();

/** Arrays that one cell after the other is worked in; every call rewrites all that it reads. Values carry the tail's sign. */
export interface PercentileScratch extends WindowTops {
  readonly kernel: PercentileKernel | null;
  /** The kernel has taken the series up; only `threshold` is filled then. */
  isInKernel: boolean;
  readonly fillTops: FillWindowTops;
  /** [days] threshold by the full sample; NaN where the sample is too small. */
  readonly threshold: Float64Array;
  /** [days] whichever year is left out, a higher value than `surelyAbove` exceeds, one up to `surelyNot` does not. */
  readonly surelyAbove: Float64Array;
  readonly surelyNot: Float64Array;
  /** [days of the longest year] positions on the axis that leaving a year out may decide. */
  readonly unsure: Int32Array;
  /** [WINDOW_DAYS] values of the year that is left out, descending. */
  readonly leftOut: Float64Array;
}

export function makePercentileScratch(
  sample: DayOfYearSample,
  axis: TimeAxis,
  hazardYears: HazardYears,
): PercentileScratch {
  const { days, kept } = sample;
  return {
    kernel: loadKernel?.(sample, axis, hazardYears) ?? null,
    isInKernel: false,
    fillTops: scalarWindowTops(sample),
    top: new Float64Array(kept * days),
    values: new Int16Array(days),
    threshold: new Float64Array(days),
    surelyAbove: new Float64Array(days),
    surelyNot: new Float64Array(days),
    unsure: new Int32Array(LONGEST_YEAR_DAYS),
    leftOut: new Float64Array(WINDOW_DAYS),
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
  scratch.isInKernel = scratch.kernel?.fill(series, tail, scratch.threshold) ?? false;
  if (!scratch.isInKernel) fillByDefinition(series, tail, sample, scratch);
}

function fillByDefinition(series: Float64Array, tail: Tail, sample: DayOfYearSample, scratch: PercentileScratch): void {
  scratch.fillTops(series, tail, scratch);
  const { surelyAbove, surelyNot, threshold, top, values } = scratch;
  const { days, rankFromTop, rankSurelyAbove, rankSurelyNot, room, weight } = sample;
  for (let day = 0; day < days; day++) {
    const n = values[day]!;
    const isAlwaysEnough = enoughValues(n - WINDOW_DAYS, room[day]!);
    surelyAbove[day] = isAlwaysEnough ? top[(rankSurelyAbove[n]! - 1) * days + day]! : Number.POSITIVE_INFINITY;
    surelyNot[day] = isAlwaysEnough ? top[(rankSurelyNot[n]! - 1) * days + day]! : Number.NEGATIVE_INFINITY;
    const below = (rankFromTop[n]! - 1) * days + day;
    if (!enoughValues(n, room[day]!)) threshold[day] = Number.NaN;
    else threshold[day] = weight[n] === 0 ? top[below]! : between(top[below]!, top[below - days]!, weight[n]!);
  }
}

/** The threshold of a calendar day [times the tail's sign] made without one hazard year's values. */
export function thresholdWithout(
  year: number,
  day: number,
  series: Float64Array,
  tail: Tail,
  sample: DayOfYearSample,
  scratch: PercentileScratch,
): number {
  const { absentYear, baseYears, hazardYear, offset, window } = sample;
  const { leftOut, values } = scratch;
  let out = 0;
  let room = sample.room[day]!;
  for (let at = day * WINDOW_DAYS; at < (day + 1) * WINDOW_DAYS; at++) {
    const neighbour = window[at]!;
    const baseYear = year - hazardYear[neighbour]!;
    if (baseYear < 0 || baseYear >= baseYears || baseYear === absentYear[at]) continue;
    room--;
    const value = tail * series[offset[neighbour * baseYears + baseYear]!]!;
    if (Number.isNaN(value)) continue;
    let place = out++;
    for (; place > 0 && leftOut[place - 1]! < value; place--) leftOut[place] = leftOut[place - 1]!;
    leftOut[place] = value;
  }
  const n = values[day]! - out;
  if (!enoughValues(n, room)) return Number.NaN;
  const rank = sample.rankFromTop[n]!;
  const weight = sample.weight[n]!;
  const below = rankedWithout(rank, day, out, sample, scratch);
  return weight === 0 ? below : between(below, rankedWithout(rank - 1, day, out, sample, scratch), weight);
}

/** The value of a rank, counted from 1, among a window's values without the `out` that are left out, the highest of them first. */
function rankedWithout(
  rank: number,
  day: number,
  out: number,
  { days }: DayOfYearSample,
  { leftOut, top }: PercentileScratch,
): number {
  let at = (rank - 1) * days + day;
  for (let i = 0; i < out && leftOut[i]! >= top[at]!; i++) at += days;
  return top[at]!;
}

function between(below: number, above: number, weight: number): number {
  return below + weight * (above - below);
}
