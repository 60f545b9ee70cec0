// One climate index from files to values, cell after cell: files as series, the variables it needs.
import { DEFAULT_STEP_DEGREES, type Place } from "../../database/gridCells.ts";
import type { FilesRead, ReadingProgress } from "../../ingest/series/readFiles.ts";
import type { ReadingOptions } from "../../ingest/series/readingOptions.ts";
import { frequenciesOf, openSources, readSources, type Sources } from "../../ingest/series/sources.ts";
import { isBaseUsable, positionsIn } from "../../job/risks/periodYears.ts";
import type { CellInput } from "../../job/risks/riskDefinition.ts";
import type { TimeAxis } from "../../job/timeAxis.ts";
import { RejectedError } from "../../model/errors.ts";
import { formatPeriod } from "../../model/periods.ts";
import type { Variable } from "../../model/variables.ts";
import { describeNeeds, INDEX_DESCRIPTIONS, type IndexDescription } from "./catalogue.ts";
import { makeComputeIndex } from "./computeIndex.ts";
import type { IndexSettings } from "./settings.ts";

export type DailySeries = FilesRead<Float64Array>;

const MONTHS_OF_YEAR = 12;
/** Reads the files and checks that the index can be computed from them. */
export async function readDailySeries(
  options: ReadingOptions,
  settings: IndexSettings,
  progress: ReadingProgress,
  signal: AbortSignal,
): Promise<DailySeries> {
  const sources = await openSources(options, signal);
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
  const missing = [...needs]
    .map((variables) => variables.filter((variable) => !found.includes(variable)))
    .sort((a, b) => a.length - b.length)[0]!;
  throw new RejectedError(
    "MissingVariable",
    `${name} needs ${describeNeeds(needs)}; found ${found.join(", ")} in ${files.join(", ")}. ` +
      `Name the column of ${missing.join(", ")}: ${missing.map((variable) => `--map COLUMN=${variable}`).join(" ")}; or give the file that has it.`,
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

/** Values of one cell; rewritten by the next. */
export interface IndexOfCell {
  readonly place: Place;
  /** [steps of the axis] NaN where missing or not the cell's. */
  readonly values: Float64Array;
}

/** The cells of the output, from the south-west on. */
export function* indexCells(
  { series }: DailySeries,
  axis: TimeAxis,
  settings: IndexSettings,
  tally: IndexTally,
  onCell: () => void,
): Generator<IndexOfCell> {
  const compute = makeComputeIndex(settings, axis);
  const buffers = new Map<Variable, Float64Array>();
  const out = new Float64Array(countSteps(axis, INDEX_DESCRIPTIONS[settings.name].step));
  for (const at of southWestFirst(series.places)) {
    const place = series.places[at]!;
    const daily = dailyOf(series, at, axis, buffers);
    const variables = settings.needs.find((set) => set.every((variable) => daily.has(variable)));
    const lacking = `no values: without ${describeNeeds(settings.needs)}`;
    const cell = {
      ...place,
      axis,
      daily,
      monthly: new Map(),
      yearly: new Map(),
      basePeriod: settings.basePeriod,
      attributes: new Map(),
      periods: [],
    };
    const { values, count, remark } =
      variables === undefined
        ? { values: new Float64Array(), count: 0, remark: lacking }
        : compute(narrowed(cell, settings));
    if (remark !== undefined) tally.remarks.set(remark, (tally.remarks.get(remark) ?? 0) + 1);
    for (let step = 0; step < out.length; step++) {
      const value = step < count ? values[step]! : Number.NaN;
      if (Number.isNaN(value)) tally.empty++;
      else tally.values++;
      out[step] = value;
    }
    yield { place, values: out };
    onCell();
  }
}

/** Only the variables that the settings name: with --humidity hurs nothing replaces it. */
function narrowed(cell: CellInput, { needs }: IndexSettings): CellInput {
  const wanted = new Set(needs.flat());
  return { ...cell, daily: new Map([...cell.daily].filter(([variable]) => wanted.has(variable))) };
}

/** Positions of the places by latitude and longitude, as the database numbers its cells. */
export function southWestFirst(places: readonly Place[]): number[] {
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

function countSteps({ years, month }: TimeAxis, step: IndexDescription["step"]): number {
  if (step === "day") return month.length;
  return step === "year" ? years : years * MONTHS_OF_YEAR;
}
