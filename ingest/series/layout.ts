// What the columns of a CSV file are: time, place, and either a variable each (wide) or a name and a value (long).
// Pure: the header and the first row in, a description out, or a refusal that says what is missing.

import { RejectedError } from "../../model/errors.ts";
import { conversionOf, unitsOf, unitsOption } from "../../model/units.ts";
import { existsAt, type Frequency, findVariable, VARIABLES, type Variable } from "../../model/variables.ts";
import { DATE_FORMS, frequencyOf, makeLocalText } from "../cf/dates.ts";
import { hintTableCommand } from "../formats/tableContent.ts";
import type { TableFile } from "../formats/tableFile.ts";
import { findKmaDialect, variableOfKma } from "./kmaDialect.ts";
import { knownVariables, type ReadingOptions } from "./readingOptions.ts";
import type { VariableSource } from "./variableSource.ts";

export type TimeColumns =
  | { readonly kind: "date"; readonly date: number }
  | {
      readonly kind: "parts";
      readonly year: number;
      readonly month?: number;
      readonly day?: number;
      /** From 1; instead of month and day. */
      readonly dayOfYear?: number;
    };

interface LayoutBase {
  readonly table: TableFile;
  readonly frequency: Frequency;
  readonly time: TimeColumns;
  /** Absent when the options give the one place. */
  readonly place: { readonly latitude: number; readonly longitude: number } | { readonly station: number } | undefined;
  /** In some exports a blank of this variable is 0, on days that have any other value. */
  readonly blankIsZero: Variable | undefined;
  readonly ignored: readonly string[];
}
export interface WideLayout extends LayoutBase {
  readonly kind: "wide";
  readonly columns: readonly (VariableSource & { readonly at: number })[];
}
export interface LongLayout extends LayoutBase {
  readonly kind: "long";
  readonly variable: number;
  readonly value: number;
  readonly unit: number | undefined;
}
export type Layout = WideLayout | LongLayout;

const LATITUDE = ["latitude", "lat"];
const LONGITUDE = ["longitude", "lon"];
const STATION = ["station", "district", "code"];
const DATE = ["date", "time", "day"];
const YEAR = ["year", "yyyy", "yr"];
const MONTH = ["month", "mo", "mon", "mm"];
const DAY = ["day", "dy", "dd"];
const DAY_OF_YEAR = ["doy", "dayofyear", "day_of_year", "yday", "julian_day"];
const UNIT_IN_HEADER = /^(.+?)\s*(?:\(([^()]*)\)|\[([^[\]]*)\])$/;

export function readLayout(table: TableFile, options: ReadingOptions): Layout {
  const names = table.header.map((header) => header.trim().toLowerCase());
  const find = (wanted: readonly string[]) => wanted.map((name) => names.indexOf(name)).find((at) => at !== -1);
  const kma = findKmaDialect(table.header);
  if (kma !== undefined) names[kma.date] = DATE[0]!;
  const { time, frequency } = readTimeColumns(table, names, options.timeZone);
  const station = kma === undefined ? find(STATION) : kma.station;
  const place = readPlaceColumns(table, find(LATITUDE), find(LONGITUDE), station, kma !== undefined, options);
  const blankIsZero =
    kma === undefined || frequency !== "daily" || options.blank.has(kma.blankIsZero) ? undefined : kma.blankIsZero;
  const taken = new Set([...Object.values(time), ...Object.values(place ?? {})]);
  const variable = find(["variable"]);
  const value = find(["value"]);
  if (variable !== undefined && value !== undefined) {
    const unit = find(["unit", "units"]);
    for (const at of [variable, value, unit]) if (at !== undefined) taken.add(at);
    const ignored = table.header.filter((_, at) => !taken.has(at));
    return { kind: "long", table, frequency, time, place, blankIsZero: undefined, variable, value, unit, ignored };
  }
  const columns = findVariableColumns(table, taken, frequency, options);
  for (const { at } of columns) taken.add(at);
  const ignored = table.header.filter((_, at) => !taken.has(at));
  return { kind: "wide", table, frequency, time, place, blankIsZero, columns, ignored };
}

/** What one column (or one name of the long layout) holds; undefined when it is no variable. */
export function readColumn(
  header: string,
  saidUnit: string | undefined,
  file: string,
  frequency: Frequency,
  options: Pick<ReadingOptions, "map" | "units" | "only">,
): VariableSource | undefined {
  const [, bare, round, square] = UNIT_IN_HEADER.exec(header) ?? [];
  const name = bare ?? header;
  const mappedName = [header, name].find((candidate) => options.map.has(candidate));
  const variable =
    mappedName === undefined ? (findVariable(name) ?? variableOfKma(name, frequency)) : options.map.get(mappedName);
  if (variable === undefined || !(options.only?.has(variable) ?? true)) return undefined;
  checkFrequency(`${file}: column "${header}"`, variable, frequency);
  const option = options.units.get(variable);
  const unit = option ?? saidUnit ?? round ?? square;
  const column = `${file}: column "${header}"`;
  const where = option === undefined ? column : `--units ${variable}=${option}`;
  const canonical = VARIABLES[variable].unit;
  if (unit === undefined && canonical === "mm d-1" && frequency !== "daily") {
    throw unitNeeded(where, variable, frequency);
  }
  return {
    where: column,
    name: header,
    mappedName,
    variable,
    frequency,
    conversion: conversionOf(variable, unit ?? canonical, where),
    isUnitSaid: option !== undefined,
    isUnitAssumed: unit === undefined,
  };
}

function findVariableColumns(
  table: TableFile,
  taken: ReadonlySet<unknown>,
  frequency: Frequency,
  options: ReadingOptions,
): WideLayout["columns"] {
  const columns = new Map<Variable, VariableSource & { readonly at: number }>();
  table.header.forEach((header, at) => {
    const column = taken.has(at) ? undefined : readColumn(header, undefined, table.file, frequency, options);
    if (column === undefined) return;
    const rival = columns.get(column.variable);
    // A column named by --map wins over one that happens to carry the variable's name.
    if (rival !== undefined && (rival.mappedName === undefined) === (column.mappedName === undefined)) {
      throw new RejectedError(
        "TwoColumns",
        `${table.file}: the columns "${rival.name}" and "${header}" both are ${column.variable}. ${rival.name === header ? "Rename one of them" : `Say which one: --map "${header}=${column.variable}"`}.`,
      );
    }
    if (rival === undefined || column.mappedName !== undefined) columns.set(column.variable, { ...column, at });
  });
  if (columns.size === 0) throw noVariables(table.file, table.header);
  return [...columns.values()].sort((a, b) => a.at - b.at);
}

export function checkFrequency(where: string, variable: Variable, frequency: Frequency): void {
  if (existsAt(variable, frequency)) return;
  throw new RejectedError(
    "WrongFrequency",
    `${where} is ${frequency}, but ${variable} (${VARIABLES[variable].longName}) is ${VARIABLES[variable].frequencies.join(" or ")}. Give it in a file of its own.`,
  );
}

/** A unit that is not given and cannot be guessed. */
export function unitNeeded(where: string, variable: Variable, frequency: Frequency): RejectedError {
  const canonical = VARIABLES[variable].unit;
  const remedy =
    canonical === "mm d-1" && frequency !== "daily"
      ? `Give --units ${variable}=mm if each value is the sum of its ${frequency === "monthly" ? "month" : "year"}, or --units "${variable}=mm d-1" if it is a mean per day.`
      : `Give it: ${unitsOption(variable, canonical)}, or one of ${unitsOf(variable).join(", ")}.`;
  return new RejectedError("UnitNeeded", `${where} is ${frequency} and does not say its unit. ${remedy}`);
}

/** Nothing in `names` is a variable. */
export function noVariables(file: string, names: readonly string[]): RejectedError {
  return new RejectedError(
    "NoVariables",
    `${file}: none of "${names.join('", "')}" is a variable. ${knownVariables()} Say which is which, such as --map HighTemp=tasmax,LowTemp=tasmin.${hintTableCommand(names, "load climate")}`,
  );
}

function readTimeColumns(
  table: TableFile,
  names: readonly string[],
  timeZone: string | undefined,
): { time: TimeColumns; frequency: Frequency } {
  const [year, month, day, dayOfYear] = [YEAR, MONTH, DAY, DAY_OF_YEAR].map((wanted) =>
    wanted.map((name) => names.indexOf(name)).find((at) => at !== -1),
  );
  if (year !== undefined && DATE.slice(0, 2).every((name) => !names.includes(name))) {
    if (dayOfYear !== undefined && day === undefined)
      return { time: { kind: "parts", year, dayOfYear }, frequency: "daily" };
    if (month === undefined) return { time: { kind: "parts", year }, frequency: "yearly" };
    if (day === undefined) return { time: { kind: "parts", year, month }, frequency: "monthly" };
    return { time: { kind: "parts", year, month, day }, frequency: "daily" };
  }
  const date = [...DATE, "month"].map((name) => names.indexOf(name)).find((at) => at !== -1);
  if (date === undefined) {
    throw new RejectedError(
      "NoTimeColumn",
      `${table.file}: no column holds the time; found "${table.header.join('", "')}". Expected a header date, time or day (${DATE_FORMS.daily}; ${DATE_FORMS.monthly} for months), or the headers year, or year and month. Rename the column.${hintTableCommand(table.header, "load climate")}`,
    );
  }
  const written = table.firstRow[date] ?? "";
  const first = timeZone === undefined ? written : makeLocalText(timeZone)(written);
  const frequency = frequencyOf(first);
  if (frequency === undefined) throw notADate(`${table.file}:${table.firstLine}`, table.header[date]!, first);
  return { time: { kind: "date", date }, frequency };
}

export function notADate(at: string, header: string, found: string, frequency?: Frequency): RejectedError {
  const expected =
    frequency === undefined
      ? `${DATE_FORMS.daily}, ${DATE_FORMS.monthly} or ${DATE_FORMS.yearly}`
      : `${DATE_FORMS[frequency]} as in the first row`;
  return new RejectedError(
    "InvalidDate",
    `${at}: column "${header}": expected a date as ${expected}, found "${found}". ${describeTime(found)}`,
  );
}

function describeTime(found: string): string {
  if (!/[T ]\d\d:/.test(found)) return "Correct the row.";
  const zone = /(Z|UTC|\+00(:?00)?)$/.test(found)
    ? "If each is the midnight of a local day, give its zone: --time-zone Asia/Seoul. Else m"
    : "M";
  return `${zone}ake hourly values daily first.`;
}

function readPlaceColumns(
  table: TableFile,
  latitude: number | undefined,
  longitude: number | undefined,
  station: number | undefined,
  isKma: boolean,
  options: ReadingOptions,
): LayoutBase["place"] {
  if (latitude !== undefined && longitude !== undefined) {
    if (options.place === undefined) return { latitude, longitude };
    throw new RejectedError(
      "TwoPlaces",
      `${table.file} has the columns "${table.header[latitude]}" and "${table.header[longitude]}", so ${options.place.options} would say the place twice. Leave the options out.`,
    );
  }
  if (options.place !== undefined) return undefined;
  if (station !== undefined) {
    if (options.stations !== undefined) return { station };
    throw new RejectedError(
      "NoPlace",
      `${table.file} names its stations in the column "${table.header[station]}" (the first is "${table.firstRow[station]}") and does not say where they are. ` +
        "Give the place, such as --latitude 37.57142 --longitude 126.9658; or, of several stations, a table with the columns station, latitude, longitude: --stations FILE.",
    );
  }
  if (isKma) {
    throw new RejectedError(
      "NoPlace",
      `${table.file} is an export of the Korea Meteorological Administration without a column of stations (지점 or 지점명); found "${table.header.join('", "')}". ` +
        "Say where its one station is: --latitude 37.57142 --longitude 126.9658; or which one it is, by number or name: --station 108 --stations FILE.",
    );
  }
  throw new RejectedError(
    "NoPlace",
    `${table.file}: no columns latitude and longitude (or lat and lon); found "${table.header.join('", "')}". If all rows are of one place, give it: --latitude 37.57142 --longitude 126.9658.`,
  );
}
