// One attribute from a GeoTIFF: the value of the pixel that each cell's centre lies in, rows of pixels read band by band.
import { fromFile, type GeoTIFF, type GeoTIFFImage } from "geotiff";
import type { Place } from "../../database/gridCells.ts";
import type { Attribute } from "../../model/attributes.ts";
import { coerceError, RejectedError } from "../../model/errors.ts";
import { checkAttribute } from "./attributeNames.ts";

/** Rows of pixels that are read at a time. */
const BAND_ROWS = 256;
/** GeoTIFF 1.1, sections 7.2.1 and 7.2.2: GTModelTypeGeoKey of longitude and latitude; GTRasterTypeGeoKey of points. */
const GEOGRAPHIC = 2;
const PIXEL_IS_POINT = 2;

/** [places] the pixel's value; NaN outside the raster and where it has none */
export async function sampleRaster(
  file: string,
  attribute: Attribute,
  places: readonly Place[],
  missing: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Float64Array> {
  const tiff = await openTiff(file);
  try {
    return await sampleImage(file, await firstImage(tiff, file), attribute, places, missing, signal);
  } finally {
    tiff.close();
  }
}

async function sampleImage(
  file: string,
  image: GeoTIFFImage,
  attribute: Attribute,
  places: readonly Place[],
  missing: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Float64Array> {
  const grid = pixelGrid(image, file);
  const noData = image.getGDALNoData();
  const values = new Float64Array(places.length).fill(Number.NaN);
  const bands = new Map<number, { at: number; row: number; column: number }[]>();
  places.forEach((place, at) => {
    const pixel = pixelOf(place, grid);
    if (pixel === null) return;
    const number = Math.floor(pixel.row / BAND_ROWS);
    const band = bands.get(number) ?? [];
    bands.set(number, band);
    band.push({ at, ...pixel });
  });
  for (const [number, pixels] of [...bands].sort(([a], [b]) => a - b)) {
    const top = number * BAND_ROWS;
    const bottom = Math.min(grid.height, top + BAND_ROWS);
    const left = Math.min(...pixels.map(({ column }) => column));
    const right = Math.max(...pixels.map(({ column }) => column)) + 1;
    const [raster] = await image.readRasters({ window: [left, top, right, bottom], samples: [0], signal });
    for (const { at, row, column } of pixels) {
      const value = Number((raster as ArrayLike<number>)[(row - top) * (right - left) + column - left]);
      if (Number.isNaN(value) || value === noData || missing.has(String(value))) continue;
      const { latitude, longitude } = places[at]!;
      values[at] = checkAttribute(attribute, value, String(value), `${file} at ${latitude}, ${longitude}`);
    }
  }
  return values;
}

async function openTiff(file: string): Promise<GeoTIFF> {
  try {
    return await fromFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function firstImage(tiff: GeoTIFF, file: string): Promise<GeoTIFFImage> {
  try {
    const image = await tiff.getImage();
    // Throws where the image has no place on earth.
    image.getOrigin();
    return image;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): RejectedError {
  return new RejectedError(
    "UnreadableFile",
    `${file} cannot be read as a GeoTIFF with a place on earth (${coerceError(cause).message}). Check the name, or write it anew: gdal_translate -of GTiff.`,
    { cause },
  );
}

interface PixelGrid {
  readonly west: number;
  readonly north: number;
  readonly columnDegrees: number;
  /** Negative: rows go south. */
  readonly rowDegrees: number;
  readonly width: number;
  readonly height: number;
}

function pixelGrid(image: GeoTIFFImage, file: string): PixelGrid {
  const model = image.getGeoKeys()?.GTModelTypeGeoKey;
  const [west, north] = image.getOrigin() as [number, number];
  const [columnDegrees, rowDegrees] = image.getResolution() as [number, number];
  if (model !== undefined && model !== GEOGRAPHIC) {
    throw new RejectedError(
      "NotGeographic",
      `${file} is in a projection; expected longitude and latitude in degrees (EPSG:4326). Warp it first: gdalwarp -t_srs EPSG:4326 ${file} degrees.tif`,
    );
  }
  // Of points the place told is a pixel's centre, else its corner.
  const half = image.getGeoKeys()?.GTRasterTypeGeoKey === PIXEL_IS_POINT ? 1 / 2 : 0;
  const corner = { west: west - half * columnDegrees, north: north - half * rowDegrees };
  return { ...corner, columnDegrees, rowDegrees, width: image.getWidth(), height: image.getHeight() };
}

function pixelOf(place: Place, grid: PixelGrid): { row: number; column: number } | null {
  const turn = 360;
  // A raster may count its longitudes from 0 to 360.
  const east = (((place.longitude - grid.west) % turn) + turn) % turn;
  const column = Math.floor(east / grid.columnDegrees);
  const row = Math.floor((place.latitude - grid.north) / grid.rowDegrees);
  return column < grid.width && row >= 0 && row < grid.height ? { row, column } : null;
}
