// The boxes in which an array is read: whole stored pieces, as many as a bounded memory takes, so that nothing is unpacked twice.
import { RejectedError } from "../../model/errors.ts";
import { type ArrayVariable, valuesIn } from "../formats/arrayFile.ts";

export interface Box {
  readonly start: readonly number[];
  readonly count: readonly number[];
}

/** Of values in one box, unless a stored piece is larger. */
const BOX_BYTES = 16 << 20;
/** A stored piece is unpacked whole, several times over in memory. */
const MOST_PIECE_BYTES = 64 << 20;
const BYTES_AT_LEAST = 4;

/** The shape of the boxes: multiples of the chunk, grown along the last axes first. */
export function planBoxes(file: string, array: ArrayVariable): readonly number[] {
  const { shape, chunk } = array;
  const piece = chunk ?? shape.map(() => 1);
  const pieceBytes = valuesIn(piece) * array.bytesPerValue!;
  if (pieceBytes > MOST_PIECE_BYTES) {
    throw new RejectedError(
      "ChunksTooLarge",
      `${file}: variable "${array.name}" is stored in pieces of ${Math.ceil(pieceBytes / (1 << 20)).toLocaleString("en")} MiB (${piece.join(" x ")} values); at most ${MOST_PIECE_BYTES >> 20} MiB are unpacked at once. ` +
        `Store it in smaller ones: nccopy -c ${array.dimensions.map((name, axis) => `${name}/${Math.min(shape[axis]!, 100)}`).join(",")}, or xarray's chunk and to_zarr.`,
    );
  }
  const most = BOX_BYTES / Math.max(array.bytesPerValue!, BYTES_AT_LEAST);
  const box = piece.map((length, axis) => Math.min(length, shape[axis]!));
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const others = valuesIn(box) / box[axis]!;
    const pieces = Math.max(1, Math.floor(most / (others * piece[axis]!)));
    box[axis] = Math.min(shape[axis]!, pieces * piece[axis]!);
    if (box[axis]! < shape[axis]!) break;
  }
  return box;
}

/** All boxes of that shape, the first axis slowest; those at the ends are smaller. */
export function* boxesOf(shape: readonly number[], box: readonly number[]): Generator<Box> {
  if (shape.includes(0)) return;
  const start = shape.map(() => 0);
  for (;;) {
    yield { start: [...start], count: start.map((from, axis) => Math.min(box[axis]!, shape[axis]! - from)) };
    let axis = shape.length - 1;
    for (; axis >= 0; axis--) {
      start[axis]! += box[axis]!;
      if (start[axis]! < shape[axis]!) break;
      start[axis] = 0;
    }
    if (axis < 0) return;
  }
}

export function countBoxes(shape: readonly number[], box: readonly number[]): number {
  return shape.reduce((product, length, axis) => product * Math.ceil(length / box[axis]!), 1);
}
