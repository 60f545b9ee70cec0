// Rows of a table that are too many for memory: records of a place, variable and year, appended to a file as memory fills, then
// distributed to tiles of neighbouring places, each of which fits in memory.
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type OwnFolder, openOwnFolder } from "./spoolRoot.ts";
import type { SpoolValues } from "./tileSpool.ts";

/** Values of a year that are known, in no order. */
export interface SpilledYear {
  readonly variable: number;
  readonly year: number;
  readonly steps: Uint16Array;
  readonly values: Float64Array;
}

/** A record: place, year, variable, number of values; then their steps, padded to 8 bytes, then the values as doubles. */
const HEADER_BYTES = 16;
const VALUE_BYTES = Float64Array.BYTES_PER_ELEMENT;
const TILE_BYTES = 32 << 20;
const READ_BYTES = 4 << 20;
const DEALING_BYTES = 64 << 20;
const FLUSH_AT_LEAST = 1 << 14;
const FLUSH_AT_MOST = 1 << 20;

interface Tile {
  /** Where its pieces lie in the dealt file. */
  readonly pieces: { readonly begin: number; readonly length: number }[];
  waiting: Buffer[];
  waitingBytes: number;
}

export class TableSpill {
  readonly #folder: OwnFolder;
  readonly #rows: number;
  readonly #dealt: number;
  #rowBytes = 0;
  #dealtBytes = 0;
  #out: Buffer[] = [];
  #outBytes = 0;
  #tiles: readonly Tile[] = [];
  #tileOf: Int32Array = new Int32Array();
  #present = -1;
  /** Records of the present tile by place. */
  #records = new Map<number, Buffer[]>();

  constructor(folder: string | undefined) {
    this.#folder = openOwnFolder(folder, "rows", undefined);
    this.#rows = openSync(join(this.#folder.path, "rows"), "wx+", 0o600);
    this.#dealt = openSync(join(this.#folder.path, "tiles"), "wx+", 0o600);
  }

  /** Appends the known values of a year. */
  add(place: number, variable: number, year: number, values: SpoolValues): void {
    let count = 0;
    for (const value of values) if (!Number.isNaN(value)) count++;
    const stepsBytes = Math.ceil((count * 2) / VALUE_BYTES) * VALUE_BYTES;
    const record = Buffer.alloc(HEADER_BYTES + stepsBytes + count * VALUE_BYTES);
    record.writeUInt32LE(place, 0);
    record.writeUInt16LE(year, 4);
    record.writeUInt16LE(variable, 6);
    record.writeUInt32LE(count, 8);
    let at = 0;
    for (let step = 0; step < values.length; step++) {
      if (Number.isNaN(values[step]!)) continue;
      record.writeUInt16LE(step, HEADER_BYTES + 2 * at);
      record.writeDoubleLE(values[step]!, HEADER_BYTES + stepsBytes + VALUE_BYTES * at++);
    }
    this.#out.push(record);
    this.#outBytes += record.length;
    if (this.#outBytes >= READ_BYTES) this.#flushRows();
  }

  /** Distributes the records to tiles; `rankOf` gives the order in which places will be read. */
  deal(rankOf: ReadonlyMap<number, number>): void {
    this.#flushRows();
    const tiles = Math.max(1, Math.ceil(this.#rowBytes / TILE_BYTES));
    const flushBytes = Math.min(FLUSH_AT_MOST, Math.max(FLUSH_AT_LEAST, Math.floor(DEALING_BYTES / tiles)));
    const placesOfTile = Math.max(1, Math.ceil(rankOf.size / tiles));
    this.#tileOf = new Int32Array(Math.max(0, ...[maxOf(rankOf.keys()) + 1]));
    for (const [place, rank] of rankOf) this.#tileOf[place] = Math.floor(rank / placesOfTile);
    this.#tiles = Array.from({ length: tiles }, () => ({ pieces: [], waiting: [], waitingBytes: 0 }));
    for (const record of this.#readRows()) {
      const tile = this.#tiles[this.#tileOf[record.readUInt32LE(0)]!]!;
      // A copy: the bytes read are overwritten by the next.
      tile.waiting.push(Buffer.from(record));
      tile.waitingBytes += record.length;
      if (tile.waitingBytes >= flushBytes) this.#flushTile(tile);
    }
    for (const tile of this.#tiles) this.#flushTile(tile);
    ftruncateSync(this.#rows, 0);
  }

  /** Every record of a place. */
  yearsOf(place: number): SpilledYear[] {
    const tile = this.#tileOf[place]!;
    if (tile !== this.#present) this.#load(tile);
    return (this.#records.get(place) ?? []).map((record) => {
      const count = record.readUInt32LE(8);
      const stepsBytes = Math.ceil((count * 2) / VALUE_BYTES) * VALUE_BYTES;
      // Copies, because the bytes lie at any offset.
      const steps = Uint8Array.from(record.subarray(HEADER_BYTES, HEADER_BYTES + 2 * count));
      const values = Uint8Array.from(
        record.subarray(HEADER_BYTES + stepsBytes, HEADER_BYTES + stepsBytes + VALUE_BYTES * count),
      );
      return {
        year: record.readUInt16LE(4),
        variable: record.readUInt16LE(6),
        steps: new Uint16Array(steps.buffer),
        values: new Float64Array(values.buffer),
      };
    });
  }

  close(): void {
    closeSync(this.#rows);
    closeSync(this.#dealt);
    this.#folder.close(false);
  }

  #load(number: number): void {
    this.#records = new Map();
    this.#present = number;
    for (const { begin, length } of this.#tiles[number]!.pieces) {
      const piece = Buffer.allocUnsafe(length);
      readSync(this.#dealt, piece, 0, length, begin);
      for (let at = 0; at < length; ) {
        const bytes = recordBytes(piece, at);
        const place = piece.readUInt32LE(at);
        const own = this.#records.get(place) ?? [];
        own.push(piece.subarray(at, at + bytes));
        this.#records.set(place, own);
        at += bytes;
      }
    }
  }

  #flushRows(): void {
    const bytes = Buffer.concat(this.#out);
    writeSync(this.#rows, bytes, 0, bytes.length, this.#rowBytes);
    this.#rowBytes += bytes.length;
    this.#out = [];
    this.#outBytes = 0;
  }

  #flushTile(tile: Tile): void {
    if (tile.waitingBytes === 0) return;
    const bytes = Buffer.concat(tile.waiting);
    writeSync(this.#dealt, bytes, 0, bytes.length, this.#dealtBytes);
    tile.pieces.push({ begin: this.#dealtBytes, length: bytes.length });
    this.#dealtBytes += bytes.length;
    tile.waiting = [];
    tile.waitingBytes = 0;
  }

  /** Records in the order they were added; each valid until the next. */
  *#readRows(): Generator<Buffer> {
    let rest: Buffer = Buffer.alloc(0);
    for (let position = 0; position < this.#rowBytes; ) {
      const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, this.#rowBytes - position));
      readSync(this.#rows, chunk, 0, chunk.length, position);
      position += chunk.length;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (bytes.length - at >= HEADER_BYTES && bytes.length - at >= recordBytes(bytes, at)) {
        const length = recordBytes(bytes, at);
        yield bytes.subarray(at, at + length);
        at += length;
      }
      rest = bytes.subarray(at);
    }
  }
}

function recordBytes(bytes: Buffer, at: number): number {
  const count = bytes.readUInt32LE(at + 8);
  return HEADER_BYTES + Math.ceil((count * 2) / VALUE_BYTES) * VALUE_BYTES + count * VALUE_BYTES;
}

function maxOf(numbers: Iterable<number>): number {
  let most = -1;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}
