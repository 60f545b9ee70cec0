// The header of a NetCDF classic file (CDF-1, CDF-2 with 64-bit offsets, CDF-5), from bytes to names, shapes and positions.
// The format: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html
import type { AttributeValue, NumberType } from "./arrayFile.ts";

export interface ClassicAttributes {
  readonly values: ReadonlyMap<string, AttributeValue>;
  readonly types: ReadonlyMap<string, NumberType>;
}

export interface ClassicDimension {
  readonly name: string;
  /** 0 for the record dimension. */
  readonly length: number;
}

export interface ClassicVariable {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly attributes: ClassicAttributes;
  readonly type: number;
  readonly begin: number;
}

export interface ClassicHeader {
  readonly version: 1 | 2 | 5;
  /** null: not in the header; the size of the file gives it. */
  readonly records: number | null;
  readonly dimensions: readonly ClassicDimension[];
  readonly attributes: ClassicAttributes;
  readonly variables: readonly ClassicVariable[];
}

/** Bytes of a value, by the number of its type: byte, char, short, int, float, double; of CDF-5 also unsigned and 64-bit ones. */
export const TYPE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8];
export const CHAR = 2;
export const FLOAT = 5;
export const DOUBLE = 6;
export const UNSIGNED: readonly number[] = [7, 8, 9, 11];
const [DIMENSIONS, VARIABLES, ATTRIBUTES] = [10, 11, 12];
const STREAMING = 0xffffffff;
/** No file has more of anything; counts above are damage. */
const MOST_ENTRIES = 100_000;

/** The bytes given end within the header: more of the file is needed. */
export class HeaderEnds extends Error {
  override readonly name = "HeaderEnds";
}

/** Throws HeaderEnds, or an Error that says what is wrong. */
export function readClassicHeader(bytes: Buffer): ClassicHeader {
  const version = bytes[3];
  if (version !== 1 && version !== 2 && version !== 5) throw new Error(`version ${version} of the classic format`);
  const reader = new HeaderReader(bytes, version);
  const records = reader.count();
  return {
    version,
    records: records === STREAMING || records === Number.MAX_SAFE_INTEGER ? null : records,
    dimensions: reader.list(DIMENSIONS, "dimensions", () => ({ name: reader.text(), length: reader.count() })),
    attributes: reader.attributes(),
    variables: reader.list(VARIABLES, "variables", () => reader.variable()),
  };
}

class HeaderReader {
  readonly #bytes: Buffer;
  readonly #version: 1 | 2 | 5;
  #at = 4;

  constructor(bytes: Buffer, version: 1 | 2 | 5) {
    this.#bytes = bytes;
    this.#version = version;
  }

  list<T>(tag: number, what: string, read: () => T): T[] {
    const found = this.#int32();
    const entries = this.count();
    if (found === 0 && entries === 0) return [];
    if (found !== tag || entries > MOST_ENTRIES) throw new Error(`a damaged list of ${what} at byte ${this.#at}`);
    return Array.from({ length: entries }, read);
  }

  attributes(): ClassicAttributes {
    const types = new Map<string, NumberType>();
    const values = new Map<string, AttributeValue>();
    this.list(ATTRIBUTES, "attributes", () => {
      const name = this.text();
      const type = this.#type();
      values.set(name, this.#attributeValue(type));
      if (type !== CHAR) types.set(name, { isFloat: type === FLOAT || type === DOUBLE, bytes: TYPE_BYTES[type]! });
    });
    return { values, types };
  }

  variable(): ClassicVariable {
    const name = this.text();
    const axes = this.count();
    if (axes > 1024) throw new Error(`${axes} dimensions of the variable "${name}"`);
    const dimensions = Array.from({ length: axes }, () => this.count());
    const attributes = this.attributes();
    const type = this.#type();
    this.count();
    return { name, dimensions, attributes, type, begin: this.#version === 1 ? this.#int32() : this.#int64() };
  }

  text(): string {
    const length = this.count();
    const text = this.#take(length).toString("utf8");
    this.#pad(length);
    return text;
  }

  /** A count, 64 bits wide in CDF-5. */
  count(): number {
    return this.#version === 5 ? this.#int64() : this.#int32();
  }

  #attributeValue(type: number): AttributeValue {
    const length = this.count();
    const bytes = this.#take(length * TYPE_BYTES[type]!);
    this.#pad(bytes.length);
    if (type === CHAR) return bytes.toString("utf8").replace(/\0+$/, "");
    return Array.from({ length }, (_, at) => readValue(bytes, type, at * TYPE_BYTES[type]!));
  }

  #type(): number {
    const type = this.#int32();
    if (type < 1 || type >= TYPE_BYTES.length) throw new Error(`type ${type} of values at byte ${this.#at}`);
    return type;
  }

  #int32(): number {
    return this.#take(4).readUInt32BE();
  }

  #int64(): number {
    const value = this.#take(8).readBigUInt64BE();
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
  }

  #pad(length: number): void {
    this.#take((4 - (length % 4)) % 4);
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new HeaderEnds();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function readValue(bytes: Buffer, type: number, at: number): number {
  switch (type) {
    case 1:
      return bytes.readInt8(at);
    case 3:
      return bytes.readInt16BE(at);
    case 4:
      return bytes.readInt32BE(at);
    case FLOAT:
      return bytes.readFloatBE(at);
    case DOUBLE:
      return bytes.readDoubleBE(at);
    case 7:
      return bytes.readUInt8(at);
    case 8:
      return bytes.readUInt16BE(at);
    case 9:
      return bytes.readUInt32BE(at);
    case 10:
      return Number(bytes.readBigInt64BE(at));
    default:
      return Number(bytes.readBigUInt64BE(at));
  }
}
