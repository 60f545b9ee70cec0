// A broken line through anchors, held at its ends.

/**
 * Value of a broken line.
 *
 * Inputs: x [unit of anchors]; anchors, strictly ascending or strictly descending; values [any unit], one per anchor.
 * Output: the value, in the unit of `values`.
 * Definition: between neighbouring anchors linear; beyond the first and the last anchor the value at that anchor.
 * Missing data: NaN gives NaN.
 */
export function piecewiseLinear(x: number, anchors: readonly number[], values: readonly number[]): number {
  if (Number.isNaN(x)) return Number.NaN;
  const last = anchors.length - 1;
  const descending = anchors[0]! > anchors[last]!;
  for (let i = 0; i <= last; i++) {
    const anchor = anchors[i]!;
    if (descending ? x < anchor : x > anchor) continue;
    if (i === 0 || x === anchor) return values[i]!;
    const before = anchors[i - 1]!;
    const share = (x - before) / (anchor - before);
    return values[i - 1]! + share * (values[i]! - values[i - 1]!);
  }
  return values[last]!;
}
