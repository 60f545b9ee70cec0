// What a Zarr array says of itself, in the words of arrayFile.ts.
import type { Array as ZarrArray } from "zarrita";
import type { RejectedError } from "../../model/errors.ts";
import { type ArrayVariable, type AttributeValue, valuesIn } from "./arrayFile.ts";

/** zarrita would take what is wanting of a chunk for 0. */
export function refuseShortChunks(array: ZarrArray<"float32">): void {
  const getChunk = array.getChunk.bind(array);
  array.getChunk = async (at, ...options) => {
    const chunk = await getChunk(at, ...options);
    const [found, expected] = [chunk.data.length, valuesIn(array.chunks)];
    if (found !== expected) throw new Error(`chunk ${at.join(", ")} has ${found} values instead of ${expected}`);
    return chunk;
  };
}

export function describeArray(name: string, array: ZarrArray<"float32">): ArrayVariable {
  const { shape, chunks, dimensionNames } = array;
  const dtype = array.dtype as string;
  const bits = /^(?:u?int|float)(8|16|32|64)$/.exec(dtype)?.[1];
  const attributes = readAttributes(array.attrs);
  const isFloat = dtype.startsWith("float");
  // xarray keeps _FillValue of v3 in base64; of v2 the array's own fill value is the missing one.
  const encoded = array.attrs._FillValue;
  if (typeof encoded === "string" && bits !== undefined) attributes.set("_FillValue", [decodeFill(encoded, dtype)]);
  const fill = Number(array.fillValue);
  return {
    name,
    dimensions: shape.map((_, axis) => dimensionNames?.[axis] ?? `${name}[${axis}]`),
    shape,
    bytesPerValue: bits === undefined ? null : Number(bits) / 8,
    isFloat,
    chunk: chunks,
    attributes,
    fillValue: array.fillValue === null || Number.isNaN(fill) ? null : fill,
  };
}

/** Of a type that zarrita does not know, such as a text: no matter unless it is asked for. */
export function indescribable(name: string, trouble: RejectedError): ArrayVariable {
  const nothing = { dimensions: [], shape: [], bytesPerValue: null, isFloat: false, chunk: [], fillValue: null };
  return { ...nothing, name, attributes: new Map(), trouble };
}

function decodeFill(text: string, dtype: string): number {
  const bytes = Buffer.from(text, "base64");
  if (dtype === "float32" && bytes.length >= 8) return bytes.readDoubleLE();
  if (bytes.length === 8) return dtype.startsWith("float") ? bytes.readDoubleLE() : Number(bytes.readBigInt64LE());
  return bytes.length === 4 && dtype.startsWith("float") ? bytes.readFloatLE() : Number(text);
}

export function readAttributes(stored: Readonly<Record<string, unknown>>): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const [name, value] of Object.entries(stored)) {
    if (typeof value === "string") attributes.set(name, value);
    else if (typeof value === "number") attributes.set(name, [value]);
    else if (Array.isArray(value) && value.every((one) => typeof one === "number")) attributes.set(name, value);
  }
  return attributes;
}
