// Daily Fire Weather Index of one cell: which days are computed, with which start, from fireMoisture and
// fireBehaviour.
import { buildupIndex, fireWeatherIndex, initialSpreadIndex } from "./fireBehaviour.ts";
import { type DayLengthBands, droughtDayLength, duffDayLength } from "./fireDayLength.ts";
import {
  DC_START,
  DMC_START,
  droughtCode,
  duffMoistureCode,
  FFMC_COEFFICIENT_EXACT,
  FFMC_START,
  fineFuelMoisture,
} from "./fireMoisture.ts";
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

/** A gap of at most this many days is bridged by holding the codes. */
const BRIDGED_GAP_DAYS = 3;
/** Days that a restart after a longer gap leaves undefined: the Drought Code forgets with a lag of 52 days. */
const SETTLING_DAYS = 60;

/** One cell's weather, all series [days] at noon or an estimate of it. */
export interface FireWeatherInput {
  /** [degrees_north] */
  readonly latitude: number;
  /** [days] 1..12 */
  readonly month: Uint8Array;
  /** [degC] */
  readonly temperature: Float64Array;
  /** relative humidity [%] */
  readonly humidity: Float64Array;
  /** at 10 m [km h-1] */
  readonly wind: Float64Array;
  /** [mm d-1] */
  readonly rain: Float64Array;
}

/** Daily results [days], and the marks they rest on; made once, used for every cell of the same time axis. */
export interface FireWeatherArrays {
  /** 1 where an input is absent */
  readonly missing: Uint8Array;
  /** 1 outside the season */
  readonly inactive: Uint8Array;
  /** of fine fuel [%]; fineFuelMoistureCode turns it into the FFMC */
  readonly moisture: Float64Array;
  readonly dmc: Float64Array;
  readonly dc: Float64Array;
  readonly isi: Float64Array;
  readonly bui: Float64Array;
  readonly fwi: Float64Array;
}

export function makeFireWeatherArrays(days: number): FireWeatherArrays {
  return {
    missing: new Uint8Array(days),
    inactive: new Uint8Array(days),
    moisture: new Float64Array(days),
    dmc: new Float64Array(days),
    dc: new Float64Array(days),
    isi: new Float64Array(days),
    bui: new Float64Array(days),
    fwi: new Float64Array(days),
  };
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
): void {
  const days = input.temperature.length;
  markMissing(input, arrays.missing);
  arrays.inactive.fill(0);
  leaveUndefined(arrays, 0, firstDay);
  if (settings.season === "alwaysOn") {
    computeDays(input, settings, arrays, firstDay, days, DC_START);
  } else {
    computeSeasons(input, settings, arrays, firstDay);
  }
  initialSpreadIndex(arrays.moisture, input.wind, arrays.isi);
  buildupIndex(arrays.dmc, arrays.dc, arrays.bui);
  fireWeatherIndex(arrays.isi, arrays.bui, arrays.fwi);
}

function markMissing(input: FireWeatherInput, missing: Uint8Array): void {
  const { temperature, humidity, wind, rain } = input;
  for (let day = 0; day < missing.length; day++) {
    missing[day] = Number.isNaN(temperature[day]! + humidity[day]! + wind[day]! + rain[day]!) ? 1 : 0;
  }
}

/** Days `first` up to `end`, in stretches between the gaps that are too long to bridge. */
function computeDays(
  input: FireWeatherInput,
  settings: FireWeatherSettings,
  arrays: FireWeatherArrays,
  first: number,
  end: number,
  dcStart: number,
): void {
  const { missing } = arrays;
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
      computeStretch(input, settings, arrays, from, day, start, settling);
      from = day;
      start = DC_START;
      settling = SETTLING_DAYS;
    }
    gap = 0;
  }
  computeStretch(input, settings, arrays, from, end, start, settling);
}

function computeStretch(
  input: FireWeatherInput,
  settings: FireWeatherSettings,
  arrays: FireWeatherArrays,
  first: number,
  end: number,
  dcStart: number,
  settling: number,
): void {
  const { temperature, humidity, wind, rain, month } = input;
  const { missing, moisture, dmc, dc } = arrays;
  const ffmcCoefficient = settings.ffmcCoefficient;
  const duff = duffDayLength(input.latitude, settings.bands);
  const drought = droughtDayLength(input.latitude, settings.bands);
  fineFuelMoisture(temperature, humidity, wind, rain, missing, first, end, ffmcCoefficient, FFMC_START, moisture);
  duffMoistureCode(temperature, humidity, rain, missing, month, first, end, duff, DMC_START, dmc);
  droughtCode(temperature, rain, missing, month, first, end, drought, dcStart, dc);
  if (settling > 0) leaveUndefined(arrays, first, Math.min(end, first + settling));
}

function leaveUndefined(arrays: FireWeatherArrays, first: number, end: number): void {
  arrays.moisture.fill(Number.NaN, first, end);
  arrays.dmc.fill(Number.NaN, first, end);
  arrays.dc.fill(Number.NaN, first, end);
}

function computeSeasons(
  input: FireWeatherInput,
  settings: FireWeatherSettings,
  arrays: FireWeatherArrays,
  firstDay: number,
): void {
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
    computeDays(input, settings, arrays, seasonFrom, day, dcStart);
    dcBefore = lastShown(arrays.dc, seasonFrom, day);
  }
}

function lastShown(codes: Float64Array, first: number, end: number): number {
  for (let day = end - 1; day >= first; day--) {
    if (!Number.isNaN(codes[day]!)) return codes[day]!;
  }
  return Number.NaN;
}
