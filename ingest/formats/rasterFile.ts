// What the formats of rasters have in common: one band of pixels in rows and columns of degrees.
export interface RasterFile {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  /** Degrees of the outer corner of the first pixel. */
  readonly west: number;
  readonly north: number;
  readonly columnDegrees: number;
  /** Negative where rows go south. */
  readonly rowDegrees: number;
  /** Value of pixels without data; undefined when the file names none. */
  readonly noData: number | undefined;
  /** [rows][columns] of the pixels from `left`, `top` to before `right`, `bottom`. */
  readWindow(left: number, top: number, right: number, bottom: number, signal: AbortSignal): Promise<ArrayLike<number>>;
  close(): void;
}
