// How often a place sees which wind: the observed storms as far as they are many, an exponential tail beyond them. Bins, return
// levels and damage of a place all come from this one curve.
import { HARMLESS_WIND, windDamage, windDamageSlope } from "./windDamage.ts";

/** m s-1: weaker winds are no storm of the curve. */
export const WEAKEST_WIND = 10;
/** m s-1: the highest wind of any place. */
export const STRONGEST_WIND = 90;
/** Storms at or above the wind where the tail takes over; fewer in all make no tail. */
const ANCHOR_STORMS = 5;
/** m s-1: mean excess over it is the tail's scale, where enough storms reach it; else the excess over the weakest wind. */
export const STORM_WIND = 17.5;

/** Nodes and weights of Gauss-Legendre quadrature on [-1, 1]. */
const GAUSS_NODES = [0, 0.5384693101056831, 0.906179845938664];
const GAUSS_WEIGHTS = [0.5688888888888889, 0.47862867049936647, 0.23692688505618908];
const SEGMENT = 5;

/** Rewritten for every place and period. */
export interface ExceedanceCurve {
  /** Storms from 10 m s-1. */
  storms: number;
  /** [storms] m s-1, the strongest first; whose array it is is the caller's. */
  winds: Float64Array;
  /** [storms] yearly rate of that storm's wind or more, ties counted in full */
  readonly rates: Float64Array;
  /** m s-1 and yearly rate where the tail begins; NaN with fewer than five storms */
  anchor: number;
  anchorRate: number;
  /** m s-1: mean excess over `threshold`, and how many storms it comes from */
  scale: number;
  threshold: number;
  excesses: number;
}

export function makeExceedanceCurve(stormsMax: number): ExceedanceCurve {
  return {
    storms: 0,
    winds: new Float64Array(0),
    rates: new Float64Array(stormsMax),
    anchor: Number.NaN,
    anchorRate: Number.NaN,
    scale: Number.NaN,
    threshold: Number.NaN,
    excesses: 0,
  };
}

export function hasTail({ anchor }: ExceedanceCurve): boolean {
  return !Number.isNaN(anchor);
}

/**
 * The curve of a place.
 *
 * Inputs: winds x [m s-1] [storms], from 10 m s-1, descending; frequencies f [a-1] [storms]; storms.
 * Output: `curve`.
 * Definition: events of a Poisson process. lambda(x) = sum of f_i with x_i >= x, down from the fifth largest wind x5; beyond it
 *   lambda(x5) exp(-(x - x5) / sigma), sigma = mean excess over 17.5 m s-1 weighted by f (over 10 where fewer than five storms
 *   reach 17.5), up to 90 m s-1. An exponential tail of excesses as in Coles (2001), An Introduction to Statistical Modeling of Extreme
 *   Values, section 4.2, with shape 0; where it begins is this project's decision.
 * Missing data: none; fewer than five storms have no tail.
 */
export function fillExceedanceCurve(
  winds: Float64Array,
  frequencies: Float64Array,
  storms: number,
  curve: ExceedanceCurve,
): void {
  curve.winds = winds;
  curve.storms = storms;
  let rate = 0;
  let reaching = 0;
  for (let i = 0; i < storms; ) {
    let end = i;
    for (; end < storms && winds[end] === winds[i]; end++) rate += frequencies[end]!;
    for (; i < end; i++) curve.rates[i] = rate;
    if (winds[end - 1]! >= STORM_WIND) reaching = end;
  }
  const tailed = storms >= ANCHOR_STORMS;
  curve.anchor = tailed ? winds[ANCHOR_STORMS - 1]! : Number.NaN;
  curve.anchorRate = tailed ? curve.rates[ANCHOR_STORMS - 1]! : Number.NaN;
  curve.threshold = reaching >= ANCHOR_STORMS ? STORM_WIND : WEAKEST_WIND;
  curve.excesses = reaching >= ANCHOR_STORMS ? reaching : storms;
  curve.scale = meanExcess(winds, frequencies, curve.excesses, curve.threshold);
}

/** 0 where no storm has any frequency left. */
function meanExcess(winds: Float64Array, frequencies: Float64Array, storms: number, threshold: number): number {
  let excess = 0;
  let weight = 0;
  for (let i = 0; i < storms; i++) {
    excess += frequencies[i]! * (winds[i]! - threshold);
    weight += frequencies[i]!;
  }
  return weight > 0 ? excess / weight : 0;
}

/** Yearly rate [a-1] of winds of x [m s-1] or more. */
export function exceedanceRate(curve: ExceedanceCurve, x: number): number {
  const { anchor, anchorRate, rates, scale, storms, winds } = curve;
  if (x > anchor) return x > STRONGEST_WIND ? 0 : anchorRate * Math.exp(-(x - anchor) / scale);
  let rate = 0;
  for (let i = 0; i < storms && winds[i]! >= x; i++) rate = rates[i]!;
  return rate;
}

/** Probability [1] that a year's highest wind is x [m s-1] or more: 1 - exp(-lambda). */
export function exceedanceProbability(curve: ExceedanceCurve, x: number): number {
  return -Math.expm1(-exceedanceRate(curve, x));
}

/**
 * Wind that a year exceeds with probability 1/T.
 *
 * Inputs: curve; T [a], above 1; recordYears. Output: wind [m s-1], 0 where storms are rarer than that.
 * Definition: the highest x with 1 - exp(-lambda(x)) >= 1/T, at most 90. Missing data: without a tail NaN where T is longer than the
 *   record, unless no storm was seen at all.
 */
export function windReturnLevel(curve: ExceedanceCurve, T: number, recordYears: number): number {
  const rate = -Math.log1p(-1 / T);
  const { anchor, anchorRate, rates, scale, storms, winds } = curve;
  if (rate < anchorRate) return Math.min(STRONGEST_WIND, anchor + scale * Math.log(anchorRate / rate));
  if (!hasTail(curve) && storms > 0 && T > recordYears) return Number.NaN;
  for (let i = 0; i < storms; i++) if (rates[i]! >= rate) return winds[i]!;
  return 0;
}

/**
 * Standard deviation of a return level on the tail.
 *
 * Inputs: curve with a tail; T [a]. Output: [m s-1].
 * Definition: x_T = u + sigma ln(lambda(u) / rate) from k excesses over u has the variance sigma^2 (1 + ln^2(lambda(u) / rate)) / k:
 *   sigma from exponential excesses has sigma^2 / k, a Poisson rate the relative 1 / k (delta method, Coles 2001, section 4.3.3).
 *   k and u are those of sigma. Missing data: NaN without a tail.
 */
export function returnLevelDeviation(curve: ExceedanceCurve, T: number): number {
  if (!hasTail(curve)) return Number.NaN;
  const { excesses, scale, threshold } = curve;
  const rate = exceedanceRate(curve, threshold);
  const steps = Math.log(rate / -Math.log1p(-1 / T));
  return scale * Math.sqrt((1 + steps * steps) / excesses);
}

/**
 * Expected yearly damage by all storms.
 *
 * Inputs: curve; v_half [m s-1]. Output: damage rate [a-1].
 * Definition: integral of D'(v) lambda(v) dv up to 90 m s-1: the observed storms below x5 one by one, the tail by Gauss-Legendre
 *   quadrature, five nodes to 5 m s-1. Storms of one year count one by one, as in CLIMADA's expected annual impact.
 * Missing data: none.
 */
export function expectedWindDamage(curve: ExceedanceCurve, frequencies: Float64Array, halfDamageWind: number): number {
  const { anchor, anchorRate, scale, storms, winds } = curve;
  const tailed = hasTail(curve);
  let damage = tailed ? anchorRate * windDamage(anchor, halfDamageWind) : 0;
  for (let i = 0; i < storms; i++) {
    if (!tailed || winds[i]! < anchor) damage += frequencies[i]! * windDamage(winds[i]!, halfDamageWind);
  }
  if (!tailed || scale === 0) return damage;
  for (let from = Math.max(anchor, HARMLESS_WIND); from < STRONGEST_WIND; from += SEGMENT) {
    const half = 0.5 * (Math.min(from + SEGMENT, STRONGEST_WIND) - from);
    let sum = 0;
    for (let g = 0; g < GAUSS_NODES.length; g++) {
      for (const side of g === 0 ? ONE_SIDE : BOTH_SIDES) {
        const v = from + half * (1 + side * GAUSS_NODES[g]!);
        sum += GAUSS_WEIGHTS[g]! * windDamageSlope(v, halfDamageWind) * Math.exp(-(v - anchor) / scale);
      }
    }
    damage += anchorRate * half * sum;
  }
  return damage;
}

const ONE_SIDE = [1];
const BOTH_SIDES = [-1, 1];
