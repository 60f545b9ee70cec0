// The risks by method set, and by a user's own numbers.
import type { RISK_INPUTS } from "../../model/riskInputs.ts";
import type { Risk } from "../../model/risks.ts";
import type { BatchSpecification } from "../../model/specification.ts";
import { coastalFlood } from "./coastalFlood.ts";
import { coldWave } from "./coldWave.ts";
import { drought } from "./drought.ts";
import { highTemperature } from "./highTemperature.ts";
import { inlandFlood } from "./inlandFlood.ts";
import type { PublishedRisk } from "./methodSet.ts";
import {
  predecessorCold,
  predecessorDrought,
  predecessorHeat,
  predecessorWildfire,
} from "./predecessor/climateRisks.ts";
import { makePredecessorRisk, PREDECESSOR } from "./predecessor/predecessorRisk.ts";
import { predecessorTyphoon } from "./predecessor/stormEllipses.ts";
import {
  predecessorCoastalFlood,
  predecessorInlandFlood,
  predecessorUrbanFlood,
  predecessorWater,
} from "./predecessor/waterRisks.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { typhoon } from "./typhoon.ts";
import { urbanFlood } from "./urbanFlood.ts";
import { waterScarcity } from "./waterScarcity.ts";
import { wildfire } from "./wildfire.ts";

/** A method set need not have every risk. */
export type Definitions = Readonly<Partial<Record<Risk, RiskDefinition>>>;

export const RISK_DEFINITIONS: Readonly<Record<Risk, PublishedRisk>> = {
  coastal_flood: coastalFlood,
  cold_wave: coldWave,
  drought,
  high_temperature: highTemperature,
  inland_flood: inlandFlood,
  typhoon,
  urban_flood: urbanFlood,
  water_scarcity: waterScarcity,
  wildfire,
};

export const PREDECESSOR_DEFINITIONS: Readonly<Record<keyof typeof RISK_INPUTS.predecessor, RiskDefinition>> = {
  coastal_flood: makePredecessorRisk(predecessorCoastalFlood, PREDECESSOR),
  cold_wave: makePredecessorRisk(predecessorCold, PREDECESSOR),
  drought: makePredecessorRisk(predecessorDrought, PREDECESSOR),
  high_temperature: makePredecessorRisk(predecessorHeat, PREDECESSOR),
  inland_flood: makePredecessorRisk(predecessorInlandFlood, PREDECESSOR),
  typhoon: makePredecessorRisk(predecessorTyphoon, PREDECESSOR),
  urban_flood: makePredecessorRisk(predecessorUrbanFlood, PREDECESSOR),
  water_scarcity: makePredecessorRisk(predecessorWater, PREDECESSOR),
  wildfire: makePredecessorRisk(predecessorWildfire, PREDECESSOR),
};

/** The risks by a method set and, where a user gives some, by the user's own numbers. */
export function definitionsOf({ methods, overrides }: Pick<BatchSpecification, "methods" | "overrides">): Definitions {
  if (methods === "predecessor") return PREDECESSOR_DEFINITIONS;
  if (overrides === undefined) return RISK_DEFINITIONS;
  const own = Object.entries(overrides.risks).map(([risk, numbers]) => [
    risk,
    RISK_DEFINITIONS[risk as Risk].withNumbers(numbers),
  ]);
  return { ...RISK_DEFINITIONS, ...Object.fromEntries(own) };
}
