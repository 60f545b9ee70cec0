// The gamma distribution: Thom's estimate and the cumulative probability (regularised incomplete gamma function).
import { logGamma } from "./gamma.ts";

/** Where fitGamma writes what. */
export const SHAPE = 0;
export const SCALE = 1;

const TERMS_MAX = 1000;
const SMALLEST = 1e-300;

/**
 * Shape and scale of a gamma distribution by Thom's approximation to maximum likelihood.
 *
 * Inputs: `values` [any unit], positive and without NaN in [start, end); `out` Float64Array [2].
 * Output: out[SHAPE] a [1], out[SCALE] b in the unit of the values.
 * Definition: A = ln(mean) - mean(ln x); a = (1 + sqrt(1 + 4A/3))/(4A); b = mean/a. Thom (1958), Monthly Weather Review
 * 86, 117-122.
 * Missing data: none inside the slice; no value, or equal values (A not positive), give NaN.
 */
export function fitGamma(values: Float64Array, start: number, end: number, out: Float64Array): void {
  const n = end - start;
  let sum = 0;
  let logs = 0;
  for (let i = start; i < end; i++) {
    sum += values[i]!;
    logs += Math.log(values[i]!);
  }
  const mean = sum / n;
  const a = Math.log(mean) - logs / n;
  const varied = n > 0 && a > 0 && values[start] !== values[end - 1];
  const shape = varied ? (1 + Math.sqrt(1 + (4 * a) / 3)) / (4 * a) : Number.NaN;
  out[SHAPE] = shape;
  out[SCALE] = mean / shape;
}

/**
 * Cumulative probability of the gamma distribution.
 *
 * Inputs: `x` [unit of the values]; `shape` a [1] > 0; `scale` b > 0, unit of the values.
 * Output: P(a, x/b) [1], relative error about 1e-13.
 * Definition: with z = x/b, the series z^a e^-z / Gamma(a + 1)·(1 + z/(a+1) + z²/((a+1)(a+2)) + ...) of DLMF 8.11.4 for
 * z < a + 1, else 1 - Q by the continued fraction of DLMF 8.9.2 in its even part (Lentz' method).
 * Missing data: NaN gives NaN; x <= 0 gives 0.
 */
export function gammaCdf(x: number, shape: number, scale: number): number {
  const z = x / scale;
  if (Number.isNaN(z) || !(shape > 0)) return Number.NaN;
  if (z <= 0) return 0;
  if (z === Number.POSITIVE_INFINITY) return 1;
  const front = Math.exp(shape * Math.log(z) - z - logGamma(shape));
  return z < shape + 1 ? (front * lowerSeries(z, shape)) / shape : 1 - front * upperFraction(z, shape);
}

function lowerSeries(z: number, shape: number): number {
  let term = 1;
  let sum = 1;
  for (let i = 1; i < TERMS_MAX; i++) {
    term *= z / (shape + i);
    if (sum + term === sum) break;
    sum += term;
  }
  return sum;
}

/** 1/(z+1-a - 1(1-a)/(z+3-a - 2(2-a)/(z+5-a - ...))). */
function upperFraction(z: number, shape: number): number {
  let b = z + 1 - shape;
  let c = 1 / SMALLEST;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < TERMS_MAX; i++) {
    const a = -i * (i - shape);
    b += 2;
    d = 1 / awayFromZero(a * d + b);
    c = awayFromZero(b + a / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < Number.EPSILON) break;
  }
  return fraction;
}

function awayFromZero(x: number): number {
  return Math.abs(x) < SMALLEST ? SMALLEST : x;
}
