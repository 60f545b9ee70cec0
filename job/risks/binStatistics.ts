// Intervals of bin probabilities and the damage they imply, for any estimator.
import type { ProbabilityMethods } from "../../model/methodSet.ts";
import type { ProbabilityResult } from "../../model/results.ts";
import { binomialInterval } from "../numerics/beta.ts";

/** Ends of a 90 % interval: as a probability, and in standard deviations of the normal distribution. */
const TAIL = 0.05;
export const NORMAL_90 = 1.645;

/** Intervals of probability 0, by years: most bins are empty. */
const OF_ZERO = new Map<number, readonly [lower: number, upper: number]>();
const MOST_KEPT = 1000;

/**
 * P(H) of a period with all that follows from it.
 *
 * Inputs: probabilities [1] and counts of years, one per bin; years n behind them, null where not known; methods with rates;
 *   rateScale [1], null where not known; returnLevels [RETURN_PERIODS]; rateSet, the methods' default one unless given.
 * Output: a ProbabilityResult without damage by integration.
 * Definition: binIntervals, binDamage.
 * Missing data: n = null gives intervals of NaN and no interval of the damage; rateScale = null gives no damage.
 */
export function describeProbability(
  probabilities: readonly number[],
  counts: readonly number[],
  years: number | null,
  methods: ProbabilityMethods,
  rateScale: number | null,
  returnLevels: readonly number[],
  rateSet = methods.defaultRateSet,
): ProbabilityResult {
  const interval = binIntervals(probabilities, years ?? Number.NaN);
  const rates = methods.rateSets[rateSet]!.values;
  const damage = rateScale === null ? null : binDamage(probabilities, rates, rateScale, years ?? Number.NaN);
  return {
    probabilities,
    counts,
    probabilitiesLow: interval.low,
    probabilitiesHigh: interval.high,
    returnLevels,
    rateSet,
    rateScale,
    damageBins: damage?.rate ?? null,
    damageLow: years === null ? null : (damage?.low ?? null),
    damageHigh: years === null ? null : (damage?.high ?? null),
    damageContinuous: null,
  };
}

/**
 * 90 % intervals of bin probabilities.
 *
 * Inputs: probabilities P [1]; years behind them.
 * Output: low, high [1] with low <= P <= high.
 * Definition: numerics/beta.ts, widened to P where P is outside, so that low is 0 at P = 0 and high 1 at P = 1.
 * Missing data: years of NaN give NaN.
 */
export function binIntervals(probabilities: readonly number[], years: number): { low: number[]; high: number[] } {
  const low = new Array<number>(probabilities.length);
  const high = new Array<number>(probabilities.length);
  for (let bin = 0; bin < probabilities.length; bin++) {
    const p = probabilities[bin]!;
    const [lower, upper] = p === 0 ? intervalOfZero(years) : binomialInterval(TAIL, p, years);
    low[bin] = Math.min(p, lower);
    high[bin] = Math.max(p, upper);
  }
  return { low, high };
}

function intervalOfZero(years: number): readonly [lower: number, upper: number] {
  const known = OF_ZERO.get(years);
  if (known !== undefined) return known;
  if (OF_ZERO.size === MOST_KEPT) OF_ZERO.clear();
  const interval = binomialInterval(TAIL, 0, years);
  OF_ZERO.set(years, interval);
  return interval;
}

/**
 * Expected annual damage rate as a sum over bins.
 *
 * Inputs: probabilities P [1] and rates d [1], one per bin; scale s [1]; years n behind the probabilities.
 * Output: rate, low, high [1].
 * Definition: EAD = s sum P d; interval EAD +- 1.645 sqrt((s^2 sum P d^2 - EAD^2) / n), held in 0..1: the standard error of a
 *   mean of n years that each lose the rate of their bin.
 * Missing data: NaN gives NaN.
 */
export function binDamage(
  probabilities: readonly number[],
  rates: readonly number[],
  scale: number,
  years: number,
): { rate: number; low: number; high: number } {
  let mean = 0;
  let square = 0;
  for (let bin = 0; bin < probabilities.length; bin++) {
    const damage = rates[bin]! * scale;
    mean += probabilities[bin]! * damage;
    square += probabilities[bin]! * damage * damage;
  }
  const half = NORMAL_90 * Math.sqrt(Math.max(0, square - mean * mean) / years);
  return { rate: mean, low: Math.max(0, mean - half), high: Math.min(1, mean + half) };
}
