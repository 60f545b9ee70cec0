// exp and log on two lanes of f64 (AssemblyScript), operation by operation those of job/numerics/elementary.ts: the same bits.
// Constants lie in memory, once for each lane: a load is cheaper than a constant in the code.

/** Bounds, log2 e, ½, ln 2 in two parts, and 1.5 · 2^52 + 1023, which moves a whole number, as an exponent, to the low bits. */
const EXP = memory.data<f64>([
  -700.0, -700.0,
  700.0, 700.0,
  1.4426950408889634, 1.4426950408889634,
  0.5, 0.5,
  0.6931471803691238, 0.6931471803691238,
  1.9082149292705877e-10, 1.9082149292705877e-10,
  6755399441056767.0, 6755399441056767.0,
], 16);
/** 1/k! for k = 0 … 12 */
const TERMS = memory.data<f64>([
  1.0, 1.0,
  1.0, 1.0,
  0.5, 0.5,
  0.16666666666666666, 0.16666666666666666,
  0.041666666666666664, 0.041666666666666664,
  0.008333333333333333, 0.008333333333333333,
  0.001388888888888889, 0.001388888888888889,
  0.0001984126984126984, 0.0001984126984126984,
  0.0000248015873015873, 0.0000248015873015873,
  0.0000027557319223985893, 0.0000027557319223985893,
  2.755731922398589e-7, 2.755731922398589e-7,
  2.505210838544172e-8, 2.505210838544172e-8,
  2.08767569878681e-9, 2.08767569878681e-9,
], 16);
/** √2, ½, 1, 2, fdlibm's Lg7 … Lg1, ln 2 in two parts (the low one first), 2^52 + 1023. */
const LOG = memory.data<f64>([
  1.4142135623730951, 1.4142135623730951,
  0.5, 0.5,
  1.0, 1.0,
  2.0, 2.0,
  0.1479819860511659, 0.1479819860511659,
  0.15313837699209373, 0.15313837699209373,
  0.1818357216161805, 0.1818357216161805,
  0.22222198432149784, 0.22222198432149784,
  0.2857142874366239, 0.2857142874366239,
  0.3999999999940942, 0.3999999999940942,
  0.6666666666666735, 0.6666666666666735,
  1.9082149292705877e-10, 1.9082149292705877e-10,
  0.6931471803691238, 0.6931471803691238,
  4503599627371519.0, 4503599627371519.0,
], 16);
const TWO_52_BITS: u64 = 0x4330000000000000;
const FRACTION_BITS: u64 = 0x000fffffffffffff;
const ONE_BITS: u64 = 0x3ff0000000000000;

@inline
function at(table: usize, position: usize): v128 {
  return v128.load(table + 16 * position);
}

@inline
function pair(power: v128, low: usize): v128 {
  return f64x2.add(at(TERMS, low), f64x2.mul(at(TERMS, low + 1), power));
}

@inline
export function exp(x: v128): v128 {
  const bounded = f64x2.pmax(f64x2.pmin(x, at(EXP, 1)), at(EXP, 0));
  const n = f64x2.floor(f64x2.add(f64x2.mul(bounded, at(EXP, 2)), at(EXP, 3)));
  const r = f64x2.sub(f64x2.sub(bounded, f64x2.mul(n, at(EXP, 4))), f64x2.mul(n, at(EXP, 5)));
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const first = f64x2.add(pair(r, 0), f64x2.mul(pair(r, 2), r2));
  const second = f64x2.add(pair(r, 4), f64x2.mul(pair(r, 6), r2));
  const third = f64x2.add(f64x2.add(pair(r, 8), f64x2.mul(pair(r, 10), r2)), f64x2.mul(at(TERMS, 12), r4));
  const p = f64x2.add(f64x2.add(first, f64x2.mul(second, r4)), f64x2.mul(third, f64x2.mul(r4, r4)));
  return f64x2.mul(p, i64x2.shl(f64x2.add(n, at(EXP, 6)), 52));
}

/** Of positive normal numbers. */
@inline
export function log(x: v128): v128 {
  const exponent = v128.or(i64x2.shr_u(x, 52), i64x2.splat(TWO_52_BITS));
  const fraction = v128.or(v128.and(x, i64x2.splat(FRACTION_BITS)), i64x2.splat(ONE_BITS));
  const isLarge = f64x2.gt(fraction, at(LOG, 0));
  const k = f64x2.add(f64x2.sub(exponent, at(LOG, 13)), v128.and(isLarge, at(LOG, 2)));
  const m = v128.bitselect(f64x2.mul(fraction, at(LOG, 1)), fraction, isLarge);
  const f = f64x2.sub(m, at(LOG, 2));
  const s = f64x2.div(f, f64x2.add(f, at(LOG, 3)));
  const z = f64x2.mul(s, s);
  let p = at(LOG, 4);
  p = f64x2.add(f64x2.mul(p, z), at(LOG, 5));
  p = f64x2.add(f64x2.mul(p, z), at(LOG, 6));
  p = f64x2.add(f64x2.mul(p, z), at(LOG, 7));
  p = f64x2.add(f64x2.mul(p, z), at(LOG, 8));
  p = f64x2.add(f64x2.mul(p, z), at(LOG, 9));
  p = f64x2.add(f64x2.mul(p, z), at(LOG, 10));
  const half = f64x2.mul(f64x2.mul(f, f), at(LOG, 1));
  const tail = f64x2.add(f64x2.mul(s, f64x2.add(half, f64x2.mul(p, z))), f64x2.mul(k, at(LOG, 11)));
  return f64x2.sub(f64x2.mul(k, at(LOG, 12)), f64x2.sub(f64x2.sub(half, tail), f));
}

@inline
export function expOne(x: f64): f64 {
  return f64x2.extract_lane(exp(f64x2.splat(x)), 0);
}

@inline
export function logOne(x: f64): f64 {
  return f64x2.extract_lane(log(f64x2.splat(x)), 0);
}

/** Each number of `bytes` bytes from `from` on becomes its exponential. Short loops let the processor work on several at once. */
export function expAll(from: usize, bytes: usize): void {
  for (let end = from + bytes; from < end; from += 16) v128.store(from, exp(v128.load(from)));
}
