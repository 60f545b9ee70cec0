// The beta distribution: cumulative probability (regularised incomplete beta function) and its inverse.
// What a probability's interval is made of is described at binomialInterval below; the level is the caller's.
import { logGamma } from "./gamma.ts";

const SMALLEST = 1e-300;
const MOST_TERMS = 500;
const MOST_STEPS = 200;
/** A step of Halley's method this small, relative to the distance to the nearer end, leaves an error below rounding. */
const SMALL_STEP = 2e-6;
/** A leading term this small is a good guess. */
const SMALL_GUESS = 0.3;

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
  return cdfOf(frontFactor(x, a, b, logBeta(a, b)), x, a, b);
}

/**
 * Quantile of the beta distribution.
 *
 * Inputs: p [1] 0..1; a, b [1] > 0.
 * Output: x [1] with I_x(a, b) = p, relative error about 1e-12.
 * Definition: Halley's method on I_x(a, b) - p from a first guess (see firstGuess), held inside a bracket that every step
 *   narrows; a step that leaves the bracket is replaced by halving it. Its error after a step is about the cube of the step.
 * Missing data: NaN, p outside [0, 1], or a parameter that is not positive, gives NaN.
 */
export function betaQuantile(p: number, a: number, b: number): number {
  return quantileWith(p, a, b, logBeta(a, b));
}

function quantileWith(p: number, a: number, b: number, scale: number): number {
  if (!(a > 0 && b > 0 && p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  let low = 0;
  let high = 1;
  let x = firstGuess(p, a, b, scale);
  for (let step = 0; step < MOST_STEPS; step++) {
    const front = frontFactor(x, a, b, scale);
    const error = cdfOf(front, x, a, b) - p;
    if (error === 0) return x;
    if (error > 0) high = x;
    else low = x;
    const newton = (error / front) * x * (1 - x);
    const bend = newton * ((a - 1) / x - (b - 1) / (1 - x));
    const next = x - newton / (1 - 0.5 * Math.min(1, bend));
    if (Math.abs(next - x) <= SMALL_STEP * Math.min(x, 1 - x)) return next;
    x = next > low && next < high ? next : 0.5 * (low + high);
  }
  return x;
}

/**
 * Where the search for a quantile begins.
 *
 * Definition: the leading term (p a B(a, b))^(1/a) of the lower tail, or of the upper one, where it is small; else the
 *   approximation of Abramowitz and Stegun 1964, eq. 26.5.22.
 */
function firstGuess(p: number, a: number, b: number, scale: number): number {
  const lower = Math.exp((Math.log(p * a) + scale) / a);
  if (lower < (SMALL_GUESS * a) / (a + b)) return Math.max(lower, SMALLEST);
  const upper = Math.exp((Math.log((1 - p) * b) + scale) / b);
  if (upper < (SMALL_GUESS * b) / (a + b)) return 1 - upper;
  if (a < 1 || b < 1) return lower > 0 && lower < 0.5 ? lower : a / (a + b);
  const t = Math.sqrt(-2 * Math.log(p < 0.5 ? p : 1 - p));
  const magnitude = t - (2.30753 + 0.27061 * t) / (1 + t * (0.99229 + 0.04481 * t));
  const y = p < 0.5 ? magnitude : -magnitude;
  const lambda = (y * y - 3) / 6;
  const h = 2 / (1 / (2 * a - 1) + 1 / (2 * b - 1));
  const w = (y * Math.sqrt(h + lambda)) / h - (1 / (2 * b - 1) - 1 / (2 * a - 1)) * (lambda + 5 / 6 - 2 / (3 * h));
  const guess = a / (a + b * Math.exp(2 * w));
  return guess > 0 && guess < 1 ? guess : a / (a + b);
}

/**
 * Ends of Jeffreys' interval for a probability, also for one that is no whole number of years.
 *
 * Inputs: tail [1], 0.05 for a 90 % interval; probability P [1]; n [1] trials.
 * Output: the lower and the upper end [1].
 * Definition: the `tail` and the 1 - `tail` quantile of Beta(n P + 1/2, n (1 - P) + 1/2). Brown, Cai and DasGupta 2001,
 *   Statistical Science 16, 101-133, section 3.1.2, with k = n P.
 * Missing data: NaN gives NaN. Their replacement of the ends by 0 at k = 0 and 1 at k = n is not made, so near P = 0
 *   the lower end may be above P.
 */
export function binomialInterval(
  tail: number,
  probability: number,
  n: number,
): readonly [lower: number, upper: number] {
  const a = n * probability + 0.5;
  const b = n * (1 - probability) + 0.5;
  const scale = logBeta(a, b);
  return [quantileWith(tail, a, b, scale), quantileWith(1 - tail, a, b, scale)];
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** x^a (1 - x)^b / B(a, b) */
function frontFactor(x: number, a: number, b: number, scale: number): number {
  return Math.exp(a * Math.log(x) + b * Math.log1p(-x) - scale);
}

function cdfOf(front: number, x: number, a: number, b: number): number {
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
