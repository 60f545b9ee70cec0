// Calendar months out of daily series: where they begin, their totals and their means.
// What is summed, and over how many months at a time, is for the risks and standardizedIndex.ts.
import type { TimeAxis } from "../timeAxis.ts";

/** A month with more missing days than this is missing. */
const MISSING_DAYS_OF_MONTH_MAX = 3;
export const MONTHS_OF_YEAR = 12;

/** [months + 1] offset of the first day of each month of the axis; the last entry is the number of days. */
export function monthStarts(axis: TimeAxis): Int32Array {
  const starts = new Int32Array(axis.years * MONTHS_OF_YEAR + 1);
  const days = axis.month.length;
  let at = 0;
  for (let day = 0; day < days; day++) {
    if (day === 0 || axis.month[day] !== axis.month[day - 1]) starts[at++] = day;
  }
  starts[at] = days;
  return starts;
}

/**
 * Total of each month.
 *
 * Inputs: `values` [any unit, per day] [days]; `starts` [months + 1] of monthStarts.
 * Output: `totals` [months] in the unit of the values times the days of the month.
 * Definition: the sum over the days present, times the days of the month over the days present.
 * Missing data: more than 3 NaN days make the month NaN. Departures: none.
 */
export function monthlyTotals(values: Float64Array, starts: Int32Array, totals: Float64Array): void {
  monthlyMeans(values, starts, totals);
  for (let month = 0; month < totals.length; month++) {
    totals[month] = totals[month]! * (starts[month + 1]! - starts[month]!);
  }
}

/**
 * Mean of each month.
 *
 * Inputs: `values` [any unit] [days]; `starts` [months + 1] of monthStarts. Output: `means` [months], same unit.
 * Definition: the mean over the days present. Missing data: more than 3 NaN days make the month NaN.
 */
export function monthlyMeans(values: Float64Array, starts: Int32Array, means: Float64Array): void {
  for (let month = 0; month < means.length; month++) {
    const from = starts[month]!;
    const end = starts[month + 1]!;
    let sum = 0;
    for (let day = from; day < end; day++) sum += values[day]!;
    // Most months have all their days; only the others have them counted.
    means[month] = Number.isNaN(sum) ? meanOfPresent(values, from, end) : sum / (end - from);
  }
}

function meanOfPresent(values: Float64Array, from: number, end: number): number {
  let sum = 0;
  let present = 0;
  for (let day = from; day < end; day++) {
    const value = values[day]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    present++;
  }
  return present > 0 && end - from - present <= MISSING_DAYS_OF_MONTH_MAX ? sum / present : Number.NaN;
}
