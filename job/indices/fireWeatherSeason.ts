// The fire season by temperature, and the Drought Code that a season starts with after a winter of given rain.
// Used only where the system is not computed all year round; fireWeather.ts decides.
import { DC_START } from "./fireMoisture.ts";

/** The season starts after this many days above, and ends after as many below, the temperatures under it. */
const CONDITION_DAYS = 3;
const START_ABOVE_DEGC = 12;
const END_BELOW_DEGC = 5;

/** Share of the season's last moisture that the ground keeps, and of the winter's rain that wets it. */
const CARRY_OVER_FRACTION = 0.75;
const WETTING_FRACTION = 0.75;

/**
 * Days outside the fire season.
 *
 * Inputs: `temperature` [degC] [days], at noon or the daily maximum.
 * Output: `inactive` [days] 1 outside the season, else 0.
 * Definition: Wotton & Flannigan (1993): active(i) = (active(i-1) or the three days before i all above 12 degC) and not
 * (those three days all below 5 degC); the first four days are inactive, as in xclim.
 * Missing data: a missing day meets neither condition. Departures: R's fire_season may start a day earlier at the very
 * beginning of a series.
 */
export function findFireSeasons(temperature: Float64Array, inactive: Uint8Array): void {
  let active = false;
  let warmDays = 0;
  let coldDays = 0;
  for (let day = 0; day < temperature.length; day++) {
    if (day > CONDITION_DAYS) active = (active || warmDays >= CONDITION_DAYS) && coldDays < CONDITION_DAYS;
    inactive[day] = active ? 0 : 1;
    const t = temperature[day]!;
    warmDays = t > START_ABOVE_DEGC ? warmDays + 1 : 0;
    coldDays = t < END_BELOW_DEGC ? coldDays + 1 : 0;
  }
}

/** Rain of days `first` up to `end` [mm]; NaN when one of them is missing. */
export function winterRain(rain: Float64Array, first: number, end: number): number {
  let sum = 0;
  for (let day = first; day < end; day++) sum += rain[day]!;
  return sum;
}

/**
 * Drought Code that a season starts with.
 *
 * Inputs: `codeBefore` DC [1] of the last season's last day; `rain` P [mm] since then; `carryOver` a [1], `wetting` b [1].
 * Output: the code [1], at least 15.
 * Definition: Van Wagner (1985), Lawson & Armitage (2008): Q = a·800·exp(-DC/400) + b·3.94·P; code = 400·ln(800/Q).
 * Missing data: without a season before, or with a missing day of rain, 15. Departures: none.
 */
export function overwinteredDroughtCode(
  codeBefore: number,
  rain: number,
  carryOver = CARRY_OVER_FRACTION,
  wetting = WETTING_FRACTION,
): number {
  const moisture = carryOver * 800 * Math.exp(-codeBefore / 400) + wetting * 3.94 * rain;
  const code = 400 * Math.log(800 / moisture);
  return Number.isNaN(code) ? DC_START : Math.max(DC_START, code);
}
