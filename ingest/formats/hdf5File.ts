// NetCDF-4 (HDF5) through h5wasm: arrays of the root and of its groups, their dimension scales and attributes, boxes of values.
import { stat } from "node:fs/promises";
import type { Attribute, Dataset, File, Group } from "h5wasm";
import {
  type ArrayFile,
  type ArrayVariable,
  type AttributeValue,
  checkTexts,
  defaultFill,
  type NumberArray,
  type NumberType,
  trimText,
  unreadableArray,
  valuesIn,
} from "./arrayFile.ts";
import { beginsWith, type FormatOfKind } from "./fileFormat.ts";
import { unreadable } from "./unreadable.ts";

export const NETCDF4: FormatOfKind<"array"> = {
  name: "NetCDF-4",
  kind: "array",
  matches: beginsWith("\x89HDF\r\n\x1a\n"),
  open: openHdf5,
};

/** HDF5's own classes of stored types. */
const [INTEGER, FLOAT, STRING] = [0, 1, 3];
/** Groups within groups, and arrays in all of them. */
const MOST_DEPTH = 8;
const MOST_ARRAYS = 10_000;
/** A dimension without coordinates, as the NetCDF library writes it. */
const BARE_DIMENSION = "This is a netCDF dimension but not a netCDF variable";

async function openHdf5(file: string): Promise<ArrayFile> {
  const { size } = await stat(file);
  // Loaded when it is needed: 1 MB of WebAssembly that most commands never use.
  const { default: h5wasm } = await import("h5wasm/node");
  // Else HDF5 prints pages on standard error and goes on with what it could not read.
  (await h5wasm.ready).activate_throwing_error_handler();
  let root: File;
  try {
    root = new h5wasm.File(file, "r");
  } catch (error) {
    throw unreadable(file, "its HDF5 structure", innermost(error));
  }
  const datasets = new Map<string, Dataset>();
  try {
    const described: ArrayVariable[] = [];
    const lengths = new Map<string, number>();
    for (const [name, entity] of listDatasets(root, h5wasm, "", MOST_DEPTH)) {
      if (datasets.size >= MOST_ARRAYS) throw new Error(`more than ${MOST_ARRAYS} arrays`);
      const variable = describe(file, name, entity);
      if (variable === undefined) continue;
      datasets.set(name, entity);
      if (!isBareDimension(variable)) described.push(variable);
      variable.dimensions.forEach((dimension, axis) => {
        if (!isUnlimited(entity, axis)) return;
        lengths.set(dimension, Math.max(lengths.get(dimension) ?? 0, variable.shape[axis]!));
      });
    }
    const variables = described.map((variable) => extend(variable, datasets.get(variable.name)!, lengths));
    return {
      file,
      format: NETCDF4.name,
      bytes: size,
      variables,
      attributes: readAttributes(root.attrs),
      read: async (variable, start, count) => {
        const dataset = datasets.get(variable.name)!;
        try {
          return start.length === 0 ? scalar(dataset.value) : readBox(variable, dataset, start, count);
        } catch (error) {
          throw unreadable(file, `variable "${variable.name}"`, innermost(error));
        }
      },
      readTexts: async (variable) => {
        try {
          return readTexts(file, variable, datasets.get(variable.name)!);
        } catch (error) {
          throw unreadable(file, `variable "${variable.name}"`, innermost(error));
        }
      },
      close: () => void root.close(),
    };
  } catch (error) {
    root.close();
    throw unreadable(file, "its HDF5 structure", innermost(error));
  }
}

/** Arrays by their path from the root. */
function* listDatasets(
  group: Group,
  h5wasm: { readonly Dataset: typeof Dataset; readonly Group: typeof Group },
  prefix: string,
  depth: number,
): Generator<readonly [name: string, dataset: Dataset]> {
  for (const name of group.keys()) {
    const entity = group.get(name);
    if (entity instanceof h5wasm.Dataset) yield [`${prefix}${name}`, entity];
    else if (entity instanceof h5wasm.Group && depth > 0)
      yield* listDatasets(entity, h5wasm, `${prefix}${name}/`, depth - 1);
  }
}

/** One text per place of the array; those of characters are along the last axis of the dataset. */
function readTexts(file: string, variable: ArrayVariable, dataset: Dataset): string[] {
  const { shape, size } = dataset.metadata;
  const isOfCharacters = shape!.length > variable.shape.length;
  const length = isOfCharacters ? shape!.at(-1)! : 1;
  checkTexts(file, variable, isOfCharacters ? length : size);
  const value = dataset.value as unknown;
  const texts = (Array.isArray(value) ? value : [value]).map(String);
  if (!isOfCharacters) return texts.map(trimText);
  return Array.from({ length: valuesIn(variable.shape) }, (_, at) =>
    trimText(texts.slice(at * length, (at + 1) * length).join("")),
  );
}

/** An axis of an unlimited dimension is as long as the longest array along it, as the NetCDF library has it; the rest is missing. */
function extend(variable: ArrayVariable, dataset: Dataset, lengths: ReadonlyMap<string, number>): ArrayVariable {
  const shape = variable.shape.map((length, axis) =>
    isUnlimited(dataset, axis) ? Math.max(length, lengths.get(variable.dimensions[axis]!) ?? 0) : length,
  );
  if (shape.every((length, axis) => length === variable.shape[axis])) return variable;
  return { ...variable, shape, fillValue: fillOf(variable) };
}

function isUnlimited(dataset: Dataset, axis: number): boolean {
  const most = dataset.metadata.maxshape?.[axis];
  return most === null || (most !== undefined && most >= Number.MAX_SAFE_INTEGER);
}

/** The value that pads an array: its own, or the library's. */
function fillOf(variable: ArrayVariable): number {
  const own = variable.attributes.get("_FillValue");
  return typeof own === "object" && own.length > 0 ? own[0]! : defaultFill(variable)!;
}

function readBox(
  variable: ArrayVariable,
  dataset: Dataset,
  start: readonly number[],
  count: readonly number[],
): NumberArray {
  const stored = dataset.metadata.shape!;
  const held = count.map((length, axis) => Math.max(0, Math.min(length, stored[axis]! - start[axis]!)));
  const isWhole = held.every((length, axis) => length === count[axis]);
  const part = (
    held.includes(0) ? new Float64Array() : dataset.slice(start.map((from, axis) => [from, from + held[axis]!]))
  ) as NumberArray;
  if (isWhole) return part;
  const box = new Float64Array(valuesIn(count)).fill(variable.fillValue!);
  const position = held.map(() => 0);
  for (let at = 0; at < part.length; at++) {
    box[position.reduce((sum, along, axis) => sum * count[axis]! + along, 0)] = Number(part[at]);
    for (let axis = held.length - 1; axis >= 0; axis--) {
      if (++position[axis]! < held[axis]!) break;
      position[axis] = 0;
    }
  }
  return box;
}

function isBareDimension({ attributes }: ArrayVariable): boolean {
  const name = attributes.get("NAME");
  return typeof name === "string" && name.startsWith(BARE_DIMENSION);
}

function describe(file: string, name: string, dataset: Dataset): ArrayVariable | undefined {
  try {
    return describeDataset(name, dataset);
  } catch (error) {
    return unreadableArray(name, unreadable(file, `the description of variable "${name}"`, innermost(error)));
  }
}

function describeDataset(name: string, dataset: Dataset): ArrayVariable | undefined {
  const { shape, chunks, type, size, signed } = dataset.metadata;
  // A null dataspace holds nothing.
  if (shape === null) return undefined;
  const attributes = readAttributes(dataset.attrs);
  const isNumeric = type === INTEGER || (type === FLOAT && size >= 4);
  const isText = type === STRING;
  // Characters one by one, the last axis is along a text.
  const axes = isText && size === 1 && dataset.metadata.vlen !== true ? shape.slice(0, -1) : shape;
  return {
    name,
    dimensions: axes.map((_, axis) => dimensionName(name, dataset, axis, shape.length)),
    shape: axes,
    bytesPerValue: isNumeric ? size : null,
    isText,
    isFloat: type === FLOAT,
    isUnsigned: type === INTEGER && !signed,
    chunk: chunks,
    attributes,
    attributeTypes: readTypes(dataset.attrs),
    hasDefaultFill: true,
    fillValue: null,
  };
}

function dimensionName(name: string, dataset: Dataset, axis: number, axes: number): string {
  const scale = dataset.get_attached_scales(axis)[0];
  if (scale !== undefined) return scale.replace(/^\//, "");
  // A scale is its own dimension; another array without scales has axes that nothing else shares.
  return axes === 1 ? name : `${name}[${axis}]`;
}

function readAttributes(stored: Readonly<Record<string, Attribute>>): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const name of Object.keys(stored)) {
    // References between arrays and their scales; no values.
    if (["DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Coordinates", "_Netcdf4Dimid"].includes(name)) continue;
    const { value } = stored[name]!;
    if (typeof value === "string") attributes.set(name, value);
    else if (typeof value === "number" || typeof value === "bigint") attributes.set(name, [Number(value)]);
    else if (ArrayBuffer.isView(value)) attributes.set(name, Array.from(value as Float64Array, Number));
    else if (Array.isArray(value) && value.every((word) => typeof word === "string")) {
      attributes.set(name, value.join(" "));
    }
  }
  return attributes;
}

/** Bytes of the types of numbers, by their letters in Python's struct, as h5wasm gives them. */
const TYPE_BYTES: ReadonlyMap<string, number> = new Map(
  Object.entries({ b: 1, h: 2, i: 4, l: 8, q: 8, e: 2, f: 4, d: 8 }),
);

function readTypes(stored: Readonly<Record<string, Attribute>>): Map<string, NumberType> {
  const types = new Map<string, NumberType>();
  for (const name of Object.keys(stored)) {
    const letter = String(stored[name]!.dtype).replace(/^[<>|=]/, "");
    const bytes = TYPE_BYTES.get(letter.toLowerCase());
    if (letter.length === 1 && bytes !== undefined) types.set(name, { isFloat: "efd".includes(letter), bytes });
  }
  return types;
}

/** HDF5 reports a stack of its functions; the last of them says what is wrong. */
function innermost(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const words = [...error.message.matchAll(/\bin \w+\(\): ([^\n]+)/g)].at(-1)?.[1];
  return words === undefined ? error : new Error(words, { cause: error });
}

function scalar(value: unknown): NumberArray {
  return ArrayBuffer.isView(value) ? (value as NumberArray) : Float64Array.of(Number(value));
}
