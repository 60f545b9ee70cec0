// What a risk is to the rest of the job program: its inputs, the words and numbers it is described by, and one function.
import type { Period } from "../../model/periods.ts";
import type { Flag, NullReason } from "../../model/reasons.ts";
import type { Risk } from "../../model/risks.ts";
import type { Variable } from "../../model/variables.ts";
import type { TimeAxis } from "../timeAxis.ts";

/** One cell under one scenario, the parent's years already joined in front. */
export interface CellInput {
  /** degrees north, degrees east */
  readonly latitude: number;
  readonly longitude: number;
  readonly axis: TimeAxis;
  /** Daily series [axis days] in the canonical unit of model/variables.ts, NaN where missing; absent when the cell has none. */
  readonly daily: ReadonlyMap<Variable, Float64Array>;
  readonly basePeriod: Period;
  /** The base period joins two scenarios (the flag baseSpliced). */
  readonly baseSpliced: boolean;
  /** What results are wanted for; holds the base period too. */
  readonly periods: readonly Period[];
}

/** Years T that return levels are told for. */
export const RETURN_PERIODS = [2, 5, 10, 20, 50, 100, 200, 500] as const;

export interface ProbabilityResult {
  /** [bins] P(H): sums to 1 within 1e-12 */
  readonly probabilities: readonly number[];
  /** [bins] years observed in each bin */
  readonly counts: readonly number[];
  /** [bins] 90 % interval of each probability */
  readonly probabilitiesLow: readonly number[];
  readonly probabilitiesHigh: readonly number[];
  /** [RETURN_PERIODS] in the unit of `returnLevelUnit`; NaN where there is none */
  readonly returnLevels: readonly number[];
  /** Name of one of the definition's rate sets, and the factor on it. */
  readonly rateSet: string;
  readonly rateScale: number;
  /** Expected annual damage rate [1]: the bin sum with its 90 % interval; by integration (null where the risk has no continuous curve). */
  readonly damageBins: number;
  readonly damageLow: number;
  readonly damageHigh: number;
  readonly damageContinuous: number | null;
}

export interface HazardResult {
  /** The value the score is made from, in `unit`, with its 90 % interval. */
  readonly value: number;
  readonly valueLow: number;
  readonly valueHigh: number;
  /** 0..100, unrounded, with the scores of the interval's ends (low <= score <= high). */
  readonly score: number;
  readonly scoreLow: number;
  readonly scoreHigh: number;
  /** The value without protection (floods); null where the risk knows none. */
  readonly undefendedValue: number | null;
  /** [companions of the definition]; NaN where there is none */
  readonly companions: readonly number[];
}

export interface PeriodResult {
  readonly period: Period;
  /** Which input was used, such as "tasmax daily"; null when there was none. */
  readonly input: string | null;
  /** Set when and only when `probability` and `hazard` are null. */
  readonly reason: NullReason | null;
  readonly flags: readonly Flag[];
  /** Valid years behind the probabilities. */
  readonly yearsUsed: number;
  /** Years that location and scale of the extremes come from; null where no extremes are fitted. */
  readonly block: Period | null;
  readonly probability: ProbabilityResult | null;
  readonly hazard: HazardResult | null;
}

export interface RiskDefinition {
  readonly risk: Risk;
  readonly longName: string;
  /** Yearly intensity behind P(H), and its unit in CF spelling. */
  readonly intensity: string;
  readonly unit: string;
  /** Daily variables the risk reads. */
  readonly variables: readonly Variable[];
  /** Ascending inner edges: bins are (-inf, e0), [e0, e1), … [eLast, inf). */
  readonly edges: readonly number[];
  /** Base damage rate [1] of each bin, by name of the set. */
  readonly rateSets: Readonly<Record<string, readonly number[]>>;
  /** Whether the rates are capital lost or revenue lost. */
  readonly impactType: "damage" | "disruption";
  /** Values with the scores 0, 20, 40, 60, 80, 100. */
  readonly anchors: readonly number[];
  readonly companions: readonly { readonly name: string; readonly unit: string }[];
  readonly returnLevelOf: string;
  readonly returnLevelUnit: string;
  /** One result per wanted period, in their order. */
  compute(input: CellInput): PeriodResult[];
}
