// NetCDF-4 (HDF5) through h5wasm: root-level arrays, their dimension scales and attributes, boxes of values.
import { stat } from "node:fs/promises";
import type { Attribute, Dataset, File } from "h5wasm";
import type { ArrayFile, ArrayVariable, AttributeValue, NumberArray } from "./arrayFile.ts";
import { beginsWith, type FormatOfKind } from "./fileFormat.ts";
import { unreadable } from "./unreadable.ts";

export const NETCDF4: FormatOfKind<"array"> = {
  name: "NetCDF-4",
  kind: "array",
  matches: beginsWith("\x89HDF\r\n\x1a\n"),
  open: openHdf5,
};

/** HDF5's own classes of stored types. */
const [INTEGER, FLOAT] = [0, 1];
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
    const variables: ArrayVariable[] = [];
    for (const name of root.keys()) {
      const entity = root.get(name);
      if (!(entity instanceof h5wasm.Dataset)) continue;
      const variable = describe(name, entity);
      if (variable === undefined) continue;
      datasets.set(name, entity);
      variables.push(variable);
    }
    return {
      file,
      format: NETCDF4.name,
      bytes: size,
      variables,
      attributes: readAttributes(root.attrs),
      read: async (variable, start, count) => {
        const dataset = datasets.get(variable.name)!;
        try {
          return (
            start.length === 0
              ? scalar(dataset.value)
              : dataset.slice(start.map((from, axis) => [from, from + count[axis]!]))
          ) as NumberArray;
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

function describe(name: string, dataset: Dataset): ArrayVariable | undefined {
  const { shape, chunks, type, size } = dataset.metadata;
  // A null dataspace holds nothing.
  if (shape === null) return undefined;
  const attributes = readAttributes(dataset.attrs);
  const scaleName = attributes.get("NAME");
  if (typeof scaleName === "string" && scaleName.startsWith(BARE_DIMENSION)) return undefined;
  const isNumeric = type === INTEGER || type === FLOAT;
  return {
    name,
    dimensions: shape.map((_, axis) => dimensionName(name, dataset, axis, shape.length)),
    shape,
    bytesPerValue: isNumeric ? size : null,
    isFloat: type === FLOAT,
    chunk: chunks,
    attributes,
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

/** HDF5 reports a stack of its functions; the last of them says what is wrong. */
function innermost(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const words = [...error.message.matchAll(/\bin \w+\(\): ([^\n]+)/g)].at(-1)?.[1];
  return words === undefined ? error : new Error(words, { cause: error });
}

function scalar(value: unknown): NumberArray {
  return ArrayBuffer.isView(value) ? (value as NumberArray) : Float64Array.of(Number(value));
}
