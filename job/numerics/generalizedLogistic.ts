// The generalised logistic distribution by L-moments; with negative shape it is the three-parameter log-logistic.
// Hosking's sign of the shape.
import { L1, L2, sampleLMoments, T3 } from "./lMoments.ts";

/** Where fitGeneralizedLogistic writes what. */
export const LOCATION = 0;
export const SCALE = 1;
export const SHAPE = 2;

/** Shapes smaller than this are the logistic's. */
const LOGISTIC_BELOW = 1e-6;

/**
 * Parameters of the generalised logistic that has a sample's L-moments.
 *
 * Inputs: `sorted` [any unit], ascending and without NaN in [0, n); `out` Float64Array [3].
 * Output: out[LOCATION] xi, out[SCALE] alpha in the unit of the values, out[SHAPE] k [1].
 * Definition: k = -t3, alpha = l2·sin(kπ)/(kπ), xi = l1 - alpha·(1/k - π/sin(kπ)); k = 0: alpha = l2, xi = l1. Hosking &
 * Wallis (1997), Regional Frequency Analysis, A.7, on the unbiased moments of sampleLMoments.
 * Missing data: none inside the slice; n < 3, l2 not positive or |k| >= 1 give NaN throughout. |k| < 1e-6 counts as 0.
 */
export function fitGeneralizedLogistic(sorted: Float64Array, n: number, out: Float64Array): void {
  sampleLMoments(sorted, 0, n, out);
  const l1 = out[L1]!;
  const l2 = out[L2]!;
  const k = -out[T3]!;
  if (!(l2 > 0 && Math.abs(k) < 1)) {
    out.fill(Number.NaN, 0, 3);
    return;
  }
  if (Math.abs(k) < LOGISTIC_BELOW) {
    out[LOCATION] = l1;
    out[SCALE] = l2;
    out[SHAPE] = 0;
    return;
  }
  const sine = Math.sin(k * Math.PI);
  const scale = (l2 * sine) / (k * Math.PI);
  out[LOCATION] = l1 - scale * (1 / k - Math.PI / sine);
  out[SCALE] = scale;
  out[SHAPE] = k;
}

/**
 * Cumulative probability of the generalised logistic.
 *
 * Inputs: `x`, `location` xi, `scale` alpha [unit of the values], alpha > 0; `shape` k [1].
 * Output: F(x) [1].
 * Definition: y = -ln(1 - k·(x - xi)/alpha)/k, or (x - xi)/alpha for k = 0; F = 1/(1 + exp(-y)); outside the support 0
 * below the lower bound (k < 0) and 1 above the upper bound (k > 0). Hosking & Wallis (1997), A.7.
 * Missing data: NaN gives NaN.
 */
export function generalizedLogisticCdf(x: number, location: number, scale: number, shape: number): number {
  const reduced = (x - location) / scale;
  if (shape === 0) return 1 / (1 + Math.exp(-reduced));
  const inside = 1 - shape * reduced;
  if (inside <= 0) return shape < 0 ? 0 : 1;
  return 1 / (1 + inside ** (1 / shape));
}
