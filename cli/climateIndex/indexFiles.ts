// One climate index from files to lines of CSV: files as series, the variables it needs, cell after cell.
// The index itself is computed in computeIndex.ts.
import { DEFAULT_STEP_DEGREES, type Place } from "../../database/gridCells.ts";
import { isBaseUsable, positionsIn } from "../../job/risks/periodYears.ts";
import type { CellInput } from "../../job/risks/riskDefinition.ts";
import { makeTimeAxis, type TimeAxis } from "../../job/timeAxis.ts";
import { daysInMonth } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { formatPeriod } from "../../model/periods.ts";
import type { Variable } from "../../model/variables.ts";
import { DAYS_A_MONTH, formatMoment } from "../ingest/dates.ts";
import type { FilesRead, ReadingProgress } from "../ingest/readFiles.ts";
import type { ReadingOptions } from "../ingest/readingOptions.ts";
import { frequenciesOf, openSources, readSources, type Sources } from "../ingest/sources.ts";
import { INDEX_DESCRIPTIONS, type IndexDescription, tellNeeds } from "./catalogue.ts";
import { makeComputeIndex } from "./computeIndex.ts";
import type { IndexSettings } from "./settings.ts";

export type DailySeries = FilesRead<Float64Array>;

const MONTHS_OF_YEAR = 12;
const COLUMNS: Readonly<Record<IndexDescription["step"], string>> = {
  year: "cell,latitude,longitude,year,value",
  month: "cell,latitude,longitude,date,value",
  day: "cell,latitude,longitude,date,value",
};

/** Reads the files and checks that the index can be computed from them. */
export async function readDailySeries(
  options: ReadingOptions,
  settings: IndexSettings,
  progress: ReadingProgress,
  signal: AbortSignal,
): Promise<DailySeries> {
  const sources = await openSources(options);
  try {
    return await readOpened(sources, options, settings, progress, signal);
  } finally {
    sources.close();
  }
}

async function readOpened(
  sources: Sources,
  options: ReadingOptions,
  settings: IndexSettings,
  progress: ReadingProgress,
  signal: AbortSignal,
): Promise<DailySeries> {
  const other = frequenciesOf(sources).find(({ frequency }) => frequency !== "daily");
  if (other !== undefined) {
    throw new RejectedError(
      "DailyNeeded",
      `${other.file} is ${other.frequency}, but ${settings.name} is computed from daily values. Give a file with a row per day (date as YYYY-MM-DD).`,
    );
  }
  const target = {
    gridStepDegrees: DEFAULT_STEP_DEGREES,
    calendar: options.calendar === undefined ? undefined : { calendar: options.calendar, source: "--calendar" },
    // All digits of the files, unlike the database's float32.
    makeValues: (steps: number) => new Float64Array(steps),
  };
  const read = await readSources(sources, options, target, progress, signal);
  try {
    checkVariables(read, options, settings);
    checkBasePeriod(read, settings);
  } catch (error) {
    read.close(true);
    throw error;
  }
  return read;
}

function checkVariables({ series }: DailySeries, { files }: ReadingOptions, { name, needs }: IndexSettings): void {
  const found = series.variables;
  if (needs.some((variables) => variables.every((variable) => found.includes(variable)))) return;
  const wanting = [...needs]
    .map((variables) => variables.filter((variable) => !found.includes(variable)))
    .sort((a, b) => a.length - b.length)[0]!;
  throw new RejectedError(
    "MissingVariable",
    `${name} needs ${tellNeeds(needs)}; found ${found.join(", ")} in ${files.join(", ")}. ` +
      `Say which column is ${wanting.join(", which ")}: ${wanting.map((variable) => `--map COLUMN=${variable}`).join(" ")}; or give the file that has it.`,
  );
}

function checkBasePeriod({ series }: DailySeries, { name, basePeriod }: IndexSettings): void {
  if (!INDEX_DESCRIPTIONS[name].options.includes("base-period")) return;
  const { firstYear, lastYear } = series;
  const { from, to } = positionsIn(basePeriod, firstYear, lastYear - firstYear + 1);
  if (isBaseUsable(to - from)) return;
  throw new RejectedError(
    "NoBasePeriod",
    `The base period ${formatPeriod(basePeriod)} needs 20 years of data, but the files have ${to - from} of its years (${firstYear}-${lastYear}). Give years that they have: --base-period FIRST-LAST.`,
  );
}

/** What was computed, for people. */
export interface IndexTally {
  values: number;
  empty: number;
  /** How many cells each remark is about. */
  readonly remarks: Map<string, number>;
}

/** The lines of the output, a cell at a time, cells from the south-west on. */
export function* indexLines(
  { series, calendar }: DailySeries,
  settings: IndexSettings,
  tally: IndexTally,
  onCell: () => void,
): Generator<string> {
  const axis = makeTimeAxis(calendar, series.firstYear, series.lastYear);
  const { step } = INDEX_DESCRIPTIONS[settings.name];
  const labels = labelsOf(axis, step);
  const compute = makeComputeIndex(settings, axis);
  const buffers = new Map<Variable, Float64Array>();
  yield `${COLUMNS[step]}\n`;
  for (const [number, at] of southWestFirst(series.places).entries()) {
    const place = series.places[at]!;
    const daily = dailyOf(series, at, axis, buffers);
    const variables = settings.needs.find((set) => set.every((variable) => daily.has(variable)));
    const lacking = `no values: without ${tellNeeds(settings.needs)}`;
    const cell = {
      ...place,
      axis,
      daily,
      monthly: new Map(),
      yearly: new Map(),
      basePeriod: settings.basePeriod,
      attributes: new Map(),
      baseSpliced: false,
      periods: [],
    };
    const { values, count, remark } =
      variables === undefined
        ? { values: new Float64Array(), count: 0, remark: lacking }
        : compute(narrowed(cell, settings));
    if (remark !== undefined) tally.remarks.set(remark, (tally.remarks.get(remark) ?? 0) + 1);
    yield linesOf(`${number + 1},${place.latitude},${place.longitude}`, labels, values, count, tally);
    onCell();
  }
}

/** Only the variables that the settings speak of: with --humidity hurs nothing else may stand in. */
function narrowed(cell: CellInput, { needs }: IndexSettings): CellInput {
  const wanted = new Set(needs.flat());
  return { ...cell, daily: new Map([...cell.daily].filter(([variable]) => wanted.has(variable))) };
}

function linesOf(
  cell: string,
  labels: readonly string[],
  values: Float64Array,
  count: number,
  tally: IndexTally,
): string {
  let lines = "";
  for (const [step, label] of labels.entries()) {
    const value = step < count ? values[step]! : Number.NaN;
    const isMissing = Number.isNaN(value);
    if (isMissing) tally.empty++;
    else tally.values++;
    lines += `${cell},${label},${isMissing ? "" : value}\n`;
  }
  return lines;
}

/** Positions of the places by latitude and longitude, as the database numbers its cells. */
function southWestFirst(places: readonly Place[]): number[] {
  return places
    .map((_, at) => at)
    .sort((a, b) => places[a]!.latitude - places[b]!.latitude || places[a]!.longitude - places[b]!.longitude);
}

function dailyOf(
  series: DailySeries["series"],
  at: number,
  axis: TimeAxis,
  buffers: Map<Variable, Float64Array>,
): ReadonlyMap<Variable, Float64Array> {
  const daily = new Map<Variable, Float64Array>();
  for (const { variable, year, values } of series.yearsOf(at)) {
    const days = daily.get(variable) ?? (buffers.get(variable) ?? new Float64Array(axis.month.length)).fill(Number.NaN);
    buffers.set(variable, days);
    daily.set(variable, days);
    days.set(values, axis.yearStart[year - axis.firstYear]!);
  }
  return daily;
}

function labelsOf({ calendar, firstYear, years }: TimeAxis, step: IndexDescription["step"]): string[] {
  const labels: string[] = [];
  for (let year = firstYear; year < firstYear + years; year++) {
    if (step === "year") labels.push(String(year));
    for (let month = 0; step !== "year" && month < MONTHS_OF_YEAR; month++) {
      if (step === "month") labels.push(formatMoment("monthly", year, month));
      const days = step === "day" ? daysInMonth(calendar, year, month + 1) : 0;
      for (let day = 0; day < days; day++) labels.push(formatMoment("daily", year, month * DAYS_A_MONTH + day));
    }
  }
  return labels;
}
