// What inland and urban flood share: yearly rain with a law, thresholds inverted once per cell, and results period
// by period.

import type { Period } from "../../model/periods.ts";
import type { Flag, NullReason } from "../../model/reasons.ts";
import type { PeriodResult } from "../../model/results.ts";
import { bestWay, type RiskInputs } from "../../model/riskInputs.ts";
import type { TimeAxis } from "../timeAxis.ts";
import { type ExtremeLaw, exceedance, levelDeviation, levelOf } from "./extremeDistribution.ts";
import { blockAround, fitRainExtremes, gumbelOfSame, type RecordShape, recordShape } from "./extremes.ts";
import {
  countDepths,
  type DepthChain,
  type FloodWork,
  floodNumbers,
  harmlessFlood,
  invertChain,
  type LevelLaw,
  NO_FLOOD,
} from "./floodDepths.ts";
import { inOwnRecord, spliceFlags } from "./ownRecord.ts";
import { countMarks, isBaseUsable, isLowSample, positionsIn, tooFewYears } from "./periodYears.ts";
import { fillRainYears, type RainYears } from "./rainYears.ts";
import type { CellInput } from "./riskDefinition.ts";
import { withoutNumbers } from "./withoutNumbers.ts";

/** Of the companions; the score's too. */
const COMPARED_RETURN_PERIOD = 100;

/** A place where rain may flood. */
export interface RainFloodSite {
  readonly flags: readonly Flag[];
  readonly needsLongRain: boolean;
  /** The share of the cell that the depths represent. */
  readonly rateScale: number;
  /** Writes work.levels from work.rx1day and work.rx5day. */
  fillLevels(work: RainYears): void;
  /** By the base period's law of levels; null where no rain floods. Sees flags that only now are known. */
  buildChain(base: ExtremeLaw, flags: Flag[]): DepthChain | null;
  /** Those of the definition, from the law of a period, Gumbel's law of the same rain, and the defended 100-year depth. */
  companionsOf(levels: { readonly r100: number; readonly gumbel: number; readonly defended: number }): number[];
}

/** The site, that nothing can flood there, or the reason for an empty result. */
export type SiteReading =
  | RainFloodSite
  | "harmless"
  | { readonly missing: NullReason; readonly flags: readonly Flag[] };

export function computeRainFlood(
  whole: CellInput,
  { ways }: RiskInputs,
  site: SiteReading,
  companions: number,
  rainFor: (axis: TimeAxis) => RainYears,
  work: FloodWork,
): PeriodResult[] {
  const nothing = (reason: NullReason, used: string | null, flags: readonly Flag[]) =>
    whole.periods.map((period) => withoutNumbers(period, reason, used, flags));
  const way = bestWay(ways, whole);
  if (way === undefined) return nothing("noInput", null, []);
  if (site !== "harmless" && "missing" in site) return nothing(site.missing, null, site.flags);
  const input = inOwnRecord(whole, way);
  const rain = rainFor(input.axis);
  const read = fillRainYears(input, site !== "harmless" && site.needsLongRain, rain);
  if (site === "harmless") return harmlessPeriods(input, read.used, [], companions, rain, work);
  site.fillLevels(rain);
  const { axis, extremes, levels } = rain;
  const flags: Flag[] = [...spliceFlags(input), ...site.flags, ...read.flags];
  const base = positionsIn(input.basePeriod, axis.firstYear, axis.years);
  if (!isBaseUsable(countMarks(rain.valid, base.from, base.to))) return nothing("noBasePeriod", read.used, flags);
  const shape = recordShape(levels, axis.years, "divide", extremes);
  const { fitted } = fitAround(input.basePeriod, shape, rain);
  if (fitted.law === null) {
    return nothing(tooFewYears(fitted.values) ? "noBasePeriod" : "tooDry", read.used, flags);
  }
  const chain = site.buildChain(fitted.law, flags);
  if (chain === null) return harmlessPeriods(input, read.used, flags, companions, rain, work);
  invertChain(chain, work);
  return input.periods.map((period) => periodResult(period, read.used, flags, site, chain, shape, rain, work));
}

function fitAround(period: Period, shape: RecordShape, { axis, extremes, levels }: RainYears) {
  const block = blockAround(period, axis.firstYear, axis.years);
  const from = block.firstYear - axis.firstYear;
  const fitted = fitRainExtremes(levels, from, block.lastYear + 1 - axis.firstYear, shape, extremes);
  return { block, fitted };
}

function periodResult(
  period: Period,
  used: string,
  common: readonly Flag[],
  site: RainFloodSite,
  chain: DepthChain,
  shape: RecordShape,
  rain: RainYears,
  work: FloodWork,
): PeriodResult {
  const { axis, extremes, levels, valid } = rain;
  const { from, to } = positionsIn(period, axis.firstYear, axis.years);
  const yearsUsed = countMarks(valid, from, to);
  const { block, fitted } = fitAround(period, shape, rain);
  const { law, values } = fitted;
  if (tooFewYears(yearsUsed) || tooFewYears(values)) {
    return { ...withoutNumbers(period, "tooFewYears", used, common), yearsUsed };
  }
  if (law === null) return { ...withoutNumbers(period, "tooDry", used, common), yearsUsed };
  const gumbel = levelOf(gumbelOfSame(law, extremes), COMPARED_RETURN_PERIOD);
  const counts = countDepths(levels, from, to, work);
  const numbers = floodNumbers(chain, lawOfLevels(law), counts, yearsUsed, site.rateScale, work);
  const { defendedDepth: defended, scoredLevel: r100 } = numbers;
  const flags = [
    ...common,
    ...(isLowSample(yearsUsed, period) ? (["lowSample"] as const) : []),
    ...fitted.flags,
    ...numbers.flags,
  ];
  const hazard = { ...numbers.hazard, companions: site.companionsOf({ r100, gumbel, defended }) };
  const { probability } = numbers;
  return { period, input: used, reason: null, flags, yearsUsed, block: { ...block, values }, probability, hazard };
}

function lawOfLevels(law: ExtremeLaw): LevelLaw {
  return {
    exceedance: (level) => exceedance(law, level),
    levelOf: (returnPeriod) => levelOf(law, returnPeriod),
    deviation: (returnPeriod) => levelDeviation(law, returnPeriod),
  };
}

/** Nothing can flood there, whatever the rain: certainly the lowest bin. */
function harmlessPeriods(
  input: CellInput,
  used: string,
  common: readonly Flag[],
  companions: number,
  { axis, valid }: RainYears,
  { methods }: FloodWork,
): PeriodResult[] {
  return input.periods.map((period) => {
    const { from, to } = positionsIn(period, axis.firstYear, axis.years);
    const yearsUsed = countMarks(valid, from, to);
    if (tooFewYears(yearsUsed)) return { ...withoutNumbers(period, "tooFewYears", used, common), yearsUsed };
    const flags: Flag[] = [...common, "notApplicable"];
    if (isLowSample(yearsUsed, period)) flags.push("lowSample");
    return {
      period,
      input: used,
      reason: null,
      flags,
      yearsUsed,
      block: null,
      probability: harmlessFlood(yearsUsed, methods),
      hazard: { ...NO_FLOOD, companions: new Array<number>(companions).fill(Number.NaN) },
    };
  });
}
