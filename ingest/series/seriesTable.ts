// Values on their way from rows to yearly series: one array per place, variable and year that has any value, on years of
// 12 months of 31 days until the calendar is known. What is too much for memory goes through tableSpill.ts; writing is left
// to database/climateWriter.ts.
import type { Place } from "../../database/gridCells.ts";
import { type Calendar, daysInMonth, daysInYear } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { type Frequency, VARIABLE_NAMES, VARIABLES, type Variable } from "../../model/variables.ts";
import { DAYS_A_MONTH, formatMoment, LAST_YEAR, STEPS } from "../cf/dates.ts";
import { TableSpill } from "./tableSpill.ts";

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
/** Of arrays in memory before they are spilled, each with what surrounds it. */
const HELD_BYTES = 96 << 20;
const OVERHEAD_BYTES = 200;

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
  readonly #spillFolder: string | undefined;
  readonly #mostBytes: number;
  #heldBytes = 0;
  #lastKey = -1;
  #lastYear: PlaceYear<Values> = [];
  #spill: TableSpill | undefined;
  /** What was spilled. */
  readonly #spilledPlaces = new Set<number>();
  readonly #spilledVariables = new Set<number>();
  readonly #spilledYears = new Set<number>();

  /** `mostBytes` are held in memory; more goes to a file in `spillFolder`, or the system's folder for such. */
  constructor(
    frequency: Frequency,
    makeValues: (steps: number) => Values,
    spillFolder: string | undefined,
    mostBytes = HELD_BYTES,
  ) {
    this.frequency = frequency;
    this.#makeValues = makeValues;
    this.#rounded = makeValues(1);
    this.#spillFolder = spillFolder;
    this.#mostBytes = mostBytes;
  }

  /** Puts a value; returns another one that is there already, or NaN when all is well. */
  put(place: number, year: number, variable: number, step: number, value: number): number {
    const key = place * YEARS + year;
    if (key !== this.#lastKey) {
      if (this.#heldBytes > this.#mostBytes) this.#spillAll();
      this.#lastYear = this.#years.get(key) ?? [];
      this.#years.set(key, this.#lastYear);
      this.#lastKey = key;
    }
    const values = (this.#lastYear[variable] ??= this.#makeYear());
    const existing = values[step]!;
    if (Number.isNaN(existing)) {
      values[step] = value;
      return Number.NaN;
    }
    this.#rounded[0] = value;
    return existing === this.#rounded[0] ? Number.NaN : existing;
  }

  /** The series of all places that have a value. */
  toSeries(places: readonly Place[], calendar: Calendar): Series<Values> {
    if (this.#spill !== undefined) return this.#spilledSeries(this.#spill, places, calendar);
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

  /** Frees the file that values were spilled to. */
  close(): void {
    this.#spill?.close();
  }

  #spillAll(): void {
    this.#spill ??= new TableSpill(this.#spillFolder);
    for (const [key, variables] of this.#years) {
      const [place, year] = [Math.floor(key / YEARS), key % YEARS];
      this.#spilledPlaces.add(place);
      this.#spilledYears.add(year);
      variables.forEach((values, variable) => {
        if (values === undefined) return;
        this.#spilledVariables.add(variable);
        this.#spill!.add(place, variable, year, values);
      });
    }
    this.#years.clear();
    this.#heldBytes = 0;
    this.#lastKey = -1;
  }

  #spilledSeries(spill: TableSpill, places: readonly Place[], calendar: Calendar): Series<Values> {
    this.#spillAll();
    const southWestFirst = [...this.#spilledPlaces].sort(
      (a, b) => places[a]!.latitude - places[b]!.latitude || places[a]!.longitude - places[b]!.longitude,
    );
    spill.deal(new Map(southWestFirst.map((place, rank) => [place, rank])));
    const years = [...this.#spilledYears];
    return {
      frequency: this.frequency,
      variables: [...this.#spilledVariables].sort((a, b) => a - b).map((variable) => VARIABLE_NAMES[variable]!),
      firstYear: Math.min(...years),
      lastYear: Math.max(...years),
      places: southWestFirst.map((place) => places[place]!),
      yearsOf: (at) => this.#spilledYearsOf(spill, southWestFirst[at]!, places[southWestFirst[at]!]!, calendar),
    };
  }

  *#spilledYearsOf(spill: TableSpill, place: number, where: Place, calendar: Calendar): Generator<SeriesYear<Values>> {
    const joined = new Map<number, Values>();
    for (const { variable, year, steps, values } of spill.yearsOf(place)) {
      const key = variable * YEARS + year;
      const whole = joined.get(key) ?? this.#makeYear();
      joined.set(key, whole);
      steps.forEach((step, at) => {
        const existing = whole[step]!;
        if (!Number.isNaN(existing) && existing !== values[at])
          throw this.#twice(key, step, where, existing, values[at]!);
        whole[step] = values[at]!;
      });
    }
    for (const key of [...joined.keys()].sort((a, b) => a - b)) {
      const year = key % YEARS;
      const values = joined.get(key)!;
      const isDaily = this.frequency === "daily";
      yield {
        variable: VARIABLE_NAMES[Math.floor(key / YEARS)]!,
        year,
        values: isDaily ? this.#toCalendar(values, calendar, year) : values,
      };
    }
  }

  /** Rows far apart in large files; where exactly is not kept. */
  #twice(key: number, step: number, { latitude, longitude }: Place, one: number, other: number): RejectedError {
    const variable = VARIABLE_NAMES[Math.floor(key / YEARS)]!;
    const shown = [one, other].map((value) => `${Number(value.toPrecision(7))} ${VARIABLES[variable].unit}`);
    return new RejectedError(
      "DuplicateRow",
      `The files have two rows of ${variable} at ${latitude}, ${longitude} on ${formatMoment(this.frequency, key % YEARS, step)}: ${shown.join(" and ")}. Remove one of them.`,
    );
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
    this.#heldBytes += values.byteLength + OVERHEAD_BYTES;
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
