// The nine risks as the predecessor computed them.
import type { Risk } from "../../../model/risks.ts";
import type { RiskDefinition } from "../riskDefinition.ts";
import { predecessorCold, predecessorDrought, predecessorHeat, predecessorWildfire } from "./climateRisks.ts";
import { makePredecessorRisk, PREDECESSOR } from "./predecessorRisk.ts";
import { predecessorTyphoon } from "./stormEllipses.ts";
import {
  predecessorCoastalFlood,
  predecessorInlandFlood,
  predecessorUrbanFlood,
  predecessorWater,
} from "./waterRisks.ts";

export const PREDECESSOR_DEFINITIONS: Readonly<Record<Risk, RiskDefinition>> = {
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
