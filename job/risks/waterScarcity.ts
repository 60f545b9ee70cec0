// Water scarcity: withdrawal over renewable supply, of the basin a cell belongs to, or of a large cell by itself.

import { formatPeriod } from "../../model/periods.ts";
import type { NullReason } from "../../model/reasons.ts";
import { type HazardResult, type PeriodResult, type ProbabilityResult, RETURN_PERIODS } from "../../model/results.ts";
import { RISK_INPUTS } from "../../model/riskInputs.ts";
import { HIGHEST_STRESS, isAridLowUse, waterStress } from "../indices/waterStress.ts";
import { quantileType8 } from "../numerics/quantile.ts";
import { NORMAL_90 } from "./binStatistics.ts";
import { scoresOf } from "./hazardScore.ts";
import { boundedProbability } from "./kernelProbability.ts";
import { describeMethods, publishRisk, type RiskMethods } from "./methodSet.ts";
import { isLowSample, tooFewYears } from "./periodYears.ts";
import type { RiskDefinition, WaterRecord } from "./riskDefinition.ts";
import data from "./waterScarcity.json" with { type: "json" };
import { makeCellWater } from "./waterSupply.ts";
import { withoutNumbers } from "./withoutNumbers.ts";

const M2_PER_KM2 = 1e6;
/** A smaller cell's own rain says little of the water that rivers bring it. */
const SMALLEST_LOCAL_KM2 = 500;
const HIGHEST_SCORE = 100;

/** Water scarcity by other numbers than the product's. */
export function makeWaterScarcity(methods: RiskMethods): RiskDefinition {
  const readCell = makeCellWater();
  return {
    risk: "water_scarcity",
    longName: "Water scarcity",
    intensity: "WS",
    unit: methods.edges.unit,
    inputs: RISK_INPUTS.published.water_scarcity,
    ...describeMethods(methods),
    companions: [],
    returnLevelOf: "WS",
    returnLevelUnit: methods.edges.unit,
    compute(input) {
      const none = (reason: NullReason) => input.periods.map((period) => withoutNumbers(period, reason, null, []));
      if (input.attributes.has("basin")) {
        return input.periods.map((period) => {
          const record = input.basin?.get(formatPeriod(period));
          return record === undefined ? withoutNumbers(period, "noInput", null, []) : periodResult(record, methods);
        });
      }
      const cell = readCell(input);
      if (typeof cell === "string") return none(cell);
      if (input.attributes.get("cellArea")! < SMALLEST_LOCAL_KM2) return none("noBasin");
      return input.periods.map((period) => {
        const record = cell(period);
        return periodResult({ ...record, flags: ["localOnly", ...record.flags] }, methods);
      });
    },
  };
}

export const waterScarcity = publishRisk("water_scarcity", data, makeWaterScarcity);

function periodResult(record: WaterRecord, methods: RiskMethods): PeriodResult {
  const { flags, input, period } = record;
  const years = yearsWithBoth(record);
  const n = years.length;
  if (tooFewYears(n)) return { ...withoutNumbers(period, "tooFewYears", input, flags), yearsUsed: n };
  const { supply, withdrawal } = record;
  const stress = Float64Array.from(years, (year) => waterStress(withdrawal[year]!, supply[year]!)).sort();
  const hazard = hazardOf(record, years, methods);
  return {
    period,
    input,
    reason: null,
    flags: [
      ...flags,
      ...(isLowSample(n, period) ? (["lowSample"] as const) : []),
      ...(stress[0] === stress[n - 1] ? (["constantSeries"] as const) : []),
      ...(hazard.arid ? (["aridLowUse"] as const) : []),
    ],
    yearsUsed: n,
    block: { ...period, values: n },
    probability: probabilityOf(stress, methods),
    hazard: hazard.result,
  };
}

function yearsWithBoth({ supply, withdrawal }: WaterRecord): number[] {
  return [...supply.keys()].filter((year) => !Number.isNaN(supply[year]! + withdrawal[year]!));
}

/** `stress` [1] ascending. Bins are spread in log2; 0 and the cap, which have no place there, are counted in the end bins. */
function probabilityOf(stress: Float64Array, methods: RiskMethods): ProbabilityResult {
  return boundedProbability(stress, 0, HIGHEST_STRESS, Math.log2, methods, stressReturnLevels(stress));
}

/**
 * Stress that is reached in a year with probability 1/T.
 *
 * Inputs: `stress` [1] ascending, without NaN. Output: [RETURN_PERIODS] [1]; NaN beyond T = n/2.
 * Definition: type 8 quantile of log2 WS at 1 - 1/T (numerics/quantile.ts); of WS itself where a year needs no water.
 */
export function stressReturnLevels(stress: Float64Array): number[] {
  const n = stress.length;
  const logs = stress[0]! > 0 ? stress.map(Math.log2) : null;
  return RETURN_PERIODS.map((years) => {
    if (2 * years > n) return Number.NaN;
    const p = 1 - 1 / years;
    return logs === null ? quantileType8(stress, 0, n, p) : 2 ** quantileType8(logs, 0, n, p);
  });
}

/**
 * The stress that is scored: of the period's sums, not the mean of the years' stress.
 *
 * Definition: WS = sum W / sum S; its 90 % interval is that of a ratio of means, +-1.645 s / (sqrt(n) mean S), s the standard
 *   deviation of W - WS S with n - 1 (Cochran 1977, Sampling Techniques, section 2.11), not below 0, years taken as
 *   independent. Score: 20 (log2(WS / 0.1) + 1), the Aqueduct score times 20, by anchors in log2.
 */
function hazardOf(
  { area, supply, withdrawal }: WaterRecord,
  years: readonly number[],
  methods: RiskMethods,
): { result: HazardResult; arid: boolean } {
  const n = years.length;
  let supplied = 0;
  let withdrawn = 0;
  for (const year of years) {
    supplied += supply[year]!;
    withdrawn += withdrawal[year]!;
  }
  const value = waterStress(withdrawn, supplied);
  let squares = 0;
  for (const year of years) squares += (withdrawal[year]! - value * supply[year]!) ** 2;
  const certain = value === 0 || value === HIGHEST_STRESS;
  const half = certain ? 0 : (NORMAL_90 * Math.sqrt(squares / (n - 1)) * Math.sqrt(n)) / supplied;
  const low = Math.max(0, value - half);
  const high = Math.min(HIGHEST_STRESS, value + half);
  const arid = isAridLowUse(withdrawn / n, supplied / n, area * M2_PER_KM2);
  const scores = arid
    ? { score: HIGHEST_SCORE, scoreLow: HIGHEST_SCORE, scoreHigh: HIGHEST_SCORE }
    : scoresOf(Math.log2(value), Math.log2(low), Math.log2(high), methods.anchors.values.map(Math.log2));
  return {
    result: { value, valueLow: low, valueHigh: high, ...scores, undefendedValue: null, companions: [] },
    arid,
  };
}
