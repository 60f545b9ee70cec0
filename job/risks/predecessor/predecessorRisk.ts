// What the risks of the method set predecessor share: values of a period counted in bins, nothing fitted.

import {
  type ProbabilityMethodSet,
  type ProbabilityMethods,
  readProbabilityMethodSet,
} from "../../../model/methodSet.ts";
import { type Period, yearsIn } from "../../../model/periods.ts";
import type { Flag, NullReason } from "../../../model/reasons.ts";
import { type PeriodResult, RETURN_PERIODS } from "../../../model/results.ts";
import { RISK_INPUTS } from "../../../model/riskInputs.ts";
import { describeProbability } from "../binStatistics.ts";
import { describeBins, type Explanation } from "../methodSet.ts";
import { isLowSample } from "../periodYears.ts";
import type { CellInput, RiskDefinition } from "../riskDefinition.ts";
import { withoutNumbers } from "../withoutNumbers.ts";
import predecessor from "./predecessor.json" with { type: "json" };

export const PREDECESSOR: ProbabilityMethodSet = readProbabilityMethodSet(predecessor, "predecessor.json");

export const PREDECESSOR_EXPLANATION: Explanation = {
  definition:
    "Values of the period counted in four bins and divided by their number, rounded to 4 decimals; nothing is fitted and there is no score. The numbers of the system before, defects included, so that they can be reproduced.",
  references: [],
};

const DECIMALS = 4;
const TIES_LIE_AT = 32;
const UNSCALED = 1;

/** Values of one cell, several a year: NaN where missing. */
export interface Intensities {
  readonly firstYear: number;
  /** [years × perYear] in the unit of the edges */
  readonly values: Float64Array;
  readonly perYear: 1 | 12;
  /** Bin of a value; the edges are ascending. */
  binOf(value: number): number;
  readonly flags?: readonly Flag[];
}

export interface PredecessorRisk {
  readonly risk: keyof typeof RISK_INPUTS.predecessor;
  readonly longName: string;
  readonly intensity: string;
  read(input: CellInput, edges: readonly number[]): Intensities | NullReason;
}

/**
 * A risk as the predecessor counted it.
 *
 * Output of `compute`: P[i] = values in bin i over all values of the period, rounded to 4 decimals; damage is the sum of P
 * times rate. No interval, level or score is given: the predecessor had none.
 * Missing data: values that are missing are left out; a period without any has the reason tooFewYears.
 */
export function makePredecessorRisk(one: PredecessorRisk, set: ProbabilityMethodSet): RiskDefinition {
  const methods = set.risks[one.risk]!;
  const edges = methods.edges.values;
  const inputs = RISK_INPUTS.predecessor[one.risk];
  const used = inputs.ways.only.text;
  return {
    risk: one.risk,
    longName: one.longName,
    intensity: one.intensity,
    unit: methods.edges.unit,
    inputs,
    ...describeBins(methods),
    anchors: null,
    companions: [],
    returnLevelOf: one.intensity,
    returnLevelUnit: methods.edges.unit,
    compute(input) {
      const read = one.read(input, edges);
      if (typeof read === "string") return input.periods.map((period) => withoutNumbers(period, read, null, []));
      return input.periods.map((period) => periodResult(period, read, used, methods));
    },
  };
}

function periodResult(
  period: Period,
  { binOf, firstYear, flags = [], perYear, values }: Intensities,
  used: string,
  methods: ProbabilityMethods,
): PeriodResult {
  const counts: number[] = Array(methods.edges.values.length + 1).fill(0);
  let n = 0;
  let yearsUsed = 0;
  for (let year = 0; year < yearsIn(period); year++) {
    const at = (period.firstYear - firstYear + year) * perYear;
    let inYear = 0;
    for (let step = 0; step < perYear; step++) {
      const value = values[at + step];
      if (value === undefined || Number.isNaN(value)) continue;
      counts[binOf(value)]!++;
      inYear++;
    }
    n += inYear;
    if (inYear > 0) yearsUsed++;
  }
  if (n === 0) return withoutNumbers(period, "tooFewYears", used, []);
  const probabilities = counts.map((count) => round(count / n));
  const returnLevels = RETURN_PERIODS.map(() => Number.NaN);
  return {
    period,
    input: used,
    reason: null,
    flags: isLowSample(yearsUsed, period) ? [...flags, "lowSample"] : flags,
    yearsUsed,
    block: null,
    probability: describeProbability(probabilities, counts, null, methods, UNSCALED, returnLevels),
    hazard: null,
  };
}

/**
 * To 4 decimals as Python rounds: the nearest by the value's every binary digit, a tie to the even one.
 * Only multiples of 1/32 can tie: 20000 = 32 · 625, and no double has a factor 1/5.
 */
export function round(value: number): number {
  if (!Number.isInteger(value * TIES_LIE_AT)) return Number(value.toFixed(DECIMALS));
  const scaled = value * 10 ** DECIMALS;
  const floor = Math.floor(scaled);
  const up = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 === 1);
  return (up ? floor + 1 : floor) / 10 ** DECIMALS;
}

/** Bins [.., e0), [e0, e1), ...: a value that equals an edge belongs above it. */
export function fromEdge(edges: readonly number[]): (value: number) => number {
  return (value) => {
    let bin = 0;
    while (bin < edges.length && value >= edges[bin]!) bin++;
    return bin;
  };
}

/** Bins (.., e0], (e0, e1], ...: a value that equals an edge belongs below it. */
export function upToEdge(edges: readonly number[]): (value: number) => number {
  return (value) => {
    let bin = 0;
    while (bin < edges.length && value > edges[bin]!) bin++;
    return bin;
  };
}
