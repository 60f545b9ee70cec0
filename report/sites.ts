// Places with results: the nearest to a point on Earth, and the middle one of a district.
import { around, distance } from "geokdbush";
import KDBush from "kdbush";
import { nameKey } from "./page/reportData.ts";
import { coordinatesOf, makeRaster } from "./raster.ts";
import type { ResultPlace } from "./readResults.ts";

const KM_PER_DEGREE = 111.19;
/** Of places that do not lie on a regular grid. */
const IRREGULAR_WITHIN_KM = 50;

export interface Nearest {
  readonly place: ResultPlace;
  readonly km: number;
}

/** Finds the nearest place along the great circle, however far it is. */
export function makeNearest(places: readonly ResultPlace[]): (latitude: number, longitude: number) => Nearest {
  const tree = new KDBush(places.length);
  for (const { latitude, longitude } of places) tree.add(longitude, latitude);
  tree.finish();
  return (latitude, longitude) => {
    const [at] = around(tree, longitude, latitude, 1) as number[];
    const place = places[at!]!;
    return { place, km: distance(longitude, latitude, place.longitude, place.latitude) };
  };
}

/** km from a cell's middle to its corner; beyond it a point lies outside the cell. */
export function reachOf(places: readonly ResultPlace[]): number {
  const { rows, columns, north, south, east, west, reach } = makeRaster(coordinatesOf(places));
  if (reach > 0) return IRREGULAR_WITHIN_KM;
  const height = ((north - south) / rows) * KM_PER_DEGREE;
  const width = ((east - west) / columns) * KM_PER_DEGREE * Math.cos((((north + south) / 2) * Math.PI) / 180);
  return Math.round(50 * Math.hypot(height, width) * 1.02) / 100;
}

/** By `nameKey`: the place nearest to the mean of the district's places. */
export function middlesOf(places: readonly ResultPlace[]): ReadonlyMap<string, ResultPlace> {
  const members = new Map<string, ResultPlace[]>();
  for (const place of places) {
    if (place.district === null) continue;
    const key = nameKey(place.district);
    const known = members.get(key);
    if (known === undefined) members.set(key, [place]);
    else known.push(place);
  }
  const middles = new Map<string, ResultPlace>();
  for (const [key, inside] of members) {
    const mean = (of: (place: ResultPlace) => number) => inside.reduce((sum, one) => sum + of(one), 0) / inside.length;
    const [latitude, longitude] = [mean((one) => one.latitude), mean((one) => one.longitude)];
    middles.set(key, makeNearest(inside)(latitude, longitude).place);
  }
  return middles;
}
