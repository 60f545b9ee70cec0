// Sample quantiles by linear interpolation of order statistics, types 7 and 8 of Hyndman and Fan.
// Which type an index uses, and how many values it needs, is the caller's to say.

/** A position this near to an order statistic is taken to be it, as R's quantile() and climdex.pcic do. */
const POSITION_FUZZ = 4 * Number.EPSILON;

/**
 * Quantile of a sorted slice, type 7 (R's and NumPy's default).
 *
 * Inputs: sorted [any unit] Float64Array, ascending and without NaN in [start, end); p [1] probability 0..1.
 * Output: the quantile, in the unit of the values.
 * Definition: with n = end - start, position h = (n - 1) p + 1 counted from 1, j = floor(h), g = h - j,
 *   Q = x(j) + g (x(j+1) - x(j)). Hyndman and Fan 1996, The American Statistician 50, 361-365, definition 7.
 * Missing data: none inside the slice; an empty slice gives NaN.
 */
export function quantileType7(sorted: Float64Array, start: number, end: number, p: number): number {
  return atPosition(sorted, start, end, (end - start - 1) * p + 1);
}

/**
 * Quantile of a sorted slice, type 8 (approximately median-unbiased whatever the distribution).
 *
 * Inputs: sorted [any unit] Float64Array, ascending and without NaN in [start, end); p [1] probability 0..1.
 * Output: the quantile, in the unit of the values.
 * Definition: position h = n p + (p + 1) / 3 counted from 1, then as type 7, j held inside [1, n].
 *   Hyndman and Fan 1996, definition 8.
 * Missing data: none inside the slice; an empty slice gives NaN.
 */
export function quantileType8(sorted: Float64Array, start: number, end: number, p: number): number {
  return atPosition(sorted, start, end, positionType8(end - start, p));
}

/** Position [1] of the type 8 quantile among n ascending values, counted from 1 and not yet held inside [1, n]. */
export function positionType8(n: number, p: number): number {
  return n * p + (p + 1) / 3;
}

/** The whole part of a position counted from 1: the order statistic at or below it, held inside [1, n]. */
export function wholePosition(position: number, n: number): number {
  const whole = Math.floor(position + POSITION_FUZZ);
  return Math.max(1, Math.min(whole, n));
}

/** What is left of the position above `whole`, 0..1: the weight of the next order statistic. */
export function fractionalPosition(position: number, whole: number, n: number): number {
  const fraction = position - whole;
  return fraction < POSITION_FUZZ || whole === n ? 0 : fraction;
}

function atPosition(sorted: Float64Array, start: number, end: number, position: number): number {
  const n = end - start;
  if (n < 1) return Number.NaN;
  const whole = wholePosition(position, n);
  const weight = fractionalPosition(position, whole, n);
  const below = sorted[start + whole - 1]!;
  return weight === 0 ? below : below + weight * (sorted[start + whole]! - below);
}
