// How stored numbers become values: fill values, valid range, scale and offset (CF Conventions 1.11, sections 2.5.1 and 8.1).
import { type ArrayFile, type ArrayVariable, type NumberArray, numberAttribute } from "../formats/arrayFile.ts";

export interface Packing {
  /** Stored numbers that mean missing, rounded as the array rounds: the first two apart, since a set is slow; NaN for none. */
  readonly missing: number;
  readonly missingToo: number;
  readonly missingOthers: ReadonlySet<number> | undefined;
  /** Stored numbers outside are missing. */
  readonly validMin: number;
  readonly validMax: number;
  readonly scale: number;
  readonly offset: number;
  /** Added to stored numbers below 0 of unsigned integers in a format that has none; else 0. */
  readonly wrap: number;
}

/** What the NetCDF library fills with when nobody said: https://docs.unidata.ucar.edu/netcdf-c/current/netcdf_8h.html, NC_FILL_… */
const NETCDF_FILL_FLOAT = 9.969209968386869e36;
const NETCDF_FILL_INTEGER: Readonly<Record<number, number>> = { 2: -32_767, 4: -2_147_483_647 };

export function readPacking({ format }: Pick<ArrayFile, "format">, array: ArrayVariable): Packing {
  const { bytesPerValue, isFloat } = array;
  const round = isFloat && bytesPerValue === 4 ? Math.fround : (value: number) => value;
  const said = ["_FillValue", "missing_value"].flatMap((name) => {
    const value = array.attributes.get(name);
    return typeof value === "object" ? value : [];
  });
  const missing = new Set(said.map(round));
  if (array.fillValue !== null && (said.length === 0 || isFloat)) missing.add(round(array.fillValue));
  if (format.startsWith("NetCDF")) {
    if (isFloat) missing.add(round(NETCDF_FILL_FLOAT));
    else if (said.length === 0 && bytesPerValue !== null && bytesPerValue in NETCDF_FILL_INTEGER)
      missing.add(NETCDF_FILL_INTEGER[bytesPerValue]!);
  }
  const range = array.attributes.get("valid_range");
  const [rangeMin, rangeMax] = typeof range === "object" && range.length === 2 ? range : [];
  const isUnsigned = String(array.attributes.get("_Unsigned")).toLowerCase() === "true" && !isFloat;
  const [first = Number.NaN, second = Number.NaN, ...others] = missing;
  return {
    missing: first,
    missingToo: second,
    missingOthers: others.length === 0 ? undefined : new Set(others),
    validMin: round(numberAttribute(array, "valid_min") ?? rangeMin ?? Number.NEGATIVE_INFINITY),
    validMax: round(numberAttribute(array, "valid_max") ?? rangeMax ?? Number.POSITIVE_INFINITY),
    scale: numberAttribute(array, "scale_factor") ?? 1,
    offset: numberAttribute(array, "add_offset") ?? 0,
    wrap: isUnsigned ? 2 ** (8 * bytesPerValue!) : 0,
  };
}

/** Stored numbers as doubles: of 64-bit integers the arithmetic needs them so. */
export function asNumbers(values: NumberArray): Exclude<NumberArray, BigInt64Array | BigUint64Array> {
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values, Number)
    : values;
}

/** One stored number as a value, NaN when it means missing. */
export function unpack(stored: number, packing: Packing): number {
  if (stored === packing.missing || stored === packing.missingToo) return Number.NaN;
  if (packing.missingOthers?.has(stored)) return Number.NaN;
  const whole = stored < 0 ? stored + packing.wrap : stored;
  if (!(whole >= packing.validMin && whole <= packing.validMax)) return Number.NaN;
  return whole * packing.scale + packing.offset;
}
