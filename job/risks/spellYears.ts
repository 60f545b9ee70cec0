// The yearly values that heat and cold are judged by, for one cell after the other on one time axis.
import type { Period } from "../../model/periods.ts";
import { type DayOfYearSample, type InBase, makeDayOfYearSample, type YearEnds } from "../indices/dayOfYearSample.ts";
import { type HazardYearStart, type HazardYears, makeHazardYears } from "../indices/hazardYears.ts";
import { markObservedYears, markValidYears } from "../indices/missingDays.ts";
import { markExceedances } from "../indices/percentileDays.ts";
import { fillThresholds, makePercentileScratch, type PercentileScratch } from "../indices/percentileThresholds.ts";
import { SHORTEST_SPELL_DAYS, spellDaysByYear } from "../indices/spells.ts";
import type { Tail } from "../indices/windowTops.ts";
import { climatologicalDays, type TimeAxis } from "../timeAxis.ts";
import { type ExtremesScratch, makeExtremesScratch } from "./extremes.ts";

/** TX90 and TN10: in the tail that is looked at, a tenth of the base period's values. */
const QUANTILE = 0.9;
const DAYS_OF_A_YEAR = 365;

/** A yearly value reported with the risk's own; `isDayCount` says that it is to be scaled to a year of 365 days. */
export interface YearlyCompanion {
  readonly name: string;
  readonly unit: string;
  readonly isDayCount: boolean;
  readonly compute: (values: Float64Array, yearStart: Int32Array, years: number, out: Float64Array) => void;
}

/** What is worked in for all cells of one axis, one kind of hazard year and one base period; rewritten by every cell. */
export interface SpellYears {
  readonly hazardYears: HazardYears;
  readonly sample: DayOfYearSample;
  readonly percentiles: PercentileScratch;
  readonly extremes: ExtremesScratch;
  /** [axis days] */
  readonly exceeds: Uint8Array;
  readonly missing: Uint8Array;
  /** [years] days in spells [d], and 1 where neither too many values nor too many thresholds are missing. */
  readonly spellDays: Float64Array;
  readonly valid: Uint8Array;
  /** [companions][years], and 1 where not too many values are missing. */
  readonly companions: readonly Float64Array[];
  readonly observed: Uint8Array;
  /** [years] the extreme of the return levels, as maxima: times the tail's sign. */
  readonly extreme: Float64Array;
  /** [years] room to sort a period's values in, and to take their roots. */
  readonly sorted: Float64Array;
  readonly roots: Float64Array;
}

export function makeSpellYears(
  axis: TimeAxis,
  start: HazardYearStart,
  basePeriod: Period,
  yearEnds: YearEnds,
  companions: readonly YearlyCompanion[],
): SpellYears {
  const hazardYears = makeHazardYears(axis, start);
  const { years } = hazardYears;
  const days = axis.calendarDay.length;
  const sample = makeDayOfYearSample(axis, hazardYears, basePeriod, QUANTILE, yearEnds);
  return {
    hazardYears,
    sample,
    percentiles: makePercentileScratch(sample, axis, hazardYears),
    extremes: makeExtremesScratch(years),
    exceeds: new Uint8Array(days),
    missing: new Uint8Array(days),
    spellDays: new Float64Array(years),
    valid: new Uint8Array(years),
    companions: companions.map(() => new Float64Array(years)),
    observed: new Uint8Array(years),
    extreme: new Float64Array(years),
    sorted: new Float64Array(years),
    roots: new Float64Array(years),
  };
}

/**
 * Yearly spell days and companions of one cell.
 *
 * Inputs: series [degC] Float64Array [axis days]; axis; tail; inBase; companions; work, made for that axis.
 * Output: work.spellDays [d] and work.valid, work.companions and work.observed; day counts of a 360-day calendar are scaled
 *   for a year of 365 days.
 * Definition: indices/percentileDays.ts, spells.ts, missingDays.ts and the companions' own.
 * Missing data: a year counts in `valid` by missing values and thresholds, in `observed` by missing values alone.
 *   Companions of years that are not observed are NaN.
 */
export function fillSpellYears(
  series: Float64Array,
  axis: TimeAxis,
  tail: Tail,
  inBase: InBase,
  companions: readonly YearlyCompanion[],
  work: SpellYears,
): void {
  const { exceeds, hazardYears, missing, observed, percentiles, sample, spellDays, valid } = work;
  const { years, yearStart } = hazardYears;
  const toWholeYear = wholeYearFactor(axis);
  fillThresholds(series, tail, sample, percentiles);
  markExceedances(series, tail, sample, percentiles, axis, hazardYears, inBase, exceeds, missing);
  markValidYears(missing, axis.month, yearStart, years, valid);
  spellDaysByYear(exceeds, yearStart, years, SHORTEST_SPELL_DAYS, spellDays);
  for (let year = 0; year < years; year++) spellDays[year] = spellDays[year]! * toWholeYear;
  fillCompanions(series, axis, hazardYears, companions, observed, work.companions);
}

/**
 * Yearly values of one series that need no base period.
 *
 * Inputs: series [any unit] Float64Array [axis days]; axis; hazardYears; companions.
 * Output: observed Uint8Array [years], 1 where not too many values are missing; outs [companions][years], in each
 *   companion's unit, day counts of a 360-day calendar scaled to a year of 365 days.
 * Definition: the companions' own. Missing data: years that are not observed (missingDays.ts) are NaN.
 */
export function fillCompanions(
  series: Float64Array,
  axis: TimeAxis,
  { years, yearStart }: HazardYears,
  companions: readonly YearlyCompanion[],
  observed: Uint8Array,
  outs: readonly Float64Array[],
): void {
  const toWholeYear = wholeYearFactor(axis);
  markObservedYears(series, axis.month, yearStart, years, observed);
  for (let at = 0; at < companions.length; at++) {
    const out = outs[at]!;
    const factor = companions[at]!.isDayCount ? toWholeYear : 1;
    companions[at]!.compute(series, yearStart, years, out);
    for (let year = 0; year < years; year++) out[year] = observed[year] === 1 ? out[year]! * factor : Number.NaN;
  }
}

function wholeYearFactor({ calendar }: TimeAxis): number {
  return DAYS_OF_A_YEAR / climatologicalDays(calendar);
}
