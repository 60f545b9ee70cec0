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
  /** Value of what was never written, when the format itself says so. */
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

export function valuesIn(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** All values as doubles, for coordinates; integers beyond 2^53 would lose digits, which no coordinate has. */
export async function readAll(file: ArrayFile, variable: ArrayVariable): Promise<Float64Array> {
  const start = variable.shape.map(() => 0);
  const values = await file.read(variable, start, variable.shape);
  return values instanceof BigInt64Array || values instanceof BigUint64Array
    ? Float64Array.from(values, Number)
    : Float64Array.from(values);
}
