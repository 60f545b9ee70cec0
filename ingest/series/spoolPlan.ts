// Where the values of all parts go in the spool, and how large its tiles are, so that one tile of every part fits in memory.
// Pure.
import type { TileShape } from "./tileSpool.ts";

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
