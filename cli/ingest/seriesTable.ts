// Values on their way from rows to yearly series: one array per place, variable and year that has any value, on years of
// 12 months of 31 days until the calendar is known. Writing them is left to database/climateWriter.ts.
import type { Place } from "../../database/gridCells.ts";
import { type Calendar, daysInMonth, daysInYear } from "../../model/calendars.ts";
import { type Frequency, VARIABLE_NAMES, type Variable } from "../../model/variables.ts";
import { DAYS_A_MONTH, LAST_YEAR, STEPS } from "./dates.ts";

/** What the database stores, or what the text of a file says to the last digit. */
export type SeriesArray = Float32Array | Float64Array;

export interface SeriesYear<Values extends SeriesArray> {
  readonly variable: Variable;
  readonly year: number;
  readonly values: Values;
}

/** The series of all places; of Float32Array it is the ClimateSeries that the database takes. */
export interface Series<Values extends SeriesArray> {
  readonly frequency: Frequency;
  readonly variables: readonly Variable[];
  readonly firstYear: number;
  readonly lastYear: number;
  readonly places: readonly Place[];
  yearsOf(at: number): Iterable<SeriesYear<Values>>;
}

/** [variables] the year's values, or nothing when none is known. */
type PlaceYear<Values> = (Values | undefined)[];

const YEARS = LAST_YEAR + 1;

export function variableNumber(variable: Variable): number {
  return VARIABLE_NAMES.indexOf(variable);
}

export class SeriesTable<Values extends SeriesArray> {
  readonly frequency: Frequency;
  readonly #makeValues: (steps: number) => Values;
  /** [1] a value as the arrays round it. */
  readonly #rounded: Values;
  /** By place * YEARS + year. */
  readonly #years = new Map<number, PlaceYear<Values>>();
  #lastKey = -1;
  #lastYear: PlaceYear<Values> = [];

  constructor(frequency: Frequency, makeValues: (steps: number) => Values) {
    this.frequency = frequency;
    this.#makeValues = makeValues;
    this.#rounded = makeValues(1);
  }

  /** Puts a value; returns another one that stands there already, or NaN when all is well. */
  put(place: number, year: number, variable: number, step: number, value: number): number {
    const key = place * YEARS + year;
    if (key !== this.#lastKey) {
      this.#lastYear = this.#years.get(key) ?? [];
      this.#years.set(key, this.#lastYear);
      this.#lastKey = key;
    }
    const values = (this.#lastYear[variable] ??= this.#makeYear());
    const standing = values[step]!;
    if (Number.isNaN(standing)) {
      values[step] = value;
      return Number.NaN;
    }
    this.#rounded[0] = value;
    return standing === this.#rounded[0] ? Number.NaN : standing;
  }

  /** The series of all places that have a value. */
  toSeries(places: readonly Place[], calendar: Calendar): Series<Values> {
    const keys = Float64Array.from(this.#years.keys()).sort();
    const yearsByPlace = new Map<number, number[]>();
    const variables = new Set<number>();
    let [firstYear, lastYear] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const key of keys) {
      const [place, year] = [Math.floor(key / YEARS), key % YEARS];
      const years = yearsByPlace.get(place) ?? [];
      years.push(year);
      yearsByPlace.set(place, years);
      firstYear = Math.min(firstYear, year);
      lastYear = Math.max(lastYear, year);
      this.#years.get(key)!.forEach((_, variable) => void variables.add(variable));
    }
    const numbers = [...yearsByPlace.keys()];
    return {
      frequency: this.frequency,
      variables: [...variables].sort((a, b) => a - b).map((variable) => VARIABLE_NAMES[variable]!),
      firstYear,
      lastYear,
      places: numbers.map((number) => places[number]!),
      yearsOf: (at) => this.#yearsOf(numbers[at]!, yearsByPlace.get(numbers[at]!)!, calendar),
    };
  }

  *#yearsOf(place: number, years: readonly number[], calendar: Calendar): Generator<SeriesYear<Values>> {
    for (const [number, variable] of VARIABLE_NAMES.entries()) {
      for (const year of years) {
        const values = this.#years.get(place * YEARS + year)![number];
        if (values === undefined) continue;
        yield {
          variable,
          year,
          values: this.frequency === "daily" ? this.#toCalendar(values, calendar, year) : values,
        };
      }
    }
  }

  #makeYear(): Values {
    const values = this.#makeValues(STEPS[this.frequency]);
    values.fill(Number.NaN);
    return values;
  }

  /** The days that `calendar` has, one after the other. */
  #toCalendar(values: Values, calendar: Calendar, year: number): Values {
    const days = this.#makeValues(daysInYear(calendar, year));
    let at = 0;
    for (let month = 1; month <= 12; month++) {
      const length = daysInMonth(calendar, year, month);
      const start = (month - 1) * DAYS_A_MONTH;
      days.set(values.subarray(start, start + length), at);
      at += length;
    }
    return days;
  }
}
