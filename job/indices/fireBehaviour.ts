// The fire behaviour indices of the Canadian Fire Weather Index System: functions of one day's moisture and wind.
// The moisture codes come from fireMoisture.ts.

import { exp, log, pow } from "../numerics/elementary.ts";

/**
 * Initial Spread Index.
 *
 * Inputs: `m` [%] moisture of fine fuel (fineFuelMoisture); `wind` [km h-1]. Output: the index R [1].
 * Definition: Van Wagner & Pickett (1985) Eq. 24-26: R = 0.208·f(W)·f(F) with f(W) = exp(0.05039·W) and
 * f(F) = 91.9·exp(-0.1386·m)·(1 + m^5.31 / 4.93e7); both exponentials are taken together.
 * Missing data: NaN moisture gives NaN. Departures: negative wind is read as 0; strong wind is not capped, as the Fire
 * Behaviour Prediction System does.
 */
export function initialSpread(m: number, wind: number): number {
  const w = Math.max(wind, 0);
  return 19.1152 * exp(0.05039 * w - 0.1386 * m) * (1 + pow(m, 5.31) / 4.93e7); // Eq. 24-26, 0.208·91.9
}

/**
 * Buildup Index.
 *
 * Inputs: `dmc` [1] Duff Moisture Code P; `dc` [1] Drought Code D. Output: the index U [1], not below 0.
 * Definition: Van Wagner & Pickett (1985) Eq. 27a, 27b; 0 where both codes are 0.
 * Missing data: NaN in either gives NaN. Departures: none.
 */
export function buildup(dmc: number, dc: number): number {
  const d = 0.4 * dc;
  const sum = dmc + d;
  if (sum === 0) return 0;
  const twice = 2 * d;
  return dmc <= d
    ? (twice * dmc) / sum // Eq. 27a
    : Math.max(0, dmc - (1 - twice / sum) * (0.92 + pow(0.0114 * dmc, 1.7))); // Eq. 27b
}

/** Eq. 28a and 28b: the part f(D) that the Buildup Index [1] has in the fire's intensity; `u` up to 80, and above. */
export function lowDuff(u: number): number {
  return 0.626 * pow(u, 0.809) + 2;
}
export function highDuff(u: number): number {
  return 1000 / (25 + 108.64 * exp(-0.023 * u));
}
export const LOW_DUFF_MAX = 80;

/**
 * Fire Weather Index of a day.
 *
 * Inputs: `isi` [1] Initial Spread Index R; `bui` [1] Buildup Index U. Output: the index [1].
 * Definition: Van Wagner & Pickett (1985) Eq. 28-30: B = 0.1·R·f(D); S = B up to 1, above it
 * ln S = 2.72·(0.434·ln B)^0.647.
 * Missing data: NaN in either gives NaN. Departures: none.
 */
export function fireWeatherOfDay(isi: number, bui: number): number {
  const b = 0.1 * isi * (bui <= LOW_DUFF_MAX ? lowDuff(bui) : highDuff(bui)); // Eq. 29
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: the equation prints 0.434.
  return b > 1 ? exp(2.72 * pow(0.434 * log(b), 0.647)) : b; // Eq. 30a, 30b
}
