// P(H) of a period whose yearly values vary without gaps: the kernel estimate, its intervals, its damage.
// Values with an atom at zero (spell days) are spellRisk.ts's.
import type { ProbabilityResult } from "../../model/results.ts";
import { countBins, kernelBinProbabilities } from "../numerics/kernelDensity.ts";
import { describeProbability } from "./binStatistics.ts";
import type { RiskMethods } from "./methodSet.ts";

/** When more of the years than this share one value, they are given as counted: a kernel would smear the value. */
const ATOM_SHARE = 0.8;
/** Rates that are the same in all cells. */
const UNSCALED = 1;

/**
 * P(H) and damage of a period.
 *
 * Inputs: `sorted` [unit of the edges] the period's yearly values, ascending and without NaN in [0, n), n >= 1;
 * `lowerBound`, same unit, or -Infinity; `methods` with edges and rates; `rateScale` [1], null where it is not known;
 * `returnLevels` [RETURN_PERIODS].
 * Output: a ProbabilityResult. Its damage is null where the scale is.
 * Definition: numerics/kernelDensity.ts; as counted when more than 80 % of the years share one value.
 * Missing data: none in the slice.
 */
export function kernelProbability(
  sorted: Float64Array,
  n: number,
  lowerBound: number,
  methods: RiskMethods,
  rateScale: number | null,
  returnLevels: readonly number[],
): ProbabilityResult {
  const edges = methods.edges.values;
  const bins = new Float64Array(edges.length + 1);
  countBins(sorted, 0, n, edges, bins);
  const counts = Array.from(bins);
  if (longestTie(sorted, n) > ATOM_SHARE * n) for (let bin = 0; bin < bins.length; bin++) bins[bin] = bins[bin]! / n;
  else kernelBinProbabilities(sorted, n, edges, lowerBound, bins);
  return describeProbability(Array.from(bins), counts, n, methods, rateScale, returnLevels);
}

/** Fewer values between the bounds than this are given as they were counted. */
const FEWEST_FOR_KERNEL = 5;

/**
 * P(H) and damage of a period whose values pile up at both ends of their range: ratios that are 0 or held at a cap.
 *
 * Inputs: `sorted` [unit of the edges], ascending, without NaN; `lowest` and `highest`, same unit, where values pile up;
 * `transform`, increasing on what lies between, in which the kernel is laid; `methods`; `returnLevels` [RETURN_PERIODS].
 * Output: a ProbabilityResult.
 * Definition: values at a bound keep their observed share in the end bin; those between have the remaining weight, spread by
 *   numerics/kernelDensity.ts over the transformed edges. As counted when fewer than 5 lie between, when those are equal, or
 *   when more than 80 % of all values are equal.
 * Missing data: none in `sorted`, which has at least one value.
 */
export function boundedProbability(
  sorted: Float64Array,
  lowest: number,
  highest: number,
  transform: (value: number) => number,
  methods: RiskMethods,
  returnLevels: readonly number[],
): ProbabilityResult {
  const n = sorted.length;
  const edges = methods.edges.values;
  const bins = new Float64Array(edges.length + 1);
  countBins(sorted, 0, n, edges, bins);
  const counts = Array.from(bins);
  const between = sorted.filter((value) => value > lowest && value < highest).map(transform);
  const asCounted =
    between.length < FEWEST_FOR_KERNEL || between[0] === between.at(-1) || longestTie(sorted, n) > ATOM_SHARE * n;
  if (asCounted) for (let bin = 0; bin < bins.length; bin++) bins[bin] = bins[bin]! / n;
  else {
    kernelBinProbabilities(between, between.length, edges.map(transform), Number.NEGATIVE_INFINITY, bins);
    for (let bin = 0; bin < bins.length; bin++) bins[bin] = (bins[bin]! * between.length) / n;
    bins[0] = bins[0]! + sorted.filter((value) => value <= lowest).length / n;
    bins[edges.length] = bins[edges.length]! + sorted.filter((value) => value >= highest).length / n;
  }
  return describeProbability(Array.from(bins), counts, n, methods, UNSCALED, returnLevels);
}

/** P(H) where the hazard can do no harm: certainly the lowest bin, whatever the years say. */
export function certainlyHarmless(n: number, methods: RiskMethods, returnLevels: readonly number[]): ProbabilityResult {
  const bins = methods.edges.values.length + 1;
  const certain = (value: number) => Array.from({ length: bins }, (_, bin) => (bin === 0 ? value : 0));
  return {
    ...describeProbability(certain(1), certain(n), n, methods, 0, returnLevels),
    probabilitiesLow: certain(1),
    probabilitiesHigh: certain(1),
  };
}

function longestTie(sorted: Float64Array, n: number): number {
  let longest = 0;
  let run = 0;
  for (let i = 0; i < n; i++) {
    run = i > 0 && sorted[i] === sorted[i - 1] ? run + 1 : 1;
    if (run > longest) longest = run;
  }
  return longest;
}
