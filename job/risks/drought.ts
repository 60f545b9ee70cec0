// Drought: the lowest SPEI-12 of each year, against a base period that each of its years is left out of.

import type { Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import { type HazardResult, type PeriodResult, RETURN_PERIODS } from "../../model/results.ts";
import { BALANCE_WAYS, bestWay, hasSeries, RISK_INPUTS } from "../../model/riskInputs.ts";
import { MONTHS_OF_YEAR } from "../indices/monthlySums.ts";
import { CLIPPED_AT } from "../indices/standardizedIndex.ts";
import { normalQuantile } from "../numerics/normal.ts";
import data from "./drought.json" with { type: "json" };
import { type DroughtYears, fillDroughtYears, fillProvidedYears, isArid, makeDroughtYears } from "./droughtYears.ts";
import { meanWithInterval, scoresOf } from "./hazardScore.ts";
import { kernelProbability } from "./kernelProbability.ts";
import { describeMethods, publishRisk, type RiskMethods } from "./methodSet.ts";
import { inOwnRecord, spliceFlags } from "./ownRecord.ts";
import { countMarks, isBaseUsable, isLowSample, positionsIn, sortedYears, tooFewYears } from "./periodYears.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { balanceOf } from "./waterBalance.ts";
import { withoutNumbers } from "./withoutNumbers.ts";
import { makeWorkPerAxis } from "./workPerAxis.ts";

/** Rates of drought are the same in all cells. */
const UNSCALED = 1;

export interface DroughtSettings {
  /** none judges base years by themselves too, as the packages do. */
  readonly inBase: "leaveOneOut" | "none";
}

export const DEFAULT_DROUGHT_SETTINGS: DroughtSettings = { inBase: "leaveOneOut" };

const { provided: PROVIDED } = RISK_INPUTS.published.drought.ways;

/** Drought by other numbers or settings than the product's. */
export function makeDrought(methods: RiskMethods, settings: DroughtSettings): RiskDefinition {
  const workFor = makeWorkPerAxis(makeDroughtYears);
  return {
    risk: "drought",
    longName: "Drought",
    intensity: "-S12min",
    unit: methods.edges.unit,
    inputs: RISK_INPUTS.published.drought,
    ...describeMethods(methods),
    companions: [
      { name: "M2", unit: "month" },
      { name: "M15", unit: "month" },
      { name: "SPI12", unit: "1" },
    ],
    returnLevelOf: "S12min",
    returnLevelUnit: "1",
    compute(input) {
      const describe = (work: DroughtYears, used: string, flags: readonly Flag[]) =>
        input.periods.map((period) => periodResult(period, used, flags, methods, work));
      const balance = bestWay(BALANCE_WAYS, input);
      const common: Flag[] = [];
      if (balance !== undefined) {
        const source = balanceOf(balance);
        const own = inOwnRecord(input, balance);
        const work = workFor(own.axis);
        common.push(...spliceFlags(own));
        if (source.evapotranspiration === "thornthwaite") common.push("thornthwaite");
        fillDroughtYears(own, source, settings.inBase, work);
        const base = positionsIn(input.basePeriod, own.axis.firstYear, own.axis.years);
        if (isBaseUsable(countMarks(work.valid, base.from, base.to))) {
          if (!isArid(work, input.basePeriod)) return describe(work, balance.text, common);
          return input.periods.map((period) => aridResult(period, balance.text, common, work));
        }
      }
      if (hasSeries(PROVIDED, input)) {
        const own = inOwnRecord(input, PROVIDED);
        const work = workFor(own.axis);
        fillProvidedYears(own.monthly.get("SPEI12")!, work);
        return describe(work, PROVIDED.text, ["inBaseUnknown"]);
      }
      return input.periods.map((period) =>
        balance === undefined
          ? withoutNumbers(period, "noInput", null, [])
          : withoutNumbers(period, "noBasePeriod", balance.text, common),
      );
    },
  };
}

export const drought = publishRisk("drought", data, (numbers) => makeDrought(numbers, DEFAULT_DROUGHT_SETTINGS));

function periodResult(
  period: Period,
  used: string,
  common: readonly Flag[],
  methods: RiskMethods,
  work: DroughtYears,
): PeriodResult {
  const { from, to } = positionsIn(period, work.axis.firstYear, work.axis.years);
  const yearsUsed = sortedYears(work.lowestSpei, work.valid, from, to, work.sorted);
  if (tooFewYears(yearsUsed)) return { ...withoutNumbers(period, "tooFewYears", used, common), yearsUsed };
  const flags: Flag[] = [...common];
  if (isLowSample(yearsUsed, period)) flags.push("lowSample");
  if (work.sorted[0] === work.sorted[yearsUsed - 1]) flags.push("constantSeries");
  if (hasClipped(work.spei, from, to)) flags.push("clippedIndex");
  const levels = driestReturnLevels(work.sorted, yearsUsed);
  for (let i = 0; i < yearsUsed; i++) work.dryness[i] = -work.sorted[yearsUsed - 1 - i]!;
  return {
    period,
    input: used,
    reason: null,
    flags,
    yearsUsed,
    block: { ...period, values: yearsUsed },
    probability: kernelProbability(work.dryness, yearsUsed, Number.NEGATIVE_INFINITY, methods, UNSCALED, levels),
    hazard: hazardOf(work, yearsUsed, from, to, methods),
  };
}

/**
 * Lowest SPEI-12 that a year falls to with probability 1/T.
 *
 * Inputs: `values` [1] the period's yearly lowest SPEI-12, without NaN in [0, n). Output: [RETURN_PERIODS] [1].
 * Definition: mean + sd·Φ⁻¹(1/T), sd with n - 1, not below -3.09, where the index is cut.
 * Missing data: none in the slice.
 */
export function driestReturnLevels(values: Float64Array, n: number): number[] {
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]!;
  mean /= n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  const deviation = Math.sqrt(squares / (n - 1));
  return RETURN_PERIODS.map((years) => Math.max(-CLIPPED_AT, mean + deviation * normalQuantile(1 / years)));
}

/** No probability and no score: SPEI would measure evapotranspiration only. */
function aridResult(period: Period, used: string, flags: readonly Flag[], work: DroughtYears): PeriodResult {
  const { from, to } = positionsIn(period, work.axis.firstYear, work.axis.years);
  const yearsUsed = countMarks(work.valid, from, to);
  if (tooFewYears(yearsUsed)) return { ...withoutNumbers(period, "tooFewYears", used, flags), yearsUsed };
  return { ...withoutNumbers(period, "aridCell", used, flags), yearsUsed, indicators: indicatorsOf(work, from, to) };
}

/** Means of M2, M15 and the lowest SPI-12; `work.sorted` is rewritten. */
function indicatorsOf(work: DroughtYears, from: number, to: number): number[] {
  return [work.m2, work.m15, work.lowestSpi].map((yearly) => {
    const n = sortedYears(yearly, work.valid, from, to, work.sorted);
    return meanWithInterval(work.sorted, n, Number.NEGATIVE_INFINITY).value;
  });
}

/** `work.sorted` holds the period's lowest SPEI-12; it is used up for the companions. */
function hazardOf(work: DroughtYears, yearsUsed: number, from: number, to: number, methods: RiskMethods): HazardResult {
  const mean = meanWithInterval(work.sorted, yearsUsed, -CLIPPED_AT);
  return {
    value: mean.value,
    valueLow: mean.low,
    valueHigh: mean.high,
    ...scoresOf(mean.value, mean.low, mean.high, methods.anchors.values),
    undefendedValue: null,
    companions: indicatorsOf(work, from, to),
  };
}

function hasClipped(spei: Float64Array, from: number, to: number): boolean {
  for (let month = from * MONTHS_OF_YEAR; month < to * MONTHS_OF_YEAR; month++) {
    if (Math.abs(spei[month]!) === CLIPPED_AT) return true;
  }
  return false;
}
