// COPY … (FORMAT binary), both ways: rows into one growing buffer, and the bytes of COPY OUT back into rows.
// Column types must match the table's exactly; the server checks nothing but lengths.

const SIGNATURE = Buffer.from("PGCOPY\n\u00ff\r\n\0", "latin1");
/** Signature, flags, length of the header extension. */
const HEADER_BYTES = SIGNATURE.length + 8;
const INITIAL_BYTES = 1 << 16;

/** PostgreSQL counts microseconds from 2000-01-01. */
const EPOCH_SECONDS = 946_684_800;
const MICROSECONDS = 1_000_000n;

const OID = { int2: 21, float4: 700, float8: 701, text: 25 } as const;

/** Writes rows; `take` hands over what is complete so far, `finish` ends the COPY. */
export class CopyEncoder {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #at = 0;

  constructor() {
    this.#at = SIGNATURE.copy(this.#buffer);
    this.#int32(0);
    this.#int32(0);
  }

  get size(): number {
    return this.#at;
  }

  startRow(columns: number): void {
    this.#int16(columns);
  }

  nullValue(): void {
    this.#int32(-1);
  }

  int2(value: number): void {
    this.#int32(2);
    this.#int16(value);
  }

  int4(value: number): void {
    this.#int32(4);
    this.#int32(value);
  }

  int8(value: number | bigint): void {
    this.#int32(8);
    this.#room(8);
    this.#at = this.#buffer.writeBigInt64BE(BigInt(value), this.#at);
  }

  float4(value: number): void {
    this.#int32(4);
    this.#room(4);
    this.#at = this.#buffer.writeFloatBE(value, this.#at);
  }

  float8(value: number): void {
    this.#int32(8);
    this.#float64(value);
  }

  /** Whole seconds since 1970. */
  timestamptz(seconds: number): void {
    this.int8(BigInt(Math.round(seconds) - EPOCH_SECONDS) * MICROSECONDS);
  }

  /** Also enums, which travel as their label. */
  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#int32(length);
    this.#room(length);
    this.#at += this.#buffer.write(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.#int32(value.length);
    this.#room(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  int2Array(values: ArrayLike<number>): void {
    this.#arrayHeader(OID.int2, values.length, 2 * values.length);
    for (let at = 0; at < values.length; at++) this.int2(values[at]!);
  }

  float4Array(values: ArrayLike<number>): void {
    this.#arrayHeader(OID.float4, values.length, 4 * values.length);
    for (let at = 0; at < values.length; at++) this.float4(values[at]!);
  }

  float8Array(values: ArrayLike<number>): void {
    this.#arrayHeader(OID.float8, values.length, 8 * values.length);
    for (let at = 0; at < values.length; at++) this.float8(values[at]!);
  }

  textArray(values: readonly string[]): void {
    let bytes = 0;
    for (const value of values) bytes += Buffer.byteLength(value);
    this.#arrayHeader(OID.text, values.length, bytes);
    for (const value of values) this.text(value);
  }

  /** The bytes since the last call; rows begun must be complete. */
  take(): Buffer {
    const taken = Buffer.from(this.#buffer.subarray(0, this.#at));
    this.#at = 0;
    return taken;
  }

  finish(): Buffer {
    this.#int16(-1);
    return this.take();
  }

  #arrayHeader(oid: number, length: number, valueBytes: number): void {
    if (length === 0) {
      this.#int32(12);
      this.#int32(0);
      this.#int32(0);
      this.#int32(oid);
      return;
    }
    this.#int32(20 + 4 * length + valueBytes);
    this.#int32(1);
    this.#int32(0);
    this.#int32(oid);
    this.#int32(length);
    this.#int32(1);
  }

  #int16(value: number): void {
    this.#room(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  #int32(value: number): void {
    this.#room(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  #float64(value: number): void {
    this.#room(8);
    this.#at = this.#buffer.writeDoubleBE(value, this.#at);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}

/** One row of COPY OUT: where its columns lie in `bytes`. Valid until the next row is read. */
export interface CopyRow {
  readonly bytes: Buffer;
  /** [columns] offset of each value */
  readonly offsets: Int32Array;
  /** [columns] length of each value in bytes, -1 for null */
  readonly lengths: Int32Array;
}

/** Calls `onRow` for every row of a COPY OUT with `columns` columns. Rows may span chunks; nothing is copied otherwise. */
export async function readCopyRows(
  chunks: AsyncIterable<Buffer>,
  columns: number,
  onRow: (row: CopyRow) => void,
): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  const row = { bytes: rest, offsets: new Int32Array(columns), lengths: new Int32Array(columns) };
  let headerRead = false;
  let ended = false;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!headerRead) {
      if (bytes.length < HEADER_BYTES) {
        rest = bytes;
        continue;
      }
      at = HEADER_BYTES;
      headerRead = true;
    }
    row.bytes = bytes;
    while (!ended && bytes.length - at >= 2) {
      const found = bytes.readInt16BE(at);
      if (found === -1) {
        ended = true;
        break;
      }
      if (found !== columns) throw new Error(`COPY OUT: expected ${columns} columns, found ${found}`);
      const next = locateColumns(bytes, at + 2, columns, row);
      if (next === -1) break;
      onRow(row);
      at = next;
    }
    rest = ended ? Buffer.alloc(0) : bytes.subarray(at);
  }
  if (!ended) throw new Error("COPY OUT ended in the middle of a row");
}

/** Fills offsets and lengths; returns where the next row starts, or -1 when the row is not all here yet. */
function locateColumns(bytes: Buffer, start: number, columns: number, row: CopyRow): number {
  let at = start;
  for (let column = 0; column < columns; column++) {
    if (bytes.length - at < 4) return -1;
    const length = bytes.readInt32BE(at);
    at += 4;
    row.offsets[column] = at;
    row.lengths[column] = length;
    if (length > 0) at += length;
    if (at > bytes.length) return -1;
  }
  return at;
}
