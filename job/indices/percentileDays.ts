// Days beyond the base period's quantile for their calendar day, each base year judged by thresholds made without
// it.
import type { TimeAxis } from "../timeAxis.ts";
import type { DayOfYearSample, InBase } from "./dayOfYearSample.ts";
import type { HazardYears } from "./hazardYears.ts";
import { type PercentileScratch, thresholdWithout } from "./percentileThresholds.ts";
import type { Tail } from "./windowTops.ts";

/**
 * Days beyond their threshold.
 *
 * Inputs: series, tail, sample and scratch as filled by fillThresholds; axis; hazardYears; inBase; exceeds and missing
 *   Uint8Array [axis days].
 * Output: exceeds: 1 where the value is beyond its threshold, else 0; missing: 1 where either is missing, else 0.
 * Definition: value > threshold (upper tail) or value < threshold (lower tail), strictly. With "leaveOneOut" the sample of
 *   a hazard year inside the base period is without that hazard year's own days, which removes the jump at the base
 *   period's ends that Zhang et al. 2005 describe (they resample instead).
 *   29 February is compared with 28 February's threshold (climdex).
 * Missing data: such a day does not exceed. Days outside all hazard years are 0 in both.
 */
export function markExceedances(
  series: Float64Array,
  tail: Tail,
  sample: DayOfYearSample,
  scratch: PercentileScratch,
  axis: TimeAxis,
  hazardYears: HazardYears,
  inBase: InBase,
  exceeds: Uint8Array,
  missing: Uint8Array,
): void {
  if (scratch.isInKernel) {
    scratch.kernel!.mark(inBase, exceeds, missing);
    return;
  }
  const { calendarDay } = axis;
  const { threshold } = scratch;
  const { yearStart, years } = hazardYears;
  // Days outside all hazard years.
  for (const marks of [exceeds, missing]) marks.fill(0, 0, yearStart[0]).fill(0, yearStart[years]);
  for (let year = 0; year < years; year++) {
    const leaveOut = inBase === "leaveOneOut" && year >= sample.firstInBase && year <= sample.lastInBase;
    const end = yearStart[year + 1]!;
    if (!leaveOut) {
      markByThresholds(series, tail, threshold, calendarDay, yearStart[year]!, end, exceeds, missing);
      continue;
    }
    const unsure = markSureDays(series, tail, scratch, calendarDay, yearStart[year]!, end, exceeds, missing);
    for (let i = 0; i < unsure; i++) {
      const at = scratch.unsure[i]!;
      const value = tail * series[at]!;
      const limit = thresholdWithout(year, calendarDay[at]!, series, tail, sample, scratch);
      exceeds[at] = Number(value > limit);
      missing[at] = Number(Number.isNaN(value) || Number.isNaN(limit));
    }
  }
}

/** Marks the days that exceed, or do not, whichever year is left out; lists the others in `unsure` and returns their number. */
function markSureDays(
  series: Float64Array,
  tail: Tail,
  { surelyAbove, surelyNot, unsure }: PercentileScratch,
  calendarDay: Int16Array,
  first: number,
  end: number,
  exceeds: Uint8Array,
  missing: Uint8Array,
): number {
  let count = 0;
  for (let at = first; at < end; at++) {
    const value = tail * series[at]!;
    const day = calendarDay[at]!;
    const isAbove = Number(value > surelyAbove[day]!);
    exceeds[at] = isAbove;
    missing[at] = 0;
    // Each day is listed, and stays in the list when it is unsure.
    unsure[count] = at;
    count += 1 - isAbove - Number(value <= surelyNot[day]!);
  }
  return count;
}

/** Without branches: a day in ten exceeds, which no processor foresees. */
function markByThresholds(
  series: Float64Array,
  tail: Tail,
  threshold: Float64Array,
  calendarDay: Int16Array,
  first: number,
  end: number,
  exceeds: Uint8Array,
  missing: Uint8Array,
): void {
  for (let at = first; at < end; at++) {
    // NaN where the value or the threshold is missing.
    const above = tail * series[at]! - threshold[calendarDay[at]!]!;
    exceeds[at] = Number(above > 0);
    missing[at] = Number(Number.isNaN(above));
  }
}
