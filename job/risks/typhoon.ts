// Typhoon: the highest one-minute wind of each storm of a best-track record, one curve of how often a place sees
// which wind, and fewer or more storms as the world warms.

import { type Period, yearsIn } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import { type HazardResult, type PeriodResult, type ProbabilityResult, RETURN_PERIODS } from "../../model/results.ts";
import { RISK_INPUTS } from "../../model/riskInputs.ts";
import type { Basin } from "../../model/storms.ts";
import {
  type ExceedanceCurve,
  exceedanceProbability,
  exceedanceRate,
  expectedWindDamage,
  fillExceedanceCurve,
  hasTail,
  makeExceedanceCurve,
  returnLevelDeviation,
  STORM_WIND,
  STRONGEST_WIND,
  windReturnLevel,
} from "../indices/windExceedance.ts";
import { countBins } from "../numerics/kernelDensity.ts";
import { describeProbability, NORMAL_90 } from "./binStatistics.ts";
import { scoresOf } from "./hazardScore.ts";
import { describeMethods, publishRisk, type RiskMethods } from "./methodSet.ts";
import { tooFewYears } from "./periodYears.ts";
import type { CellInput, RiskDefinition } from "./riskDefinition.ts";
import { frequencyFactors, intensityFactor, warmingSince } from "./stormClimate.ts";
import type { StormRecord, Strength } from "./stormRecord.ts";
import { makeStormWindsAt, type StormWinds } from "./stormWinds.ts";
import data from "./typhoon.json" with { type: "json" };
import { type WindDamageRegion, windDamageRegion } from "./windDamageRegions.ts";
import { withoutNumbers } from "./withoutNumbers.ts";

const INPUTS = RISK_INPUTS.published.typhoon;
const SCORED_YEARS = 100;
/** A shorter record says little of rare storms. */
const SHORT_RECORD_YEARS = 40;
/** Damage rates are the region's own. */
const UNSCALED = 1;

/** What warming changes: how many storms there are, or how strong they are. Never both: that would count it twice. */
export type StormWarming = "frequency" | "intensity";

/** One cell's part in every period's result. */
interface StormCell {
  readonly winds: StormWinds;
  readonly region: WindDamageRegion;
  readonly common: readonly Flag[];
}

/** What warming makes of the storms of a basin and strength. */
interface WarmedStorms {
  /** Factors [1] on frequencies and on winds */
  readonly frequency: Readonly<Record<Strength, number>>;
  readonly wind: Readonly<Record<Strength, number>>;
}

/** Made once for a record; the arrays are rewritten for every period. */
interface Work {
  /** By kelvin of warming and by basin; a batch has as many as futures times periods. */
  readonly warmed: Map<number, ReadonlyMap<Basin | null, WarmedStorms>>;
  readonly wind: Float64Array;
  readonly frequency: Float64Array;
  readonly curve: ExceedanceCurve;
}

/** Typhoon by other numbers than the product's, or with warming in the storms' winds instead of their number. */
export function makeTyphoon(methods: RiskMethods, warming: StormWarming): RiskDefinition {
  const made = new WeakMap<StormRecord, Work>();
  const stormWindsAt = makeStormWindsAt();
  return {
    risk: "typhoon",
    longName: "Typhoon",
    intensity: "Vmax",
    unit: methods.edges.unit,
    inputs: INPUTS,
    ...describeMethods(methods),
    companions: [
      { name: "Vrecord", unit: methods.edges.unit },
      { name: "storms", unit: "a-1" },
    ],
    returnLevelOf: "Vmax",
    returnLevelUnit: methods.edges.unit,
    compute(input) {
      const { storms: record } = input;
      if (record === undefined) return input.periods.map((period) => withoutNumbers(period, "noStorms", null, []));
      if (tooFewYears(yearsIn(record.years)))
        return input.periods.map((period) => withoutNumbers(period, "tooFewYears", INPUTS.ways.tracks.text, []));
      const work = made.get(record) ?? makeWork(record);
      made.set(record, work);
      const cell = describeCell(input, stormWindsAt(record, input.latitude, input.longitude));
      return input.periods.map((period) => periodResult(period, input, cell, methods, warming, work));
    },
  };
}

export const typhoon = publishRisk("typhoon", data, (numbers) => makeTyphoon(numbers, "frequency"));

function makeWork({ storms }: StormRecord): Work {
  return {
    warmed: new Map(),
    wind: new Float64Array(storms.length),
    frequency: new Float64Array(storms.length),
    curve: makeExceedanceCurve(storms.length),
  };
}

function describeCell({ attributes }: CellInput, winds: StormWinds): StormCell {
  const { record } = winds;
  const country = attributes.get("country");
  const common: Flag[] = [];
  if (yearsIn(record.years) < SHORT_RECORD_YEARS) common.push("shortRecord");
  if (country === undefined) common.push("defaultRegion");
  if (winds.estimatedPressure) common.push("estimatedPressure");
  if (winds.extratropical) common.push("extratropicalStage");
  return { winds, region: windDamageRegion(country), common };
}

function periodResult(
  period: Period,
  { future }: CellInput,
  cell: StormCell,
  methods: RiskMethods,
  warming: StormWarming,
  work: Work,
): PeriodResult {
  const { winds } = cell;
  const { record } = winds;
  const difference = warmingSince(record.years, period, future);
  weighStorms(winds, difference ?? 0, warming, work);
  const flags: Flag[] = [...cell.common];
  if (difference === null) flags.push("warmingUnknown");
  if (!hasTail(work.curve)) flags.push("tooFewStorms");
  const yearsUsed = yearsIn(record.years);
  return {
    period,
    input: INPUTS.ways.tracks.text,
    reason: null,
    flags,
    yearsUsed,
    block: { firstYear: record.years.firstYear, lastYear: record.years.lastYear, values: yearsUsed },
    probability: probabilityOf(winds, cell.region, methods, work, yearsUsed),
    hazard: hazardOf(methods, work.curve, yearsUsed),
  };
}

/** Winds and frequencies of the cell's storms in a world warmer by so many kelvin, and their curve. */
function weighStorms(winds: StormWinds, kelvin: number, warming: StormWarming, work: Work): void {
  const { count, order, record, wind } = winds;
  const warmed = warmedStorms(record, kelvin, warming, work);
  const perYear = 1 / yearsIn(record.years);
  for (let i = 0; i < count; i++) {
    const { strength, track } = record.storms[order[i]!]!;
    const factors = warmed.get(track.basin)!;
    work.frequency[i] = factors.frequency[strength] * perYear;
    work.wind[i] = factors.wind[strength] * wind[order[i]!]!;
  }
  // Strengthened unequally they may change places; their frequencies are then all the same.
  if (warming === "intensity") work.wind.subarray(0, count).sort().reverse();
  fillExceedanceCurve(work.wind, work.frequency, count, work.curve);
}

function warmedStorms(
  { counts }: StormRecord,
  kelvin: number,
  warming: StormWarming,
  { warmed }: Work,
): ReadonlyMap<Basin | null, WarmedStorms> {
  const known = warmed.get(kelvin);
  if (known !== undefined) return known;
  const same = { weak: 1, moderate: 1, strong: 1 };
  const made = new Map(
    [...counts].map(([basin, numbers]) => {
      if (warming === "frequency") {
        return [basin, { frequency: { weak: 1, ...frequencyFactors(basin, kelvin, numbers) }, wind: same }];
      }
      const stronger = intensityFactor(basin, kelvin);
      return [basin, { frequency: same, wind: { weak: 1, moderate: stronger, strong: stronger } }];
    }),
  );
  warmed.set(kelvin, made);
  return made;
}

function probabilityOf(
  { yearly }: StormWinds,
  { halfDamageWind, region }: WindDamageRegion,
  methods: RiskMethods,
  { curve, frequency }: Work,
  years: number,
): ProbabilityResult {
  const edges = methods.edges.values;
  const counts = new Float64Array(edges.length + 1);
  countBins(yearly, 0, years, edges, counts);
  const above = [1, ...edges.map((edge) => exceedanceProbability(curve, edge)), 0];
  const probabilities = Array.from(counts, (_, bin) => above[bin]! - above[bin + 1]!);
  // A user's own rates need not distinguish regions.
  const rateSet = Object.hasOwn(methods.rateSets, region) ? region : methods.defaultRateSet;
  const returnLevels = RETURN_PERIODS.map((T) => windReturnLevel(curve, T, years));
  return {
    ...describeProbability(probabilities, Array.from(counts), years, methods, UNSCALED, returnLevels, rateSet),
    damageContinuous: rateSet === region ? expectedWindDamage(curve, frequency, halfDamageWind) : null,
  };
}

/** Without a tail the result is the largest storm, without an interval. */
function hazardOf(methods: RiskMethods, curve: ExceedanceCurve, years: number): HazardResult {
  const largest = curve.storms === 0 ? 0 : curve.winds[0]!;
  const tailed = hasTail(curve);
  const value = tailed ? windReturnLevel(curve, SCORED_YEARS, years) : largest;
  const half = tailed ? NORMAL_90 * returnLevelDeviation(curve, SCORED_YEARS) : Number.NaN;
  const low = Math.max(0, value - half);
  const high = Math.min(STRONGEST_WIND, value + half);
  return {
    value,
    valueLow: low,
    valueHigh: high,
    ...scoresOf(value, low, high, methods.anchors.values),
    undefendedValue: null,
    companions: [largest, exceedanceRate(curve, STORM_WIND)],
  };
}
