// One attribute from a raster: the value of the pixel that each cell's centre lies in, rows of pixels read band by band.
import type { Place } from "../../database/gridCells.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { RasterFile } from "../formats/rasterFile.ts";
import { checkAttribute } from "./attributeNames.ts";

/** Rows of pixels that are read at a time. */
const BAND_ROWS = 256;

/** [places] the pixel's value; NaN outside the raster and where it has none */
export async function sampleRaster(
  raster: RasterFile,
  attribute: Attribute,
  places: readonly Place[],
  missing: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Float64Array> {
  const values = new Float64Array(places.length).fill(Number.NaN);
  const pixels = places.flatMap((place, at) => {
    const pixel = pixelOf(place, raster);
    return pixel === null ? [] : [{ at, ...pixel }];
  });
  for (const [number, band] of Map.groupBy(pixels, ({ row }) => Math.floor(row / BAND_ROWS))) {
    const top = number * BAND_ROWS;
    const bottom = Math.min(raster.height, top + BAND_ROWS);
    const left = band.reduce((least, { column }) => Math.min(least, column), raster.width);
    const right = band.reduce((most, { column }) => Math.max(most, column + 1), 0);
    const stored = await raster.readWindow(left, top, right, bottom, signal);
    for (const { at, row, column } of band) {
      const value = Number(stored[(row - top) * (right - left) + column - left]);
      if (Number.isNaN(value) || value === raster.noData || missing.has(String(value))) continue;
      const { latitude, longitude } = places[at]!;
      values[at] = checkAttribute(attribute, value, String(value), `${raster.file} at ${latitude}, ${longitude}`);
    }
  }
  return values;
}

function pixelOf(place: Place, raster: RasterFile): { row: number; column: number } | null {
  const turn = 360;
  // A raster may count its longitudes from 0 to 360.
  const east = (((place.longitude - raster.west) % turn) + turn) % turn;
  const column = Math.floor(east / raster.columnDegrees);
  const row = Math.floor((place.latitude - raster.north) / raster.rowDegrees);
  return column < raster.width && row >= 0 && row < raster.height ? { row, column } : null;
}
