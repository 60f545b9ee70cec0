// Daily Fire Weather Index of one cell: which days are computed, and with which start.
import { loadFireWeatherKernel } from "../kernels/fireWeather.ts";
import { type DayLengthBands, droughtDayLength, duffDayLength } from "./fireDayLength.ts";
import {
  type DailyWeather,
  DC_START,
  DMC_START,
  FFMC_COEFFICIENT_EXACT,
  FFMC_START,
  moistureOfFineFuelCode,
  stepOfFineFuel,
} from "./fireMoisture.ts";
import {
  type BehaviourIndices,
  type FireWeatherCore,
  type MoistureCodes,
  scalarFireWeather,
} from "./fireWeatherCore.ts";
import { findFireSeasons, overwinteredDroughtCode, winterRain } from "./fireWeatherSeason.ts";

export interface FireWeatherSettings {
  readonly ffmcCoefficient: number;
  readonly bands: DayLengthBands;
  /** alwaysOn computes every day; overwinter only those of the season (Wotton & Flannigan 1993), the Drought Code carried over. */
  readonly season: "alwaysOn" | "overwinter";
}

export const DEFAULT_FIRE_WEATHER: FireWeatherSettings = {
  ffmcCoefficient: FFMC_COEFFICIENT_EXACT,
  bands: "cffdrs",
  season: "alwaysOn",
};

/** Compiled where the engine can run it. */
export const FIRE_WEATHER_CORE = loadFireWeatherKernel() ?? scalarFireWeather;

/** A gap of at most this many days is bridged by holding the codes. */
const BRIDGED_GAP_DAYS = 3;
/** Days that a restart after a longer gap leaves undefined: the Drought Code forgets with a lag of 52 days. */
const SETTLING_DAYS = 60;

/** One cell's weather. */
export interface FireWeatherInput extends DailyWeather {
  /** [degrees_north] */
  readonly latitude: number;
}

/** Daily codes, and the marks they rest on; made once, used for every cell of the same time axis. */
export interface MoistureDays extends MoistureCodes {
  /** [days] 1 where an input is absent */
  readonly missing: Uint8Array;
  /** [days] 1 outside the season */
  readonly inactive: Uint8Array;
}

export interface FireWeatherArrays extends MoistureDays, BehaviourIndices {}

export function makeMoistureDays(days: number): MoistureDays {
  return {
    missing: new Uint8Array(days),
    inactive: new Uint8Array(days),
    moisture: new Float64Array(days),
    dmc: new Float64Array(days),
    dc: new Float64Array(days),
  };
}

export function makeFireWeatherArrays(days: number): FireWeatherArrays {
  const make = () => new Float64Array(days);
  return { ...makeMoistureDays(days), isi: make(), bui: make(), fwi: make() };
}

interface Run {
  readonly input: FireWeatherInput;
  readonly settings: FireWeatherSettings;
  readonly arrays: MoistureDays;
  readonly core: FireWeatherCore;
}

/**
 * Canadian Fire Weather Index System of one cell, every day of its record.
 *
 * Inputs: `input` (see FireWeatherInput); `settings`; `firstDay` that the record begins with, the days before it NaN.
 * Output: `arrays` (see FireWeatherArrays), codes and indices [1], moisture [%].
 * Definition: Van Wagner & Pickett (1985), started with FFMC 85, DMC 6, DC 15; the season and its start values as in
 * fireWeatherSeason.ts.
 * Missing data: a gap of up to 3 days holds the codes; after a longer one they restart and the 60 days from there on are
 * NaN; so are the missing days, and days outside the season. Departures: fineFuelMoisture names them.
 */
export function fireWeather(
  input: FireWeatherInput,
  settings: FireWeatherSettings,
  arrays: FireWeatherArrays,
  firstDay = 0,
  core: FireWeatherCore = FIRE_WEATHER_CORE,
): void {
  fireMoistureDays(input, settings, arrays, firstDay, core);
  core.behaviour(input.temperature.length, arrays, input.wind, arrays);
}

/** The codes of fireWeather alone: same inputs, days and missing data. */
export function fireMoistureDays(
  input: FireWeatherInput,
  settings: FireWeatherSettings,
  arrays: MoistureDays,
  firstDay = 0,
  core: FireWeatherCore = FIRE_WEATHER_CORE,
): void {
  const days = input.temperature.length;
  const run: Run = { input, settings, arrays, core };
  markMissing(input, arrays.missing);
  arrays.inactive.fill(0);
  leaveUndefined(arrays, 0, firstDay);
  if (settings.season === "alwaysOn") {
    computeDays(run, firstDay, days, DC_START);
  } else {
    computeSeasons(run, firstDay);
  }
}

function markMissing(input: FireWeatherInput, missing: Uint8Array): void {
  const { temperature, humidity, wind, rain } = input;
  for (let day = 0; day < missing.length; day++) {
    missing[day] = Number.isNaN(temperature[day]! + humidity[day]! + wind[day]! + rain[day]!) ? 1 : 0;
  }
}

/** Days `first` up to `end`, in stretches between the gaps that are too long to bridge. */
function computeDays(run: Run, first: number, end: number, dcStart: number): void {
  const { missing } = run.arrays;
  let from = first;
  let start = dcStart;
  let settling = 0;
  let gap = 0;
  for (let day = first; day < end; day++) {
    if (missing[day] === 1) {
      gap++;
      continue;
    }
    if (gap > BRIDGED_GAP_DAYS) {
      computeStretch(run, from, day, start, settling);
      from = day;
      start = DC_START;
      settling = SETTLING_DAYS;
    }
    gap = 0;
  }
  computeStretch(run, from, end, start, settling);
}

function computeStretch(
  { input, settings, arrays, core }: Run,
  first: number,
  end: number,
  dcStart: number,
  settling: number,
): void {
  const { ffmcCoefficient, bands } = settings;
  const run = {
    weather: input,
    missing: arrays.missing,
    first,
    end,
    moisture: moistureOfFineFuelCode(FFMC_START, ffmcCoefficient),
    dmc: DMC_START,
    dc: dcStart,
    ...stepOfFineFuel(ffmcCoefficient),
    duffDayLength: duffDayLength(input.latitude, bands),
    droughtDayLength: droughtDayLength(input.latitude, bands),
  };
  core.codes(run, arrays);
  if (settling > 0) leaveUndefined(arrays, first, Math.min(end, first + settling));
}

function leaveUndefined({ moisture, dmc, dc }: MoistureCodes, first: number, end: number): void {
  for (const series of [moisture, dmc, dc]) series.fill(Number.NaN, first, end);
}

function computeSeasons(run: Run, firstDay: number): void {
  const { input, arrays } = run;
  const days = input.temperature.length;
  findFireSeasons(input.temperature, arrays.inactive);
  let dcBefore = Number.NaN;
  let day = firstDay;
  while (day < days) {
    const winterFrom = day;
    while (day < days && arrays.inactive[day] === 1) day++;
    leaveUndefined(arrays, winterFrom, day);
    if (day === days) return;
    const dcStart = overwinteredDroughtCode(dcBefore, winterRain(input.rain, winterFrom, day));
    const seasonFrom = day;
    while (day < days && arrays.inactive[day] === 0) day++;
    computeDays(run, seasonFrom, day, dcStart);
    dcBefore = lastShown(arrays.dc, seasonFrom, day);
  }
}

function lastShown(codes: Float64Array, first: number, end: number): number {
  for (let day = end - 1; day >= first; day--) {
    if (!Number.isNaN(codes[day]!)) return codes[day]!;
  }
  return Number.NaN;
}
