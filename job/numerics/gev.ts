// The generalised extreme value distribution by L-moments; shape 0 is Gumbel's.
// Hosking's sign: k < 0 has the heavy tail (k = SciPy's c = minus Coles' xi). Which years are fitted is the caller's choice.
import { gamma } from "./gamma.ts";

const LN2 = Math.LN2;
const LN3 = Math.log(3);
const EULER = 0.5772156649015329;

/** Shapes smaller than this are Gumbel's: the formulae in k lose more digits than the difference is worth. */
const GUMBEL_BELOW = 1e-6;
/** Newton's ratio is 0/0 at k = 0; the nearest shape it is evaluated at. */
const NEWTON_NEAREST = 1e-7;
const NEWTON_STEPS = 12;

/** Return periods that every cell has are whole years up to this. */
const KEPT_YEARS = 1000;
const KEPT_LEVELS = Float64Array.from({ length: KEPT_YEARS + 1 }, (_, years) => computeReducedLevel(years));

/** Where fitGev writes what. */
export const LOCATION = 0;
export const SCALE = 1;

/**
 * Shape of the GEV that has a given L-skewness.
 *
 * Inputs: t3 [1] L-skewness, between -1 and 1.
 * Output: k [1], to 1e-12.
 * Definition: the root of g(k) = (1 - 3^-k) / (1 - 2^-k) - (3 + t3) / 2, by Newton's method from
 *   k = 7.8590 c + 2.9554 c^2, c = 2 / (3 + t3) - ln 2 / ln 3. Hosking, Wallis and Wood 1985, Technometrics 27,
 *   251-261, eqs. 13-14 (their approximation alone errs by up to 8.8e-4).
 * Missing data: NaN, or |t3| >= 1, gives NaN.
 */
export function gevShapeFromSkewness(t3: number): number {
  if (!(t3 > -1 && t3 < 1)) return Number.NaN;
  const c = 2 / (3 + t3) - LN2 / LN3;
  let k = c * (7.859 + 2.9554 * c);
  for (let step = 0; step < NEWTON_STEPS; step++) {
    if (Math.abs(k) < NEWTON_NEAREST) k = NEWTON_NEAREST;
    const threes = -Math.expm1(-k * LN3);
    const twos = -Math.expm1(-k * LN2);
    const g = threes / twos - (3 + t3) / 2;
    const slope = (twos * (1 - threes) * LN3 - threes * (1 - twos) * LN2) / (twos * twos);
    const change = g / slope;
    k -= change;
    if (Math.abs(change) < 1e-14) break;
  }
  return k;
}

/**
 * Location and scale of the GEV of given shape by the first two L-moments.
 *
 * Inputs: l1, l2 [unit of the values]; shape k [1] > -1, 0 for Gumbel; out Float64Array [2].
 * Output: out[LOCATION], out[SCALE], in the unit of the values.
 * Definition: alpha = l2 k / ((1 - 2^-k) Gamma(1 + k)), xi = l1 - alpha (1 - Gamma(1 + k)) / k; for k = 0
 *   alpha = l2 / ln 2, xi = l1 - 0.5772 alpha. Hosking 1990, J. R. Stat. Soc. B 52, table 2.
 * Missing data: NaN gives NaN. |k| < 1e-6 counts as 0.
 */
export function fitGev(l1: number, l2: number, shape: number, out: Float64Array): void {
  if (Math.abs(shape) < GUMBEL_BELOW) {
    const scale = l2 / LN2;
    out[LOCATION] = l1 - EULER * scale;
    out[SCALE] = scale;
    return;
  }
  const g = gamma(1 + shape);
  const scale = (l2 * shape) / (-Math.expm1(-shape * LN2) * g);
  out[LOCATION] = l1 - (scale * (1 - g)) / shape;
  out[SCALE] = scale;
}

/**
 * Level that a year exceeds with probability 1/T.
 *
 * Inputs: returnPeriod T [years] > 1; location, scale [unit of the values]; shape k [1].
 * Output: x_T in the unit of the values.
 * Definition: y = -ln(-ln(1 - 1/T)); x_T = xi + (alpha / k)(1 - exp(-k y)), or xi + alpha y for k = 0.
 *   Hosking 1990, table 1.
 * Missing data: NaN gives NaN. |k| < 1e-6 counts as 0.
 */
export function gevReturnLevel(returnPeriod: number, location: number, scale: number, shape: number): number {
  const y = reducedLevel(returnPeriod);
  if (Math.abs(shape) < GUMBEL_BELOW) return location + scale * y;
  return location - (scale / shape) * Math.expm1(-shape * y);
}

/**
 * Level of the standard Gumbel law that a year exceeds with probability 1/T.
 *
 * Inputs: returnPeriod T [years] > 1. Output: y = -ln(-ln(1 - 1/T)) [1]. Missing data: NaN gives NaN.
 */
export function reducedLevel(returnPeriod: number): number {
  const isKept = Number.isInteger(returnPeriod) && returnPeriod >= 0 && returnPeriod <= KEPT_YEARS;
  return isKept ? KEPT_LEVELS[returnPeriod]! : computeReducedLevel(returnPeriod);
}

function computeReducedLevel(returnPeriod: number): number {
  return -Math.log(-Math.log1p(-1 / returnPeriod));
}

/**
 * Probability that a value of the GEV is exceeded.
 *
 * Inputs: x, location, scale [unit of the values], scale > 0; shape k [1].
 * Output: 1 - F(x) [1], exact also where F is all but 1.
 * Definition: -expm1(-t) with t = (1 - k (x - xi) / alpha)^(1/k), or exp(-(x - xi) / alpha) for k = 0; outside the support
 *   1 below its lower bound (k < 0) and 0 above its upper bound (k > 0). Hosking 1990, table 1.
 * Missing data: NaN gives NaN. |k| < 1e-6 counts as 0.
 */
export function gevExceedance(x: number, location: number, scale: number, shape: number): number {
  const reduced = (x - location) / scale;
  if (Math.abs(shape) < GUMBEL_BELOW) return -Math.expm1(-Math.exp(-reduced));
  const inside = 1 - shape * reduced;
  if (inside <= 0) return shape < 0 ? 1 : 0;
  return -Math.expm1(-(inside ** (1 / shape)));
}
