// Work arrays that all cells of a shard share: made once for each time axis, rewritten by every cell.
// What the arrays are is each risk's own; nothing in them outlives a cell.
import type { TimeAxis } from "../timeAxis.ts";

/** Makes what `make` makes once for each axis, and gives it again for the same axis. */
export function makeWorkPerAxis<Work>(make: (axis: TimeAxis) => Work): (axis: TimeAxis) => Work {
  const made = new WeakMap<TimeAxis, Work>();
  return (axis) => {
    const work = made.get(axis) ?? make(axis);
    made.set(axis, work);
    return work;
  };
}
