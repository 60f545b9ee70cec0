// Whether coordinates are multiples of a step, as those of a regular grid are.

/** A coordinate may lie this share of a step beside its place: coordinates are rounded. */
const OFF_STEP = 0.2;
const TOLERANCE = 1e-3;

/** The step that all values are multiples of, counted from the first; null when there is none. `sorted`: distinct, ascending. */
export function stepOf(sorted: ArrayLike<number>): number | null {
  const { length } = sorted;
  if (length < 2) return null;
  const [first, last] = [sorted[0]!, sorted[length - 1]!];
  let smallest = Number.POSITIVE_INFINITY;
  for (let at = 1; at < length; at++) smallest = Math.min(smallest, sorted[at]! - sorted[at - 1]!);
  // Averaged over the whole span, so that the rounding of coordinates does not add up.
  const step = (last - first) / Math.round((last - first) / smallest);
  for (let at = 0; at < length; at++) {
    const position = (sorted[at]! - first) / step;
    if (Math.abs(position - Math.round(position)) >= OFF_STEP + TOLERANCE) return null;
  }
  return step;
}
