// The three moisture codes of the Canadian Fire Weather Index System, carried from day to day over a run of days.
// Where runs begin and end (gaps, seasons) is fireWeather.ts's business; what the codes mean for a fire is fireBehaviour.ts's.

import { exp, log, pow } from "../numerics/elementary.ts";

/** C = 250·59.5/101: a code of 101 is exactly dry and 0 exactly 250 % moisture (cffdrs from 1.9.2, climate_indices). */
export const FFMC_COEFFICIENT_EXACT = (250 * 59.5) / 101;
/** C as printed by Van Wagner & Pickett (1985); xclim. */
export const FFMC_COEFFICIENT_PRINTED = 147.2;

export const FFMC_START = 85;
export const DMC_START = 6;
export const DC_START = 15;

/** Relative humidity above this is read as this [%]: the equations take the logarithm of what is left to 100. */
const HUMIDITY_MAX_PERCENT = 99.9999;
const LN_10 = Math.LN10;
const LN_100 = 4.605170185988092;

/** All series [days], at noon or an estimate of it. */
export interface DailyWeather {
  /** [degC] */
  readonly temperature: Float64Array;
  /** relative humidity [%] */
  readonly humidity: Float64Array;
  /** at 10 m [km h-1] */
  readonly wind: Float64Array;
  /** [mm d-1] */
  readonly rain: Float64Array;
  /** 1..12 */
  readonly month: Uint8Array;
}

/** Days `first` up to but not including `end`, and what they start with. */
export interface MoistureRun {
  readonly weather: DailyWeather;
  /** [days] 1 where an input is absent: the codes are held, and NaN is written. */
  readonly missing: Uint8Array;
  readonly first: number;
  readonly end: number;
  /** Of the day before: moisture of fine fuel [%], Duff Moisture Code [1], Drought Code [1]. */
  readonly moisture: number;
  readonly dmc: number;
  readonly dc: number;
  /** Eq. 10 and then Eq. 1 of Van Wagner & Pickett (1985) take the moisture m to slope·m + shift. */
  readonly slope: number;
  readonly shift: number;
  /** [12] effective day length Le [h] of the Duff Moisture Code, and factor Lf [1] of the Drought Code */
  readonly duffDayLength: Float64Array;
  readonly droughtDayLength: Float64Array;
}

/** Moisture content [%] that a Fine Fuel Moisture Code represents; C = `coefficient`. Van Wagner & Pickett (1985) Eq. 1. */
export function moistureOfFineFuelCode(code: number, coefficient: number): number {
  return (coefficient * (101 - code)) / (59.5 + code);
}

/** Slope and shift of the step that Eq. 10 and then Eq. 1 make together; C = `coefficient`. With the exact C it is m itself. */
export function stepOfFineFuel(coefficient: number): { readonly slope: number; readonly shift: number } {
  const scale = coefficient / (59.5 * (coefficient + 250));
  return { slope: 160.5 * scale, shift: (101 * coefficient - 59.5 * 250) * scale };
}

/**
 * Moisture content of fine dead fuel behind the Fine Fuel Moisture Code, day after day.
 *
 * Inputs: `temperature` [degC], `humidity` [%], `wind` [km h-1], `rain` [mm d-1], each [days], at noon or an estimate of
 * it; `missing` [days] 1 where any of them is absent; days `first` up to but not including `end`; `coefficient` [1] C of
 * Eq. 1 and 10; `start` [1] the code of the day before.
 * Output: `moisture` [%] [days] as Eq. 1 gives it from the day's code; fineFuelMoistureCode turns it into the code.
 * Definition: Van Wagner & Pickett (1985) Eq. 1-10, tagged below, with m the moisture content, ed and ew the contents
 * in balance when drying and wetting. Eq. 10 and then 1 take m to slope·m + shift, not below 0 (the code's ceiling of
 * 101), so the code itself is never needed; with the exact C that is m.
 * Missing data: the moisture is held and NaN written. Departures: humidity is read as at most 99.9999 %, negative rain,
 * wind and humidity as 0; m equal to ew is kept, where xclim raises an error.
 */
export function fineFuelMoisture(run: MoistureRun, moisture: Float64Array): void {
  const { missing, first, end, slope, shift } = run;
  const { temperature, humidity, wind, rain } = run.weather;
  let m = run.moisture;
  for (let day = first; day < end; day++) {
    if (missing[day] === 1) {
      moisture[day] = Number.NaN;
      continue;
    }
    const t = temperature[day]!;
    const h = Math.min(Math.max(humidity[day]!, 0), HUMIDITY_MAX_PERCENT);
    const w = Math.max(wind[day]!, 0);
    const rf = rain[day]! - 0.5; // Eq. 2
    if (rf > 0) {
      const wetter = m > 150 ? 0.0015 * (m - 150) * (m - 150) * Math.sqrt(rf) : 0;
      m += 42.5 * rf * exp(-100 / (251 - m)) * (1 - exp(-6.93 / rf)) + wetter; // Eq. 3a, 3b
      if (m > 250) m = 250;
    }
    const logH = log(h);
    const saturation = exp(0.1 * h - 10);
    const warmth = 0.18 * (21.1 - t) * (1 - exp(-0.115 * h));
    const ed = 0.942 * exp(logH * 0.679) + 11 * saturation + warmth; // Eq. 4
    if (m > ed) {
      const h2 = h * h * 1e-4;
      const h4 = h2 * h2;
      const ko = 0.424 * (1 - exp((logH - LN_100) * 1.7)) + 0.0694 * Math.sqrt(w) * (1 - h4 * h4); // Eq. 6a
      const kd = ko * 0.581 * exp(0.0365 * t); // Eq. 6b
      m = ed + (m - ed) * exp(-LN_10 * kd); // Eq. 8
    } else {
      const ew = 0.618 * exp(logH * 0.753) + 10 * saturation + warmth; // Eq. 5
      if (m < ew) {
        const dryness = (100 - h) / 100;
        const d2 = dryness * dryness;
        const d4 = d2 * d2;
        const kl = 0.424 * (1 - pow(dryness, 1.7)) + 0.0694 * Math.sqrt(w) * (1 - d4 * d4); // Eq. 7a
        const kw = kl * 0.581 * exp(0.0365 * t); // Eq. 7b
        m = ew - (ew - m) * exp(-LN_10 * kw); // Eq. 9
      }
    }
    m = slope * m + shift; // Eq. 10, then Eq. 1
    if (m < 0) m = 0;
    moisture[day] = m;
  }
}

/**
 * Fine Fuel Moisture Code of the moisture that fineFuelMoisture writes.
 *
 * Inputs: `moisture` [%] [days]; `coefficient` [1] C. Output: `code` [1] [days], 0..101.
 * Definition: Van Wagner & Pickett (1985) Eq. 1 solved for the code F: F = (101·C - 59.5·m) / (C + m).
 * Missing data: NaN stays NaN. Departures: none.
 */
export function fineFuelMoistureCode(moisture: Float64Array, coefficient: number, code: Float64Array): void {
  for (let day = 0; day < moisture.length; day++) {
    const m = moisture[day]!;
    code[day] = (101 * coefficient - 59.5 * m) / (coefficient + m);
  }
}

/**
 * Duff Moisture Code, day after day.
 *
 * Inputs: `temperature` [degC], `humidity` [%], `rain` [mm d-1], each [days]; `missing` [days]; `month` [days] 1..12;
 * days `first` up to `end`; `dayLength` [12] effective day length Le [h]; `start` [1] the code of the day before.
 * Output: `code` [1] [days], not below 0.
 * Definition: Van Wagner & Pickett (1985) Eq. 11-17 with the unrounded forms of Eq. 12 and 15 that cffdrs, xclim and
 * climate_indices use; the printed ones differ by up to 0.06.
 * Missing data: the code is held and NaN written. Departures: clamps as in fineFuelMoisture.
 */
export function duffMoistureCode(run: MoistureRun, code: Float64Array): void {
  const { missing, first, end, duffDayLength: dayLength } = run;
  const { temperature, humidity, rain, month } = run.weather;
  let p = run.dmc;
  for (let day = first; day < end; day++) {
    if (missing[day] === 1) {
      code[day] = Number.NaN;
      continue;
    }
    const ro = rain[day]!;
    if (ro > 1.5) {
      const re = 0.92 * ro - 1.27; // Eq. 11
      const mo = 20 + 280 * exp(-0.023 * p); // Eq. 12
      const b =
        p <= 33
          ? 100 / (0.5 + 0.3 * p) // Eq. 13a
          : p <= 65
            ? 14 - 1.3 * log(p) // Eq. 13b
            : 6.2 * log(p) - 17.2; // Eq. 13c
      const mr = mo + (1000 * re) / (48.77 + b * re); // Eq. 14
      p = Math.max(0, 43.43 * (5.6348 - log(mr - 20))); // Eq. 15
    }
    const t = temperature[day]!;
    if (t > -1.1) {
      const h = Math.min(Math.max(humidity[day]!, 0), HUMIDITY_MAX_PERCENT);
      p += 1.894 * (t + 1.1) * (100 - h) * dayLength[month[day]! - 1]! * 1e-4; // Eq. 16, 17
    }
    code[day] = p;
  }
}

/**
 * Drought Code, day after day.
 *
 * Inputs: `temperature` [degC], `rain` [mm d-1], each [days]; `missing` [days]; `month` [days] 1..12; days `first` up
 * to `end`; `dayLength` [12] factor Lf [1]; `start` [1] the code of the day before.
 * Output: `code` [1] [days], not below 0.
 * Definition: Van Wagner & Pickett (1985) Eq. 18-23; potential evapotranspiration V is not below 0.
 * Missing data: the code is held and NaN written. Departures: none.
 */
export function droughtCode(run: MoistureRun, code: Float64Array): void {
  const { missing, first, end, droughtDayLength: dayLength } = run;
  const { temperature, rain, month } = run.weather;
  let d = run.dc;
  for (let day = first; day < end; day++) {
    if (missing[day] === 1) {
      code[day] = Number.NaN;
      continue;
    }
    const ro = rain[day]!;
    if (ro > 2.8) {
      const rd = 0.83 * ro - 1.27; // Eq. 18
      const qo = 800 * exp(-d / 400); // Eq. 19
      d = Math.max(0, d - 400 * log(1 + (3.937 * rd) / qo)); // Eq. 20, 21
    }
    const v = 0.36 * (Math.max(temperature[day]!, -2.8) + 2.8) + dayLength[month[day]! - 1]!; // Eq. 22
    if (v > 0) d += 0.5 * v; // Eq. 23
    code[day] = d;
  }
}
