// Tropical cyclones as in best tracks: a storm at each of its hours, and a record of storms.
// Reading the agencies' files is left to cli/storms, wind fields to job/indices.
import { M_PER_S_PER_KNOT } from "./units.ts";

/** Basins of IBTrACS; null where not known. */
export const BASINS = ["EP", "NA", "NI", "SA", "SI", "SP", "WP"] as const;
export type Basin = (typeof BASINS)[number];

/** Tropical depression, tropical storm, severe tropical storm, typhoon; extratropical. */
export const STORM_GRADES = ["TD", "TS", "STS", "TY", "ET"] as const;
export type StormGrade = (typeof STORM_GRADES)[number];

/** Where winds reach a speed: an ellipse around the storm, or a circle. Kilometres; NaN where nothing is known. */
export interface WindRadii {
  readonly long: Float64Array;
  readonly short: Float64Array;
  /** Bearing of the long radius, degrees clockwise from north; NaN for a circle. */
  readonly bearing: Float64Array;
}

/** One storm; all arrays [points], in time, no time twice, NaN where the agency says nothing. */
export interface StormTrack {
  /** Agency's or archive's own number, such as 201618 or 2016268N15144. */
  readonly stormId: string;
  readonly name: string | null;
  /** Year the agency counts the storm to. */
  readonly season: number;
  readonly basin: Basin | null;
  /** hours since 1970-01-01 00:00 UTC */
  readonly hours: Float64Array;
  /** degrees north; degrees east, -180 to 180 */
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
  /** hPa: in the centre, and around the storm */
  readonly pressure: Float64Array;
  readonly environmentPressure: Float64Array;
  /** m s-1, highest wind sustained for one minute at 10 m */
  readonly wind: Float64Array;
  /** km, where that wind blows */
  readonly radius: Float64Array;
  readonly grade: readonly (StormGrade | null)[];
  /** Winds of 15 and of 25 m s-1, sustained for ten minutes. */
  readonly gale: WindRadii;
  readonly storm: WindRadii;
}

/** The years whose storms are all known; a year without a storm is a year of the record. */
export interface StormYears {
  readonly firstYear: number;
  readonly lastYear: number;
  /** Who made the record, such as "JMA". */
  readonly agency: string;
}

/** What a storm must not be taken for: outside of these a value is no such measurement. */
export const STORM_LIMITS = {
  /** The deepest ever is 870 hPa. */
  pressure: { min: 840, max: 1060, unit: "hPa" },
  /** The strongest ever sustained for a minute is 95 m s-1. */
  wind: { min: 0, max: 105, unit: "m s-1" },
  radius: { min: 0, max: 1500, unit: "km" },
  windRadius: { min: 0, max: 3000, unit: "km" },
} as const;

/**
 * Central pressure where only the wind is given.
 *
 * Inputs: wind v [m s-1, one minute]; latitude, longitude [degrees, longitude -180 to 180].
 * Output: pressure [hPa].
 * Definition: p = 1026.3401 - 0.05504 lat - 0.03536 lon - 0.7357 v, v in knots: linear regression on IBTrACS (r2 0.87), as in
 *   CLIMADA 6.1, estimate_pressure. Missing data: NaN gives NaN.
 */
export function pressureFromWind(wind: number, latitude: number, longitude: number): number {
  return 1026.3401 - 0.05504 * latitude - 0.03536 * longitude - (0.7357 * wind) / M_PER_S_PER_KNOT;
}

/**
 * Highest wind where only the central pressure is given.
 *
 * Inputs: pressure p [hPa]; latitude, longitude [degrees, longitude -180 to 180].
 * Output: wind [m s-1, one minute], at least 0.
 * Definition: v = 1216.5223 - 0.04086 lat - 0.04190 lon - 1.1797 p in knots: linear regression on IBTrACS, as in CLIMADA 6.1,
 *   estimate_vmax. Not the inverse of pressureFromWind: each is the best estimate of its own side.
 * Missing data: NaN gives NaN.
 */
export function windFromPressure(pressure: number, latitude: number, longitude: number): number {
  const knots = 1216.5223 - 0.04086 * latitude - 0.0419 * longitude - 1.1797 * pressure;
  return Math.max(0, knots) * M_PER_S_PER_KNOT;
}
