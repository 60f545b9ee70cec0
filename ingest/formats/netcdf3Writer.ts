// Writes NetCDF classic files as a stream: the header, then the values of one variable after the other. Nothing is held but
// the piece at hand. 64-bit offsets (CDF-2), or CDF-5 where a variable is larger than 32 bits can count.
// The format: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
import { TYPE_BYTES } from "./netcdf3Header.ts";

export const WRITTEN_TYPES = { byte: 1, char: 2, short: 3, int: 4, float: 5, double: 6 } as const;
export type WrittenType = keyof typeof WRITTEN_TYPES;

export interface WrittenAttribute {
  readonly type: WrittenType;
  /** Of type char. */
  readonly text?: string;
  readonly numbers?: readonly number[];
}

export interface WrittenVariable {
  readonly name: string;
  readonly type: WrittenType;
  readonly dimensions: readonly string[];
  readonly attributes: Readonly<Record<string, WrittenAttribute>>;
}

export interface WrittenFile {
  readonly dimensions: Readonly<Record<string, number>>;
  readonly attributes: Readonly<Record<string, WrittenAttribute>>;
  readonly variables: readonly WrittenVariable[];
}

export type Pieces = Iterable<ArrayLike<number>> | AsyncIterable<ArrayLike<number>>;

const [DIMENSIONS, VARIABLES, ATTRIBUTES] = [10, 11, 12];
/** A variable of CDF-2 has fewer bytes than this. */
const LARGEST_CDF2 = 2 ** 32 - 4;

export function textOf(text: string): WrittenAttribute {
  return { type: "char", text };
}

export function numbersOf(type: WrittenType, ...numbers: readonly number[]): WrittenAttribute {
  return { type, numbers };
}

/** The bytes of the file; `valuesOf` gives the values of a variable in order, in pieces of any length. */
export async function* writeClassicFile(
  file: WrittenFile,
  valuesOf: (variable: WrittenVariable) => Pieces,
): AsyncGenerator<Buffer> {
  const sizes = file.variables.map((variable) => valuesOfVariable(file, variable) * bytesOf(variable));
  const version = sizes.every((size) => size < LARGEST_CDF2) ? 2 : 5;
  const headerBytes = encodeHeader(file, version, sizes, 0).length;
  yield encodeHeader(file, version, sizes, headerBytes);
  for (const [at, variable] of file.variables.entries()) {
    let written = 0;
    for await (const values of valuesOf(variable)) {
      const bytes = encodeValues(variable.type, values);
      written += bytes.length;
      yield bytes;
    }
    if (written !== sizes[at]) {
      throw new Error(`variable "${variable.name}": expected ${sizes[at]} bytes of values, got ${written}`);
    }
    yield Buffer.alloc(padding(written));
  }
}

function encodeHeader(file: WrittenFile, version: 2 | 5, sizes: readonly number[], headerBytes: number): Buffer {
  const out: Buffer[] = [Buffer.from([0x43, 0x44, 0x46, version])];
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    out.push(bytes);
  };
  const int64 = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(value));
    out.push(bytes);
  };
  const count = version === 5 ? int64 : int32;
  const padded = (bytes: Buffer) => out.push(bytes, Buffer.alloc(padding(bytes.length)));
  const name = (text: string) => {
    const bytes = Buffer.from(text, "utf8");
    count(bytes.length);
    padded(bytes);
  };
  const list = (tag: number, length: number) => {
    int32(length === 0 ? 0 : tag);
    count(length);
  };
  const attributes = (all: Readonly<Record<string, WrittenAttribute>>) => {
    list(ATTRIBUTES, Object.keys(all).length);
    for (const [key, { type, text, numbers = [] }] of Object.entries(all)) {
      name(key);
      int32(WRITTEN_TYPES[type]);
      const bytes = text === undefined ? encodeValues(type, numbers) : Buffer.from(text, "utf8");
      count(text === undefined ? numbers.length : bytes.length);
      padded(bytes);
    }
  };
  count(0);
  const dimensions = Object.keys(file.dimensions);
  list(DIMENSIONS, dimensions.length);
  for (const dimension of dimensions) {
    name(dimension);
    count(file.dimensions[dimension]!);
  }
  attributes(file.attributes);
  list(VARIABLES, file.variables.length);
  let begin = headerBytes;
  for (const [at, variable] of file.variables.entries()) {
    name(variable.name);
    count(variable.dimensions.length);
    for (const dimension of variable.dimensions) count(dimensions.indexOf(dimension));
    attributes(variable.attributes);
    int32(WRITTEN_TYPES[variable.type]);
    count(sizes[at]! + padding(sizes[at]!));
    int64(begin);
    begin += sizes[at]! + padding(sizes[at]!);
  }
  return Buffer.concat(out);
}

function encodeValues(type: WrittenType, values: ArrayLike<number>): Buffer {
  const size = TYPE_BYTES[WRITTEN_TYPES[type]]!;
  const bytes = Buffer.allocUnsafe(values.length * size);
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (type === "double") bytes.writeDoubleBE(value, at * 8);
    else if (type === "float") bytes.writeFloatBE(value, at * 4);
    else if (type === "int") bytes.writeInt32BE(value, at * 4);
    else if (type === "short") bytes.writeInt16BE(value, at * 2);
    else bytes.writeInt8(value, at);
  }
  return bytes;
}

function valuesOfVariable({ dimensions }: WrittenFile, variable: WrittenVariable): number {
  return variable.dimensions.reduce((product, dimension) => product * dimensions[dimension]!, 1);
}

function bytesOf({ type }: WrittenVariable): number {
  return TYPE_BYTES[WRITTEN_TYPES[type]]!;
}

function padding(bytes: number): number {
  return (4 - (bytes % 4)) % 4;
}
