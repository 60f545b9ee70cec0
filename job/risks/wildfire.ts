// Wildfire: the 95th percentile of each year's daily Fire Weather Index, damage in proportion to what can burn.

import type { Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import type { HazardResult, PeriodResult } from "../../model/results.ts";
import { RISK_INPUTS } from "../../model/riskInputs.ts";
import { DEFAULT_FIRE_WEATHER, type FireWeatherSettings } from "../indices/fireWeather.ts";
import type { HazardYears } from "../indices/hazardYears.ts";
import { blockAround, extremeLevels, type RecordShape, recordShape } from "./extremes.ts";
import {
  chooseHumidity,
  type FireYears,
  fillFireYears,
  type HumiditySource,
  humidityOf,
  makeFireYears,
} from "./fireYears.ts";
import { meanWithInterval, scoresOf } from "./hazardScore.ts";
import { certainlyHarmless, kernelProbability } from "./kernelProbability.ts";
import { describeMethods, publishRisk, type RiskMethods } from "./methodSet.ts";
import { inOwnRecord } from "./ownRecord.ts";
import { isLowSample, positionsIn, sortedYears, tooFewYears } from "./periodYears.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import data from "./wildfire.json" with { type: "json" };
import { withoutNumbers } from "./withoutNumbers.ts";
import { makeWorkPerAxis } from "./workPerAxis.ts";

const INPUTS = RISK_INPUTS.published.wildfire;
const HUMIDITY_FLAGS: Readonly<Record<HumiditySource, readonly Flag[]>> = {
  hursmin: [],
  proxy: ["humidityProxy"],
  hurs: ["meanHumidity"],
};

/** One cell's part in every period's result. */
interface FireCell {
  readonly used: string;
  readonly common: readonly Flag[];
  /** [1]; null when not known */
  readonly burnableFraction: number | null;
  readonly hazardYears: HazardYears;
  readonly shape: RecordShape;
}

/** Wildfire by other numbers or settings than the product's. */
export function makeWildfire(methods: RiskMethods, settings: FireWeatherSettings): RiskDefinition {
  const workFor = makeWorkPerAxis(makeFireYears);
  return {
    risk: "wildfire",
    longName: "Wildfire",
    intensity: "FWI95",
    unit: methods.edges.unit,
    inputs: INPUTS,
    ...describeMethods(methods),
    companions: [
      { name: "FWIx", unit: "1" },
      { name: "D38", unit: "d" },
    ],
    returnLevelOf: "FWIx",
    returnLevelUnit: "1",
    compute(input) {
      const source = chooseHumidity(input, workFor(input.axis));
      if (source === null) return input.periods.map((period) => withoutNumbers(period, "noInput", null, []));
      const way = INPUTS.ways[source];
      const own = inOwnRecord(input, way);
      const work = workFor(own.axis);
      const hazardYears = fillFireYears(own, humidityOf(source, own, work)!, settings, work);
      const burnableFraction = input.attributes.get("burnableFraction") ?? null;
      const common: Flag[] = [...HUMIDITY_FLAGS[source]];
      if (burnableFraction === null) common.push("noBurnable");
      if (burnableFraction === 0) common.push("notApplicable");
      const shape = recordShape(work.yearly.fwix, hazardYears.years, "divide", work.extremes);
      const cell: FireCell = { used: way.text, common, burnableFraction, hazardYears, shape };
      return input.periods.map((period) => periodResult(period, cell, methods, work));
    },
  };
}

export const wildfire = publishRisk("wildfire", data, (numbers) => makeWildfire(numbers, DEFAULT_FIRE_WEATHER));

function periodResult(period: Period, cell: FireCell, methods: RiskMethods, work: FireYears): PeriodResult {
  const { burnableFraction, common, used } = cell;
  const { firstYear, years } = cell.hazardYears;
  const { from, to } = positionsIn(period, firstYear, years);
  const yearsUsed = sortedYears(work.yearly.fwi95, work.valid, from, to, work.sorted);
  if (tooFewYears(yearsUsed)) return { ...withoutNumbers(period, "tooFewYears", used, common), yearsUsed };
  const block = blockAround(period, firstYear, years);
  const blockTo = block.lastYear + 1 - firstYear;
  const extremes = extremeLevels(work.yearly.fwix, block.firstYear - firstYear, blockTo, cell.shape, work.extremes);
  const flags: Flag[] = [
    ...common,
    ...(isLowSample(yearsUsed, period) ? (["lowSample"] as const) : []),
    ...extremes.flags,
  ];
  const probability =
    burnableFraction === 0
      ? certainlyHarmless(yearsUsed, methods, extremes.levels)
      : kernelProbability(work.sorted, yearsUsed, 0, methods, burnableFraction, extremes.levels);
  return {
    period,
    input: used,
    reason: null,
    flags,
    yearsUsed,
    block: extremes.fitted ? { ...block, values: extremes.values } : null,
    probability,
    hazard: hazardOf(work, yearsUsed, from, to, methods, burnableFraction === 0),
  };
}

/** `work.sorted` holds the period's FWI95; it is used up for the companions. */
function hazardOf(
  work: FireYears,
  yearsUsed: number,
  from: number,
  to: number,
  methods: RiskMethods,
  harmless: boolean,
): HazardResult {
  const mean = meanWithInterval(work.sorted, yearsUsed, 0);
  const companions = [work.yearly.fwix, work.yearly.d38].map((yearly) => {
    const n = sortedYears(yearly, work.valid, from, to, work.sorted);
    return meanWithInterval(work.sorted, n, Number.NEGATIVE_INFINITY).value;
  });
  const scores = harmless
    ? { score: 0, scoreLow: 0, scoreHigh: 0 }
    : scoresOf(mean.value, mean.low, mean.high, methods.anchors.values);
  return {
    value: mean.value,
    valueLow: mean.low,
    valueHigh: mean.high,
    ...scores,
    undefendedValue: null,
    companions,
  };
}
