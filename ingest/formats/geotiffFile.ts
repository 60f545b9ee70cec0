// GeoTIFF through geotiff.js: the first band of the first image, in degrees or in a projection.
import { existsSync } from "node:fs";
import type { GeoTIFF, GeoTIFFImage } from "geotiff";
import { coerceError, RejectedError } from "../../model/errors.ts";
import { definitionOfGeoKeys, type GeoKeys } from "../projections/geoKeys.ts";
import { makeProjection } from "../projections/projection.ts";
import { hideUser } from "../remote/httpSource.ts";
import { openPieces, type RemotePieces } from "../remote/remotePieces.ts";
import { beginsWith, type FormatOfKind } from "./fileFormat.ts";
import { readNumberText } from "./numberText.ts";
import type { RasterFile } from "./rasterFile.ts";
import { isRemoteRaster } from "./remoteFile.ts";

/** GeoTIFF 1.1, section 7.2.2: GTRasterTypeGeoKey of points. */
const PIXEL_IS_POINT = 2;
/** TIFF 6.0, SampleFormat. */
const FLOAT = 3;
const UNSIGNED = 1;

export const GEOTIFF: FormatOfKind<"raster"> = {
  name: "GeoTIFF",
  kind: "raster",
  matches: (start) => isRemoteRaster(start.file) || beginsWith("II*\0", "II+\0", "MM\0*", "MM\0+")(start),
  open: openGeotiff,
};

async function openGeotiff(
  address: string,
  _signal?: AbortSignal,
  environment: NodeJS.ProcessEnv = {},
): Promise<RasterFile> {
  const pieces = isRemoteRaster(address) ? await openPieces(address, environment) : undefined;
  const file = pieces === undefined ? address : hideUser(address);
  let tiff: GeoTIFF | undefined;
  try {
    const { fromFile, fromCustomClient } = await import("geotiff");
    tiff = await (pieces === undefined ? fromFile(file) : fromCustomClient(await makeClient(file, pieces)));
    const image = await tiff.getImage();
    const hasMaskBeside = pieces === undefined ? existsSync(`${file}.msk`) : await pieces.has(".msk");
    if (hasMaskBeside || (await hasMaskInside(tiff))) throw masked(file);
    return { ...(await describe(image, file)), close: () => void tiff!.close() };
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

async function describe(image: GeoTIFFImage, file: string): Promise<Omit<RasterFile, "close">> {
  const [width, height] = [image.getWidth(), image.getHeight()];
  // A damaged tag is an array of what follows it in the file.
  if (![width, height].every((size) => Number.isInteger(size) && size > 0)) {
    throw new Error("its width or height is no number");
  }
  const { west, north, columnStep, rowStep } = placeOf(image, file);
  const keys = image.getGeoKeys();
  const projection = definitionOfGeoKeys(keys as GeoKeys | null, file);
  // Refused here, before any value is read.
  if (projection !== undefined) makeProjection(projection, file);
  if (image.getSamplesPerPixel() > 1) {
    throw new RejectedError(
      "SeveralBands",
      `${file} has ${image.getSamplesPerPixel()} bands; expected one. Select it first: gdal_translate -b 1 ${file} one.tif`,
    );
  }
  const metadata = new Map(Object.entries((await image.getGDALMetadata(0)) ?? {}));
  const factor = (name: string, usual: number) => {
    const text = metadata.get(name);
    const number = text === undefined ? usual : (readNumberText(String(text)) ?? Number.NaN);
    if (Number.isFinite(number)) return number;
    throw new RejectedError(
      "UnreadableFile",
      `${file}: its ${name} of GDAL is no number: "${text}". Write the file again.`,
    );
  };
  const [scale, offset] = [factor("SCALE", 1), factor("OFFSET", 0)];
  const isFloat32 = image.getSampleFormat() === FLOAT && image.getBitsPerSample() === 32;
  const noData = readNoData(image, file);
  // The origin of points is a pixel's centre, else its corner.
  const half = keys?.GTRasterTypeGeoKey === PIXEL_IS_POINT ? 1 / 2 : 0;
  return {
    file,
    width,
    height,
    projection,
    west: west - half * columnStep,
    north: north - half * rowStep,
    columnStep,
    rowStep,
    blockRows: Math.min(image.getTileHeight(), image.getHeight()),
    blockColumns: Math.min(image.getTileWidth(), image.getWidth()),
    unit: metadata.get("UNITTYPE") === undefined ? undefined : String(metadata.get("UNITTYPE")),
    isFloat32,
    isByte: image.getSampleFormat() === UNSIGNED && image.getBitsPerSample() <= 8,
    noData: noData !== undefined && isFloat32 ? Math.fround(noData) : noData,
    scale,
    offset,
    readWindow: async (left, top, right, bottom) => {
      const [raster] = await image.readRasters({ window: [left, top, right, bottom], samples: [0] });
      return raster as ArrayLike<number>;
    },
  };
}

/** TIFF 6.0, NewSubfileType: the image is a mask of another one. */
const IS_MASK = 4;
const MOST_IMAGES = 64;

/** GDAL keeps masks in an image of their own, or in a file beside: pixels without data have any value. */
async function hasMaskInside(tiff: GeoTIFF): Promise<boolean> {
  const images = Math.min(await tiff.getImageCount(), MOST_IMAGES);
  for (let at = 1; at < images; at++) {
    const { fileDirectory } = await tiff.getImage(at);
    const isMask =
      fileDirectory.hasTag("NewSubfileType") && (Number(fileDirectory.getValue("NewSubfileType")) & IS_MASK) !== 0;
    if (isMask) return true;
  }
  return false;
}

function masked(file: string): RejectedError {
  return new RejectedError(
    "MaskedRaster",
    `${file} has a mask that says which pixels have data. Write it as a value first: gdalwarp -dstnodata -9999 ${file} unmasked.tif`,
  );
}

/** What geotiff.js takes for a client of a server: each request is one range of bytes. */
async function makeClient(file: string, pieces: RemotePieces) {
  const size = await pieces.sizeOfParts();
  if (size === undefined) {
    throw new RejectedError(
      "RemoteNotFound",
      `${file} does not exist, or its server sends no parts of it. Check the address, or download it.`,
    );
  }
  return {
    url: file,
    request: async ({ headers }: RequestInit = {}) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(String((headers as Record<string, string>).Range))!;
      const [offset, end] = [Number(from), Math.min(Number(to) + 1, size)];
      const bytes = (await pieces.read("", { offset, length: end - offset })) ?? new Uint8Array();
      if (bytes.length !== end - offset) throw new Error(`the server sent ${bytes.length} of ${end - offset} bytes`);
      const response = new Map([["content-range", `bytes ${offset}-${end - 1}/${size}`]]);
      return {
        ok: true,
        status: 206,
        getHeader: (name: string) => response.get(name.toLowerCase()),
        getData: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
      };
    },
  };
}

/**
 * The corner of the first pixel, or its centre where pixels are points, and the steps from column to column and row to row.
 * GeoTIFF 1.1, sections 7.1.1 and B.6; geotiff.js 3 takes any tie point for that of the first pixel, and a matrix upside down.
 */
function placeOf({ fileDirectory }: GeoTIFFImage, file: string) {
  const numbers = (tag: "ModelTransformation" | "ModelPixelScale" | "ModelTiepoint") =>
    fileDirectory.hasTag(tag) ? Array.from(fileDirectory.getValue(tag) as ArrayLike<number>) : [];
  const [matrix, scale, tie] = [numbers("ModelTransformation"), numbers("ModelPixelScale"), numbers("ModelTiepoint")];
  let place = { west: Number.NaN, north: Number.NaN, columnStep: Number.NaN, rowStep: Number.NaN };
  if (matrix.length >= 8) {
    const [columnStep, turned, , west, alsoTurned, rowStep, , north] = matrix as [...number[]] & { length: 8 };
    if (turned !== 0 || alsoTurned !== 0) {
      throw new RejectedError(
        "RotatedRaster",
        `${file} is rotated; expected rows and columns along the axes of its system. Warp it first: gdalwarp -t_srs EPSG:4326 ${file} degrees.tif`,
      );
    }
    place = { west: west!, north: north!, columnStep: columnStep!, rowStep: rowStep! };
  } else if (scale.length >= 2 && tie.length === 6) {
    const [columnStep, step] = scale as [number, number];
    const [column, row, , longitude, latitude] = tie as [number, number, number, number, number];
    const [west, north] = [longitude - column * columnStep, latitude + row * step];
    place = { west, north, columnStep, rowStep: -step };
  }
  const isKnown = Object.values(place).every(Number.isFinite) && place.columnStep > 0 && place.rowStep !== 0;
  if (isKnown) return place;
  throw new Error("no scale and tie point, and no transformation, that give its pixels places");
}

/** The text of the tag; geotiff.js would cut its last digit off where no zero byte ends it. */
function readNoData(image: GeoTIFFImage, file: string): number | undefined {
  const { fileDirectory } = image;
  if (!fileDirectory.hasTag("GDAL_NODATA")) return undefined;
  const text = String(fileDirectory.getValue("GDAL_NODATA")).replaceAll("\0", "").trim();
  if (/^[+-]?(nan|inf(inity)?)$/i.test(text))
    return /nan/i.test(text) ? undefined : text.startsWith("-") ? -Infinity : Infinity;
  const number = readNumberText(text);
  if (number !== undefined) return Number.isNaN(number) ? undefined : number;
  throw new RejectedError(
    "UnreadableFile",
    `${file}: its value of no data is no number: "${text}". Set it: gdal_edit.py -a_nodata VALUE ${file}`,
  );
}
