// What the formats of rasters have in common: one band of pixels in rows and columns of degrees or of a projection.
export interface RasterFile {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Definition of the projection, for makeProjection; undefined: degrees of longitude and latitude. */
  readonly projection: string | undefined;
  /** The outer corner of the first pixel, and from a pixel to the next: in degrees, or in the unit of the projection. */
  readonly west: number;
  readonly north: number;
  readonly columnStep: number;
  /** Negative where rows go south. */
  readonly rowStep: number;
  /** Rows and columns of pixels that are stored, and unpacked, in one piece. */
  readonly blockRows: number;
  readonly blockColumns: number;
  /** Whether pixels are stored as float32, which rounds marks of missing ones too. */
  readonly isFloat32: boolean;
  /** Whether pixels are stored in 8 bits without a sign. */
  readonly isByte: boolean;
  /** Stored pixel without data; undefined when the file names none. */
  readonly noData: number | undefined;
  /** value = stored * scale + offset */
  readonly scale: number;
  readonly offset: number;
  /** Unit of the values, as the file spells it. */
  readonly unit: string | undefined;
  /** [rows][columns] of the stored pixels from `left`, `top` to before `right`, `bottom`. */
  readWindow(left: number, top: number, right: number, bottom: number): Promise<ArrayLike<number>>;
  close(): void;
}

/** A number as the raster stores it. */
export function roundAsStored({ isFloat32 }: RasterFile, value: number): number {
  return isFloat32 ? Math.fround(value) : value;
}

/** The value of a stored pixel: NaN without data. */
export function pixelValue({ noData, scale, offset }: RasterFile, stored: number): number {
  return stored === noData ? Number.NaN : stored * scale + offset;
}
