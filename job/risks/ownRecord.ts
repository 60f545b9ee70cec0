// A risk's record in a cell: the years from the first to the last in which the series of its way have any value.
import type { Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import type { InputWay } from "../../model/riskInputs.ts";
import type { Frequency } from "../../model/variables.ts";
import { MONTHS_OF_YEAR } from "../indices/monthlySums.ts";
import { makeTimeAxis, type TimeAxis } from "../timeAxis.ts";
import type { CellInput, SeriesOf } from "./riskDefinition.ts";

/** Axes kept for each axis of a scenario: most cells of a grid have the same record. */
const KEPT_AXES = 16;
const shortened = new WeakMap<TimeAxis, Map<string, TimeAxis>>();

/**
 * A cell's input in the years of a risk's own record.
 *
 * Inputs: `input`; `way`, whose series the cell has.
 * Output: the input with a shorter axis and views of its series; `input` itself where nothing is shortened.
 * Definition: calendar years from the first to the last in which any series of the way has a value, so that neither other
 *   series nor other cells can move a block, a running mean or a spin-up.
 * Missing data: series without any value leave the input as it is.
 */
export function inOwnRecord(input: CellInput, way: InputWay): CellInput {
  const { axis } = input;
  let first = axis.years;
  let last = -1;
  for (const { frequency, variables } of way.series) {
    for (const variable of variables) {
      const values = input[frequency].get(variable)!;
      first = Math.min(first, yearOf(axis, frequency, firstValue(values)));
      last = Math.max(last, yearOf(axis, frequency, lastValue(values)));
    }
  }
  if (last === -1 || (first === 0 && last === axis.years - 1)) return input;
  const cut = (series: SeriesOf, frequency: Frequency): SeriesOf =>
    new Map(
      [...series].map(([variable, values]) => [
        variable,
        values.subarray(startOf(axis, frequency, first), startOf(axis, frequency, last + 1)),
      ]),
    );
  return {
    ...input,
    axis: shortenAxis(axis, first, last),
    daily: cut(input.daily, "daily"),
    monthly: cut(input.monthly, "monthly"),
    yearly: cut(input.yearly, "yearly"),
  };
}

/** `baseSpliced` where the base period joins the parent's years and the scenario's own, both of the input's record. */
export function spliceFlags({ axis, basePeriod, joint }: CellInput): readonly Flag[] {
  if (joint === undefined) return [];
  const isInside = ({ firstYear, lastYear }: Period) => firstYear < joint && joint <= lastYear;
  const record = { firstYear: axis.firstYear, lastYear: axis.firstYear + axis.years - 1 };
  return isInside(basePeriod) && isInside(record) ? ["baseSpliced"] : [];
}

/** Position of the first value; the length where there is none. */
function firstValue(values: Float64Array): number {
  let at = 0;
  while (at < values.length && Number.isNaN(values[at]!)) at++;
  return at;
}

/** Position of the last value; -1 where there is none. */
function lastValue(values: Float64Array): number {
  let at = values.length - 1;
  while (at >= 0 && Number.isNaN(values[at]!)) at--;
  return at;
}

function startOf({ yearStart }: TimeAxis, frequency: Frequency, year: number): number {
  if (frequency === "daily") return yearStart[year]!;
  return frequency === "monthly" ? year * MONTHS_OF_YEAR : year;
}

/** The year that holds a position; -1 before the first position, the number of years after the last one. */
function yearOf({ years, yearStart }: TimeAxis, frequency: Frequency, at: number): number {
  if (frequency === "yearly") return at;
  if (frequency === "monthly") return Math.floor(at / MONTHS_OF_YEAR);
  let year = 0;
  while (year < years && yearStart[year + 1]! <= at) year++;
  return at < 0 ? -1 : year;
}

function shortenAxis(axis: TimeAxis, first: number, last: number): TimeAxis {
  const ofAxis = shortened.get(axis) ?? new Map<string, TimeAxis>();
  shortened.set(axis, ofAxis);
  const key = `${first} ${last}`;
  const made = ofAxis.get(key) ?? makeTimeAxis(axis.calendar, axis.firstYear + first, axis.firstYear + last);
  // Used last, dropped last.
  ofAxis.delete(key);
  ofAxis.set(key, made);
  if (ofAxis.size > KEPT_AXES) ofAxis.delete(ofAxis.keys().next().value!);
  return made;
}
