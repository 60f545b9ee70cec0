// The nine risks as this version computes them. Everything that is told about a risk is read from here.
import type { Risk } from "../../model/risks.ts";
import { coastalFlood } from "./coastalFlood.ts";
import { coldWave } from "./coldWave.ts";
import { drought } from "./drought.ts";
import { highTemperature } from "./highTemperature.ts";
import { inlandFlood } from "./inlandFlood.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { typhoon } from "./typhoon.ts";
import { urbanFlood } from "./urbanFlood.ts";
import { wildfire } from "./wildfire.ts";

/** null: not computed yet; its rows carry the reason notImplemented. */
export const RISK_DEFINITIONS: Readonly<Record<Risk, RiskDefinition | null>> = {
  coastal_flood: coastalFlood,
  cold_wave: coldWave,
  drought,
  high_temperature: highTemperature,
  inland_flood: inlandFlood,
  typhoon,
  urban_flood: urbanFlood,
  water_scarcity: null,
  wildfire,
};
