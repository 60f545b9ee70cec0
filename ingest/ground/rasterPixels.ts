// What samples and areas of a raster share: its system, which of its pixels have no value, and how it is read in windows.
import { ATTRIBUTES, type Attribute } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import { readNumberText } from "../formats/numberText.ts";
import { pixelValue, type RasterFile, roundAsStored } from "../formats/rasterFile.ts";
import { makeProjection, type Projection } from "../projections/projection.ts";

/** Rows and columns of pixels that are read at a time: at most 8 MiB, which are copied on their way between processes. */
const [WINDOW_ROWS, WINDOW_COLUMNS] = [256, 4096];
/** What is stored in longer rows is read in more columns at a time: it is unpacked whole each time. */
const MOST_COLUMNS = 16_384;

/** The projection of a raster; undefined: degrees. Its own degrees may be of another datum. */
export function systemOf({ projection, file }: RasterFile): Projection | undefined {
  return projection === undefined ? undefined : makeProjection(projection, file);
}

/** The value of a stored pixel: NaN without data and for the marks of missing ones. */
export function makePixelReader(raster: RasterFile, missing: readonly string[]): (stored: number) => number {
  const marks = new Set(
    missing.flatMap((mark) => readNumberText(mark) ?? []).map((mark) => roundAsStored(raster, mark)),
  );
  return (stored) => {
    const value = pixelValue(raster, stored);
    return marks.size > 0 && (marks.has(stored) || marks.has(value)) ? Number.NaN : value;
  };
}

/** Rows and columns of the windows that a raster is divided into: what is stored together is read together. */
export function windowSize({ blockRows, blockColumns }: RasterFile): {
  readonly rows: number;
  readonly columns: number;
} {
  const whole = (block: number, most: number) => block * Math.max(1, Math.floor(most / block));
  const columns = Math.min(whole(blockColumns, WINDOW_COLUMNS), MOST_COLUMNS);
  const most = Math.floor((WINDOW_ROWS * WINDOW_COLUMNS) / columns);
  return { rows: Math.min(whole(blockRows, WINDOW_ROWS), most), columns };
}

/** Units that are others than the attribute's; spellings of its own are many, and an unknown word says nothing. */
const OTHER_UNITS: Readonly<Record<string, RegExp>> = {
  m: /^(°?[cfk]|deg[ _]?[cf]|degrees? ?(c|f|celsius|fahrenheit)|celsius|fahrenheit|kelvin|kg .*|mm[ /].*|%|per ?cent|ft|feet|foot|us[ -]?survey[ -]?f(oo|ee)t|cm|mm|dm|km|centimet\w+|millimet\w+|kilomet\w+)$/i,
  km: /^(m|ft|feet|foot|met(re|er)s?|miles?|mi)$/i,
  "1": /^(%|per ?cent|pct)$/i,
  "rise over run": /^(%|per ?cent|deg(ree)?s?|°)$/i,
};

export function refuseUnit({ file, unit = "" }: RasterFile, attribute: Attribute): void {
  const canonical = ATTRIBUTES[attribute].unit;
  const others = Object.hasOwn(OTHER_UNITS, canonical) ? OTHER_UNITS[canonical] : undefined;
  if (others?.test(unit.trim()) !== true) return;
  throw new RejectedError(
    "WrongUnit",
    `${file} is in ${unit}, but ${attribute} is stored in ${canonical}. Convert it first: gdal_calc.py.`,
  );
}
