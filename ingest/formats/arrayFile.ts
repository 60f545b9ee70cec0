// What the formats of arrays have in common: named arrays over named dimensions, with attributes, read a box at a time.
import { RejectedError } from "../../model/errors.ts";

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
  /** The values are texts. An array of characters has one text along its last axis, which is none of `dimensions`. */
  readonly isText?: boolean;
  readonly isFloat: boolean;
  /** Integers without a sign. */
  readonly isUnsigned?: boolean;
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
  /** All texts of an array that has texts. */
  readTexts(variable: ArrayVariable): Promise<readonly string[]>;
  close(): void;
}

/** Texts are labels and times, read whole: more are no labels. */
const MOST_TEXTS = 100_000;
const MOST_TEXT_LENGTH = 1000;

/** Refuses texts that are too many to be labels. */
export function checkTexts(file: string, { name, shape }: ArrayVariable, length = 0): void {
  if (valuesIn(shape) <= MOST_TEXTS && length <= MOST_TEXT_LENGTH) return;
  throw new RejectedError(
    "TooManyTexts",
    `${file}: "${name}" (${shape.join(" x ")}) has too many texts or too long ones; at most ${MOST_TEXTS.toLocaleString("en")} of ${MOST_TEXT_LENGTH} characters are labels. Leave it out of the file: ncks -x -v ${name}.`,
  );
}

/** A text without what pads it. */
export function trimText(text: string): string {
  return text.replace(/\0[\s\S]*$/, "").trim();
}

export function findArray(file: ArrayFile, name: string): ArrayVariable | undefined {
  return file.variables.find((variable) => variable.name === name);
}

/** The array that another one names: in its own group, else in one around it. */
export function findNear(file: ArrayFile, { name: of }: ArrayVariable, name: string): ArrayVariable | undefined {
  if (name.startsWith("/")) return findArray(file, name.slice(1));
  for (let group = of; group.includes("/"); ) {
    group = group.slice(0, group.lastIndexOf("/"));
    const found = findArray(file, `${group}/${name}`);
    if (found !== undefined) return found;
  }
  return findArray(file, name);
}

/** The name of an array within its group. */
export function ownName({ name }: Pick<ArrayVariable, "name">): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

export function textAttribute({ attributes }: Pick<ArrayVariable, "attributes">, name: string): string | undefined {
  const value = attributes.get(name);
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

/** What the NetCDF library fills with by default: https://docs.unidata.ucar.edu/netcdf-c/current/netcdf_8h.html, NC_FILL_… */
const FILL_FLOAT = 9.969209968386869e36;
const FILL_INTEGER: ReadonlyMap<number, number> = new Map([
  [1, -127],
  [2, -32_767],
  [4, -2_147_483_647],
  // Two more than the smallest, as a double.
  [8, -(2 ** 63)],
]);

/** What the NetCDF library has written where nothing was; undefined for what it does not know. */
export function defaultFill({
  isFloat,
  isUnsigned,
  bytesPerValue,
}: Pick<ArrayVariable, "isFloat" | "isUnsigned" | "bytesPerValue">): number | undefined {
  if (isFloat) return FILL_FLOAT;
  if (isUnsigned !== true) return FILL_INTEGER.get(bytesPerValue!);
  // The largest; of 64 bits one less, which is the same as a double.
  return bytesPerValue === 8 ? 2 ** 64 : 2 ** (8 * bytesPerValue!) - 1;
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
