// Gaussian kernel estimate of a distribution, integrated over bins, and its variant for values with an atom at zero.
// Which values, edges and bounds go in, and what to say of few values, is the caller's.
import { normalCdf } from "./normal.ts";
import { quantileType7 } from "./quantile.ts";

/** Fewer positive values than this are given as they were counted. */
const FEWEST_FOR_KERNEL = 5;

/**
 * Bandwidth by the rule of thumb that resists outliers.
 *
 * Inputs: sorted [any unit] Float64Array, ascending and without NaN in [0, n).
 * Output: h, in the unit of the values; 0 when they are all equal.
 * Definition: h = 0.9 min(sd, IQR / 1.34) n^(-1/5), sd with n - 1, IQR from type 7 quantiles; sd alone where IQR = 0.
 *   Silverman 1986, Density Estimation, eq. 3.31 (R's bw.nrd0; SciPy's "silverman" is another rule).
 * Missing data: none inside the slice; fewer than 2 values give NaN.
 */
export function kernelBandwidth(sorted: Float64Array, n: number): number {
  if (n < 2) return Number.NaN;
  if (sorted[0] === sorted[n - 1]) return 0;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += sorted[i]!;
  mean /= n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (sorted[i]! - mean) ** 2;
  const deviation = Math.sqrt(squares / (n - 1));
  const quartiles = quantileType7(sorted, 0, n, 0.75) - quantileType7(sorted, 0, n, 0.25);
  const spread = quartiles > 0 ? Math.min(deviation, quartiles / 1.34) : deviation;
  return 0.9 * spread * n ** -0.2;
}

/**
 * Cumulative kernel estimate, reflected at a lower bound.
 *
 * Inputs: t [unit of the values]; sorted Float64Array without NaN in [0, n); bandwidth h > 0; lowerBound L, or -Infinity.
 * Output: F(t) [1].
 * Definition: F(t) = mean_i [Phi((t - x_i) / h) + Phi((t + x_i - 2 L) / h) - 1] for t > L, 0 at and below L; without a
 *   bound the mean of the first term. Reflection: Silverman 1986, section 2.10.
 * Missing data: none inside the slice; n = 0 gives NaN.
 */
export function kernelCdf(t: number, sorted: Float64Array, n: number, bandwidth: number, lowerBound: number): number {
  if (t <= lowerBound) return 0;
  const bounded = lowerBound > Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const x = sorted[i]!;
    sum += normalCdf((t - x) / bandwidth);
    if (bounded) sum += normalCdf((t + x - 2 * lowerBound) / bandwidth) - 1;
  }
  return sum / n;
}

/**
 * Probability of each bin by the kernel estimate.
 *
 * Inputs: sorted [any unit] Float64Array, ascending and without NaN in [0, n), n >= 1; edges, ascending, same unit;
 *   lowerBound or -Infinity; out Float64Array [edges + 1].
 * Output: out [1]: probabilities of (-inf, e0), [e0, e1), ... [eLast, inf); sum 1.
 * Definition: differences of F (see kernelCdf) at the edges, 0 before the first and 1 after the last; h by
 *   kernelBandwidth. Equal values: 1 in their bin.
 * Missing data: none inside the slice; n = 0 gives NaN throughout.
 */
export function kernelBinProbabilities(
  sorted: Float64Array,
  n: number,
  edges: readonly number[],
  lowerBound: number,
  out: Float64Array,
): void {
  const bandwidth = n > 1 ? kernelBandwidth(sorted, n) : 0;
  if (n < 1 || bandwidth === 0) {
    countBins(sorted, 0, n, edges, out);
    for (let bin = 0; bin <= edges.length; bin++) out[bin] = out[bin]! / n;
    return;
  }
  let below = 0;
  for (let bin = 0; bin < edges.length; bin++) {
    const upTo = Math.max(below, kernelCdf(edges[bin]!, sorted, n, bandwidth, lowerBound));
    out[bin] = upTo - below;
    below = upTo;
  }
  out[edges.length] = Math.max(0, 1 - below);
}

/**
 * Probability of each bin for values that are zero with a probability of their own: spell days, day counts.
 *
 * Inputs: sorted [d] Float64Array, ascending, >= 0 and without NaN in [0, n), n >= 1; edges [d], ascending, the first
 *   above 0; lowestPositive [d]: no positive value is smaller (5.5 for spells of 6 days, 0.5 for day counts);
 *   scratch Float64Array [n]; out Float64Array [edges + 1].
 * Output: out [1] as kernelBinProbabilities; sum 1.
 * Definition: the first bin has n0 / n, n0 = zeros counted; the positive values have the weight (n - n0) / n and are
 *   spread by a kernel estimate in sqrt(x), reflected at sqrt(lowestPositive), so that nothing leaks back to zero as
 *   long as the first edge is not above lowestPositive. Square root: stabilises the variance of counts (Bartlett 1936).
 * Missing data: none inside the slice. Fewer than 5 positive values, or equal ones, are given as counted.
 */
export function zeroInflatedBinProbabilities(
  sorted: Float64Array,
  n: number,
  edges: readonly number[],
  lowestPositive: number,
  scratch: Float64Array,
  out: Float64Array,
): void {
  let zeros = 0;
  while (zeros < n && sorted[zeros]! <= 0) zeros++;
  const positive = n - zeros;
  if (positive < FEWEST_FOR_KERNEL || sorted[zeros] === sorted[n - 1]) {
    countBins(sorted, 0, n, edges, out);
    for (let bin = 0; bin <= edges.length; bin++) out[bin] = out[bin]! / n;
    return;
  }
  for (let i = 0; i < positive; i++) scratch[i] = Math.sqrt(sorted[zeros + i]!);
  const bandwidth = kernelBandwidth(scratch, positive);
  const bound = Math.sqrt(lowestPositive);
  let below = 0;
  for (let bin = 0; bin < edges.length; bin++) {
    const upTo = Math.max(below, kernelCdf(Math.sqrt(edges[bin]!), scratch, positive, bandwidth, bound));
    out[bin] = ((upTo - below) * positive) / n;
    below = upTo;
  }
  out[edges.length] = (Math.max(0, 1 - below) * positive) / n;
  out[0] = out[0]! + zeros / n;
}

/**
 * Values in each bin; one that equals an edge belongs to the bin above it.
 *
 * Inputs: values [any unit] Float64Array in [start, end); edges, ascending, same unit; out Float64Array [edges + 1].
 * Output: out [1] counts.
 * Definition: out[i] = number of values in [e(i-1), e(i)), the outer bins open-ended.
 * Missing data: NaN is counted nowhere.
 */
export function countBins(
  values: Float64Array,
  start: number,
  end: number,
  edges: readonly number[],
  out: Float64Array,
): void {
  out.fill(0, 0, edges.length + 1);
  for (let i = start; i < end; i++) {
    const x = values[i]!;
    if (Number.isNaN(x)) continue;
    let bin = 0;
    while (bin < edges.length && x >= edges[bin]!) bin++;
    out[bin] = out[bin]! + 1;
  }
}
