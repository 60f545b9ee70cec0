// GeoTIFF through geotiff.js: the first band of the first image, in degrees of longitude and latitude.
import { fromFile, type GeoTIFF, type GeoTIFFImage } from "geotiff";
import { coerceError, RejectedError } from "../../model/errors.ts";
import { beginsWith, type FormatOfKind } from "./fileFormat.ts";
import type { RasterFile } from "./rasterFile.ts";

/** GeoTIFF 1.1, sections 7.2.1 and 7.2.2: GTModelTypeGeoKey of longitude and latitude; GTRasterTypeGeoKey of points. */
const GEOGRAPHIC = 2;
const PIXEL_IS_POINT = 2;

export const GEOTIFF: FormatOfKind<"raster"> = {
  name: "GeoTIFF",
  kind: "raster",
  matches: beginsWith("II*\0", "II+\0", "MM\0*", "MM\0+"),
  open: openGeotiff,
};

async function openGeotiff(file: string): Promise<RasterFile> {
  let tiff: GeoTIFF | undefined;
  try {
    tiff = await fromFile(file);
    const image = await tiff.getImage();
    return { ...describe(image, file), close: () => void tiff!.close() };
  } catch (cause) {
    tiff?.close();
    if (cause instanceof RejectedError) throw cause;
    throw new RejectedError(
      "UnreadableFile",
      `${file} cannot be read as a GeoTIFF with a place on earth (${coerceError(cause).message}). Check the name, or write the file again: gdal_translate -of GTiff.`,
      { cause },
    );
  }
}

function describe(image: GeoTIFFImage, file: string): Omit<RasterFile, "close"> {
  // Throws where the image has no place on earth.
  const [west, north] = image.getOrigin() as [number, number];
  const [columnDegrees, rowDegrees] = image.getResolution() as [number, number];
  const keys = image.getGeoKeys();
  if (keys?.GTModelTypeGeoKey !== undefined && keys.GTModelTypeGeoKey !== GEOGRAPHIC) {
    throw new RejectedError(
      "NotGeographic",
      `${file} is in a projection; expected longitude and latitude in degrees (EPSG:4326). Warp it first: gdalwarp -t_srs EPSG:4326 ${file} degrees.tif`,
    );
  }
  // The origin of points is a pixel's centre, else its corner.
  const half = keys?.GTRasterTypeGeoKey === PIXEL_IS_POINT ? 1 / 2 : 0;
  return {
    file,
    width: image.getWidth(),
    height: image.getHeight(),
    west: west - half * columnDegrees,
    north: north - half * rowDegrees,
    columnDegrees,
    rowDegrees,
    noData: image.getGDALNoData() ?? undefined,
    readWindow: async (left, top, right, bottom, signal) => {
      const [raster] = await image.readRasters({ window: [left, top, right, bottom], samples: [0], signal });
      return raster as ArrayLike<number>;
    },
  };
}
