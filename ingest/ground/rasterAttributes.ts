// One attribute from a raster: the value of the pixel that each cell's centre lies in, pixels read a window at a time.
import type { Place } from "../../database/gridCells.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { RasterFile } from "../formats/rasterFile.ts";
import { checkAttribute } from "./attributeNames.ts";
import { makePixelReader, refuseUnit, systemOf, windowSize } from "./rasterPixels.ts";

const TURN = 360;

/** [places] the pixel's value; NaN outside the raster and where it has none */
export async function sampleRaster(
  raster: RasterFile,
  attribute: Attribute,
  places: readonly Place[],
  missing: readonly string[],
): Promise<Float64Array> {
  refuseUnit(raster, attribute);
  const read = makePixelReader(raster, missing);
  const values = new Float64Array(places.length).fill(Number.NaN);
  const findPixel = makePixelFinder(raster);
  const pixels = places.flatMap((place, at) => {
    const pixel = findPixel(place);
    return pixel === null ? [] : [{ at, ...pixel }];
  });
  const { rows, columns } = windowSize(raster);
  const windowOf = ({ row, column }: { readonly row: number; readonly column: number }) =>
    `${Math.floor(row / rows)} ${Math.floor(column / columns)}`;
  for (const window of Map.groupBy(pixels, windowOf).values()) {
    const top = window.reduce((least, { row }) => Math.min(least, row), raster.height);
    const bottom = window.reduce((most, { row }) => Math.max(most, row + 1), 0);
    const left = window.reduce((least, { column }) => Math.min(least, column), raster.width);
    const right = window.reduce((most, { column }) => Math.max(most, column + 1), 0);
    const stored = await raster.readWindow(left, top, right, bottom);
    for (const { at, row, column } of window) {
      const pixel = Number(stored[(row - top) * (right - left) + column - left]);
      const value = read(pixel);
      if (Number.isNaN(value)) continue;
      const { latitude, longitude } = places[at]!;
      values[at] = checkAttribute(attribute, value, String(pixel), `${raster.file} at ${latitude}, ${longitude}`);
    }
  }
  return values;
}

/** The pixel around a place; null outside of the raster. */
function makePixelFinder(raster: RasterFile): (place: Place) => { row: number; column: number } | null {
  const { west, north, columnStep, rowStep, width, height } = raster;
  const projection = systemOf(raster);
  const inDegrees = projection?.isGeographic ?? true;
  return ({ latitude, longitude }) => {
    const [x, y] = projection?.fromDegrees(longitude, latitude) ?? [longitude, latitude];
    // A raster in degrees may count its longitudes from 0 to 360.
    const east = inDegrees ? (((x - west) % TURN) + TURN) % TURN : x - west;
    const column = Math.floor(east / columnStep);
    const row = Math.floor((y - north) / rowStep);
    return column >= 0 && column < width && row >= 0 && row < height ? { row, column } : null;
  };
}
