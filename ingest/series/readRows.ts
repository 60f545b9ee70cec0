// From the rows of one file to the table of series: finds each row's day, place and values, by the file's layout.
import { type Calendar, daysInMonth, daysInYear } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { type Frequency, VARIABLES } from "../../model/variables.ts";
import type { CalendarWatch } from "../cf/calendarWatch.ts";
import {
  FIRST_YEAR,
  formatMoment,
  LAST_YEAR,
  makeLocalText,
  makeMoment,
  NO_DATE,
  readMoment,
  readPart,
  YEAR,
} from "../cf/dates.ts";
import { trimBlanks } from "../formats/numberText.ts";
import { describeWhere, type Where } from "../formats/tableFile.ts";
import { type Layout, type LongLayout, notADate, readColumn, type WideLayout } from "./layout.ts";
import type { Places } from "./places.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import { type SeriesArray, type SeriesTable, variableNumber } from "./seriesTable.ts";
import { ValueReader } from "./valueReader.ts";

type Row = readonly string[];

export interface Reading {
  readonly options: ReadingOptions;
  readonly places: Places;
  readonly table: SeriesTable<SeriesArray>;
  readonly watch: CalendarWatch;
  /** How long the steps of monthly and yearly files are; the days of daily files follow from their dates. */
  readonly stepCalendar: Calendar;
  /** Every column read so far, with its counts. */
  readonly readers: ValueReader[];
  /** Names in long files that are no variable. */
  readonly ignoredNames: Set<string>;
  readonly signal: AbortSignal;
  /** First and last moment of any row. */
  first: number;
  last: number;
}

/** Reads all rows of one file; returns how many. */
export async function readFileRows(
  layout: Layout,
  reading: Reading,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const where: Where = { file: layout.table.file, line: 1 };
  const takeValues = layout.kind === "wide" ? takeWide(layout, reading, where) : takeLong(layout, reading, where);
  const readTime = makeTimeReader(layout, reading, where);
  const placeOf = makePlaceReader(layout.place, reading, where);
  const { frequency } = layout;
  let rows = 0;
  await layout.table.readRows(
    (row, line) => {
      where.line = line;
      const moment = readTime(row);
      if (moment < reading.first) reading.first = moment;
      if (moment > reading.last) reading.last = moment;
      const year = Math.floor(moment / YEAR);
      const step = moment - year * YEAR;
      if (frequency === "daily") reading.watch.see(year, step, where);
      takeValues(row, placeOf(row), year, step, daysOf(frequency, reading.stepCalendar, year, step));
      rows++;
    },
    onBytes,
    reading.signal,
  );
  return rows;
}

type TakeValues = (row: Row, place: number, year: number, step: number, days: number) => void;

function takeWide({ columns, blankIsZero }: WideLayout, reading: Reading, where: Where): TakeValues {
  const readers = columns.map((column) => new ValueReader(column, reading.options));
  reading.readers.push(...readers);
  const ats = columns.map(({ at }) => at);
  const numbers = columns.map(({ variable }) => variableNumber(variable));
  const zeroed = columns.findIndex(({ variable }) => variable === blankIsZero);
  const hasOthers = (row: Row) => ats.some((at, column) => column !== zeroed && trimBlanks(row[at]!) !== "");
  return (row, place, year, step, days) => {
    for (let column = 0; column < readers.length; column++) {
      const reader = readers[column]!;
      const text = row[ats[column]!]!;
      const value =
        column === zeroed && trimBlanks(text) === "" && hasOthers(row)
          ? reader.fillZero()
          : reader.read(text, days, where);
      if (Number.isNaN(value)) continue;
      const existing = reading.table.put(place, year, numbers[column]!, step, value);
      if (!Number.isNaN(existing)) throw duplicate(reading, reader, place, year, step, existing, value, where);
    }
  };
}

function takeLong(layout: LongLayout, reading: Reading, where: Where): TakeValues {
  const readers = new Map<string, ValueReader | undefined>();
  const makeReader = (name: string, unit: string | undefined) => {
    const column = readColumn(name, unit, describeWhere(where), layout.frequency, reading.options);
    if (column === undefined) {
      reading.ignoredNames.add(name);
      return undefined;
    }
    const reader = new ValueReader(column, reading.options);
    reading.readers.push(reader);
    return reader;
  };
  return (row, place, year, step, days) => {
    const name = row[layout.variable]!;
    const unit = layout.unit === undefined ? undefined : row[layout.unit]! || undefined;
    const key = unit === undefined ? name : `${name}\n${unit}`;
    if (!readers.has(key)) readers.set(key, makeReader(name, unit));
    const reader = readers.get(key);
    if (reader === undefined) return;
    const value = reader.read(row[layout.value]!, days, where);
    if (Number.isNaN(value)) return;
    const existing = reading.table.put(place, year, variableNumber(reader.column.variable), step, value);
    if (!Number.isNaN(existing)) throw duplicate(reading, reader, place, year, step, existing, value, where);
  };
}

function makeTimeReader(
  { time, frequency, table: { header } }: Layout,
  { options: { timeZone }, stepCalendar }: Reading,
  where: Where,
): (row: Row) => number {
  if (time.kind === "date") {
    const localText = timeZone === undefined ? (text: string) => text : makeLocalText(timeZone);
    return (row) => {
      const moment = readMoment(localText(row[time.date]!), frequency);
      if (moment === NO_DATE) throw notADate(describeWhere(where), header[time.date]!, row[time.date]!, frequency);
      return moment;
    };
  }
  const { year, month, day, dayOfYear } = time;
  return (row) => {
    if (dayOfYear !== undefined) return readDayOfYear(row[year]!, row[dayOfYear]!, stepCalendar, where);
    const part = (at: number | undefined) => (at === undefined ? 1 : readPart(row[at]!));
    const moment = makeMoment(frequency, readPart(row[year]!), part(month), part(day));
    if (moment !== NO_DATE) return moment;
    const columns = [year, month, day].filter((at) => at !== undefined);
    throw new RejectedError(
      "InvalidDate",
      `${describeWhere(where)}: expected whole numbers in the columns ${columns.map((at) => `"${header[at]}"`).join(", ")}, such as ${[2020, 12, 31].slice(0, columns.length).join(", ")}; found "${columns.map((at) => row[at]).join('", "')}". Correct the row.`,
    );
  };
}

function readDayOfYear(yearText: string, dayText: string, calendar: Calendar, where: Where): number {
  const [year, day] = [readPart(yearText), readPart(dayText)];
  const most = year >= FIRST_YEAR && year <= LAST_YEAR ? daysInYear(calendar, year) : 0;
  if (!(day >= 1 && day <= most)) {
    throw new RejectedError(
      "InvalidDate",
      `${describeWhere(where)}: expected a year from ${FIRST_YEAR} to ${LAST_YEAR} and a day from 1 to 365 or 366 (calendar ${calendar}), found "${yearText}" and "${dayText}". Correct the row, or give --calendar.`,
    );
  }
  let month = 1;
  let rest = day;
  for (; rest > daysInMonth(calendar, year, month); month++) rest -= daysInMonth(calendar, year, month);
  return makeMoment("daily", year, month, rest);
}

function makePlaceReader(columns: Layout["place"], { places, options }: Reading, where: Where): (row: Row) => number {
  if (columns === undefined) {
    const { latitude, longitude } = options.place!;
    const place = places.numberOf(latitude, longitude, "--latitude, --longitude");
    return () => place;
  }
  if ("latitude" in columns) {
    return (row) => places.numberOf(row[columns.latitude]!, row[columns.longitude]!, where);
  }
  const stations = options.stations!;
  const known = new Map<string, number>();
  return (row) => {
    const station = row[columns.station]!;
    const existing = known.get(station);
    if (existing !== undefined) return existing;
    const { latitude, longitude } = stations.find(station, describeWhere(where));
    const place = places.numberOf(latitude, longitude, `--stations ${stations.file}`);
    known.set(station, place);
    return place;
  };
}

function daysOf(frequency: Frequency, calendar: Calendar, year: number, step: number): number {
  if (frequency === "daily") return 1;
  return frequency === "monthly" ? daysInMonth(calendar, year, step + 1) : daysInYear(calendar, year);
}

function duplicate(
  { places, table }: Reading,
  { column }: ValueReader,
  place: number,
  year: number,
  step: number,
  existing: number,
  value: number,
  where: Where,
): RejectedError {
  const { latitude, longitude } = places.all[place]!;
  const unit = VARIABLES[column.variable].unit;
  const shorten = (number: number) => Number(number.toPrecision(7));
  return new RejectedError(
    "DuplicateRow",
    `${describeWhere(where)}, column "${column.name}": ${column.variable} at ${latitude}, ${longitude} on ${formatMoment(table.frequency, year, step)} is ${shorten(value)} ${unit}, but an earlier row has ${shorten(existing)} ${unit}. ${describeTwice(table.frequency)}`,
  );
}

function describeTwice(frequency: Frequency): string {
  if (frequency === "daily") return "Remove one of the rows.";
  const finer = frequency === "yearly" ? "months or days" : "days";
  return `If the rows are of ${finer}, rename their columns year, month, day (or doy); else remove one of the rows.`;
}
