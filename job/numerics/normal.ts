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

/** Wichura's coefficients of numerator and denominator, the constant term first: around 1/2, in the tails, and far out in them. */
const CENTRE = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
] as const;
const TAIL = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
] as const;
const FAR_TAIL = [
  [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
] as const;

/**
 * Quantile of the standard normal distribution.
 *
 * Inputs: p [1] probability.
 * Output: z [1] with Phi(z) = p, relative error about 1e-16.
 * Definition: rational functions of 0.425² - (p - 1/2)² or of sqrt(-ln min(p, 1 - p)): PPND16 of Wichura 1988, Algorithm AS 241,
 *   Applied Statistics 37, 477-484.
 * Missing data: NaN, or p outside [0, 1], gives NaN; 0 and 1 give the infinities.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const z = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR_TAIL, r - 5);
  return q < 0 ? -z : z;
}

function ratio([numerator, denominator]: readonly [readonly number[], readonly number[]], r: number): number {
  let above = 0;
  let below = 0;
  for (let power = 7; power >= 0; power--) {
    above = above * r + numerator[power]!;
    below = below * r + denominator[power]!;
  }
  return above / below;
}
