// NumPy's .npy files: enough to exchange flat arrays of 64-bit floats with reference programs.
import { readFileSync, writeFileSync } from "node:fs";

const MAGIC_BYTES = 10;
const HEADER_LENGTH_AT = 8;
const ALIGNMENT_BYTES = 64;

/** The values of a little-endian float64 array, in the order of the file. */
export function readNpy(path: string | URL): Float64Array {
  const bytes = readFileSync(path);
  const start = MAGIC_BYTES + bytes.readUInt16LE(HEADER_LENGTH_AT);
  const header = bytes.toString("latin1", MAGIC_BYTES, start);
  if (!header.includes("'<f8'")) throw new Error(`expected a float64 array, but ${path} says ${header.trim()}`);
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
}

export function writeNpy(path: string | URL, values: Float64Array, shape: readonly number[]): void {
  const dictionary = `{'descr': '<f8', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const length = Math.ceil((MAGIC_BYTES + dictionary.length + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES - MAGIC_BYTES;
  const header = Buffer.alloc(MAGIC_BYTES + length, " ", "latin1");
  header.write("\x93NUMPY\x01\x00", "latin1");
  header.writeUInt16LE(length, HEADER_LENGTH_AT);
  header.write(dictionary, MAGIC_BYTES, "latin1");
  header.write("\n", MAGIC_BYTES + length - 1, "latin1");
  writeFileSync(path, Buffer.concat([header, Buffer.from(values.buffer, values.byteOffset, values.byteLength)]));
}
