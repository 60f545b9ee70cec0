// The raster that a map is drawn on: a pixel a cell where the grid is regular, discs around places where it is not.

import { stepOf } from "../model/gridSteps.ts";
import type { Raster } from "./page/reportData.ts";
import type { ResultPlace } from "./readResults.ts";

/** A grid with fewer of its pixels filled is drawn as single places. */
const LEAST_FILLED = 0.02;
const IRREGULAR_COLUMNS = 640;
const MARGIN = 0.06;
const LEAST_MARGIN_DEGREES = 0.5;

/** Of places, one by one. */
export interface Coordinates {
  readonly latitudes: Float64Array;
  readonly longitudes: Float64Array;
}

export function coordinatesOf(places: readonly ResultPlace[]): Coordinates {
  return {
    latitudes: Float64Array.from(places, ({ latitude }) => latitude),
    longitudes: Float64Array.from(places, ({ longitude }) => longitude),
  };
}

export function makeRaster(places: Coordinates): Raster {
  const count = places.latitudes.length;
  const latitudes = distinct(places.latitudes);
  const longitudes = distinct(places.longitudes);
  const north = stepOf(latitudes);
  const east = stepOf(longitudes);
  if (north !== null && east !== null) {
    const rows = Math.round((latitudes.at(-1)! - latitudes[0]!) / north) + 1;
    const columns = Math.round((longitudes.at(-1)! - longitudes[0]!) / east) + 1;
    if (count / (rows * columns) >= LEAST_FILLED) {
      return {
        columns,
        rows,
        west: longitudes[0]! - east / 2,
        east: longitudes.at(-1)! + east / 2,
        south: latitudes[0]! - north / 2,
        north: latitudes.at(-1)! + north / 2,
        reach: 0,
      };
    }
  }
  return irregularRaster(latitudes, longitudes, count);
}

function irregularRaster(latitudes: Float64Array, longitudes: Float64Array, count: number): Raster {
  const span = Math.max(latitudes.at(-1)! - latitudes[0]!, longitudes.at(-1)! - longitudes[0]!);
  const margin = Math.max(LEAST_MARGIN_DEGREES, MARGIN * span);
  const box = {
    west: longitudes[0]! - margin,
    east: longitudes.at(-1)! + margin,
    south: latitudes[0]! - margin,
    north: latitudes.at(-1)! + margin,
  };
  const shrink = Math.cos((((box.south + box.north) / 2) * Math.PI) / 180);
  const rows = Math.round((IRREGULAR_COLUMNS * (box.north - box.south)) / ((box.east - box.west) * shrink));
  const reach = Math.round(Math.min(28, Math.max(4, 0.5 * Math.sqrt((IRREGULAR_COLUMNS * rows) / count))));
  return { columns: IRREGULAR_COLUMNS, rows, ...box, reach };
}

/** Ascending. */
function distinct(values: Float64Array): Float64Array {
  return values.toSorted().filter((value, at, sorted) => at === 0 || value !== sorted[at - 1]);
}

/** Every second, third, … row and column of a regular grid, so that at most `most` cells remain. */
export function thinPlaces(places: readonly ResultPlace[], raster: Raster, most: number): readonly ResultPlace[] {
  if (places.length <= most) return places;
  const every = Math.ceil(Math.sqrt(places.length / most));
  if (raster.reach > 0) return places.filter((_, at) => at % every ** 2 === 0);
  const row = (latitude: number) =>
    Math.floor(((raster.north - latitude) / (raster.north - raster.south)) * raster.rows);
  const column = (longitude: number) =>
    Math.floor(((longitude - raster.west) / (raster.east - raster.west)) * raster.columns);
  return places.filter(({ latitude, longitude }) => row(latitude) % every === 0 && column(longitude) % every === 0);
}
