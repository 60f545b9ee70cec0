// What a risk says about one cell, scenario and period: the words that the job program computes and the database stores.
import type { Period } from "./periods.ts";
import type { Flag, NullReason } from "./reasons.ts";

/** Return periods T [years] of return levels. */
export const RETURN_PERIODS = [2, 5, 10, 20, 50, 100, 200, 500] as const;

/** From the lowest score to the highest, as climatebatch.hazard_level spells them. */
export const HAZARD_LEVELS = ["Very Low", "Low", "Medium", "High", "Very High"] as const;

export interface ProbabilityResult {
  /** [bins] P(H): sums to 1 within 1e-12 */
  readonly probabilities: readonly number[];
  /** [bins] years observed in each bin */
  readonly counts: readonly number[];
  /** [bins] 90 % interval of each probability; NaN, and stored as null, where the years behind them are not known */
  readonly probabilitiesLow: readonly number[];
  readonly probabilitiesHigh: readonly number[];
  /** [RETURN_PERIODS] in the unit of `returnLevelUnit`; NaN where there is none */
  readonly returnLevels: readonly number[];
  /** Name of one of the definition's rate sets, and the factor on it; null where the cell's factor is not known. */
  readonly rateSet: string;
  readonly rateScale: number | null;
  /**
   * Expected annual damage rate [1]: the bin sum with its 90 % interval, null where the factor is; by integration (null
   * where the risk has no continuous curve).
   */
  readonly damageBins: number | null;
  readonly damageLow: number | null;
  readonly damageHigh: number | null;
  readonly damageContinuous: number | null;
}

export interface HazardResult {
  /** The value the score is made from, in `unit`, with its 90 % interval; NaN where the interval is not known. */
  readonly value: number;
  readonly valueLow: number;
  readonly valueHigh: number;
  /** 0..100, unrounded, with the scores of the interval's ends (low <= score <= high), NaN where they are not known. */
  readonly score: number;
  readonly scoreLow: number;
  readonly scoreHigh: number;
  /** The score of an indicator with a fixed threshold (0..100, unrounded); null or absent where the risk has none. */
  readonly scoreAbsolute?: number | null;
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
  /** Years that location and scale of the extremes come from, and how many values they held; null where nothing was fitted. */
  readonly block: (Period & { readonly values: number }) | null;
  readonly probability: ProbabilityResult | null;
  readonly hazard: HazardResult | null;
  /** [companions of the definition] where a result without numbers still has them. */
  readonly indicators?: readonly number[];
}

/** Difference from, and ratio to, the same scenario's base period; null where either is missing or the ratio has no sense. */
export interface Change {
  readonly difference: number | null;
  readonly ratio: number | null;
}

/** Which damage was compared; null where none was. */
export interface DamageChange extends Change {
  readonly of: "continuous" | "bins" | null;
}

export interface ComparedResult extends PeriodResult {
  readonly damageChange: DamageChange;
  readonly valueChange: Change;
}
