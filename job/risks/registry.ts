// The nine risks as this version computes them, by method set. Everything that is told about a risk is read from here.
import type { Methods } from "../../model/calculations.ts";
import type { Risk } from "../../model/risks.ts";
import { coldWave } from "./coldWave.ts";
import { drought } from "./drought.ts";
import { highTemperature } from "./highTemperature.ts";
import { PREDECESSOR_DEFINITIONS } from "./predecessor/registry.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { typhoon } from "./typhoon.ts";
import { waterScarcity } from "./waterScarcity.ts";
import { wildfire } from "./wildfire.ts";

/** null: not computed yet; its rows carry the reason notImplemented. */
export const RISK_DEFINITIONS: Readonly<Record<Risk, RiskDefinition | null>> = {
  coastal_flood: null,
  cold_wave: coldWave,
  drought,
  high_temperature: highTemperature,
  inland_flood: null,
  typhoon,
  urban_flood: null,
  water_scarcity: waterScarcity,
  wildfire,
};

export function definitionsOf(methods: Methods): Readonly<Record<Risk, RiskDefinition | null>> {
  return methods === "published" ? RISK_DEFINITIONS : PREDECESSOR_DEFINITIONS;
}
