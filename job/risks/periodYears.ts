// Which years of a record speak for a period: the valid ones, and whether they are enough.
import { BASE_YEARS_AT_LEAST, type Period, yearsIn } from "../../model/periods.ts";

/** Fewer valid years give no result. */
const FEWEST_YEARS = 10;
/** Fewer valid years, or a smaller share of the period's years, give a result with the flag lowSample. */
const FEW_YEARS = 15;
const FEW_NUMERATOR = 4;
const FEW_DENOMINATOR = 5;

export function tooFewYears(validYears: number): boolean {
  return validYears < FEWEST_YEARS;
}

export function isLowSample(validYears: number, period: Period): boolean {
  return validYears < FEW_YEARS || validYears * FEW_DENOMINATOR < yearsIn(period) * FEW_NUMERATOR;
}

export function isBaseUsable(validBaseYears: number): boolean {
  return validBaseYears >= BASE_YEARS_AT_LEAST;
}

/** The years of a period as a range [from, to) of positions in a record of consecutive years; empty outside of it. */
export function positionsIn(period: Period, firstYear: number, years: number): { from: number; to: number } {
  const from = Math.min(Math.max(0, period.firstYear - firstYear), years);
  return { from, to: Math.max(from, Math.min(years, period.lastYear + 1 - firstYear)) };
}

/** Marks the years that have a value. */
export function markPresent(values: Float64Array, marks: Uint8Array): void {
  for (let year = 0; year < values.length; year++) marks[year] = Number.isNaN(values[year]!) ? 0 : 1;
}

/** How many of the marks in [from, to) are set. */
export function countMarks(marks: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let year = from; year < to; year++) count += marks[year]!;
  return count;
}

/** Copies the marked years' values in [from, to) to `out`, sorted ascending; returns how many. NaN is passed over. */
export function sortedYears(
  values: Float64Array,
  marks: Uint8Array,
  from: number,
  to: number,
  out: Float64Array,
): number {
  let count = 0;
  for (let year = from; year < to; year++) {
    const value = values[year]!;
    if (marks[year] === 1 && !Number.isNaN(value)) out[count++] = value;
  }
  out.subarray(0, count).sort();
  return count;
}
