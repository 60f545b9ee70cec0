// Tables as series: layouts of all files, then their rows, then their calendar.
import type { Calendar } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { CalendarWatch, type KnownCalendar } from "../cf/calendarWatch.ts";
import { formatMoment, YEAR } from "../cf/dates.ts";
import { CP949 } from "../formats/csvFile.ts";
import { type Layout, noVariables } from "./layout.ts";
import { refuseLikelyMarks } from "./likelyMarks.ts";
import { Places } from "./places.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import { type Reading, readFileRows } from "./readRows.ts";
import { describeSources, type ReadingReport } from "./report.ts";
import { type Series, type SeriesArray, SeriesTable } from "./seriesTable.ts";
import { checkTypicalValues } from "./typicalValues.ts";
import { checkOptionsUsed } from "./variableSource.ts";

export interface ReadingProgress {
  onFiles(bytes: number): void;
  onBytes(bytes: number): void;
  onFileRead(file: string, count: number, noun: "rows" | "values"): void;
}

/** What a command says about the series beside the user's options. */
export interface ReadingTarget<Values extends SeriesArray> {
  readonly gridStepDegrees: number;
  /** Absent when the dates decide it. */
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
    places: new Places(target.gridStepDegrees, options.numbers),
    table,
    watch: new CalendarWatch(target.calendar),
    stepCalendar: target.calendar?.calendar ?? "standard",
    readers: [],
    ignoredNames: new Set(),
    signal,
    first: Number.POSITIVE_INFINITY,
    last: Number.NEGATIVE_INFINITY,
  };
  progress.onFiles(layouts.reduce((sum, { table }) => sum + table.bytes, 0));
  const files: ReadingReport["files"][number][] = [];
  for (const layout of layouts) {
    const rows = await readFileRows(layout, reading, progress.onBytes);
    files.push({ file: layout.table.file, layout: layout.kind, rows });
    progress.onFileRead(layout.table.file, rows, "rows");
  }
  if (reading.readers.length === 0) throw noVariables(layouts[0]!.table.file, [...reading.ignoredNames]);
  const sources = reading.readers.map(({ column, tally }) => ({ ...column, tally }));
  const names = layouts.flatMap((layout) => layout.table.header);
  checkOptionsUsed(sources, options, [...names, ...sources.map(({ name }) => name), ...reading.ignoredNames]);
  refuseLikelyMarks(sources, options, ({ variable }, mark) => `--missing ${variable}=${mark}`);
  checkTypicalValues(sources);
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
    firstDate: dateOf(table.frequency, reading.first),
    lastDate: dateOf(table.frequency, reading.last),
    variables: describeSources(sources),
    notes: layouts.flatMap(describeDialect),
    ignoredColumns: [...new Set([...layouts.flatMap(({ ignored }) => ignored), ...reading.ignoredNames])],
  };
  return { series, calendar, report, close: () => table.close() };
}

/** Rules of a file's dialect that apply without an option. */
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

function commonFrequency(layouts: readonly Layout[]): Layout["frequency"] {
  const [first, ...others] = layouts;
  const other = others.find(({ frequency }) => frequency !== first!.frequency);
  if (other === undefined) return first!.frequency;
  throw new RejectedError(
    "MixedFrequencies",
    `${first!.table.file} is ${first!.frequency}, but ${other.table.file} is ${other.frequency}. Ingest files of different frequencies one after the other.`,
  );
}

function dateOf(frequency: Layout["frequency"], moment: number): string {
  return formatMoment(frequency, Math.floor(moment / YEAR), moment % YEAR);
}
