// Which days are missing and which years are therefore not counted: the rule of climdex.

/** climdex.pcic's defaults (max.missing.days): more missing days than this void the year. */
const MOST_MISSING_IN_YEAR = 15;
const MOST_MISSING_IN_MONTH = 3;

/**
 * Marks the days without a value.
 *
 * Inputs: values [any unit] Float64Array [days]; missing Uint8Array [days].
 * Output: missing: 1 where the value is NaN, else 0.
 * Definition: NaN is the only mark of a missing value.
 * Missing data: that is what is marked.
 */
export function markMissingDays(values: Float64Array, missing: Uint8Array): void {
  for (let day = 0; day < values.length; day++) missing[day] = Number.isNaN(values[day]!) ? 1 : 0;
}

/**
 * Marks the years with enough days.
 *
 * Inputs: missing Uint8Array [days], not 0 where missing; month Uint8Array [days], 1..12; yearStart Int32Array [years + 1],
 *   offsets into the days; valid Uint8Array [years].
 * Output: valid: 1 or 0; the sum is returned.
 * Definition: a year is valid unless more than 15 of its days, or more than 3 days of one of its months, are missing.
 *   climdex.pcic v1.2-0, climdexInput, max.missing.days = c(annual = 15, monthly = 3).
 * Missing data: that is what is judged. A year that starts in July is judged by its own twelve months.
 */
export function markValidYears(
  missing: Uint8Array,
  month: Uint8Array,
  yearStart: Int32Array,
  years: number,
  valid: Uint8Array,
): number {
  let validYears = 0;
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let inYear = 0;
    let inMonth = 0;
    let mostInMonth = 0;
    let current = 0;
    for (let day = yearStart[year]!; day < end; day++) {
      if (missing[day] === 0) continue;
      if (month[day] !== current) {
        current = month[day]!;
        inMonth = 0;
      }
      inYear++;
      inMonth++;
      if (inMonth > mostInMonth) mostInMonth = inMonth;
    }
    const enough = inYear <= MOST_MISSING_IN_YEAR && mostInMonth <= MOST_MISSING_IN_MONTH;
    valid[year] = enough ? 1 : 0;
    if (enough) validYears++;
  }
  return validYears;
}
