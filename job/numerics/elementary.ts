// exp, log and pow by polynomials of fixed order, so that a compiled kernel of two lanes and this page give the same bits on every
// processor. Math.exp, Math.log and ** may differ by engine.

const LOG2_E = Math.LOG2E;
/** ln 2 in two parts: the first has 32 trailing zero bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const EXP_LARGEST = 700;
/** fdlibm's e_log.c, Lg7 … Lg1 (Sun Microsystems 1993) */
const LOG_TERMS = Float64Array.of(
  0.14798198605116586,
  0.15313837699209373,
  0.1818357216161805,
  0.22222198432149784,
  0.2857142874366239,
  0.3999999999940942,
  0.6666666666666735,
);
const HIGH_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);

/** 2^n for n of -1022 … 1023. */
function powerOfTwo(n: number): number {
  words[HIGH_WORD] = (n + 1023) << 20;
  words[1 - HIGH_WORD] = 0;
  return number[0]!;
}

/**
 * e^x.
 *
 * Inputs: x [1]. Output: e^x [1]; x is read as at least -700 and at most 700.
 * Definition: x = n ln 2 + r with |r| ≤ ln 2 / 2; Taylor's polynomial of degree 12 in r, by Estrin's scheme, times 2^n. Relative error
 * below 4e-16. Missing data: NaN gives NaN.
 */
export function exp(x: number): number {
  const bounded = Math.max(-EXP_LARGEST, Math.min(EXP_LARGEST, x));
  if (Number.isNaN(bounded)) return Number.NaN;
  const n = Math.floor(bounded * LOG2_E + 0.5);
  const r = bounded - n * LN2_HIGH - n * LN2_LOW;
  const r2 = r * r;
  const r4 = r2 * r2;
  const first = 1 + r + (0.5 + 0.16666666666666666 * r) * r2;
  const second =
    0.041666666666666664 + 0.008333333333333333 * r + (0.001388888888888889 + 0.0001984126984126984 * r) * r2;
  const third =
    0.0000248015873015873 +
    0.0000027557319223985893 * r +
    (2.755731922398589e-7 + 2.505210838544172e-8 * r) * r2 +
    2.08767569878681e-9 * r4;
  return (first + second * r4 + third * (r4 * r4)) * powerOfTwo(n);
}

/**
 * ln x.
 *
 * Inputs: x [1], a positive normal number; others give numbers without meaning. Output: ln x [1].
 * Definition: x = 2^k m, m of √½ to √2; f = m - 1, s = f / (2 + f), ln m = f - f²/2 + s (f²/2 + R(s²)), R as in fdlibm. Error below
 * 1 unit in the last place.
 */
export function log(x: number): number {
  number[0] = x;
  const high = words[HIGH_WORD]!;
  words[HIGH_WORD] = (high & 0xfffff) | 0x3ff00000;
  let m = number[0]!;
  let k = (high >>> 20) - 1023;
  if (m > Math.SQRT2) {
    m *= 0.5;
    k += 1;
  }
  const f = m - 1;
  const s = f / (f + 2);
  const z = s * s;
  let p = LOG_TERMS[0]!;
  for (let term = 1; term < 7; term++) p = p * z + LOG_TERMS[term]!;
  const half = f * f * 0.5;
  return k * LN2_HIGH - (half - (s * (half + p * z) + k * LN2_LOW) - f);
}

/**
 * x^y.
 *
 * Inputs: x [1] positive, y [1]. Output: x^y [1]. Definition: exp(y ln x); relative error below 2e-16 (1 + |y ln x|).
 */
export function pow(x: number, y: number): number {
  return exp(log(x) * y);
}
