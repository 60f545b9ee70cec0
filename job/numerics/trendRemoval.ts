// A yearly series freed from its slow change, so that its whole length shows the shape of its distribution.
// Which variables are divided and which have the mean subtracted is the caller's.

/** The running mean of year i covers [i - 14, i + 15]. */
const YEARS_BEFORE = 14;
const YEARS_AFTER = 15;

export type TrendRemoval = "subtract" | "divide";

/**
 * Yearly values relative to their 30-year running mean.
 *
 * Inputs: values [any unit] Float64Array in [0, years), consecutive years; removal; out Float64Array [years].
 * Output: out: value - mean, in the unit of the values, or value / mean [1].
 * Definition: mean over the 30 years [i - 14, i + 15], shifted (not shortened) where they leave the record; all years
 *   of a shorter record. Index-flood scaling: Hosking and Wallis 1997, Regional Frequency Analysis, section 1.3.
 * Missing data: NaN stays NaN and is left out of the means; a mean that is not positive gives NaN when dividing.
 */
export function removeRunningMean(values: Float64Array, years: number, removal: TrendRemoval, out: Float64Array): void {
  const window = YEARS_BEFORE + YEARS_AFTER + 1;
  for (let year = 0; year < years; year++) {
    const from = Math.max(0, Math.min(year - YEARS_BEFORE, years - window));
    const to = Math.min(years, from + window);
    let sum = 0;
    let count = 0;
    for (let other = from; other < to; other++) {
      const value = values[other]!;
      if (!Number.isNaN(value)) {
        sum += value;
        count++;
      }
    }
    const mean = sum / count;
    const value = values[year]!;
    if (removal === "subtract") out[year] = value - mean;
    else out[year] = mean > 0 ? value / mean : Number.NaN;
  }
}
