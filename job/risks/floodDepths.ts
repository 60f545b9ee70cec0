// What the three floods share: a yearly level (of rain or of the sea) with a law, and a chain that turns levels into
// depths, become bin probabilities, return levels, damage and a score.
import type { Flag } from "../../model/reasons.ts";
import { type HazardResult, type ProbabilityResult, RETURN_PERIODS } from "../../model/results.ts";
import { describeProbability, NORMAL_90 } from "./binStatistics.ts";
import { curveOf, type DamageNodes, makeDamageNodes, placeDamageNodes } from "./depthDamage.ts";
import { type ExtremeLaw, levelOf } from "./extremeDistribution.ts";
import { scoresOf } from "./hazardScore.ts";
import { certainlyHarmless } from "./kernelProbability.ts";
import type { RiskMethods } from "./methodSet.ts";

/** The score is made from the depth of so many years. */
const SCORED_RETURN_PERIOD = 100;
const SCORED_AT = RETURN_PERIODS.indexOf(SCORED_RETURN_PERIOD);
/** A protection whose level more than every second year exceeds protects no more. */
const OVERWHELMED_ABOVE = 0.5;

/** The depth of a level of rain or sea at a cell, and the level up to which protection holds. */
export interface DepthChain {
  /** The level that must be exceeded for more water than `depth` [m], without protection: not decreasing. */
  levelOfDepth(depth: number): number;
  /** Depth [m] of a level without protection, 0 or more and not decreasing; its cap is applied later. */
  depthOfLevel(level: number): number;
  /** Up to this level there is no water; -Infinity without protection. */
  readonly protectedLevel: number;
  /** Below this level nothing gets wet, above it the water comes at once as deep as it is; -Infinity where it rises from 0. */
  readonly gateLevel: number;
}

/** The level that a protection standard [years] holds by the base period's law; none up to a year. */
export function protectedLevel(base: ExtremeLaw, protection: number): number {
  return protection > 1 ? levelOf(base, protection) : Number.NEGATIVE_INFINITY;
}

/** The law of a period's yearly levels. */
export interface LevelLaw {
  exceedance(level: number): number;
  levelOf(returnPeriod: number): number;
  /** Standard error of a return level; null where the years behind the law are not known. */
  deviation(returnPeriod: number): number | null;
}

/** One flood's fixed numbers, and work arrays rewritten for every cell. */
export interface FloodWork {
  readonly methods: RiskMethods;
  /** m; no depth is given beyond */
  readonly cap: number;
  /** [edges] levels that must be exceeded for each bin's lower edge, protection included */
  readonly thresholds: Float64Array;
  /** null where the rates come from no curve: then damage is given by bins only */
  readonly damage: DamageThresholds | null;
}

interface DamageThresholds {
  readonly nodes: DamageNodes;
  /** [nodes] levels that must be exceeded for each node's depth, protection included */
  readonly thresholds: Float64Array;
}

/** `sill` [m]: shallower water does no damage. */
export function makeFloodWork(methods: RiskMethods, sill: number, cap: number): FloodWork {
  const curve = curveOf(methods.defaultRateSet, sill);
  const thresholds = new Float64Array(methods.edges.values.length);
  if (curve === null) return { methods, cap, thresholds, damage: null };
  const nodes = makeDamageNodes(curve, cap, methods.edges.values);
  return { methods, cap, thresholds, damage: { nodes, thresholds: new Float64Array(nodes.depths.length) } };
}

/** Inverts the chain once for a cell: `work` then holds the levels of every edge and damage node. */
export function invertChain(chain: DepthChain, { damage, methods, thresholds }: FloodWork): void {
  const { gateLevel, protectedLevel } = chain;
  methods.edges.values.forEach((edge, at) => {
    thresholds[at] = Math.max(chain.levelOfDepth(edge), protectedLevel);
  });
  if (damage === null) return;
  const { nodes } = damage;
  const kinkLevel = Math.max(protectedLevel, gateLevel);
  const kink = kinkLevel === Number.NEGATIVE_INFINITY ? 0 : chain.depthOfLevel(kinkLevel);
  placeDamageNodes(nodes, kink);
  for (let at = 0; at < nodes.count; at++) {
    damage.thresholds[at] = Math.max(chain.levelOfDepth(nodes.depths[at]!), protectedLevel);
  }
}

/** Years of yearly levels in [from, to) in each bin of depth; NaN is counted nowhere. */
export function countDepths(levels: Float64Array, from: number, to: number, { thresholds }: FloodWork): number[] {
  const counts = new Array<number>(thresholds.length + 1).fill(0);
  for (let year = from; year < to; year++) {
    if (Number.isNaN(levels[year]!)) continue;
    let bin = 0;
    while (bin < thresholds.length && levels[year]! > thresholds[bin]!) bin++;
    counts[bin]!++;
  }
  return counts;
}

export interface FloodNumbers {
  readonly probability: ProbabilityResult;
  /** Companions are each flood's own. */
  readonly hazard: Omit<HazardResult, "companions">;
  /** Of the scored return period: the level, and its depth with protection [m]. */
  readonly scoredLevel: number;
  readonly defendedDepth: number;
  readonly flags: readonly Flag[];
}

/**
 * What a flood does to a cell in a period.
 *
 * Inputs: chain, inverted into `work`; law of the period's levels; counts of observed years by bin; years n behind the intervals,
 *   null where not known; rateScale [1], the share of the cell that the depths represent.
 * Output: P(H), damage and return levels with protection; the score from the depth of 100 years without.
 * Definition: P(depth > e) = P(level > max(level of e, protected level)); a bin has the difference of its edges'. Damage by
 *   integration: risks/depthDamage.ts. Intervals: binStatistics.ts, and level +- 1.645 sd carried through the chain.
 * Missing data: none; n = null gives intervals of NaN.
 */
export function floodNumbers(
  chain: DepthChain,
  law: LevelLaw,
  counts: readonly number[],
  years: number | null,
  rateScale: number,
  work: FloodWork,
): FloodNumbers {
  const { cap, methods } = work;
  const probabilities = binProbabilities(law, work);
  const undefended = (level: number) => Math.min(cap, chain.depthOfLevel(level));
  const levels = RETURN_PERIODS.map((T) => law.levelOf(T));
  const returnLevels = levels.map((level) => (level > chain.protectedLevel ? undefended(level) : 0));
  const scoredLevel = levels[SCORED_AT]!;
  const flags: Flag[] = [];
  if (law.exceedance(chain.protectedLevel) > OVERWHELMED_ABOVE && chain.protectedLevel > Number.NEGATIVE_INFINITY) {
    flags.push("protectionOverwhelmed");
  }
  if (chain.depthOfLevel(levels.at(-1)!) > cap) flags.push("clampedDepth");
  const hazard = scoredDepth(undefended, scoredLevel, law.deviation(SCORED_RETURN_PERIOD), methods);
  return {
    probability: {
      ...describeProbability(probabilities, counts, years, methods, rateScale, returnLevels),
      damageContinuous: work.damage === null ? null : rateScale * expectedDamage(law, work.damage),
    },
    hazard: { ...hazard, undefendedValue: hazard.value },
    scoredLevel,
    defendedDepth: returnLevels[SCORED_AT]!,
    flags,
  };
}

/** P(H) and damage where nothing can flood; `years` as in floodNumbers. */
export function harmlessFlood(years: number, methods: RiskMethods): ProbabilityResult {
  const dry = RETURN_PERIODS.map(() => 0);
  return { ...certainlyHarmless(years, methods, dry), rateScale: 1, damageContinuous: 0 };
}

/** The score where nothing can flood. */
export const NO_FLOOD: Omit<HazardResult, "companions"> = {
  value: 0,
  valueLow: 0,
  valueHigh: 0,
  score: 0,
  scoreLow: 0,
  scoreHigh: 0,
  undefendedValue: 0,
};

function binProbabilities(law: LevelLaw, { thresholds }: FloodWork): number[] {
  const probabilities: number[] = [];
  let above = 1;
  for (const threshold of thresholds) {
    const exceeded = Math.min(above, law.exceedance(threshold));
    probabilities.push(above - exceeded);
    above = exceeded;
  }
  return [...probabilities, above];
}

function expectedDamage(law: LevelLaw, { nodes, thresholds }: DamageThresholds): number {
  let sum = 0;
  for (let at = 0; at < nodes.count; at++) sum += nodes.weights[at]! * law.exceedance(thresholds[at]!);
  return sum;
}

function scoredDepth(
  depthOf: (level: number) => number,
  level: number,
  deviation: number | null,
  methods: RiskMethods,
): Omit<HazardResult, "undefendedValue" | "companions"> {
  const anchors = methods.anchors.values;
  const value = depthOf(level);
  if (deviation === null) {
    const unknown = Number.NaN;
    const { score } = scoresOf(value, value, value, anchors);
    return { value, valueLow: unknown, valueHigh: unknown, score, scoreLow: unknown, scoreHigh: unknown };
  }
  const valueLow = depthOf(level - NORMAL_90 * deviation);
  const valueHigh = depthOf(level + NORMAL_90 * deviation);
  return { value, valueLow, valueHigh, ...scoresOf(value, valueLow, valueHigh, anchors) };
}
