// What high temperature and cold wave share: yearly spell days and extremes become probabilities, levels and scores.
// Which variable, tail, season and companions stand in highTemperature.ts and coldWave.ts.
import { formatPeriod, type Period } from "../../model/periods.ts";
import type { Flag, NullReason } from "../../model/reasons.ts";
import type { HazardResult, PeriodResult, ProbabilityResult } from "../../model/results.ts";
import type { Risk } from "../../model/risks.ts";
import type { Variable } from "../../model/variables.ts";
import type { YearEnds } from "../indices/dayOfYearSample.ts";
import { type HazardYearStart, hazardYearStart, type Season } from "../indices/hazardYears.ts";
import type { InBase } from "../indices/percentileDays.ts";
import type { Tail } from "../indices/percentileThresholds.ts";
import { countBins, zeroInflatedBinProbabilities } from "../numerics/kernelDensity.ts";
import type { TimeAxis } from "../timeAxis.ts";
import { binDamage, binIntervals } from "./binStatistics.ts";
import { blockAround, extremeLevels, type RecordShape, recordShape } from "./extremes.ts";
import { meanWithInterval, scoresOf } from "./hazardScore.ts";
import { describeMethods, type RiskMethods } from "./methodSet.ts";
import { countMarks, isBaseUsable, isLowSample, positionsIn, sortedYears, tooFewYears } from "./periodYears.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { fillSpellYears, makeSpellYears, type SpellYears, type YearlyCompanion } from "./spellYears.ts";

/** Rates of heat and cold are the same in all cells. */
const UNSCALED = 1;

/** Half a day below the shortest spell: where the kernel estimate of spell days is reflected. */
const LOWEST_SPELL_DAYS = 5.5;

export interface SpellRisk {
  readonly risk: Risk;
  readonly longName: string;
  readonly intensity: string;
  readonly variable: Variable;
  readonly tail: Tail;
  readonly season: Season;
  readonly companions: readonly YearlyCompanion[];
  /** The companion that return levels are told of: yearly maxima in the upper tail, minima in the lower one. */
  readonly extreme: string;
}

/** How heat and cold are counted; the defaults are the product's, the others serve comparison with climdex and xclim. */
export interface SpellSettings {
  readonly yearEnds: YearEnds;
  readonly inBase: InBase;
  readonly years: "hazard" | "calendar";
}

export const DEFAULT_SPELL_SETTINGS: SpellSettings = { yearEnds: "within", inBase: "leaveOneOut", years: "hazard" };

export function makeSpellRisk(spell: SpellRisk, methods: RiskMethods, settings: SpellSettings): RiskDefinition {
  const { companions, tail, variable } = spell;
  const extremeAt = companions.findIndex(({ name }) => name === spell.extreme);
  const workFor = makeWorkPerAxis(settings.yearEnds, companions);
  return {
    risk: spell.risk,
    longName: spell.longName,
    intensity: spell.intensity,
    unit: methods.edges.unit,
    inputs: { daily: [variable] },
    ...describeMethods(methods),
    companions: companions.map(({ name, unit }) => ({ name, unit })),
    returnLevelOf: spell.extreme,
    returnLevelUnit: companions[extremeAt]!.unit,
    compute(input) {
      const series = input.daily.get(variable);
      if (series === undefined) return input.periods.map((period) => withoutNumbers(period, "noInput", null, []));
      const used = `${variable} daily`;
      const common: Flag[] = input.baseSpliced ? ["baseSpliced"] : [];
      const start = settings.years === "calendar" ? "January" : hazardYearStart(spell.season, input.latitude);
      const work = workFor(input.axis, start, input.basePeriod);
      fillSpellYears(series, input.axis, tail, settings.inBase, companions, work);
      const { firstYear, years } = work.hazardYears;
      const base = positionsIn(input.basePeriod, firstYear, years);
      if (!isBaseUsable(countMarks(work.valid, base.from, base.to))) {
        return input.periods.map((period) => withoutNumbers(period, "noBasePeriod", used, common));
      }
      for (let year = 0; year < years; year++) work.extreme[year] = tail * work.companions[extremeAt]![year]!;
      const shape = recordShape(work.extreme, years, "subtract", work.extremes);
      return input.periods.map((period) => periodResult(period, used, common, tail, methods, shape, work));
    },
  };
}

/** Work arrays are made once per axis, kind of hazard year and base period; nothing in them outlives a cell. */
function makeWorkPerAxis(yearEnds: YearEnds, companions: readonly YearlyCompanion[]) {
  const made = new WeakMap<TimeAxis, Map<string, SpellYears>>();
  return (axis: TimeAxis, start: HazardYearStart, basePeriod: Period): SpellYears => {
    const ofAxis = made.get(axis) ?? new Map<string, SpellYears>();
    made.set(axis, ofAxis);
    const key = `${start} ${formatPeriod(basePeriod)}`;
    const work = ofAxis.get(key) ?? makeSpellYears(axis, start, basePeriod, yearEnds, companions);
    ofAxis.set(key, work);
    return work;
  };
}

function periodResult(
  period: Period,
  used: string,
  common: readonly Flag[],
  tail: Tail,
  methods: RiskMethods,
  shape: RecordShape,
  work: SpellYears,
): PeriodResult {
  const { firstYear, years } = work.hazardYears;
  const { from, to } = positionsIn(period, firstYear, years);
  const yearsUsed = sortedYears(work.spellDays, work.valid, from, to, work.sorted);
  if (tooFewYears(yearsUsed)) return { ...withoutNumbers(period, "tooFewYears", used, common), yearsUsed };
  const block = blockAround(period, firstYear, years);
  const blockFrom = block.firstYear - firstYear;
  const blockTo = block.lastYear + 1 - firstYear;
  const extremes = extremeLevels(work.extreme, blockFrom, blockTo, shape, work.extremes);
  const levels = extremes.levels.map((level) => tail * level);
  const flags = [...common, ...(isLowSample(yearsUsed, period) ? (["lowSample"] as const) : []), ...extremes.flags];
  return {
    period,
    input: used,
    reason: null,
    flags,
    yearsUsed,
    block: extremes.fitted ? { ...block, values: extremes.values } : null,
    probability: probabilityOf(work, yearsUsed, methods, levels),
    hazard: hazardOf(work, yearsUsed, from, to, methods),
  };
}

/** `work.sorted` holds the period's spell days, ascending. */
function probabilityOf(
  work: SpellYears,
  yearsUsed: number,
  methods: RiskMethods,
  returnLevels: readonly number[],
): ProbabilityResult {
  const edges = methods.edges.values;
  const bins = new Float64Array(edges.length + 1);
  countBins(work.sorted, 0, yearsUsed, edges, bins);
  const counts = Array.from(bins);
  zeroInflatedBinProbabilities(work.sorted, yearsUsed, edges, LOWEST_SPELL_DAYS, work.roots, bins);
  const probabilities = Array.from(bins);
  const interval = binIntervals(probabilities, yearsUsed);
  const rates = methods.rateSets[methods.defaultRateSet]!.values;
  const damage = binDamage(probabilities, rates, UNSCALED, yearsUsed);
  return {
    probabilities,
    counts,
    probabilitiesLow: interval.low,
    probabilitiesHigh: interval.high,
    returnLevels,
    rateSet: methods.defaultRateSet,
    rateScale: UNSCALED,
    damageBins: damage.rate,
    damageLow: damage.low,
    damageHigh: damage.high,
    damageContinuous: null,
  };
}

/** `work.sorted` holds the period's spell days; it is used up for the companions. */
function hazardOf(work: SpellYears, yearsUsed: number, from: number, to: number, methods: RiskMethods): HazardResult {
  const mean = meanWithInterval(work.sorted, yearsUsed, 0);
  const companions = work.companions.map((yearly) => {
    const n = sortedYears(yearly, work.observed, from, to, work.sorted);
    return meanWithInterval(work.sorted, n, Number.NEGATIVE_INFINITY).value;
  });
  return {
    value: mean.value,
    valueLow: mean.low,
    valueHigh: mean.high,
    ...scoresOf(mean.value, mean.low, mean.high, methods.anchors.values),
    undefendedValue: null,
    companions,
  };
}

function withoutNumbers(period: Period, reason: NullReason, used: string | null, flags: readonly Flag[]): PeriodResult {
  return { period, input: used, reason, flags, yearsUsed: 0, block: null, probability: null, hazard: null };
}
