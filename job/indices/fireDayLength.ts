// Day-length tables of the Duff Moisture Code and the Drought Code by latitude and month, in the two bandings in use.
// Nothing here is computed: the numbers are those of the packages that the project is compared with.

export const DAY_LENGTH_BANDS = ["cffdrs", "gfwed"] as const;
/** cffdrs: Canadian Forest Service and climate_indices. gfwed: Field et al. (2015) and xclim. */
export type DayLengthBands = (typeof DAY_LENGTH_BANDS)[number];

/** Effective day length Le [h] for January..December; Van Wagner & Pickett (1985) for 46 N, Lawson & Armitage (2008) south of it. */
const DUFF_NORTH = Float64Array.of(6.5, 7.5, 9.0, 12.8, 13.9, 13.9, 12.4, 10.9, 9.4, 8.0, 7.0, 6.0);
const DUFF_NORTH_TROPICS = Float64Array.of(7.9, 8.4, 8.9, 9.5, 9.9, 10.2, 10.1, 9.7, 9.1, 8.6, 8.1, 7.8);
const DUFF_EQUATOR = new Float64Array(12).fill(9);
const DUFF_SOUTH_TROPICS = Float64Array.of(10.1, 9.6, 9.1, 8.5, 8.1, 7.8, 7.9, 8.3, 8.9, 9.4, 9.9, 10.2);
const DUFF_SOUTH = Float64Array.of(11.5, 10.5, 9.2, 7.9, 6.8, 6.2, 6.5, 7.4, 8.7, 10.0, 11.2, 11.8);

/** Day-length factor Lf [1] for January..December; Van Wagner & Pickett (1985), mirrored south of the equator. */
const DROUGHT_NORTH = Float64Array.of(-1.6, -1.6, -1.6, 0.9, 3.8, 5.8, 6.4, 5.0, 2.4, 0.4, -1.6, -1.6);
const DROUGHT_EQUATOR_CFFDRS = new Float64Array(12).fill(1.4);
const DROUGHT_EQUATOR_GFWED = new Float64Array(12).fill(1.39);
const DROUGHT_SOUTH = Float64Array.of(6.4, 5.0, 2.4, 0.4, -1.6, -1.6, -1.6, -1.6, -1.6, 0.9, 3.8, 5.8);

/** Effective day length [h] of the Duff Moisture Code for January..December at `latitude` [degrees_north]. */
export function duffDayLength(latitude: number, bands: DayLengthBands): Float64Array {
  if (bands === "cffdrs") {
    if (latitude > 30) return DUFF_NORTH;
    if (latitude > 10) return DUFF_NORTH_TROPICS;
    if (latitude > -10) return DUFF_EQUATOR;
    return latitude > -30 ? DUFF_SOUTH_TROPICS : DUFF_SOUTH;
  }
  if (latitude >= 30) return DUFF_NORTH;
  if (latitude >= 15) return DUFF_NORTH_TROPICS;
  if (latitude >= -15) return DUFF_EQUATOR;
  return latitude >= -30 ? DUFF_SOUTH_TROPICS : DUFF_SOUTH;
}

/** Day-length factor [1] of the Drought Code for January..December at `latitude` [degrees_north]. */
export function droughtDayLength(latitude: number, bands: DayLengthBands): Float64Array {
  if (bands === "cffdrs") {
    if (latitude > 20) return DROUGHT_NORTH;
    return latitude > -20 ? DROUGHT_EQUATOR_CFFDRS : DROUGHT_SOUTH;
  }
  if (latitude >= 15) return DROUGHT_NORTH;
  return latitude >= -15 ? DROUGHT_EQUATOR_GFWED : DROUGHT_SOUTH;
}
