// How stored numbers become values: sign, fill values, valid range, scale and offset (CF Conventions 1.11, sections 2.5.1 and 8.1;
// NetCDF Users Guide, appendix A, for _Unsigned and for the units of valid_range).
import { RejectedError } from "../../model/errors.ts";
import {
  type ArrayFile,
  type ArrayVariable,
  defaultFill,
  type NumberArray,
  type NumberType,
  numberAttribute,
  textAttribute,
} from "../formats/arrayFile.ts";
import { readNumberText } from "../formats/numberText.ts";

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
  /** `_Unsigned` says that integers have the other sign than the array's type. */
  readonly isUnsigned: boolean | undefined;
}

/** `marks` are numbers that mean missing although the file does not say so, as stored. `file` is for messages. */
export function readPacking(file: string, described: ArrayVariable, marks: Iterable<number> = []): Packing {
  const array = withNumbers(file, described);
  const { bytesPerValue, isFloat } = array;
  const isUnsigned = readSign(array);
  const round = (value: number) => {
    if (isFloat) return bytesPerValue === 4 ? Math.fround(value) : value;
    if (isUnsigned === undefined) return value;
    const range = 2 ** (8 * bytesPerValue!);
    if (isUnsigned) return value < 0 ? value + range : value;
    return value >= range / 2 ? value - range : value;
  };
  const said = ["_FillValue", "missing_value"].flatMap((name) => {
    const value = array.attributes.get(name);
    return typeof value === "object" ? value : [];
  });
  const missing = new Set([...said, ...marks].map(round));
  if (array.fillValue !== null && said.length === 0) missing.add(round(array.fillValue));
  // Bytes have so few values that the library's programs take none of them for missing.
  if (array.hasDefaultFill && (isFloat || (said.length === 0 && bytesPerValue !== 1))) {
    const usual = defaultFill(array);
    if (usual !== undefined) missing.add(round(usual));
  }
  const scale = readFactor(file, array, "scale_factor") ?? 1;
  const offset = readFactor(file, array, "add_offset") ?? 0;
  const [validMin, validMax] = readValidRange(array, scale, offset, round);
  const [first = Number.NaN, second = Number.NaN, ...others] = missing;
  return {
    missing: first,
    missingToo: second,
    missingOthers: others.length === 0 ? undefined : new Set(others),
    ...{ validMin, validMax, scale, offset, isUnsigned },
  };
}

const PACKING = ["_FillValue", "missing_value", "scale_factor", "add_offset", "valid_min", "valid_max", "valid_range"];

/** The same array, its packing as numbers: some writers store "0.1" as text, which must not be taken for nothing. */
function withNumbers(file: string, array: ArrayVariable): ArrayVariable {
  const texts = PACKING.flatMap((name) => {
    const text = textAttribute(array, name);
    return text === undefined ? [] : [[name, text] as const];
  });
  if (texts.length === 0) return array;
  const attributes = new Map(array.attributes);
  const attributeTypes = new Map(array.attributeTypes);
  for (const [name, text] of texts) {
    const numbers = text.split(/[\s,]+/).map((word) => (/^nanf?$/i.test(word) ? Number.NaN : readNumberText(word)));
    if (numbers.includes(undefined)) {
      throw new RejectedError(
        "InvalidPacking",
        `${file}: variable "${array.name}": its ${name} is the text "${text}", which is no number. Correct it: ncatted -a ${name},${array.name},o,d,NUMBER ${file}`,
      );
    }
    attributes.set(name, numbers as number[]);
    attributeTypes.set(name, { isFloat: /[.e]/i.test(text), bytes: 8 });
  }
  return { ...array, attributes, attributeTypes };
}

function readFactor(file: string, array: ArrayVariable, name: "scale_factor" | "add_offset"): number | undefined {
  const value = array.attributes.get(name);
  if (value === undefined || typeof value === "string") return undefined;
  const [number = Number.NaN] = value;
  if (value.length === 1 && Number.isFinite(number) && !(name === "scale_factor" && number === 0)) return number;
  throw new RejectedError(
    "InvalidPacking",
    `${file}: variable "${array.name}": expected one number as ${name}, found ${value.join(", ")}. Correct it: ncatted -a ${name},${array.name},o,d,NUMBER ${file}`,
  );
}

function readSign({ attributes, isFloat, bytesPerValue }: ArrayVariable): boolean | undefined {
  if (isFloat || bytesPerValue === null) return undefined;
  const said = String(attributes.get("_Unsigned") ?? "").toLowerCase();
  return said === "true" ? true : said === "false" ? false : undefined;
}

/** The smallest and largest valid stored numbers; `valid_min` and `valid_max` count before `valid_range`. */
function readValidRange(
  array: ArrayVariable,
  scale: number,
  offset: number,
  round: (value: number) => number,
): [number, number] {
  const bound = (name: string, at: number): { value: number; isUnpacked: boolean } | undefined => {
    const own = numberAttribute(array, name);
    const range = array.attributes.get("valid_range");
    const value = own ?? (typeof range === "object" && range.length === 2 ? range[at] : undefined);
    if (value === undefined) return undefined;
    return { value, isUnpacked: isUnpackedBound(array, own === undefined ? "valid_range" : name) };
  };
  const isFalling = scale < 0;
  const toStored = (given: ReturnType<typeof bound>, side: -1 | 1) => {
    if (given === undefined) return side * Number.POSITIVE_INFINITY;
    if (!given.isUnpacked) return round(given.value);
    // Digits that scale and offset lost are forgiven: a millionth of a step, or of the bound.
    const stored = (given.value - offset) / scale;
    return stored + side * Math.max(1e-6, Math.abs(stored) * 1e-6);
  };
  const [min, max] = [bound("valid_min", 0), bound("valid_max", 1)];
  const swaps = isFalling && (min?.isUnpacked ?? max?.isUnpacked) === true;
  return swaps ? [toStored(max, -1), toStored(min, 1)] : [toStored(min, -1), toStored(max, 1)];
}

/**
 * Whether a bound is in units of the unpacked value: its type is that of scale_factor and add_offset (the wider), and wider than
 * that of the array. NetCDF Users Guide, appendix A, valid_range.
 */
function isUnpackedBound({ attributeTypes, bytesPerValue, isFloat }: ArrayVariable, name: string): boolean {
  const own = attributeTypes.get(name);
  const factors = ["scale_factor", "add_offset"].flatMap((factor) => attributeTypes.get(factor) ?? []);
  if (own === undefined || factors.length === 0) return false;
  const width = ({ isFloat: float, bytes }: NumberType) => bytes + (float ? 100 : 0);
  const widest = Math.max(...factors.map(width));
  const data = width({ isFloat, bytes: bytesPerValue! });
  return isFloat ? width(own) === widest && widest > data : own.isFloat;
}

/** Stored numbers with the sign that `_Unsigned` gives them; 64-bit integers as doubles, which arithmetic needs. */
export function asNumbers(
  values: NumberArray,
  { isUnsigned }: Pick<Packing, "isUnsigned">,
): Exclude<NumberArray, BigInt64Array | BigUint64Array> {
  const { buffer, byteOffset, length } = values;
  if (isUnsigned === true) {
    if (values instanceof Int8Array) return new Uint8Array(buffer, byteOffset, length);
    if (values instanceof Int16Array) return new Uint16Array(buffer, byteOffset, length);
    if (values instanceof Int32Array) return new Uint32Array(buffer, byteOffset, length);
    if (values instanceof BigInt64Array)
      return asNumbers(new BigUint64Array(buffer, byteOffset, length), {} as Packing);
  }
  if (isUnsigned === false) {
    if (values instanceof Uint8Array) return new Int8Array(buffer, byteOffset, length);
    if (values instanceof Uint16Array) return new Int16Array(buffer, byteOffset, length);
    if (values instanceof Uint32Array) return new Int32Array(buffer, byteOffset, length);
    if (values instanceof BigUint64Array)
      return asNumbers(new BigInt64Array(buffer, byteOffset, length), {} as Packing);
  }
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values, Number)
    : values;
}

/** One stored number, its sign right, as a value; NaN when it means missing. */
export function unpack(stored: number, packing: Packing): number {
  if (stored === packing.missing || stored === packing.missingToo) return Number.NaN;
  if (packing.missingOthers?.has(stored)) return Number.NaN;
  if (!(stored >= packing.validMin && stored <= packing.validMax)) return Number.NaN;
  return stored * packing.scale + packing.offset;
}

/** All values of a coordinate, NaN where missing. Integers beyond 2^53 would lose digits, which no coordinate has. */
export async function readUnpacked(file: ArrayFile, array: ArrayVariable): Promise<Float64Array> {
  const packing = readPacking(file.file, array);
  const stored = await file.read(
    array,
    array.shape.map(() => 0),
    array.shape,
  );
  return Float64Array.from(asNumbers(stored, packing), (number) => unpack(number, packing));
}
