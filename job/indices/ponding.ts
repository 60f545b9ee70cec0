// Rain that a town's drains cannot carry, ponding in its low ground.

import { runoffOfRain } from "./curveNumberRunoff.ts";
import { shareOfDay, wettestDay } from "./stormRain.ts";

/** Durations [h] of which the worst counts. */
const STORM_HOURS = [1, 2, 3, 6, 12, 24] as const;
const SHARES = STORM_HOURS.map(shareOfDay);

/** mm that stay in the hollows of roofs and roads (Rossman 2015, SWMM User's Manual, table A.5: 1.3 to 2.5). */
const IMPERVIOUS_STORAGE = 2;

/** Slope [m/m] over which the share that stays falls to 1/e. Judgement, as the whole step from storage to depth. */
const RETAINING_SLOPE = 0.02;
const MM_PER_M = 1000;

/** mm; beyond any day's rain. */
const MOST_RAIN = 5000;
const BISECTION_STEPS = 60;

export interface UrbanGround {
  /** [1] share of sealed ground */
  readonly imperviousFraction: number;
  /** mm, of the rest */
  readonly retained: number;
  /** mm of runoff that the drains take away in an hour */
  readonly drainage: number;
}

/**
 * Runoff of a storm on partly sealed ground.
 *
 * Inputs: rain R [mm]; imperviousFraction f [1]; retention S [mm] of the rest.
 * Output: Q [mm].
 * Definition: f max(0, R - 2) + (1 - f) Q(R; S) with Q of curveNumberRunoff.ts. Missing data: NaN gives NaN.
 */
export function urbanRunoff(rain: number, imperviousFraction: number, retained: number): number {
  const sealed = imperviousFraction * Math.max(0, rain - IMPERVIOUS_STORAGE);
  return sealed + (1 - imperviousFraction) * runoffOfRain(rain, retained);
}

/**
 * Water that the drains leave.
 *
 * Inputs: rx1day [mm]; ground.
 * Output: E [mm] over the whole area.
 * Definition: max over t in STORM_HOURS of Q(R_t) - D t, at least 0: the volume method of DWA-A 117, with
 *   R_t = 8/7 Rx1day (t / 24)^0.40. Missing data: NaN gives NaN.
 */
export function excessStorage(rx1day: number, { drainage, imperviousFraction, retained }: UrbanGround): number {
  const day = wettestDay(rx1day);
  let most = 0;
  for (let at = 0; at < STORM_HOURS.length; at++) {
    const excess = urbanRunoff(day * SHARES[at]!, imperviousFraction, retained) - drainage * STORM_HOURS[at]!;
    if (!(excess <= most)) most = excess;
  }
  return most;
}

/**
 * Heaviest day that leaves no more than so much water.
 *
 * Inputs: storage E [mm] >= 0; ground.
 * Output: Rx1day [mm]: any more, and excessStorage is above E. Infinite where 5,000 mm are not enough.
 * Definition: the inverse of excessStorage, by bisection to the last digit. Missing data: NaN gives NaN.
 */
export function rainOfStorage(storage: number, ground: UrbanGround): number {
  if (Number.isNaN(storage + ground.drainage + ground.imperviousFraction + ground.retained)) return Number.NaN;
  if (excessStorage(MOST_RAIN, ground) <= storage) return Number.POSITIVE_INFINITY;
  let low = 0;
  let high = MOST_RAIN;
  for (let step = 0; step < BISECTION_STEPS; step++) {
    const middle = (low + high) / 2;
    if (excessStorage(middle, ground) > storage) high = middle;
    else low = middle;
  }
  return low;
}

/**
 * Depth in the low ground for each mm that the drains leave.
 *
 * Inputs: slope [m/m]; depressionFraction f_dep [1] > 0, the share of low ground.
 * Output: [m mm-1].
 * Definition: exp(-slope / 0.02) / f_dep / 1000: what stays gathers in the low ground. Own design, not calibrated.
 * Missing data: NaN gives NaN.
 */
export function depthPerStorage(slope: number, depressionFraction: number): number {
  return Math.exp(-slope / RETAINING_SLOPE) / depressionFraction / MM_PER_M;
}
