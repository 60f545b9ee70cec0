// What the formats of arrays have in common: named arrays over named dimensions, with attributes, read a box at a time.
import type { RejectedError } from "../../model/errors.ts";

export type NumberArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

export type AttributeValue = string | readonly number[];

/** Type of the numbers of an attribute. */
export interface NumberType {
  readonly isFloat: boolean;
  readonly bytes: number;
}

export interface ArrayVariable {
  readonly name: string;
  /** Name of each axis; made up where the file has none. */
  readonly dimensions: readonly string[];
  readonly shape: readonly number[];
  /** Size of a stored value; null when the values are no numbers. */
  readonly bytesPerValue: number | null;
  readonly isFloat: boolean;
  /** What is stored in one piece; null when the whole array is. */
  readonly chunk: readonly number[] | null;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** Types of the attributes that are numbers. */
  readonly attributeTypes: ReadonlyMap<string, NumberType>;
  /** Whether the fill values of the NetCDF library mean missing. */
  readonly hasDefaultFill: boolean;
  /** Value that means missing where no attribute names one; null when there is none. */
  readonly fillValue: number | null;
  /** Why it cannot be read; thrown only when the array is needed. */
  readonly trouble?: RejectedError;
}

/** One opened file (or folder) of arrays. */
export interface ArrayFile {
  readonly file: string;
  /** Name of the format, with its version. */
  readonly format: string;
  readonly bytes: number;
  readonly variables: readonly ArrayVariable[];
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** The box from `start`, `count` values along each axis, last axis fastest; valid until the next read. */
  read(variable: ArrayVariable, start: readonly number[], count: readonly number[]): Promise<NumberArray>;
  close(): void;
}

export function findArray(file: ArrayFile, name: string): ArrayVariable | undefined {
  return file.variables.find((variable) => variable.name === name);
}

export function textAttribute({ attributes }: Pick<ArrayVariable, "attributes">, name: string): string | undefined {
  const value = attributes.get(name);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

export function numberAttribute({ attributes }: Pick<ArrayVariable, "attributes">, name: string): number | undefined {
  const value = attributes.get(name);
  return typeof value === "object" && value.length > 0 ? value[0] : undefined;
}

/** An array that cannot be described, such as one of texts: refused only if it is read. */
export function unreadableArray(name: string, trouble: RejectedError): ArrayVariable {
  return {
    name,
    dimensions: [],
    shape: [],
    bytesPerValue: null,
    isFloat: false,
    chunk: [],
    attributes: new Map(),
    attributeTypes: new Map(),
    hasDefaultFill: false,
    fillValue: null,
    trouble,
  };
}

export function valuesIn(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
