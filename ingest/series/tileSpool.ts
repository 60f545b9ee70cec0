// Values on their way from files stored by day to series by cell: a file of tiles (or memory, when they are few), each a range
// of cells with all their days, written block by block and read tile by tile.
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

/** Float32Array for the database, Float64Array for all digits. */
export type SpoolValues = Float32Array | Float64Array;

export interface SpoolStore {
  write(bytes: Uint8Array, position: number): void;
  read(bytes: Uint8Array, position: number): void;
  close(): void;
}

export function memoryStore(bytes: number): SpoolStore {
  const memory = new Uint8Array(bytes);
  return {
    write: (given, position) => memory.set(given, position),
    read: (wanted, position) => wanted.set(memory.subarray(position, position + wanted.length)),
    close: () => undefined,
  };
}

/** Keeps what an existing file holds. */
export function fileStore(path: string, bytes: number): SpoolStore {
  const descriptor = openSync(path, "a+", 0o600);
  closeSync(descriptor);
  const file = openSync(path, "r+");
  ftruncateSync(file, bytes);
  return {
    write: (given, position) => {
      for (let done = 0; done < given.length; ) {
        done += writeSync(file, given, done, given.length - done, position + done);
      }
    },
    read: (wanted, position) => {
      for (let done = 0; done < wanted.length; ) {
        const read = readSync(file, wanted, done, wanted.length - done, position + done);
        if (read === 0) throw new Error(`the spool ${path} ends at byte ${position + done}`);
        done += read;
      }
    },
    close: () => closeSync(file),
  };
}

export interface TileShape {
  readonly cells: number;
  readonly steps: number;
  /** Steps of a block; the last one may have fewer. */
  readonly blockSteps: number;
  readonly tileCells: number;
}

/** The cells of one array: [tiles][blocks of steps][cells of the tile][steps of the block], from `begin` on in the store. */
export class TileSpool<Values extends SpoolValues> {
  readonly shape: TileShape;
  readonly #store: SpoolStore;
  readonly #begin: number;
  readonly #makeValues: (length: number) => Values;
  readonly #bytesPerValue: number;
  /** Of a whole tile; the last one may need less. */
  #room: Values | undefined;
  #tile: Values | undefined;
  #tileNumber = -1;

  constructor(store: SpoolStore, begin: number, shape: TileShape, makeValues: (length: number) => Values) {
    this.shape = shape;
    this.#store = store;
    this.#begin = begin;
    this.#makeValues = makeValues;
    this.#bytesPerValue = makeValues(0).BYTES_PER_ELEMENT;
  }

  /** Cells [from, to) that lie in one tile, for the block of steps that begins at `firstStep`: [cells][steps of the block]. */
  write(values: Values, from: number, firstStep: number): void {
    this.#store.write(bytesOf(values), this.#position(from, firstStep));
  }

  /** All steps of a cell in `out`. Cells of one tile cost one read. */
  readCell(cell: number, out: Values): void {
    const { steps, blockSteps, tileCells } = this.shape;
    const tile = Math.floor(cell / tileCells);
    const values = this.#readTile(tile);
    const inTile = this.#cellsOf(tile);
    for (let step = 0; step < steps; step += blockSteps) {
      const length = Math.min(blockSteps, steps - step);
      const at = step * inTile + (cell - tile * tileCells) * length;
      out.set(values.subarray(at, at + length), step);
    }
  }

  #readTile(tile: number): Values {
    if (this.#tile !== undefined && tile === this.#tileNumber) return this.#tile;
    const { cells, steps, tileCells } = this.shape;
    this.#room ??= this.#makeValues(Math.min(tileCells, cells) * steps);
    const values = this.#room.subarray(0, this.#cellsOf(tile) * steps) as Values;
    this.#store.read(bytesOf(values), this.#begin + tile * tileCells * steps * this.#bytesPerValue);
    this.#tile = values;
    this.#tileNumber = tile;
    return values;
  }

  #position(cell: number, firstStep: number): number {
    const { steps, blockSteps, tileCells } = this.shape;
    const tile = Math.floor(cell / tileCells);
    const length = Math.min(blockSteps, steps - firstStep);
    const inTile = firstStep * this.#cellsOf(tile) + (cell - tile * tileCells) * length;
    return this.#begin + (tile * tileCells * steps + inTile) * this.#bytesPerValue;
  }

  #cellsOf(tile: number): number {
    const { cells, tileCells } = this.shape;
    return Math.min(tileCells, cells - tile * tileCells);
  }
}

function bytesOf(values: SpoolValues): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

export interface SpooledPart {
  readonly cells: number;
  readonly steps: number;
  readonly blockSteps: number;
}

export interface SpoolPlan {
  readonly bytes: number;
  readonly parts: readonly { readonly begin: number; readonly shape: TileShape }[];
}

/** Of the tiles of all parts together. */
const TILES_BYTES = 32 << 20;

export function planSpool(parts: readonly SpooledPart[], bytesPerValue: number): SpoolPlan {
  const bytesPerCell = parts.reduce((sum, { steps }) => sum + steps * bytesPerValue, 0);
  const tileCells = Math.max(1, Math.floor(TILES_BYTES / bytesPerCell));
  let bytes = 0;
  const planned = parts.map(({ cells, steps, blockSteps }) => {
    const begin = bytes;
    bytes += cells * steps * bytesPerValue;
    return { begin, shape: { cells, steps, blockSteps, tileCells } };
  });
  return { bytes, parts: planned };
}
