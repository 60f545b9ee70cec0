// What a year of daily Fire Weather Index comes to: its 95th percentile, its maximum, its days of extreme danger.
// Which days make a year (hazard years) is the caller's; the daily index comes from fireWeather.ts.
import { largestValues } from "../numerics/largestValues.ts";
import { fractionalPosition, positionType8, wholePosition } from "../numerics/quantile.ts";

/** A year with more undefined days than this is missing. */
const MISSING_DAYS_MAX = 15;
/** Daily index from which the EFFIS classes speak of very high danger. */
export const DANGER_FWI = 38;
const HIGH_SHARE = 0.95;

/** Yearly results [years]; NaN where the year is missing. */
export interface FireWeatherYears {
  /** 95th percentile of the daily index [1] */
  readonly fwi95: Float64Array;
  /** highest daily index [1] */
  readonly fwix: Float64Array;
  /** days of 38 or more [d] */
  readonly d38: Float64Array;
}

export function makeFireWeatherYears(years: number): FireWeatherYears {
  return { fwi95: new Float64Array(years), fwix: new Float64Array(years), d38: new Float64Array(years) };
}

/** How many of the highest of `n` days the percentile and the maximum are made of. */
export function highestThatCount(n: number): number {
  return n - wholePosition(positionType8(n, HIGH_SHARE), n) + 1;
}

/**
 * FWI95, FWIx and D38 of each year.
 *
 * Inputs: `fwi` [1] [days]; `inactive` [days] 1 outside the season; `yearStart` [years + 1] offsets into
 * the days; `valid`, `highest` scratch [at least the longest year].
 * Output: `out` (see FireWeatherYears).
 * Definition: 95th percentile by Hyndman & Fan (1996) type 8; maximum; days of 38 or more, counted in the days that the
 * calendar has.
 * Missing data: inactive days count as 0; more than 15 other NaN days, or no day at all, make the year NaN. Departures: none.
 */
export function fireWeatherYears(
  fwi: Float64Array,
  inactive: Uint8Array,
  yearStart: Int32Array,
  years: number,
  valid: Float64Array,
  highest: Float64Array,
  out: FireWeatherYears,
): void {
  for (let year = 0; year < years; year++) {
    const first = yearStart[year]!;
    const end = yearStart[year + 1]!;
    let n = 0;
    let dangerous = 0;
    for (let day = first; day < end; day++) {
      const value = inactive[day] === 1 ? 0 : fwi[day]!;
      if (Number.isNaN(value)) continue;
      valid[n++] = value;
      if (value >= DANGER_FWI) dangerous++;
    }
    if (n === 0 || end - first - n > MISSING_DAYS_MAX) {
      out.fwi95[year] = Number.NaN;
      out.fwix[year] = Number.NaN;
      out.d38[year] = Number.NaN;
      continue;
    }
    const position = positionType8(n, HIGH_SHARE);
    const whole = wholePosition(position, n);
    const count = highestThatCount(n);
    largestValues(valid, n, count, highest);
    const weight = fractionalPosition(position, whole, n);
    const below = highest[0]!;
    out.fwi95[year] = weight === 0 ? below : below + weight * (highest[1]! - below);
    out.fwix[year] = highest[count - 1]!;
    out.d38[year] = dangerous;
  }
}
