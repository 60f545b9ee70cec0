// NetCDF classic files, values read by position: nothing of the file is held beyond the box that is read.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { RejectedError } from "../../model/errors.ts";
import { type ArrayFile, type ArrayVariable, checkTexts, type NumberArray, trimText, valuesIn } from "./arrayFile.ts";
import { beginsWith, type FormatOfKind } from "./fileFormat.ts";
import {
  CHAR,
  type ClassicHeader,
  type ClassicVariable,
  DOUBLE,
  FLOAT,
  HeaderEnds,
  readClassicHeader,
  TYPE_BYTES,
  UNSIGNED,
} from "./netcdf3Header.ts";
import { unreadable } from "./unreadable.ts";

export const NETCDF3: FormatOfKind<"array"> = {
  name: "NetCDF-3",
  kind: "array",
  isBounded: true,
  matches: beginsWith("CDF\x01", "CDF\x02", "CDF\x05"),
  open: openNetcdf3,
};

const FIRST_HEADER_BYTES = 1 << 16;
const MOST_HEADER_BYTES = 1 << 26;

interface Located {
  readonly variable: ArrayVariable;
  /** [axes] with the characters of a text as the last one. */
  readonly stored: readonly number[];
  readonly type: number;
  readonly begin: number;
  /** Bytes from one position of the first axis to the next. */
  readonly firstStride: number;
}

async function openNetcdf3(file: string): Promise<ArrayFile> {
  const descriptor = openSync(file, "r");
  try {
    const bytes = fstatSync(descriptor).size;
    const header = readHeader(file, descriptor, bytes);
    const located = locate(file, header, bytes);
    const byName = new Map(located.map((one) => [one.variable.name, one]));
    return {
      file,
      format: NETCDF3.name,
      bytes,
      variables: located.map(({ variable }) => variable),
      attributes: header.attributes.values,
      read: async (variable, start, count) => readBox(file, descriptor, byName.get(variable.name)!, start, count),
      readTexts: async ({ name }) => readTexts(file, descriptor, byName.get(name)!),
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function readHeader(file: string, descriptor: number, bytes: number): ClassicHeader {
  for (let size = FIRST_HEADER_BYTES; ; size *= 8) {
    const start = Buffer.alloc(Math.min(size, bytes));
    readSync(descriptor, start, 0, start.length, 0);
    try {
      return readClassicHeader(start);
    } catch (error) {
      if (!(error instanceof HeaderEnds)) throw unreadable(file, "its NetCDF-3 header", error);
      if (size < bytes && size < MOST_HEADER_BYTES) continue;
      throw unreadable(file, "its NetCDF-3 header", new Error(`the header continues after ${start.length} bytes`));
    }
  }
}

/** Shapes and positions, checked against the size of the file. */
function locate(file: string, header: ClassicHeader, bytes: number): Located[] {
  const { dimensions, variables } = header;
  const wrong = variables.find((variable) => variable.dimensions.some((id) => dimensions[id] === undefined));
  if (wrong !== undefined) {
    throw unreadable(file, "its NetCDF-3 header", new Error(`"${wrong.name}" names a dimension that is not there`));
  }
  const isRecord = ({ dimensions: ids }: ClassicVariable) => ids.length > 0 && dimensions[ids[0]!]!.length === 0;
  const recordVariables = variables.filter(isRecord);
  const sliceBytes = ({ dimensions: ids, type }: ClassicVariable) =>
    valuesIn(ids.slice(1).map((id) => dimensions[id]!.length)) * TYPE_BYTES[type]!;
  // A single record variable is not padded: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html, note on padding.
  const recordBytes =
    recordVariables.length === 1
      ? sliceBytes(recordVariables[0]!)
      : recordVariables.reduce((sum, variable) => sum + Math.ceil(sliceBytes(variable) / 4) * 4, 0);
  const firstRecord = Math.min(...recordVariables.map(({ begin }) => begin));
  const records = header.records ?? Math.floor((bytes - firstRecord) / recordBytes);
  return variables.map((variable) => {
    const { name, dimensions: ids, attributes, type, begin } = variable;
    const shape = ids.map((id, axis) => (axis === 0 && isRecord(variable) ? records : dimensions[id]!.length));
    const firstStride = isRecord(variable) ? recordBytes : sliceBytes(variable);
    const end = shape.includes(0)
      ? begin
      : begin + (shape.length === 0 ? TYPE_BYTES[type]! : (shape[0]! - 1) * firstStride + sliceBytes(variable));
    if (!(end <= bytes)) throw cutOff(file, name, shape, end, bytes);
    return {
      stored: shape,
      variable: {
        name,
        dimensions: ids.map((id) => dimensions[id]!.name).slice(0, type === CHAR ? -1 : undefined),
        shape: shape.slice(0, type === CHAR ? -1 : undefined),
        bytesPerValue: type === CHAR ? null : TYPE_BYTES[type]!,
        isText: type === CHAR,
        isFloat: type === FLOAT || type === DOUBLE,
        isUnsigned: UNSIGNED.includes(type),
        // A record is one piece; of the others any part can be read.
        chunk: isRecord(variable) ? [1, ...shape.slice(1)] : null,
        attributes: attributes.values,
        attributeTypes: attributes.types,
        hasDefaultFill: true,
        fillValue: null,
      },
      type,
      begin,
      firstStride,
    };
  });
}

function readBox(
  file: string,
  descriptor: number,
  { variable, stored: shape, type, begin, firstStride }: Located,
  start: readonly number[],
  count: readonly number[],
): NumberArray {
  const size = TYPE_BYTES[type]!;
  const bytes = Buffer.allocUnsafeSlow(valuesIn(count) * size);
  const strides = shape.map((_, axis) => (axis === 0 ? firstStride : valuesIn(shape.slice(axis + 1)) * size));
  // Axes from `runAxis` on lie together: one read takes them all.
  let runAxis = shape.length;
  for (let isWhole = true; runAxis > 0 && isWhole; isWhole = count[runAxis] === shape[runAxis]) {
    if (strides[runAxis - 1] !== valuesIn(shape.slice(runAxis)) * size) break;
    runAxis--;
  }
  const runBytes = valuesIn(count.slice(runAxis)) * size;
  const offset = (at: readonly number[]) =>
    begin + at.reduce((sum, position, axis) => sum + (start[axis]! + position) * strides[axis]!, 0);
  const outer = count.slice(0, runAxis);
  const position = count.map(() => 0);
  for (let done = 0; done < bytes.length; done += runBytes) {
    const read = readSync(descriptor, bytes, done, runBytes, offset(position));
    if (read !== runBytes) throw unreadable(file, `variable "${variable.name}"`, new Error("the file ends before it"));
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      if (++position[axis]! < outer[axis]!) break;
      position[axis] = 0;
    }
  }
  return inNativeOrder(bytes, type);
}

function readTexts(file: string, descriptor: number, located: Located): string[] {
  const { stored, variable } = located;
  const length = stored.at(-1) ?? 1;
  checkTexts(file, variable, length);
  const start = stored.map(() => 0);
  const characters = Buffer.from(readBox(file, descriptor, located, start, stored) as Uint8Array);
  return Array.from({ length: valuesIn(variable.shape) }, (_, at) =>
    trimText(characters.toString("utf8", at * length, (at + 1) * length)),
  );
}

/** From big-endian, in place. */
function inNativeOrder(bytes: Buffer, type: number): NumberArray {
  const size = TYPE_BYTES[type]!;
  if (size === 2) bytes.swap16();
  else if (size === 4) bytes.swap32();
  else if (size === 8) bytes.swap64();
  const [buffer, from, length] = [bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / size];
  switch (type) {
    case 1:
      return new Int8Array(buffer, from, length);
    case 3:
      return new Int16Array(buffer, from, length);
    case 4:
      return new Int32Array(buffer, from, length);
    case FLOAT:
      return new Float32Array(buffer, from, length);
    case DOUBLE:
      return new Float64Array(buffer, from, length);
    case 8:
      return new Uint16Array(buffer, from, length);
    case 9:
      return new Uint32Array(buffer, from, length);
    case 10:
      return new BigInt64Array(buffer, from, length);
    case 11:
      return new BigUint64Array(buffer, from, length);
    default:
      return new Uint8Array(buffer, from, length);
  }
}

function cutOff(file: string, name: string, shape: readonly number[], end: number, bytes: number): RejectedError {
  return new RejectedError(
    "UnreadableFile",
    `${file}: variable "${name}" (${shape.join(" x ")}) ends at byte ${end}, but the file has ${bytes}. It was cut off, or its header is damaged: fetch it again.`,
  );
}
