// The standard normal distribution: cumulative probability and its inverse.
// Scaling to a mean and a deviation is the caller's.

const SQRT_2_PI = Math.sqrt(2 * Math.PI);

/** Beyond this the probability differs from 0 or 1 by less than the rounding of 0.5. */
const FARTHEST = 8;

/**
 * Cumulative probability of the standard normal distribution.
 *
 * Inputs: x [1].
 * Output: Phi(x) [1], absolute error below 1e-15.
 * Definition: Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3*5) + x^7/(3*5*7) + ...), summed until a term no longer
 *   changes the sum; 0 below -8 and 1 above 8. Abramowitz and Stegun 1964, eq. 26.2.11.
 * Missing data: NaN gives NaN. The far lower tail is exact to 1e-16 in absolute, not in relative terms.
 */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return Number.NaN;
  if (x > FARTHEST) return 1;
  if (x < -FARTHEST) return 0;
  const square = x * x;
  let term = x;
  let sum = x;
  for (let odd = 3; ; odd += 2) {
    term *= square / odd;
    const next = sum + term;
    if (next === sum) break;
    sum = next;
  }
  return 0.5 + (sum * Math.exp(-0.5 * square)) / SQRT_2_PI;
}

/**
 * Quantile of the standard normal distribution.
 *
 * Inputs: p [1] probability.
 * Output: z [1] with Phi(z) = p, error below 1e-11 for p in [1e-5, 1 - 1e-5].
 * Definition: first guess by Abramowitz and Stegun 1964, eq. 26.2.23, with t = sqrt(-2 ln q), q = min(p, 1 - p);
 *   then three Halley steps: e = Phi(z) - p, u = e sqrt(2 pi) exp(z^2 / 2), z <- z - u / (1 + z u / 2).
 * Missing data: NaN, or p outside [0, 1], gives NaN; 0 and 1 give the infinities. Beyond |z| = 8, where Phi cannot
 *   resolve p, the first guess is returned (error 4.5e-4).
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  const t = Math.sqrt(-2 * Math.log(p < 0.5 ? p : 1 - p));
  const numerator = 2.515517 + t * (0.802853 + t * 0.010328);
  const denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  const magnitude = t - numerator / denominator;
  let z = p < 0.5 ? -magnitude : magnitude;
  if (magnitude > FARTHEST) return z;
  for (let step = 0; step < 3; step++) {
    const u = (normalCdf(z) - p) * SQRT_2_PI * Math.exp(0.5 * z * z);
    z -= u / (1 + (z * u) / 2);
  }
  return z;
}
