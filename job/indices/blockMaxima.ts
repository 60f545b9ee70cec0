// The highest and the lowest value of each year (ETCCDI TXx, TNn).

/**
 * Highest value of each year.
 *
 * Inputs: values [any unit] Float64Array [days]; yearStart Int32Array [years + 1], offsets into the days;
 *   out Float64Array [years].
 * Output: out, in the unit of the values.
 * Definition: the maximum over the days of the year; TXx of Zhang et al. 2011, WIREs Climate Change 2, 851-870, table 1,
 *   by year.
 * Missing data: missing days are passed over; a year without any value gives NaN.
 */
export function yearlyMaximum(values: Float64Array, yearStart: Int32Array, years: number, out: Float64Array): void {
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let highest = Number.NEGATIVE_INFINITY;
    for (let day = yearStart[year]!; day < end; day++) if (values[day]! > highest) highest = values[day]!;
    out[year] = highest === Number.NEGATIVE_INFINITY ? Number.NaN : highest;
  }
}

/**
 * Lowest value of each year; otherwise as yearlyMaximum.
 *
 * Inputs: values [any unit] Float64Array [days]; yearStart Int32Array [years + 1], offsets into the days;
 *   out Float64Array [years].
 * Output: out, in the unit of the values.
 * Definition: the minimum over the days of the year; TNn of Zhang et al. 2011, table 1, by year.
 * Missing data: missing days are passed over; a year without any value gives NaN.
 */
export function yearlyMinimum(values: Float64Array, yearStart: Int32Array, years: number, out: Float64Array): void {
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let lowest = Number.POSITIVE_INFINITY;
    for (let day = yearStart[year]!; day < end; day++) if (values[day]! < lowest) lowest = values[day]!;
    out[year] = lowest === Number.POSITIVE_INFINITY ? Number.NaN : lowest;
  }
}
