// One attribute from a raster: the value of the pixel that each cell's centre lies in, pixels read a window at a time.
import type { Place } from "../../database/gridCells.ts";
import { ATTRIBUTES, type Attribute } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import { readNumberText } from "../formats/numberText.ts";
import { pixelValue, type RasterFile, roundAsStored } from "../formats/rasterFile.ts";
import { makeProjection } from "../projections/projection.ts";
import { checkAttribute } from "./attributeNames.ts";

/** Rows and columns of pixels that are read at a time: at most 8 MiB, which are copied on their way between processes. */
const [WINDOW_ROWS, WINDOW_COLUMNS] = [256, 4096];
const TURN = 360;

/** [places] the pixel's value; NaN outside the raster and where it has none */
export async function sampleRaster(
  raster: RasterFile,
  attribute: Attribute,
  places: readonly Place[],
  missing: readonly string[],
): Promise<Float64Array> {
  refuseUnit(raster, attribute);
  const marks = new Set(
    missing.flatMap((mark) => readNumberText(mark) ?? []).map((mark) => roundAsStored(raster, mark)),
  );
  const values = new Float64Array(places.length).fill(Number.NaN);
  const findPixel = makePixelFinder(raster);
  const pixels = places.flatMap((place, at) => {
    const pixel = findPixel(place);
    return pixel === null ? [] : [{ at, ...pixel }];
  });
  const windowOf = ({ row, column }: { readonly row: number; readonly column: number }) =>
    `${Math.floor(row / WINDOW_ROWS)} ${Math.floor(column / WINDOW_COLUMNS)}`;
  for (const window of Map.groupBy(pixels, windowOf).values()) {
    const top = Math.floor(window[0]!.row / WINDOW_ROWS) * WINDOW_ROWS;
    const bottom = Math.min(raster.height, top + WINDOW_ROWS);
    const left = window.reduce((least, { column }) => Math.min(least, column), raster.width);
    const right = window.reduce((most, { column }) => Math.max(most, column + 1), 0);
    const stored = await raster.readWindow(left, top, right, bottom);
    for (const { at, row, column } of window) {
      const pixel = Number(stored[(row - top) * (right - left) + column - left]);
      const value = pixelValue(raster, pixel);
      if (Number.isNaN(value) || marks.has(pixel) || marks.has(value)) continue;
      const { latitude, longitude } = places[at]!;
      values[at] = checkAttribute(attribute, value, String(pixel), `${raster.file} at ${latitude}, ${longitude}`);
    }
  }
  return values;
}

/** Units that are others than the attribute's; spellings of its own are many, and an unknown word says nothing. */
const OTHER_UNITS: Readonly<Record<string, RegExp>> = {
  m: /^(°?[cfk]|deg[ _]?[cf]|degrees? ?(c|f|celsius|fahrenheit)|celsius|fahrenheit|kelvin|kg .*|mm[ /].*|%|per ?cent|ft|feet|foot|us[ -]?survey[ -]?f(oo|ee)t|cm|mm|dm|km|centimet\w+|millimet\w+|kilomet\w+)$/i,
  km: /^(m|ft|feet|foot|met(re|er)s?|miles?|mi)$/i,
  "1": /^(%|per ?cent|pct)$/i,
  "rise over run": /^(%|per ?cent|deg(ree)?s?|°)$/i,
};

function refuseUnit({ file, unit = "" }: RasterFile, attribute: Attribute): void {
  const canonical = ATTRIBUTES[attribute].unit;
  const others = Object.hasOwn(OTHER_UNITS, canonical) ? OTHER_UNITS[canonical] : undefined;
  if (others?.test(unit.trim()) !== true) return;
  throw new RejectedError(
    "WrongUnit",
    `${file} is in ${unit}, but ${attribute} is stored in ${canonical}. Convert it first: gdal_calc.py.`,
  );
}

/** The pixel around a place; null outside of the raster. */
function makePixelFinder(raster: RasterFile): (place: Place) => { row: number; column: number } | null {
  const { west, north, columnStep, rowStep, width, height } = raster;
  const projection = raster.projection === undefined ? undefined : makeProjection(raster.projection, raster.file);
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
