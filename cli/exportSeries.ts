// Stored series as a file that `load climate` takes back unchanged: CSV, a row a day, or NetCDF, cells by times.
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ClientBase } from "pg";
import { findStoredSeries, readStoredYears, type SeriesRequest, type StoredSeries } from "../database/seriesExport.ts";
import { DAYS_A_MONTH, formatMoment } from "../ingest/cf/dates.ts";
import { type StationVariable, writeStationFile } from "../ingest/formats/stationFile.ts";
import { type Calendar, daysInMonth, daysInYear } from "../model/calendars.ts";
import { VARIABLES, type Variable } from "../model/variables.ts";

const MONTHS_OF_YEAR = 12;
/** Digits that give a float32 back. */
const FLOAT32_DIGITS = 9;

export async function exportSeries(
  client: ClientBase,
  request: SeriesRequest,
  format: "csv" | "netcdf",
  sink: Writable,
): Promise<void> {
  const stored = await findStoredSeries(client, request);
  await pipeline(format === "csv" ? linesOf(client, stored) : netcdfOf(client, stored, request), sink);
}

/** date,latitude,longitude and a column per variable, which carries its unit; days without any value are left out. */
async function* linesOf(client: ClientBase, stored: StoredSeries): AsyncGenerator<string> {
  const { variables, places, firstYear } = stored;
  const dates = Array.from({ length: stored.lastYear - firstYear + 1 }, (_, at) => datesOf(stored, firstYear + at));
  const time = { daily: "date", monthly: "month", yearly: "year" }[stored.frequency];
  yield `${[time, "latitude", "longitude", ...variables.map((name) => `${name} (${VARIABLES[name].unit})`)].join()}\n`;
  let place = 0;
  for await (const years of readStoredYears(client, stored, variables)) {
    const { latitude, longitude } = places[place++]!;
    let lines = "";
    for (const [at, labels] of dates.entries()) {
      const own = variables.map(
        (name) => years.find(({ variable, year }) => variable === name && year === firstYear + at)?.values,
      );
      for (const [step, label] of labels.entries()) {
        const values = own.map((year) => year?.[step] ?? Number.NaN);
        if (values.every(Number.isNaN)) continue;
        lines += `${label},${latitude},${longitude},${values.map(shorten).join()}\n`;
      }
    }
    yield lines;
  }
}

/** The shortest decimal that is this float32. */
function shorten(value: number): string {
  if (Number.isNaN(value)) return "";
  for (let digits = 6; digits < FLOAT32_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(FLOAT32_DIGITS)));
}

function netcdfOf(client: ClientBase, stored: StoredSeries, { scenario }: SeriesRequest): AsyncGenerator<Buffer> {
  const { calendar, frequency, firstYear, lastYear, places } = stored;
  const starts = yearStarts(stored);
  const variables = stored.variables.map((name): StationVariable & { readonly name: Variable } => ({
    name,
    type: "float",
    unit: VARIABLES[name].unit,
    longName: VARIABLES[name].longName,
  }));
  const days = Array.from({ length: lastYear - firstYear + 1 }, (_, at) => daysOfSteps(stored, firstYear + at));
  let before = 0;
  const times = days.flatMap((steps, at) => {
    const first = before;
    before += daysInYear(calendar, firstYear + at);
    return steps.map((day) => first + day);
  });
  const file = {
    title: `series of scenario ${scenario}`,
    calendar,
    frequency,
    firstYear,
    days: times,
    places,
    variables,
  };
  return writeStationFile(file, async function* ({ name }) {
    const values = new Float32Array(times.length);
    for await (const years of readStoredYears(client, stored, [name as Variable])) {
      values.fill(Number.NaN);
      for (const { year, values: own } of years) values.set(own, starts[year - firstYear]);
      yield values;
    }
  });
}

/** [years] position of the year's first step among all. */
function yearStarts(stored: StoredSeries): number[] {
  let before = 0;
  return Array.from({ length: stored.lastYear - stored.firstYear + 1 }, (_, at) => {
    const start = before;
    before += daysOfSteps(stored, stored.firstYear + at).length;
    return start;
  });
}

/** [steps of the year] days from its first to each step's first. */
function daysOfSteps({ calendar, frequency }: StoredSeries, year: number): number[] {
  if (frequency === "yearly") return [0];
  if (frequency === "daily") return Array.from({ length: daysInYear(calendar, year) }, (_, day) => day);
  let before = 0;
  return Array.from({ length: MONTHS_OF_YEAR }, (_, month) => {
    const first = before;
    before += daysInMonth(calendar, year, month + 1);
    return first;
  });
}

function datesOf({ calendar, frequency }: StoredSeries, year: number): string[] {
  if (frequency === "yearly") return [String(year)];
  const months = Array.from({ length: MONTHS_OF_YEAR }, (_, month) => month);
  if (frequency === "monthly") return months.map((month) => formatMoment("monthly", year, month));
  return months.flatMap((month) => datesOfMonth(calendar, year, month));
}

function datesOfMonth(calendar: Calendar, year: number, month: number): string[] {
  return Array.from({ length: daysInMonth(calendar, year, month + 1) }, (_, day) =>
    formatMoment("daily", year, month * DAYS_A_MONTH + day),
  );
}
