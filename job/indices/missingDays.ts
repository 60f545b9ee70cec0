// Which days are missing and which years are therefore not counted: the rule of climdex.

/** climdex.pcic's defaults (max.missing.days): more missing days than this void the year. */
const MOST_MISSING_IN_YEAR = 15;
const MOST_MISSING_IN_MONTH = 3;

/**
 * Marks the years with enough values.
 *
 * Inputs: values [any unit] Float64Array [days]; month Uint8Array [days], 1..12; yearStart Int32Array [years + 1], offsets into
 *   the days; observed Uint8Array [years].
 * Output: observed: 1 or 0; the sum is returned.
 * Definition: markValidYears, a day missing where its value is NaN.
 * Missing data: that is what is judged.
 */
export function markObservedYears(
  values: Float64Array,
  month: Uint8Array,
  yearStart: Int32Array,
  years: number,
  observed: Uint8Array,
): number {
  const isMissing = (day: number) => Number.isNaN(values[day]!);
  let count = 0;
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    let inYear = 0;
    for (let day = yearStart[year]!; day < end; day++) if (Number.isNaN(values[day]!)) inYear++;
    observed[year] = isEnough(inYear, isMissing, month, yearStart[year]!, end) ? 1 : 0;
    count += observed[year]!;
  }
  return count;
}

/**
 * Marks the years with enough days.
 *
 * Inputs: missing Uint8Array [days], 1 where missing, else 0; month Uint8Array [days], 1..12; yearStart Int32Array [years + 1],
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
  const isMissing = (day: number) => missing[day] === 1;
  /** The first missing day at or after the year's first. */
  let next = -1;
  let count = 0;
  for (let year = 0; year < years; year++) {
    const end = yearStart[year + 1]!;
    if (next < yearStart[year]!) next = firstMarked(missing, yearStart[year]!);
    let inYear = 0;
    for (let day = next; day < end; day++) inYear += missing[day]!;
    valid[year] = isEnough(inYear, isMissing, month, yearStart[year]!, end) ? 1 : 0;
    count += valid[year]!;
  }
  return count;
}

function firstMarked(marks: Uint8Array, from: number): number {
  const at = marks.indexOf(1, from);
  return at < 0 ? marks.length : at;
}

/** Most years miss few days: only those that miss some are judged by month. */
function isEnough(
  inYear: number,
  isMissing: (day: number) => boolean,
  month: Uint8Array,
  first: number,
  end: number,
): boolean {
  if (inYear <= MOST_MISSING_IN_MONTH) return true;
  if (inYear > MOST_MISSING_IN_YEAR) return false;
  let inMonth = 0;
  let current = 0;
  for (let day = first; day < end; day++) {
    if (!isMissing(day)) continue;
    if (month[day] !== current) {
      current = month[day]!;
      inMonth = 0;
    }
    inMonth++;
    if (inMonth > MOST_MISSING_IN_MONTH) return false;
  }
  return true;
}
