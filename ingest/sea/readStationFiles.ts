// Extreme sea levels from CSV, in the three shapes that providers publish, distinguished by their columns; and from the hours of
// tide gauges.
import { RejectedError } from "../../model/errors.ts";
import { FEWEST_MAXIMA, type SeaLevelStation, type StationLevels } from "../../model/seaLevels.ts";
import { hintTableCommand } from "../formats/tableContent.ts";
import { findGaugeFormat, type GaugeOptions, type GaugeReport, readGauges } from "./gaugeFiles.ts";
import type { GaugeFormat } from "./gauges.ts";
import { HEADER_OF_PERIOD } from "./seaHeaders.ts";
import { LENGTH_UNITS, type LengthUnit, SeaTable, type SeaTableOptions } from "./seaTable.ts";

export type ShapeSign = "hosking" | "coles";

export interface StationOptions extends SeaTableOptions {
  readonly unit: LengthUnit;
  readonly shapeSign: ShapeSign | undefined;
  readonly gauge: GaugeOptions;
}

export interface ReadStationFiles {
  readonly stations: readonly SeaLevelStation[];
  /** Of the stations that are made from hours. */
  readonly gauges: readonly GaugeReport[];
}

/** m; no sea comes higher above any datum in use, and no law of yearly maxima spreads more. */
const HIGHEST = 30;
const WIDEST = 5;
const STEEPEST = 1;
const FIRST_YEAR = 1700;
const LAST_YEAR = 2200;
const LONGEST = 1e6;

interface Draft {
  readonly place: Pick<
    SeaLevelStation,
    "name" | "latitude" | "longitude" | "referenceYear" | "recordYears" | "datumOffset"
  >;
  readonly where: string;
  /** By return period or year. */
  readonly levels: Map<number, number>;
  parameters: { readonly location: number; readonly scale: number; readonly shape: number } | null;
}

export async function readStationFiles(
  files: readonly string[],
  options: StationOptions,
  signal: AbortSignal,
): Promise<ReadStationFiles> {
  const stations = new Map<string, SeaLevelStation>();
  const add = (station: SeaLevelStation, file: string) => {
    if (stations.has(station.name)) {
      throw new RejectedError(
        "StationTwice",
        `${file}: station "${station.name}" is in an earlier file too. Leave it out of one.`,
      );
    }
    stations.set(station.name, station);
  };
  const ofGauges: { readonly file: string; readonly format: GaugeFormat }[] = [];
  for (const file of files) {
    const format = await findGaugeFormat(file);
    if (format !== undefined) ofGauges.push({ file, format });
    else for (const station of await readStationFile(file, options, signal)) add(station, file);
  }
  if (ofGauges.length === 0) refuseIdle(options.gauge);
  const gauges = await readGauges(ofGauges, options.gauge, signal);
  for (const station of gauges.stations) {
    const { name, record } = station;
    const { years, maxima } = record as Extract<StationLevels, { kind: "maxima" }>;
    checkRecord(name, `Gauge "${name}"`, years, maxima);
    add(station, `Gauge "${name}"`);
  }
  return { stations: [...stations.values()], gauges: gauges.reports };
}

/** Refuses options that say something of a gauge where no file is of one. */
function refuseIdle({ station, latitude, longitude, datumOffset }: GaugeOptions): void {
  const idle = Object.entries({ station, latitude, longitude, "datum-offset": datumOffset });
  const [option] = idle.find(([, value]) => value !== undefined) ?? [];
  if (option === undefined) return;
  throw new RejectedError(
    "UnusedOption",
    `--${option} is for hours of tide gauges, and no file has such. Tables have a column for it. Leave it out.`,
  );
}

async function readStationFile(file: string, options: StationOptions, signal: AbortSignal): Promise<SeaLevelStation[]> {
  const table = await SeaTable.open(file, options);
  table.requireColumns("load sea-levels", "latitude", "longitude");
  const kind = kindOf(table, options);
  const periods = table.header.flatMap((title, at) => {
    const match = HEADER_OF_PERIOD.exec(title.trim());
    return match === null ? [] : [{ at, returnPeriod: Number(match[1]) }];
  });
  const drafts = new Map<string, Draft>();
  await table.readRows(() => {
    const draft = draftOf(table, drafts, options);
    if (kind === "parameters") readParameters(table, draft, options);
    else if (kind === "maxima") addLevel(table, draft, table.require("year", FIRST_YEAR, LAST_YEAR, ""), options);
    else if (kind === "long") addLevel(table, draft, table.require("returnPeriod", 1, LONGEST, "years"), options);
    else for (const { at, returnPeriod } of periods) addAt(table, draft, at, returnPeriod, options);
  }, signal);
  return [...drafts.values()].map((draft) => finish(draft, kind));
}

type Kind = "parameters" | "maxima" | "long" | "wide";

function kindOf(table: SeaTable, { shapeSign }: StationOptions): Kind {
  if (table.has("location") && table.has("scale")) {
    if (table.has("shape") && shapeSign === undefined) {
      throw new RejectedError(
        "ShapeSignNeeded",
        `${table.file} has a column of GEV shapes, whose sign packages write differently. Say whose: --shape-sign hosking (as SciPy: negative is a heavy tail) or coles (positive is a heavy tail).`,
      );
    }
    return "parameters";
  }
  if (table.has("returnPeriod") && table.has("level")) return "long";
  if (table.has("year") && table.has("level")) return "maxima";
  if (table.header.some((title) => HEADER_OF_PERIOD.test(title.trim()))) return "wide";
  throw new RejectedError(
    "UnknownShape",
    `${table.file}: expected location and scale, or return_period and level (or a column per return period, such as rp100), or year and level; found ${table.header.join(", ")}.${hintTableCommand(table.header, "load sea-levels")}`,
  );
}

function draftOf(table: SeaTable, drafts: Map<string, Draft>, { unit }: StationOptions): Draft {
  const latitude = table.require("latitude", -90, 90, "degrees");
  const east = table.require("longitude", -180, 360, "degrees");
  const longitude = east > 180 ? east - 360 : east;
  const name = table.text("station") || `${latitude},${longitude}`;
  const known = drafts.get(name);
  if (known === undefined) {
    const offset = table.number("datumOffset", -HIGHEST / LENGTH_UNITS[unit], HIGHEST / LENGTH_UNITS[unit], unit);
    const place = {
      ...{ name, latitude, longitude },
      referenceYear: table.number("referenceYear", FIRST_YEAR, LAST_YEAR, ""),
      recordYears: table.number("recordYears", 1, 1000, "years"),
      datumOffset: offset === null ? null : offset * LENGTH_UNITS[unit],
    };
    const draft = { place, where: table.where, levels: new Map<number, number>(), parameters: null };
    drafts.set(name, draft);
    return draft;
  }
  if (known.place.latitude !== latitude || known.place.longitude !== longitude) {
    throw new RejectedError(
      "StationMoved",
      `${table.where}: station "${name}" is at ${latitude}, ${longitude}, but at ${known.place.latitude}, ${known.place.longitude} in ${known.where}. Give two stations two names.`,
    );
  }
  return known;
}

function readParameters(table: SeaTable, draft: Draft, { shapeSign, unit }: StationOptions): void {
  if (draft.parameters !== null) throw twice(table, draft, "parameters");
  const metres = LENGTH_UNITS[unit];
  const shape = table.number("shape", -STEEPEST, STEEPEST, "") ?? 0;
  const scale = table.require("scale", 0, WIDEST / metres, unit) * metres;
  if (scale === 0)
    throw new RejectedError(
      "InvalidNumber",
      `${table.where}: expected a scale above 0, found 0. Leave the station out.`,
    );
  draft.parameters = {
    location: table.require("location", -HIGHEST / metres, HIGHEST / metres, unit) * metres,
    scale,
    // Adding zero turns -0 into 0.
    shape: (shapeSign === "coles" ? -shape : shape) + 0,
  };
}

function addLevel(table: SeaTable, draft: Draft, key: number, { unit }: StationOptions): void {
  const metres = LENGTH_UNITS[unit];
  const level = table.number("level", -HIGHEST / metres, HIGHEST / metres, unit);
  if (level === null) return;
  if (draft.levels.has(key)) throw twice(table, draft, String(key));
  draft.levels.set(key, level * metres);
}

function addAt(table: SeaTable, draft: Draft, at: number, returnPeriod: number, { unit }: StationOptions): void {
  const metres = LENGTH_UNITS[unit];
  const level = table.numberAt(at, -HIGHEST / metres, HIGHEST / metres, unit);
  if (level === null) return;
  if (draft.levels.has(returnPeriod)) throw twice(table, draft, String(returnPeriod));
  draft.levels.set(returnPeriod, level * metres);
}

function twice(table: SeaTable, { place }: Draft, what: string): RejectedError {
  return new RejectedError(
    "StationTwice",
    `${table.where}: station "${place.name}" has ${what} twice. Expected one row each: of a gauge's record give only the highest level of each year.`,
  );
}

function finish({ levels, parameters, place, where }: Draft, kind: Kind): SeaLevelStation {
  const keys = [...levels.keys()].sort((a, b) => a - b);
  const values = keys.map((key) => levels.get(key)!);
  let record: StationLevels;
  if (parameters !== null) record = { kind: "parameters", ...parameters };
  else if (kind === "maxima") {
    checkRecord(place.name, where, keys, values);
    // Each maximum is above the sea of its own year, whatever the middle of all years.
    return { ...place, referenceYear: null, record: { kind: "maxima", years: keys, maxima: values } };
  } else {
    const usable = keys.filter((years) => years >= 2);
    const falls = values.findIndex((level, at) => at > 0 && level <= values[at - 1]!);
    if (usable.length < 2 || falls !== -1) {
      const found =
        usable.length < 2
          ? `levels of ${usable.length} return periods from 2 years on`
          : `${values[Math.max(0, falls)]} m for ${keys[Math.max(0, falls)]} years after ${values[Math.max(0, falls - 1)]} m`;
      throw new RejectedError(
        "InvalidLevels",
        `${where}: station "${place.name}": expected at least two return periods from 2 years on, with levels that rise; found ${found}. Correct the table.`,
      );
    }
    record = { kind: "levels", returnPeriods: keys, levels: values };
  }
  return { ...place, record };
}

/**
 * Farther above or below the median than so many times the median of the distances, a yearly maximum does not belong to the record.
 * Maxima have a long tail above; below, the least of a hundred years by Gumbel's law is 2.5 such distances away.
 */
const [MOST_SPREADS, MOST_SPREADS_BELOW] = [30, 10];
/** m: smaller spreads are those of rounding. */
const LEAST_SPREAD = 0.02;

function checkRecord(name: string, where: string, years: readonly number[], maxima: readonly number[]): void {
  if (years.length < FEWEST_MAXIMA) {
    throw new RejectedError(
      "TooFewMaxima",
      `${where}: station "${name}" has ${years.length} yearly maxima; a law needs ${FEWEST_MAXIMA}. Add years, or leave the station out.`,
    );
  }
  checkMaxima(name, where, years, maxima);
}

/** Refuses a maximum that does not fit the others of its station: a mark of a missing year, another unit, another datum. */
function checkMaxima(name: string, where: string, years: readonly number[], maxima: readonly number[]): void {
  const medianOf = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const median = medianOf(maxima);
  const spread = Math.max(LEAST_SPREAD, medianOf(maxima.map((level) => Math.abs(level - median))));
  const odd = maxima.findIndex(
    (level) => level - median > MOST_SPREADS * spread || median - level > MOST_SPREADS_BELOW * spread,
  );
  if (odd === -1) return;
  throw new RejectedError(
    "OddMaximum",
    `${where}: station "${name}": the maximum of ${years[odd]} is ${Number(maxima[odd]!.toPrecision(6))} m, but the median of its ${maxima.length} years is ${Number(median.toPrecision(4))} m, and half of them are within ${Number(spread.toPrecision(2))} m of that. ` +
      "If it marks a missing year, name it as the table writes it: --missing VALUE. If it is of another unit or datum, correct it; if it is right, give the station as parameters or return levels.",
  );
}
