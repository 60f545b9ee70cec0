// The beta distribution: cumulative probability (regularised incomplete beta function) and its inverse.
// What a probability's interval is made of is described at binomialInterval below; the level is the caller's.
import { logGamma } from "./gamma.ts";

const SMALLEST = 1e-300;
const MOST_TERMS = 500;
const MOST_STEPS = 200;

/**
 * Cumulative probability of the beta distribution.
 *
 * Inputs: x [1] 0..1; a, b [1] > 0.
 * Output: I_x(a, b) [1], relative error about 1e-13.
 * Definition: I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) times the continued fraction of DLMF 8.17.22 (evaluated by Lentz'
 *   method), used where it converges fast, x < (a + 1) / (a + b + 2); elsewhere 1 - I_{1-x}(b, a).
 * Missing data: NaN, or a parameter that is not positive, gives NaN.
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (!(a > 0 && b > 0) || Number.isNaN(x)) return Number.NaN;
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  return cdfWith(x, a, b, logBeta(a, b));
}

/**
 * Quantile of the beta distribution.
 *
 * Inputs: p [1] 0..1; a, b [1] > 0.
 * Output: x [1] with I_x(a, b) = p, relative error about 1e-12.
 * Definition: Newton's method on I_x(a, b) - p from the leading term x = (p a B(a, b))^(1/a), held inside a bracket
 *   that every step narrows; a step that leaves the bracket is replaced by halving it.
 * Missing data: NaN, p outside [0, 1], or a parameter that is not positive, gives NaN.
 */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(a > 0 && b > 0 && p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  const scale = logBeta(a, b);
  let low = 0;
  let high = 1;
  let x = Math.exp((Math.log(p * a) + scale) / a);
  if (!(x > 0 && x < 0.5)) x = a / (a + b);
  for (let step = 0; step < MOST_STEPS; step++) {
    const error = cdfWith(x, a, b, scale) - p;
    if (error === 0) return x;
    if (error > 0) high = x;
    else low = x;
    const density = Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - scale);
    let next = x - error / density;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (Math.abs(next - x) <= 4 * Number.EPSILON * x) return next;
    x = next;
  }
  return x;
}

/**
 * One end of Jeffreys' interval for a probability, also for one that is no whole number of years.
 *
 * Inputs: tail [1], 0.05 for the lower and 0.95 for the upper end of a 90 % interval; probability P [1]; n [1] trials.
 * Output: the end [1].
 * Definition: the `tail` quantile of Beta(n P + 1/2, n (1 - P) + 1/2). Brown, Cai and DasGupta 2001, Statistical
 *   Science 16, 101-133, section 3.1.2, with k = n P.
 * Missing data: NaN gives NaN. Their replacement of the ends by 0 at k = 0 and 1 at k = n is not made, so near P = 0
 *   the lower end may be above P.
 */
export function binomialInterval(tail: number, probability: number, n: number): number {
  return betaQuantile(tail, n * probability + 0.5, n * (1 - probability) + 0.5);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

function cdfWith(x: number, a: number, b: number, scale: number): number {
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - scale);
  if (x < (a + 1) / (a + b + 2)) return (front * continuedFraction(x, a, b)) / a;
  return 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

/** DLMF 8.17.22 without its front factor: 1 / (1 + d1 / (1 + d2 / (1 + ...))). */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < Number.EPSILON) break;
  }
  return fraction;
}

function awayFromZero(x: number): number {
  return Math.abs(x) < SMALLEST ? SMALLEST : x;
}
