// What a year of monthly standardised indices comes to: its lowest value and its months below a threshold.
// The monthly values come from standardizedIndex.ts, or ready-made from a data provider.
import { MONTHS_OF_YEAR } from "./monthlySums.ts";

/**
 * Lowest monthly value of each calendar year.
 *
 * Inputs: `standardized` [1] [12·years], the first a January. Output: `lowest` [1] [years].
 * Definition: the minimum of the year's twelve values. Missing data: NaN unless all twelve are there.
 */
export function lowestMonths(standardized: Float64Array, lowest: Float64Array): void {
  for (let year = 0; year < lowest.length; year++) {
    let low = Number.POSITIVE_INFINITY;
    for (let month = 0; month < MONTHS_OF_YEAR; month++) {
      low = Math.min(low, standardized[year * MONTHS_OF_YEAR + month]!);
    }
    lowest[year] = low;
  }
}

/**
 * Months of each calendar year at or below a threshold.
 *
 * Inputs: `standardized` [1] [12·years], the first a January; `threshold` [1]. Output: `months` [month] [years].
 * Definition: how many of the twelve values are at most the threshold. Missing data: NaN unless all twelve are there.
 */
export function monthsAtMost(standardized: Float64Array, threshold: number, months: Float64Array): void {
  for (let year = 0; year < months.length; year++) {
    let count = 0;
    for (let month = 0; month < MONTHS_OF_YEAR; month++) {
      const value = standardized[year * MONTHS_OF_YEAR + month]!;
      if (Number.isNaN(value)) count = Number.NaN;
      else if (value <= threshold) count++;
    }
    months[year] = count;
  }
}
