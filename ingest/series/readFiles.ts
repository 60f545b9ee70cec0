// Tables (CSV, Parquet) from end to end as series in memory: layouts of all files, then their rows, then their calendar.
// What the series are for is the commands' choice.
import type { Calendar } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { CalendarWatch, type KnownCalendar } from "../cf/calendarWatch.ts";
import { CP949 } from "../formats/csvFile.ts";
import { type Layout, noVariables } from "./layout.ts";
import { Places } from "./places.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import { type Reading, readFileRows } from "./readRows.ts";
import { describeColumns, type ReadingReport } from "./report.ts";
import { type Series, type SeriesArray, SeriesTable } from "./seriesTable.ts";
import { checkTypicalValues, type JudgedSource } from "./typicalValues.ts";
import type { ValueReader } from "./valueReader.ts";

export interface ReadingProgress {
  onFiles(bytes: number): void;
  onBytes(bytes: number): void;
  onFileRead(file: string, count: number, noun: "rows" | "values"): void;
}

/** What a command says about the series beside the user's options. */
export interface ReadingTarget<Values extends SeriesArray> {
  readonly gridStepDegrees: number;
  /** Absent when the dates are to tell it. */
  readonly calendar: KnownCalendar | undefined;
  makeValues(steps: number): Values;
}

export interface FilesRead<Values extends SeriesArray> {
  readonly series: Series<Values>;
  readonly calendar: Calendar;
  readonly report: ReadingReport;
  /** Frees what the series lie in; unless they were used to the end, it may be left for the next run. */
  close(isDone: boolean): void;
}

export async function readFiles<Values extends SeriesArray>(
  layouts: readonly Layout[],
  options: ReadingOptions,
  target: ReadingTarget<Values>,
  progress: ReadingProgress,
  signal: AbortSignal,
): Promise<FilesRead<Values>> {
  const table = new SeriesTable(commonFrequency(layouts), target.makeValues, options.spool);
  try {
    return await readTables(layouts, table, options, target, progress, signal);
  } catch (error) {
    table.close();
    throw error;
  }
}

async function readTables<Values extends SeriesArray>(
  layouts: readonly Layout[],
  table: SeriesTable<Values>,
  options: ReadingOptions,
  target: ReadingTarget<Values>,
  progress: ReadingProgress,
  signal: AbortSignal,
): Promise<FilesRead<Values>> {
  const reading: Reading = {
    options,
    places: new Places(target.gridStepDegrees),
    table,
    watch: new CalendarWatch(target.calendar),
    stepCalendar: target.calendar?.calendar ?? "standard",
    readers: [],
    ignoredNames: new Set(),
    signal,
  };
  progress.onFiles(layouts.reduce((sum, { table }) => sum + table.bytes, 0));
  const files: ReadingReport["files"][number][] = [];
  for (const layout of layouts) {
    const rows = await readFileRows(layout, reading, progress.onBytes);
    files.push({ file: layout.table.file, layout: layout.kind, rows });
    progress.onFileRead(layout.table.file, rows, "rows");
  }
  checkVariablesFound(layouts, reading);
  checkTypicalValues(reading.readers.map((reader) => judged(layouts, reader, options)));
  const { calendar, because } = reading.watch.decide();
  const series = table.toSeries(reading.places.all, calendar);
  if (series.places.length === 0) {
    throw new RejectedError(
      "NoValues",
      `Every value in ${options.files.join(", ")} is missing: nothing is left. Check --map and --missing.`,
    );
  }
  const report: ReadingReport = {
    files,
    frequency: table.frequency,
    calendar,
    calendarBecause: because,
    cells: series.places.length,
    firstYear: series.firstYear,
    lastYear: series.lastYear,
    variables: describeColumns(reading.readers),
    notes: layouts.flatMap(describeDialect),
    ignoredColumns: [...new Set([...layouts.flatMap(({ ignored }) => ignored), ...reading.ignoredNames])],
  };
  return { series, calendar, report, close: () => table.close() };
}

/** Rules of a file's dialect that no option asked for. */
function describeDialect({ table, blankIsZero }: Layout): string[] {
  const notes = [];
  if (table.encoding === CP949) notes.push(`${table.file} is CP949 text.`);
  if (blankIsZero !== undefined) {
    notes.push(
      `${table.file} is an export of the Korea Meteorological Administration: a blank of ${blankIsZero} is 0 on days with any other value. Say otherwise by --blank ${blankIsZero}=missing.`,
    );
  }
  return notes;
}

function judged(layouts: readonly Layout[], { column, tally }: ValueReader, options: ReadingOptions): JudgedSource {
  const { variable, header, conversion, unitAssumed } = column;
  const files = layouts.map(({ table }) => table.file).join(", ");
  const where = `${files}: column "${header}"`;
  const isUnitSaid = options.units.has(variable);
  return {
    where,
    variable,
    unit: conversion.from,
    isUnitSaid,
    isUnitAssumed: unitAssumed,
    tally,
    frequency: layouts[0]!.frequency,
  };
}

function commonFrequency(layouts: readonly Layout[]): Layout["frequency"] {
  const [first, ...others] = layouts;
  const other = others.find(({ frequency }) => frequency !== first!.frequency);
  if (other === undefined) return first!.frequency;
  throw new RejectedError(
    "MixedFrequencies",
    `${first!.table.file} is ${first!.frequency}, but ${other.table.file} is ${other.frequency}. Ingest files of different frequencies one after the other.`,
  );
}

/** Something was a variable, and every name in the options fitted something. */
function checkVariablesFound(layouts: readonly Layout[], { options, readers, ignoredNames }: Reading): void {
  const { table } = layouts[0]!;
  if (readers.length === 0) throw noVariables(table.file, [...ignoredNames]);
  const headers = layouts.flatMap((layout) => layout.table.header);
  const found = new Set(readers.map(({ column }) => column.variable));
  for (const [name, variable] of options.map) {
    if (readers.some(({ column }) => column.mappedName === name)) continue;
    const names = [...new Set([...headers, ...readers.map(({ column }) => column.header), ...ignoredNames])];
    throw new RejectedError(
      "UnusedOption",
      `--map ${name}=${variable}: no file has "${name}". Found "${names.join('", "')}". Correct the name; upper and lower case count.`,
    );
  }
  const wanting = [...(options.only ?? [])].find((variable) => !found.has(variable));
  if (wanting !== undefined) {
    throw new RejectedError(
      "UnusedOption",
      `--variables ${wanting}: no file has ${wanting}, only ${[...found].join(", ")}. Leave it out, or map a column to it: --map COLUMN=${wanting}.`,
    );
  }
  for (const [option, variables] of [
    ["--units", options.units],
    ["--blank", options.blank],
  ] as const) {
    for (const variable of variables.keys()) {
      if (found.has(variable)) continue;
      throw new RejectedError(
        "UnusedOption",
        `${option} ${variable}=${variables.get(variable)}: no file has ${variable}, only ${[...found].join(", ")}. Leave it out, or map a column to it: --map COLUMN=${variable}.`,
      );
    }
  }
}
