// The description of a Zarr array as ArrayVariable, and the size of its chunks before and after they are unpacked.
import type { Array as ZarrArray } from "zarrita";
import { type ArrayVariable, type AttributeValue, type NumberType, valuesIn } from "./arrayFile.ts";

/** zarrita would fill a short chunk with 0. */
export function refuseShortChunks(array: ZarrArray<"float32">): void {
  const getChunk = array.getChunk.bind(array);
  array.getChunk = async (at, ...options) => {
    const chunk = await getChunk(at, ...options);
    const [found, expected] = [chunk.data.length, valuesIn(array.chunks)];
    if (found !== expected) throw new Error(`chunk ${at.join(", ")} has ${found} values instead of ${expected}`);
    return chunk;
  };
}

/** `description` is the text that holds the array's attributes; `arrays` are the paths of all arrays of the store. */
export function describeArray(
  name: string,
  array: ZarrArray<"float32">,
  version: 2 | 3,
  description: string,
  arrays: ReadonlySet<string>,
): ArrayVariable {
  const { shape, chunks, dimensionNames } = array;
  const dtype = array.dtype as string;
  const bits = /^(?:u?int|float)(8|16|32|64)$/.exec(dtype)?.[1];
  const attributes = readAttributes(array.attrs);
  const isFloat = dtype.startsWith("float");
  // xarray keeps _FillValue in base64.
  const encoded = array.attrs._FillValue;
  if (typeof encoded === "string" && bits !== undefined) attributes.set("_FillValue", [decodeFill(encoded, dtype)]);
  const fill = Number(array.fillValue);
  return {
    name,
    dimensions: shape.map((_, axis) => {
      const dimension = dimensionNames?.[axis];
      return dimension == null ? `${name}[${axis}]` : pathOfDimension(name, dimension, arrays);
    }),
    shape,
    bytesPerValue: bits === undefined ? null : Number(bits) / 8,
    isText: /^(v2:[US]\d+|string)$/.test(dtype) || dtype.startsWith("v2:object"),
    isFloat,
    chunk: chunks,
    attributes,
    attributeTypes: readTypes(description),
    hasDefaultFill: false,
    // Of v2 it means missing, as xarray reads it; of v3 it is only what an unwritten chunk holds.
    fillValue: version === 3 || array.fillValue === null || Number.isNaN(fill) ? null : fill,
  };
}

/** A dimension has the path of its coordinate: in the array's own group, else in one around it, as in NetCDF. */
function pathOfDimension(name: string, dimension: string, arrays: ReadonlySet<string>): string {
  const group = name.slice(0, name.lastIndexOf("/") + 1);
  for (let around = group; ; around = around.slice(0, around.lastIndexOf("/", around.length - 2) + 1)) {
    if (arrays.has(`${around}${dimension}`)) return `${around}${dimension}`;
    if (around === "") return `${group}${dimension}`;
  }
}

function decodeFill(text: string, dtype: string): number {
  const bytes = Buffer.from(text, "base64");
  if (dtype === "float32" && bytes.length >= 8) return bytes.readDoubleLE();
  if (bytes.length === 8) return dtype.startsWith("float") ? bytes.readDoubleLE() : Number(bytes.readBigInt64LE());
  return bytes.length === 4 && dtype.startsWith("float") ? bytes.readFloatLE() : Number(text);
}

/** Types of attributes that are numbers: those written with a point or an exponent are floats. */
function readTypes(description: string): Map<string, NumberType> {
  const types = new Map<string, NumberType>();
  const note = (name: string, { source }: { source?: string }) => {
    const isFloat = /[.eE]/.test(source ?? "") || types.get(name)?.isFloat === true;
    types.set(name, { isFloat, bytes: 8 });
  };
  // The elements of a list come before the list: they are held until its name is known.
  let elements: { source?: string }[] = [];
  JSON.parse(description, (key: string, value: unknown, context?: { source?: string }) => {
    if (typeof value !== "number") {
      if (Array.isArray(value)) for (const element of elements) note(key, element);
      elements = [];
    } else if (/^\d+$/.test(key)) elements.push(context ?? {});
    else note(key, context ?? {});
    return value;
  });
  return types;
}

export function readAttributes(stored: unknown): Map<string, AttributeValue> {
  if (typeof stored !== "object" || stored === null || Array.isArray(stored)) {
    throw new Error(`attributes that are no object: ${JSON.stringify(stored)}`);
  }
  const attributes = new Map<string, AttributeValue>();
  for (const [name, value] of Object.entries(stored)) {
    if (typeof value === "string") attributes.set(name, value);
    else if (typeof value === "number") attributes.set(name, [value]);
    else if (Array.isArray(value) && value.every((one) => typeof one === "number")) attributes.set(name, value);
  }
  return attributes;
}

/** Bytes that `piece` says it unpacks to; its own length where nothing is said. */
export function declaredBytes(piece: Uint8Array): number {
  const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
  if (piece.length >= 18 && piece[0] === 0x1f && piece[1] === 0x8b) return view.getUint32(piece.length - 4, true);
  if (piece.length >= 9 && view.getUint32(0, true) === 0xfd2fb528) return declaredByZstd(view) ?? piece.length;
  // Blosc: version 1 or 2, its format, flags, type size, unpacked bytes, block size, packed bytes.
  // https://github.com/Blosc/c-blosc/blob/v1.21.6/README_CHUNK_FORMAT.rst
  if (piece.length >= 16 && (piece[0] === 1 || piece[0] === 2) && view.getUint32(12, true) === piece.length) {
    return view.getUint32(4, true);
  }
  return piece.length;
}

/** RFC 8878, section 3.1.1.1: the frame content size, which may be absent. */
function declaredByZstd(view: DataView): number | undefined {
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor >> 5) & 1;
  const sizeFlag = descriptor >> 6;
  const at = 5 + (isSingleSegment === 1 ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  if (sizeFlag === 0) return isSingleSegment === 1 && at < view.byteLength ? view.getUint8(at) : undefined;
  const bytes = 1 << sizeFlag;
  if (at + bytes > view.byteLength) return undefined;
  if (sizeFlag === 1) return view.getUint16(at, true) + 256;
  return sizeFlag === 2 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}
