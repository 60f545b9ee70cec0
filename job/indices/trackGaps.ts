// Missing central pressures, winds and radii of a best track, from those that it has.
// The hours in between are trackPreparation.ts's.
import { type Basin, pressureFromWind, windFromPressure } from "../../model/storms.ts";
import { KM_PER_NAUTICAL_MILE } from "../../model/units.ts";
import { piecewiseLinear } from "../numerics/piecewiseLinear.ts";

/** hPa around a storm, by basin; IBTrACS' usual outermost pressures as CLIMADA takes them. */
const ENVIRONMENT_HPA: Readonly<Record<Basin, number>> = {
  EP: 1010,
  NA: 1010,
  NI: 1005,
  SA: 1010,
  SI: 1005,
  SP: 1004,
  WP: 1005,
};
const UNKNOWN_BASIN_HPA = 1010;

/** Radius of maximum wind [nautical miles] by central pressure [hPa]. */
const RADIUS_PRESSURES_HPA = [872, 940, 980, 1021];
const RADIUS_NAUTICAL_MILES = [14.907318, 15.726927, 25.742142, 56.856522];

export function environmentPressureOf(basin: Basin | null): number {
  return basin === null ? UNKNOWN_BASIN_HPA : ENVIRONMENT_HPA[basin];
}

/**
 * Radius of maximum wind where it is not given.
 *
 * Inputs: pressure [hPa]. Output: radius [km].
 * Definition: broken line through the anchors above, held at its ends: regression on IBTrACS, as in CLIMADA 6.1, estimate_rmw.
 *   Missing data: NaN gives NaN.
 */
export function radiusFromPressure(pressure: number): number {
  return piecewiseLinear(pressure, RADIUS_PRESSURES_HPA, RADIUS_NAUTICAL_MILES) * KM_PER_NAUTICAL_MILE;
}

/**
 * Fills the gaps of pressure and wind in place.
 *
 * Inputs: hours [h], latitude, longitude [degrees], all [points], ascending in time; pressure [hPa] and wind [m s-1] [points],
 *   NaN where not given. Output: both filled; returns the marks [points], 1 where the pressure was not given.
 * Definition: where one is given, the other by regression; where neither is, both linear in time between the neighbours.
 * Missing data: points before the first and after the last with either stay NaN.
 */
export function fillGaps(
  hours: Float64Array,
  latitude: Float64Array,
  longitude: Float64Array,
  pressure: Float64Array,
  wind: Float64Array,
): Uint8Array {
  const points = hours.length;
  const estimated = new Uint8Array(points);
  for (let i = 0; i < points; i++) {
    const hasPressure = !Number.isNaN(pressure[i]!);
    const hasWind = !Number.isNaN(wind[i]!);
    if (!hasPressure) estimated[i] = 1;
    if (hasPressure && !hasWind) wind[i] = windFromPressure(pressure[i]!, latitude[i]!, longitude[i]!);
    if (hasWind && !hasPressure) pressure[i] = pressureFromWind(wind[i]!, latitude[i]!, longitude[i]!);
  }
  fillInTime(hours, pressure);
  fillInTime(hours, wind);
  return estimated;
}

function fillInTime(hours: Float64Array, values: Float64Array): void {
  let before = -1;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    for (let gap = before + 1; before >= 0 && gap < i; gap++) {
      const share = (hours[gap]! - hours[before]!) / (hours[i]! - hours[before]!);
      values[gap] = values[before]! + share * (values[i]! - values[before]!);
    }
    before = i;
  }
}
