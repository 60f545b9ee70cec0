// Coastal flood: the depth of the sea at a cell, from the distribution of its yearly highest level and its rise.

import { type Period, yearsIn } from "../../model/periods.ts";
import type { Flag, NullReason } from "../../model/reasons.ts";
import type { PeriodResult } from "../../model/results.ts";
import { RISK_INPUTS } from "../../model/riskInputs.ts";
import { ATTENUATION, LEAST_LAND_FRACTION } from "../../model/seaLevels.ts";
import { rootBetween } from "../numerics/rootBetween.ts";
import { type CellSeaLevel, UNKNOWN_SEA } from "./cellSeaLevel.ts";
import data from "./coastalFlood.json" with { type: "json" };
import { exceedance, levelDeviation, levelOf } from "./extremeDistribution.ts";
import type { SeaLevelLaw } from "./extremeSeaLevels.ts";
import {
  type DepthChain,
  type FloodWork,
  floodNumbers,
  harmlessFlood,
  invertChain,
  type LevelLaw,
  makeFloodWork,
  NO_FLOOD,
  protectedLevel,
} from "./floodDepths.ts";
import { describeMethods, publishRisk, type RiskMethods } from "./methodSet.ts";
import type { CellInput, RiskDefinition } from "./riskDefinition.ts";
import { RISE_EPOCH, riseIn, type SeaLevelRise } from "./seaLevelRise.ts";
import { withoutNumbers } from "./withoutNumbers.ts";

/** m */
const DEEPEST = 15;
/** Farther [km] and higher [m above the rise] the sea does not come. */
const FARTHEST = 50;
const HIGHEST = 10;
const DEFAULT_PROTECTION = 50;
const MM_PER_M = 1000;

const INPUTS = RISK_INPUTS.published.coastal_flood;

const COMPANIONS = [
  { name: "D100defended", unit: "m" },
  { name: "D100bathtub", unit: "m" },
  { name: "WL100", unit: "m" },
  { name: "SLR", unit: "m" },
] as const;

/** The ground of a cell, and the lowest way that the sea can take to it. */
interface CoastalSite {
  /** m */
  readonly elevation: number;
  /** Level [m] that the sea must have, and the length [km] of its way. */
  readonly gate: number;
  readonly distance: number;
  readonly flags: readonly Flag[];
}

/** Coastal flood by other numbers than the product's. */
export function makeCoastalFlood(methods: RiskMethods): RiskDefinition {
  const work = makeFloodWork(methods, 0, DEEPEST);
  return {
    risk: "coastal_flood",
    longName: "Coastal flood",
    intensity: "depth",
    unit: methods.edges.unit,
    inputs: INPUTS,
    ...describeMethods(methods),
    companions: COMPANIONS,
    returnLevelOf: "depth",
    returnLevelUnit: "m",
    compute(input) {
      return computeCoast(input, work);
    },
  };
}

export const coastalFlood = publishRisk("coastal_flood", data, makeCoastalFlood);

function computeCoast(input: CellInput, work: FloodWork): PeriodResult[] {
  const { attributes } = input;
  const seaLevel = input.seaLevel ?? UNKNOWN_SEA;
  const nothing = (reason: NullReason) => input.periods.map((period) => withoutNumbers(period, reason, null, []));
  if ((attributes.get("landFraction") ?? 1) < LEAST_LAND_FRACTION) return nothing("seaCell");
  const elevation = attributes.get("elevation");
  if (elevation === undefined) return nothing("noElevation");
  const distance = attributes.get("distanceToCoast") ?? seaLevel.connection?.distance;
  if (distance !== undefined && distance > FARTHEST) {
    return input.periods.map((period) => harmless(period, work));
  }
  const { rise } = seaLevel;
  const site = readSite(attributes, seaLevel, elevation);
  return input.periods.map((period) => {
    if (rise.endsWithTable && period.lastYear > rise.years.at(-1)!) {
      return withoutNumbers(period, "noSeaLevelRise", null, []);
    }
    if (elevation > HIGHEST + riseIn(rise, period.lastYear)) return harmless(period, work);
    if (site === null) return withoutNumbers(period, "noSeaConnection", null, []);
    const { station } = seaLevel;
    if (station === null) return withoutNumbers(period, "noSeaLevel", null, []);
    return periodResult(period, input, site, station, rise, work);
  });
}

function readSite(
  attributes: CellInput["attributes"],
  { connection }: CellSeaLevel,
  elevation: number,
): CoastalSite | null {
  if (connection !== null) return { elevation, gate: connection.level, distance: connection.distance, flags: [] };
  const distance = attributes.get("distanceToCoast");
  if (distance === undefined) return null;
  return { elevation, gate: elevation + ATTENUATION * distance, distance, flags: ["straightDistance"] };
}

function periodResult(
  period: Period,
  { attributes, basePeriod }: CellInput,
  site: CoastalSite,
  { datumOffset, found }: NonNullable<CellSeaLevel["station"]>,
  rise: SeaLevelRise,
  work: FloodWork,
): PeriodResult {
  const protection = attributes.get("seaProtection");
  const flags: Flag[] = [...site.flags, ...found.flags];
  if (protection === undefined) flags.push("defaultProtection");
  if (datumOffset === null) flags.push("defaultDatumOffset");
  if (rise.isDefault) flags.push("defaultSeaLevelRise");
  if (isHeld(rise, period) || isHeld(rise, basePeriod)) flags.push("seaLevelHeld");
  const offset = (attributes.get("waveSetup") ?? 0) + (datumOffset ?? 0);
  const sinking = (attributes.get("subsidence") ?? 0) / MM_PER_M;
  const shiftIn = (year: number) =>
    offset + riseIn(rise, year) - riseIn(rise, found.referenceYear) + sinking * (year - RISE_EPOCH);
  const baseCentre = (basePeriod.firstYear + basePeriod.lastYear) / 2;
  const chain: DepthChain = {
    levelOfDepth: (depth) => Math.max(site.elevation + ATTENUATION * site.distance + depth, site.gate),
    depthOfLevel: (level) =>
      level < site.gate ? 0 : Math.max(0, level - ATTENUATION * site.distance - site.elevation),
    protectedLevel: protectedLevel(found.law, protection ?? DEFAULT_PROTECTION) + shiftIn(baseCentre),
    gateLevel: site.gate,
  };
  invertChain(chain, work);
  const shifts = Float64Array.from({ length: yearsIn(period) }, (_, at) => shiftIn(period.firstYear + at));
  const law = lawOfPeriod(found, shifts);
  const none = new Array<number>(work.thresholds.length + 1).fill(0);
  const numbers = floodNumbers(chain, law, none, found.years, 1, work);
  const { flags: floodFlags, hazard, probability, scoredLevel } = numbers;
  let meanRise = 0;
  for (let year = period.firstYear; year <= period.lastYear; year++) meanRise += riseIn(rise, year) / yearsIn(period);
  const companions = [numbers.defendedDepth, Math.max(0, scoredLevel - site.elevation), scoredLevel, meanRise];
  return {
    period,
    input: INPUTS.ways[`${found.kind}${rise.isDefault ? "Global" : "Regional"}`].text,
    reason: null,
    flags: [...flags, ...floodFlags],
    yearsUsed: found.years ?? 0,
    block: null,
    probability,
    hazard: { ...hazard, companions },
  };
}

function isHeld({ years }: SeaLevelRise, period: Period): boolean {
  return period.firstYear < years[0]! || period.lastYear > years.at(-1)!;
}

/**
 * Law of the yearly highest level over years whose mean sea levels differ.
 *
 * Inputs: law at the reference year; shifts [m] of each year.
 * Output: the chance of a year drawn from them; its levels as roots; the standard error of the law's own level.
 * Definition: mean over the years of P(X > level - shift). Missing data: none.
 */
function lawOfPeriod({ law, years }: SeaLevelLaw, shifts: Float64Array): LevelLaw {
  const chance = (level: number) => {
    let sum = 0;
    for (let at = 0; at < shifts.length; at++) sum += exceedance(law, level - shifts[at]!);
    return sum / shifts.length;
  };
  return {
    exceedance: chance,
    levelOf(returnPeriod) {
      const unshifted = levelOf(law, returnPeriod);
      const commoner = (level: number) => Math.log(chance(level) * returnPeriod);
      return rootBetween(commoner, unshifted + Math.min(...shifts), unshifted + Math.max(...shifts));
    },
    deviation: (returnPeriod) => (years === null ? null : levelDeviation(law, returnPeriod)),
  };
}

/** The sea does not come that far or that high: certainly the lowest bin. */
function harmless(period: Period, { methods }: FloodWork): PeriodResult {
  return {
    period,
    input: INPUTS.ways.outOfReach.text,
    reason: null,
    flags: ["notApplicable"],
    yearsUsed: 0,
    block: null,
    probability: harmlessFlood(yearsIn(period), methods),
    hazard: { ...NO_FLOOD, companions: COMPANIONS.map(() => Number.NaN) },
  };
}
