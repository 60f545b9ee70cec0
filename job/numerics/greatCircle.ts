// Distance on the sphere. What is near enough is the caller's to say.

/** Mean radius of the earth (IUGG). */
const EARTH_RADIUS_KM = 6371.0088;
const RADIANS = Math.PI / 180;

/**
 * Great-circle distance of two places.
 *
 * Inputs: latitudes [degrees north], longitudes [degrees east], any turn of the circle.
 * Output: distance [km].
 * Definition: 2 R asin(sqrt(sin^2(dlat / 2) + cos lat1 cos lat2 sin^2(dlon / 2))), R = 6371.0088 km: the haversine formula
 *   (Sinnott 1984, Sky and Telescope 68, 158). Missing data: NaN gives NaN.
 */
export function greatCircleKm(latitude1: number, longitude1: number, latitude2: number, longitude2: number): number {
  const north = Math.sin(((latitude2 - latitude1) * RADIANS) / 2);
  const east = Math.sin(((longitude2 - longitude1) * RADIANS) / 2);
  const square = north * north + Math.cos(latitude1 * RADIANS) * Math.cos(latitude2 * RADIANS) * east * east;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(square)));
}
