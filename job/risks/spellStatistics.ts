// From a record of yearly spell days to the results of a period: probabilities, damage, score, return levels.
import type { Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import { type HazardResult, type PeriodResult, type ProbabilityResult, RETURN_PERIODS } from "../../model/results.ts";
import type { Tail } from "../indices/windowTops.ts";
import { countBins, zeroInflatedBinProbabilities } from "../numerics/kernelDensity.ts";
import { describeProbability } from "./binStatistics.ts";
import { blockAround, type ExtremesScratch, extremeLevels, type RecordShape } from "./extremes.ts";
import { meanWithInterval, scoreOf, scoresOf } from "./hazardScore.ts";
import type { RiskMethods } from "./methodSet.ts";
import { isLowSample, positionsIn, sortedYears, tooFewYears } from "./periodYears.ts";
import { withoutNumbers } from "./withoutNumbers.ts";

/** Rates of heat and cold are the same in all cells. */
const UNSCALED = 1;

/** Half a day below the shortest spell: where the kernel estimate of spell days is reflected. */
const LOWEST_SPELL_DAYS = 5.5;

/** What only daily series have. */
export interface DailyCompanions {
  /** [companions][years] in each one's unit, and 1 where not too many days are missing. */
  readonly companions: readonly Float64Array[];
  readonly observed: Uint8Array;
  /** [years] the extreme of the return levels, as maxima: times the tail's sign. */
  readonly extreme: Float64Array;
  readonly tail: Tail;
  readonly shape: RecordShape;
  readonly extremes: ExtremesScratch;
}

/** Yearly spell days of one cell. */
export interface SpellRecord {
  readonly firstYear: number;
  readonly years: number;
  /** [years] [d], and 1 where the year counts. */
  readonly spellDays: Float64Array;
  readonly valid: Uint8Array;
  /** null: a provider's yearly index, which has neither companions nor extremes. */
  readonly daily: DailyCompanions | null;
  /** [years] room to sort a period's values in, and to take their roots. */
  readonly sorted: Float64Array;
  readonly roots: Float64Array;
}

/**
 * The results of one period.
 *
 * Inputs: `record` [d]; `used`, the input in words; `common` flags; `methods`; `companions`, their names.
 * Output: a PeriodResult; return levels and companions are NaN where the record has no daily series behind it.
 * Definition: numerics/kernelDensity.ts for the probabilities, hazardScore.ts for the score, extremes.ts for the levels.
 * Missing data: fewer than 10 valid years give the reason tooFewYears.
 */
export function spellPeriod(
  period: Period,
  record: SpellRecord,
  used: string,
  common: readonly Flag[],
  companions: readonly string[],
  methods: RiskMethods,
): PeriodResult {
  const { firstYear, years } = record;
  const { from, to } = positionsIn(period, firstYear, years);
  const yearsUsed = sortedYears(record.spellDays, record.valid, from, to, record.sorted);
  if (tooFewYears(yearsUsed)) return { ...withoutNumbers(period, "tooFewYears", used, common), yearsUsed };
  const { levels, block, flags } = levelsOf(period, record);
  return {
    period,
    input: used,
    reason: null,
    flags: [...common, ...(isLowSample(yearsUsed, period) ? (["lowSample"] as const) : []), ...flags],
    yearsUsed,
    block,
    probability: probabilityOf(record, yearsUsed, methods, levels),
    hazard: hazardOf(record, yearsUsed, from, to, companions, methods),
  };
}

function levelsOf(
  period: Period,
  { firstYear, years, daily }: SpellRecord,
): { levels: readonly number[]; block: PeriodResult["block"]; flags: readonly Flag[] } {
  if (daily === null) return { levels: RETURN_PERIODS.map(() => Number.NaN), block: null, flags: [] };
  const block = blockAround(period, firstYear, years);
  const blockTo = block.lastYear + 1 - firstYear;
  const found = extremeLevels(daily.extreme, block.firstYear - firstYear, blockTo, daily.shape, daily.extremes);
  return {
    levels: found.levels.map((level) => daily.tail * level),
    block: found.fitted ? { ...block, values: found.values } : null,
    flags: found.flags,
  };
}

/** `record.sorted` holds the period's spell days, ascending. */
function probabilityOf(
  record: SpellRecord,
  yearsUsed: number,
  methods: RiskMethods,
  returnLevels: readonly number[],
): ProbabilityResult {
  const edges = methods.edges.values;
  const bins = new Float64Array(edges.length + 1);
  countBins(record.sorted, 0, yearsUsed, edges, bins);
  const counts = Array.from(bins);
  zeroInflatedBinProbabilities(record.sorted, yearsUsed, edges, LOWEST_SPELL_DAYS, record.roots, bins);
  return describeProbability(Array.from(bins), counts, yearsUsed, methods, UNSCALED, returnLevels);
}

/** `record.sorted` holds the period's spell days; it is used up for the companions. */
function hazardOf(
  record: SpellRecord,
  yearsUsed: number,
  from: number,
  to: number,
  companions: readonly string[],
  methods: RiskMethods,
): HazardResult {
  const { daily, sorted } = record;
  const mean = meanWithInterval(sorted, yearsUsed, 0);
  const indicators =
    daily === null
      ? companions.map(() => Number.NaN)
      : daily.companions.map((yearly) => {
          const n = sortedYears(yearly, daily.observed, from, to, sorted);
          return meanWithInterval(sorted, n, Number.NEGATIVE_INFINITY).value;
        });
  return {
    value: mean.value,
    valueLow: mean.low,
    valueHigh: mean.high,
    ...scoresOf(mean.value, mean.low, mean.high, methods.anchors.values),
    scoreAbsolute: scoreAbsolute(companions[0]!, indicators[0]!, methods),
    undefendedValue: null,
    companions: indicators,
  };
}

/** Score of days beyond a fixed threshold, the first companion; null without daily series or anchors. */
function scoreAbsolute(name: string, days: number, { companions }: RiskMethods): number | null {
  const anchors = companions[name]?.anchors.values;
  return anchors === undefined || Number.isNaN(days) ? null : scoreOf(days, anchors);
}
