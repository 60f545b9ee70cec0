// The share of each year's days that are beyond the base period's quantile (ETCCDI TX90p).

const PERCENT = 100;

/**
 * Days beyond their threshold, in percent of the days that can be judged.
 *
 * Inputs: exceeds, missing Uint8Array [days] of markExceedances; yearStart Int32Array [years + 1], offsets into the days;
 *   out Float64Array [years].
 * Output: out [%].
 * Definition: 100·(days that exceed) / (days of the year - missing days); TX90p of Zhang et al. 2011, WIREs Climate Change
 *   2, 851-870, table 1.
 * Missing data: such a day is in neither count; a year without a judged day gives NaN. Departures: base years judged by
 *   leave-one-out thresholds replace the bootstrap of Zhang et al. 2005; both remove the jump at the base period's ends.
 */
export function exceedanceShare(
  exceeds: Uint8Array,
  missing: Uint8Array,
  yearStart: Int32Array,
  years: number,
  out: Float64Array,
): void {
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let judged = 0;
    let beyond = 0;
    for (let day = yearStart[year]!; day < end; day++) {
      if (missing[day] === 1) continue;
      judged++;
      beyond += exceeds[day]!;
    }
    out[year] = judged === 0 ? Number.NaN : (PERCENT * beyond) / judged;
  }
}
