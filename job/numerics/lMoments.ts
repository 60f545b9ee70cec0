// Sample L-moments by unbiased probability-weighted moments.

/** Where sampleLMoments writes what. */
export const L1 = 0;
export const L2 = 1;
export const T3 = 2;

/**
 * First two L-moments and the L-skewness of a sorted slice.
 *
 * Inputs: sorted [any unit] Float64Array, ascending and without NaN in [start, end); out Float64Array [3].
 * Output: out[L1] and out[L2] in the unit of the values, out[T3] [1].
 * Definition: with n = end - start, b0 = mean x(j), b1 = (1/n) sum x(j) (j-1)/(n-1),
 *   b2 = (1/n) sum x(j) (j-1)(j-2) / ((n-1)(n-2)): l1 = b0, l2 = 2 b1 - b0, l3 = 6 b2 - 6 b1 + b0, t3 = l3 / l2.
 *   Hosking 1990, J. R. Stat. Soc. B 52, 105-124; unbiased estimators after Landwehr et al. 1979.
 * Missing data: none inside the slice; fewer than 3 values give NaN throughout, equal values l2 0 and t3 NaN.
 */
export function sampleLMoments(sorted: Float64Array, start: number, end: number, out: Float64Array): void {
  const n = end - start;
  if (n < 3) {
    out.fill(Number.NaN, 0, 3);
    return;
  }
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  for (let j = 0; j < n; j++) {
    const x = sorted[start + j]!;
    sum0 += x;
    sum1 += x * j;
    sum2 += x * j * (j - 1);
  }
  const b0 = sum0 / n;
  const b1 = sum1 / (n * (n - 1));
  const b2 = sum2 / (n * (n - 1) * (n - 2));
  const l2 = sorted[start] === sorted[end - 1] ? 0 : 2 * b1 - b0;
  out[L1] = b0;
  out[L2] = l2;
  out[T3] = (6 * b2 - 6 * b1 + b0) / l2;
  if (l2 === 0) out[T3] = Number.NaN;
}
