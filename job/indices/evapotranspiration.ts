// Potential evapotranspiration from temperature and the sun's geometry: Hargreaves-Samani, and Thornthwaite as the fallback.
// Sums by month are made in monthlySums.ts; which formula a cell gets is risks/drought.ts's choice.
import type { Calendar } from "../../model/calendars.ts";

const DAYS_OF_COMMON_YEAR = 365;
const LONGEST_YEAR_DAYS = 366;
const DAYS_OF_360_YEAR = 360;
const RADIANS = Math.PI / 180;
/** The tangent of a pole is infinite. */
const LATITUDE_MAX = 89.9;
/** Solar constant Gsc [MJ m-2 min-1] and the minutes of a day over pi. */
const SOLAR_CONSTANT = 0.082;
const MINUTES_OVER_PI = (24 * 60) / Math.PI;
/** Water that 1 MJ m-2 evaporates [mm]; Allen et al. (1998) Eq. 20. */
const MM_PER_MJ = 0.408;

/**
 * Extraterrestrial radiation of one day.
 *
 * Inputs: `latitude` [degrees_north]; `dayOfYear` J [1] from 1, may be fractional.
 * Output: Ra [MJ m-2 d-1], not below 0.
 * Definition: Allen et al. (1998), FAO Irrigation and Drainage Paper 56, Eq. 21-25: d = 0.409·sin(2πJ/365 - 1.39),
 * dr = 1 + 0.033·cos(2πJ/365), ws = acos(-tan φ·tan d), Ra = (24·60/π)·0.0820·dr·(ws·sin φ·sin d + cos φ·cos d·sin ws).
 * Missing data: NaN latitude gives NaN. Departures: |latitude| is held at 89.9; polar day and night by clamping the cosine.
 */
export function extraterrestrialRadiation(latitude: number, dayOfYear: number): number {
  return radiationOf(sunOf(dayOfYear), phiOf(latitude));
}

/** What of the sun's place is the same at all latitudes. */
interface Sun {
  readonly distance: number;
  readonly sin: number;
  readonly cos: number;
  readonly tan: number;
}

function sunOf(dayOfYear: number): Sun {
  const angle = (2 * Math.PI * dayOfYear) / DAYS_OF_COMMON_YEAR;
  const declination = 0.409 * Math.sin(angle - 1.39); // Eq. 24
  const distance = 1 + 0.033 * Math.cos(angle); // Eq. 23
  return { distance, sin: Math.sin(declination), cos: Math.cos(declination), tan: Math.tan(declination) };
}

function phiOf(latitude: number) {
  const phi = Math.min(Math.max(latitude, -LATITUDE_MAX), LATITUDE_MAX) * RADIANS;
  return { sin: Math.sin(phi), cos: Math.cos(phi), tan: Math.tan(phi) };
}

function radiationOf(sun: Sun, phi: ReturnType<typeof phiOf>): number {
  const sunset = sunsetAngle(phi.tan, sun.tan);
  const height = sunset * phi.sin * sun.sin + phi.cos * sun.cos * Math.sin(sunset);
  return Math.max(0, MINUTES_OVER_PI * SOLAR_CONSTANT * sun.distance * height); // Eq. 21
}

/** Sunset hour angle ws [rad] by the tangents of latitude and declination; π in polar day, 0 in polar night. Eq. 25. */
function sunsetAngle(tanPhi: number, tanDeclination: number): number {
  return Math.acos(Math.min(Math.max(-tanPhi * tanDeclination, -1), 1));
}

/**
 * Extraterrestrial radiation of every day of a year.
 *
 * Inputs: `latitude` [degrees_north]; `calendar`. Output: `radiation` [366] [MJ m-2 d-1], entry J - 1.
 * Definition: extraterrestrialRadiation; in a year of 360 days J counts as J·365/360. Missing data: as there.
 */
export function radiationByDay(latitude: number, calendar: Calendar, radiation: Float64Array): void {
  const suns = calendar === "360_day" ? SUNS_OF_360_DAYS : SUNS;
  const phi = phiOf(latitude);
  for (let day = 0; day < LONGEST_YEAR_DAYS; day++) radiation[day] = radiationOf(suns[day]!, phi);
}

const SUNS = sunsOfYear(1);
const SUNS_OF_360_DAYS = sunsOfYear(DAYS_OF_COMMON_YEAR / DAYS_OF_360_YEAR);

function sunsOfYear(stretch: number): readonly Sun[] {
  return Array.from({ length: LONGEST_YEAR_DAYS }, (_, day) => sunOf((day + 1) * stretch));
}

/**
 * Daily potential evapotranspiration after Hargreaves and Samani.
 *
 * Inputs: `highest`, `lowest` temperature of the day [degC] [days]; `radiation` [366] Ra [MJ m-2 d-1] of radiationByDay;
 * `yearStart` [years + 1] offsets into the days.
 * Output: `evapotranspiration` [mm d-1] [days], not below 0.
 * Definition: Hargreaves & Samani (1985): PET = 0.0023·0.408·Ra·((TX + TN)/2 + 17.8)·sqrt(TX - TN), the range not below 0.
 * Missing data: NaN in either temperature gives NaN. Departures: a constant latent heat (0.408), where pyet lets it depend
 * on temperature (up to 1.9 %).
 */
export function hargreavesDaily(
  highest: Float64Array,
  lowest: Float64Array,
  radiation: Float64Array,
  yearStart: Int32Array,
  evapotranspiration: Float64Array,
): void {
  for (let year = 0; year + 1 < yearStart.length; year++) {
    const first = yearStart[year]!;
    const end = yearStart[year + 1]!;
    for (let day = first; day < end; day++) {
      evapotranspiration[day] = hargreaves(highest[day]!, lowest[day]!, radiation[day - first]!);
    }
  }
}

function hargreaves(highest: number, lowest: number, radiation: number): number {
  const mean = 0.5 * (highest + lowest);
  const range = highest - lowest;
  // Comparisons, which pass NaN on as Math.max does and cost less.
  const water = 0.0023 * MM_PER_MJ * radiation * (mean + 17.8) * Math.sqrt(range <= 0 ? 0 : range);
  return water <= 0 ? 0 : water;
}

/** Days of a common year before the middle of each month, counted as R's SPEI package does: those before it, plus 15. */
const MID_MONTH = [15, 46, 74, 105, 135, 166, 196, 227, 258, 288, 319, 349] as const;
const COMMON_MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Potential evapotranspiration of a month from its mean temperatures, as R's SPEI package computes it.
 *
 * Inputs: `highest`, `lowest` monthly mean of the daily extremes [degC]; `latitude` [degrees_north]; `month` 1..12;
 * `days` [d] in the month, by default those of a common year.
 * Output: [mm month-1].
 * Definition: Hargreaves & Samani (1985) with the radiation of mid-month; the rounded constants are those of `hargreaves`
 * in SPEI 1.8.1: 0.0172 for 2π/365, 37.6 for (24·60/π)·0.0820.
 * Missing data: NaN gives NaN. Departures from hargreavesDaily: mid-month radiation (up to 1.6 % at 38 degrees).
 */
export function hargreavesMonthly(
  highest: number,
  lowest: number,
  latitude: number,
  month: number,
  days: number = COMMON_MONTH_DAYS[month - 1]!,
): number {
  const phi = Math.min(Math.max(latitude, -LATITUDE_MAX), LATITUDE_MAX) / 57.2957795;
  const angle = 0.0172 * MID_MONTH[month - 1]!;
  const declination = 0.409 * Math.sin(angle - 1.39);
  const distance = 1 + 0.033 * Math.cos(angle);
  const sunset = sunsetAngle(Math.tan(phi), Math.tan(declination));
  const height =
    sunset * Math.sin(phi) * Math.sin(declination) + Math.cos(phi) * Math.cos(declination) * Math.sin(sunset);
  return hargreaves(highest, lowest, Math.max(0, 37.6 * distance * height)) * days;
}

/**
 * Thornthwaite's heat index.
 *
 * Inputs: `climate` [12] mean temperature of each calendar month [degC]. Output: I [1].
 * Definition: Thornthwaite (1948): sum of (T/5)^1.514 over the twelve months, T not below 0.
 * Missing data: NaN gives NaN. Departures: the caller freezes it at the base period, so that PET has no false trend.
 */
export function heatIndex(climate: Float64Array): number {
  let sum = 0;
  for (let month = 0; month < 12; month++) sum += (Math.max(0, climate[month]!) / 5) ** 1.514;
  return sum;
}

/**
 * Potential evapotranspiration of a month after Thornthwaite.
 *
 * Inputs: `mean` temperature of the month [degC]; `heat` index I [1] of heatIndex; `latitude` [degrees_north];
 * `month` 1..12; `days` [d] in the month.
 * Output: [mm month-1].
 * Definition: Thornthwaite (1948): 16·(N/12)·(days/30)·(10·T/I)^a, T not below 0, a = 6.75e-7·I³ - 7.71e-5·I² +
 * 0.01792·I + 0.49239; day length N = 24/π·ws at mid-month with the declination 0.4093·sin(2πJ/365 - 1.405), as
 * `thornthwaite` in R's SPEI 1.8.1.
 * Missing data: NaN gives NaN; I = 0 gives 0. Departures: xclim takes I by calendar year, 0.01791 and no days/30.
 */
export function thornthwaiteMonthly(mean: number, heat: number, latitude: number, month: number, days: number): number {
  if (heat === 0) return 0;
  const exponent = 6.75e-7 * heat ** 3 - 7.71e-5 * heat ** 2 + 0.01792 * heat + 0.49239;
  const phi = Math.min(Math.max(latitude, -LATITUDE_MAX), LATITUDE_MAX) * RADIANS;
  const angle = (2 * Math.PI * MID_MONTH[month - 1]!) / DAYS_OF_COMMON_YEAR;
  const hours = (24 / Math.PI) * sunsetAngle(Math.tan(phi), Math.tan(0.4093 * Math.sin(angle - 1.405)));
  return 16 * (hours / 12) * (days / 30) * ((10 * Math.max(0, mean)) / heat) ** exponent;
}
