// Sea-level rise from CSV: a row per year, or a row per experiment with a column per year as the sea level tool of AR6 writes it;
// and from AR6's own NetCDF files.
import { basename } from "node:path";
import { RejectedError } from "../../model/errors.ts";
import { futureOf } from "../../model/experiments.ts";
import type { RiseSeries } from "../../model/seaLevels.ts";
import { chooseFormat, openFile } from "../formats/formats.ts";
import { readNumberText } from "../formats/numberText.ts";
import { type RiseArray, type RiseChoice, readRiseArray } from "./readRiseArrays.ts";
import { LENGTH_UNITS, type LengthUnit, SeaTable, type SeaTableOptions } from "./seaTable.ts";

/** m above the mean of 1995-2014; beyond the highest low-confidence quantiles of 2150, and below any uplift. */
const HIGHEST = 10;
const LOWEST = -5;
const FIRST_YEAR = 1900;
const LAST_YEAR = 2300;
const ROUNDING = 1e-9;
/** What a table without quantiles gives. */
const MEDIAN = 0.5;
const LIMITS = { lowest: LOWEST, highest: HIGHEST, firstYear: FIRST_YEAR, lastYear: LAST_YEAR };

export interface RiseOptions extends SeaTableOptions, RiseChoice {
  readonly unit: LengthUnit;
  /** Name of the series where the table has none. */
  readonly series: string | undefined;
}

interface Draft {
  readonly series: string;
  readonly experiment: string;
  readonly place: RiseSeries["place"];
  readonly rises: Map<number, number>;
}

export interface ReadRises {
  readonly rises: readonly RiseSeries[];
  /** Rows of other quantiles, confidences and processes. */
  readonly passedOver: number;
  /** Experiments that no scenario of this product follows. */
  readonly otherExperiments: readonly string[];
  /** Chosen locations of arrays that have no value, such as points on land. */
  readonly withoutValues: number;
}

export async function readRiseFiles(
  files: readonly string[],
  options: RiseOptions,
  signal: AbortSignal,
): Promise<ReadRises> {
  const drafts = new Map<string, Draft>();
  const others = new Set<string>();
  const series = new Map<string, RiseSeries>();
  let passedOver = 0;
  let withoutValues = 0;
  let hasArrays = false;
  for (const file of files) {
    const format = await chooseFormat(file, "table", "array");
    if (format.kind === "array") {
      hasArrays = true;
      const array = await readArray(file, options, signal);
      withoutValues += array.withoutValues;
      if (array.otherExperiment !== undefined) others.add(array.otherExperiment);
      for (const one of array.rises) addSeries(series, one, file);
      continue;
    }
    const table = await SeaTable.open(file, options);
    table.requireColumns("load sea-level-rise", "experiment");
    const years = table.header.flatMap((title, at) =>
      /^\d{4}$/.test(title.trim()) ? [{ at, year: Number(title) }] : [],
    );
    const odd = years.find(({ year }) => year < FIRST_YEAR || year > LAST_YEAR);
    if (odd !== undefined) {
      throw new RejectedError(
        "InvalidYear",
        `${file}: column "${table.header[odd.at]}": expected years from ${FIRST_YEAR} to ${LAST_YEAR}. Rename the column, or leave it out.`,
      );
    }
    if (years.length === 0) table.requireColumns("load sea-level-rise", "year", "rise");
    await table.readRows(() => {
      if (!isWanted(table, options)) passedOver++;
      else if (futureOf({ name: "", experiment: table.text("experiment") }) === undefined)
        others.add(table.text("experiment"));
      else addRow(table, draftOf(table, drafts, options, file), years, options);
    }, signal);
  }
  if (drafts.size + series.size === 0) {
    throw new RejectedError(
      "NoRise",
      `${files.join(", ")}: expected rows of ssp126, ssp245, ssp370 or ssp585${others.size > 0 ? `, found ${[...others].join(", ")}` : ""}` +
        `${passedOver > 0 ? `; ${passedOver} rows are of other quantiles, confidences or processes than the total at --quantile ${options.quantile}, --confidence ${options.confidence}` : ""}` +
        `${withoutValues > 0 ? `; ${withoutValues} locations have no value` : ""}.`,
    );
  }
  if (!hasArrays && (options.locations !== undefined || options.near !== undefined)) {
    throw new RejectedError(
      "UnusedOption",
      `--${options.near === undefined ? "locations" : "grid"} is for AR6's NetCDF files, and no file is one. Leave it out.`,
    );
  }
  for (const { rises: byYear, ...draft } of drafts.values()) {
    const known = [...byYear.keys()].sort((a, b) => a - b);
    addSeries(series, { ...draft, years: known, rises: known.map((year) => byYear.get(year)!) }, files.join(", "));
  }
  return { rises: [...series.values()], passedOver, otherExperiments: [...others], withoutValues };
}

async function readArray(file: string, options: RiseOptions, signal: AbortSignal): Promise<RiseArray> {
  const opened = await openFile(file, "array", signal);
  try {
    return await readRiseArray(opened, options, LIMITS);
  } finally {
    opened.close();
  }
}

function addSeries(all: Map<string, RiseSeries>, one: RiseSeries, file: string): void {
  const key = `${one.series}\n${one.experiment}`;
  if (all.has(key)) {
    throw new RejectedError(
      "SeriesTwice",
      `${file}: series "${one.series}", ${one.experiment}, is in an earlier file too. Leave it out of one.`,
    );
  }
  all.set(key, one);
}

/** Of tables with several processes, confidences and quantiles: the total, at the chosen confidence and quantile. */
function isWanted(table: SeaTable, { quantile, confidence }: RiseOptions): boolean {
  const isOneOf = (column: "process" | "confidence", wanted: string) =>
    ["", wanted].includes(table.text(column).toLowerCase());
  const text = table.text("quantile");
  const found = readNumberText(text) ?? Number.NaN;
  const isQuantile =
    text === "" ? quantile === MEDIAN : [found, found / 100].some((one) => Math.abs(one - quantile) < ROUNDING);
  return isOneOf("process", "total") && isOneOf("confidence", confidence) && isQuantile;
}

function draftOf(table: SeaTable, drafts: Map<string, Draft>, options: RiseOptions, file: string): Draft {
  const experiment = futureOf({ name: "", experiment: table.text("experiment") })!;
  const latitude = table.number("latitude", -90, 90, "degrees");
  const east = table.number("longitude", -180, 360, "degrees");
  const place = latitude === null || east === null ? null : { latitude, longitude: east > 180 ? east - 360 : east };
  const named = table.text("series");
  const series = named || options.series || (place === null ? basename(file) : `${place.latitude},${place.longitude}`);
  const key = `${series}\n${experiment}`;
  const draft = drafts.get(key) ?? { series, experiment, place, rises: new Map<number, number>() };
  if (draft.place?.latitude !== place?.latitude || draft.place?.longitude !== place?.longitude) {
    throw new RejectedError(
      "SeriesMoved",
      `${table.where}: series "${series}" is at another place than in an earlier row. Give two series two names.`,
    );
  }
  drafts.set(key, draft);
  return draft;
}

function addRow(
  table: SeaTable,
  draft: Draft,
  years: readonly { readonly at: number; readonly year: number }[],
  { unit }: RiseOptions,
): void {
  const metres = LENGTH_UNITS[unit];
  const add = (year: number, rise: number | null) => {
    if (rise === null) return;
    if (draft.rises.has(year)) {
      throw new RejectedError(
        "YearTwice",
        `${table.where}: series "${draft.series}", ${draft.experiment}, has ${year} twice. Leave one of them out.`,
      );
    }
    draft.rises.set(year, rise * metres);
  };
  for (const { at, year } of years) add(year, table.numberAt(at, LOWEST / metres, HIGHEST / metres, unit));
  if (years.length === 0) {
    add(
      table.require("year", FIRST_YEAR, LAST_YEAR, ""),
      table.number("rise", LOWEST / metres, HIGHEST / metres, unit),
    );
  }
}
