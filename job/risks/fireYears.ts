// The yearly values that wildfire is judged by, for one cell after the other on one time axis.
import { humidityAtHighestTemperature } from "../indices/fireHumidity.ts";
import {
  type FireWeatherInput,
  type FireWeatherSettings,
  fireMoistureDays,
  type MoistureDays,
  makeMoistureDays,
} from "../indices/fireWeather.ts";
import { type FireWeatherYears, fireWeatherYears, makeFireWeatherYears } from "../indices/fireWeatherYears.ts";
import { type HazardYearStart, type HazardYears, hazardYearStart, makeHazardYears } from "../indices/hazardYears.ts";
import { type HighDaysScratch, highFireWeather, makeHighDaysScratch } from "../indices/highFireWeather.ts";
import { climatologicalDays, LONGEST_YEAR_DAYS, type TimeAxis } from "../timeAxis.ts";
import { type ExtremesScratch, makeExtremesScratch } from "./extremes.ts";
import type { CellInput } from "./riskDefinition.ts";

const KM_PER_HOUR_OF_M_PER_S = 3.6;
const DAYS_OF_A_YEAR = 365;
/** A humidity serves a record when it is there on this share of the days that have the other inputs. */
const COVERED_SHARE = 0.95;

/** Estimates of the relative humidity of noon, the best first; one for all years of a cell. */
export const HUMIDITY_SOURCES = ["hursmin", "proxy", "hurs"] as const;
export type HumiditySource = (typeof HUMIDITY_SOURCES)[number];

/** What is worked in for all cells of one axis; rewritten by every cell. */
export interface FireYears {
  readonly axis: TimeAxis;
  readonly hazardYears: Readonly<Record<HazardYearStart, HazardYears>>;
  /** [axis days] wind [km h-1], and humidity [%] where it is made from other series */
  readonly wind: Float64Array;
  readonly humidity: Float64Array;
  readonly codes: MoistureDays;
  /** [axis days] of highFireWeather */
  readonly fwi: Float64Array;
  readonly highDays: HighDaysScratch;
  readonly yearly: FireWeatherYears;
  /** [years] 1 where the year counts */
  readonly valid: Uint8Array;
  readonly extremes: ExtremesScratch;
  /** [years] room to sort a period's values in; [366] room for a year's days */
  readonly sorted: Float64Array;
  readonly validDays: Float64Array;
  readonly highest: Float64Array;
}

export function makeFireYears(axis: TimeAxis): FireYears {
  const days = axis.month.length;
  return {
    axis,
    hazardYears: { January: makeHazardYears(axis, "January"), July: makeHazardYears(axis, "July") },
    wind: new Float64Array(days),
    humidity: new Float64Array(days),
    codes: makeMoistureDays(days),
    fwi: new Float64Array(days),
    highDays: makeHighDaysScratch(LONGEST_YEAR_DAYS),
    yearly: makeFireWeatherYears(axis.years),
    valid: new Uint8Array(axis.years),
    extremes: makeExtremesScratch(axis.years),
    sorted: new Float64Array(axis.years),
    validDays: new Float64Array(LONGEST_YEAR_DAYS),
    highest: new Float64Array(LONGEST_YEAR_DAYS),
  };
}

/**
 * The humidity that a cell is computed with.
 *
 * Inputs: `input`; `work`, made for its axis.
 * Output: the source; null when the cell lacks a series. `work.humidity` may be rewritten.
 * Definition: the first of HUMIDITY_SOURCES that is there on 95 % of the days with tasmax, sfcWind and pr, so that parent,
 * base and all periods share one; when none is, the first with any day. A source never changes within a record: going from
 * one to another moves FWI95 more than 4 degC of warming do.
 * Missing data: days without the chosen source are missing.
 */
export function chooseHumidity(input: CellInput, work: FireYears): HumiditySource | null {
  const tasmax = input.daily.get("tasmax");
  const wind = input.daily.get("sfcWind");
  const rain = input.daily.get("pr");
  if (tasmax === undefined || wind === undefined || rain === undefined) return null;
  let first: HumiditySource | null = null;
  for (const source of HUMIDITY_SOURCES) {
    const humidity = humidityOf(source, input, work);
    if (humidity === null) continue;
    const share = coveredShare(tasmax, wind, rain, humidity);
    if (share >= COVERED_SHARE) return source;
    if (share > 0) first ??= source;
  }
  return first;
}

/** Relative humidity [%] [days] by a source; null when the cell lacks a series. `work.humidity` may be rewritten. */
export function humidityOf(source: HumiditySource, input: CellInput, work: FireYears): Float64Array | null {
  const { daily } = input;
  if (source !== "proxy") return daily.get(source) ?? null;
  const hurs = daily.get("hurs");
  const tas = daily.get("tas");
  if (hurs === undefined || tas === undefined) return null;
  humidityAtHighestTemperature(hurs, tas, daily.get("tasmax")!, work.humidity);
  return work.humidity;
}

function coveredShare(tasmax: Float64Array, wind: Float64Array, rain: Float64Array, humidity: Float64Array): number {
  let others = 0;
  let all = 0;
  for (let day = 0; day < tasmax.length; day++) {
    if (Number.isNaN(tasmax[day]! + wind[day]! + rain[day]!)) continue;
    others++;
    if (!Number.isNaN(humidity[day]!)) all++;
  }
  return others === 0 ? 0 : all / others;
}

/** The first day that has every input, or the number of days when none has. */
export function firstCompleteDay({ daily }: CellInput, humidity: Float64Array): number {
  const tasmax = daily.get("tasmax")!;
  const wind = daily.get("sfcWind")!;
  const rain = daily.get("pr")!;
  let day = 0;
  while (day < humidity.length && Number.isNaN(tasmax[day]! + wind[day]! + rain[day]! + humidity[day]!)) day++;
  return day;
}

/**
 * What the fire weather of a cell is computed from.
 *
 * Inputs: `input` with tasmax, sfcWind and pr; `humidity` [%] [days]; `work`, made for its axis.
 * Output: the input of indices/fireWeather.ts. `work.wind` is rewritten.
 * Definition: the daily maximum temperature, the mean wind and the calendar day's rain in the place of noon's.
 */
export function fireInput(input: CellInput, humidity: Float64Array, work: FireYears): FireWeatherInput {
  const { axis, daily, latitude } = input;
  const { wind } = work;
  const speed = daily.get("sfcWind")!;
  for (let day = 0; day < speed.length; day++) wind[day] = speed[day]! * KM_PER_HOUR_OF_M_PER_S;
  return { latitude, month: axis.month, temperature: daily.get("tasmax")!, humidity, wind, rain: daily.get("pr")! };
}

/**
 * Yearly fire weather of one cell.
 *
 * Inputs: `input` with tasmax, sfcWind and pr; `humidity` [%] [days]; `settings`; `work`, made for its axis; `start` of the
 *   years, by default the warm season's hazard years.
 * Output: work.yearly and work.valid, D38 scaled to a year of 365 days; the hazard years are returned.
 * Definition: the daily index of fireInput, indices/fireWeather.ts; indices/fireWeatherYears.ts on those years.
 * Missing data: as there; a year that begins within the first year of the record is not counted, the codes still settle.
 */
export function fillFireYears(
  input: CellInput,
  humidity: Float64Array,
  settings: FireWeatherSettings,
  work: FireYears,
  start: HazardYearStart = hazardYearStart("warm", input.latitude),
): HazardYears {
  const { axis } = input;
  const { codes, fwi, valid, yearly } = work;
  fireMoistureDays(fireInput(input, humidity, work), settings, codes);
  const hazardYears = work.hazardYears[start];
  const { years, yearStart } = hazardYears;
  highFireWeather(codes, work.wind, yearStart, years, work.highDays, fwi);
  fireWeatherYears(fwi, codes.inactive, yearStart, years, work.validDays, work.highest, yearly);
  const toWholeYear = DAYS_OF_A_YEAR / climatologicalDays(axis.calendar);
  const settled = endOfFirstYear(axis, codes.moisture);
  for (let year = 0; year < years; year++) {
    yearly.d38[year] = yearly.d38[year]! * toWholeYear;
    if (yearStart[year]! < settled) yearly.fwi95[year] = yearly.fwix[year] = yearly.d38[year] = Number.NaN;
    valid[year] = Number.isNaN(yearly.fwi95[year]!) ? 0 : 1;
  }
  return hazardYears;
}

/** The day after the calendar year in which the cell's own record begins; the end of the axis when it never does. */
function endOfFirstYear({ years, yearStart }: TimeAxis, moisture: Float64Array): number {
  const first = moisture.findIndex((value) => !Number.isNaN(value));
  for (let year = 0; first !== -1 && year < years; year++)
    if (yearStart[year + 1]! > first) return yearStart[year + 1]!;
  return moisture.length;
}
