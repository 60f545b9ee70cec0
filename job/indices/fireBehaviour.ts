// The fire behaviour indices of the Canadian Fire Weather Index System: pure functions of one day's moisture and wind.
// The moisture codes come from fireMoisture.ts.

import { exp, log, pow } from "../numerics/elementary.ts";

/**
 * Initial Spread Index.
 *
 * Inputs: `moisture` [%] [days] of fine fuel (fineFuelMoisture); `wind` [km h-1] [days]; days `first` up to `end`. Output: `isi` [1] [days].
 * Definition: Van Wagner & Pickett (1985) Eq. 24-26: R = 0.208·f(W)·f(F) with f(W) = exp(0.05039·W) and
 * f(F) = 91.9·exp(-0.1386·m)·(1 + m^5.31 / 4.93e7); both exponentials are taken together.
 * Missing data: NaN moisture gives NaN. Departures: negative wind is read as 0; strong wind is not capped, as the Fire
 * Behaviour Prediction System does.
 */
export function initialSpreadIndex(
  moisture: Float64Array,
  wind: Float64Array,
  first: number,
  end: number,
  isi: Float64Array,
): void {
  for (let day = first; day < end; day++) {
    const m = moisture[day]!;
    const w = Math.max(wind[day]!, 0);
    isi[day] = 19.1152 * exp(0.05039 * w - 0.1386 * m) * (1 + pow(m, 5.31) / 4.93e7); // Eq. 24-26, 0.208·91.9
  }
}

/**
 * Buildup Index.
 *
 * Inputs: `dmc` [1] [days] Duff Moisture Code P; `dc` [1] [days] Drought Code D; days `first` up to `end`. Output: `bui` [1] [days], not below 0.
 * Definition: Van Wagner & Pickett (1985) Eq. 27a, 27b; 0 where both codes are 0.
 * Missing data: NaN in either gives NaN. Departures: none.
 */
export function buildupIndex(dmc: Float64Array, dc: Float64Array, first: number, end: number, bui: Float64Array): void {
  for (let day = first; day < end; day++) {
    const p = dmc[day]!;
    const d = 0.4 * dc[day]!;
    const sum = p + d;
    if (sum === 0) {
      bui[day] = 0;
      continue;
    }
    const twice = 2 * d;
    bui[day] =
      p <= d
        ? (twice * p) / sum // Eq. 27a
        : Math.max(0, p - (1 - twice / sum) * (0.92 + pow(0.0114 * p, 1.7))); // Eq. 27b
  }
}

/**
 * Fire Weather Index.
 *
 * Inputs: `isi` [1] [days] Initial Spread Index R; `bui` [1] [days] Buildup Index U; days `first` up to `end`. Output: `fwi` [1] [days].
 * Definition: Van Wagner & Pickett (1985) Eq. 28-30: B = 0.1·R·f(D); S = B up to 1, above it
 * ln S = 2.72·(0.434·ln B)^0.647.
 * Missing data: NaN in either gives NaN. Departures: none.
 */
export function fireWeatherIndex(
  isi: Float64Array,
  bui: Float64Array,
  first: number,
  end: number,
  fwi: Float64Array,
): void {
  for (let day = first; day < end; day++) {
    const u = bui[day]!;
    const duff =
      u <= 80
        ? 0.626 * pow(u, 0.809) + 2 // Eq. 28a
        : 1000 / (25 + 108.64 * exp(-0.023 * u)); // Eq. 28b
    const b = 0.1 * isi[day]! * duff; // Eq. 29
    // biome-ignore lint/suspicious/noApproximativeNumericConstant: the equation prints 0.434.
    fwi[day] = b > 1 ? exp(2.72 * pow(0.434 * log(b), 0.647)) : b; // Eq. 30a, 30b
  }
}
