// The nine risks as this version computes them, by method set. Everything that is told about a risk is read from here.
import type { Risk } from "../../model/risks.ts";
import type { BatchSpecification } from "../../model/specification.ts";
import { DEFAULT_FIRE_WEATHER } from "../indices/fireWeather.ts";
import { coastalFlood, makeCoastalFlood } from "./coastalFlood.ts";
import { coldWave, makeColdWave } from "./coldWave.ts";
import { DEFAULT_DROUGHT_SETTINGS, drought, makeDrought } from "./drought.ts";
import { highTemperature, makeHighTemperature } from "./highTemperature.ts";
import { inlandFlood, makeInlandFlood } from "./inlandFlood.ts";
import { checkOverrides, type RiskMethods } from "./methodSet.ts";
import { PREDECESSOR_DEFINITIONS } from "./predecessor/registry.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { DEFAULT_SPELL_SETTINGS } from "./spellRisk.ts";
import { makeTyphoon, typhoon } from "./typhoon.ts";
import { makeUrbanFlood, urbanFlood } from "./urbanFlood.ts";
import { makeWaterScarcity, waterScarcity } from "./waterScarcity.ts";
import { makeWildfire, wildfire } from "./wildfire.ts";

export type Definitions = Readonly<Record<Risk, RiskDefinition>>;

export const RISK_DEFINITIONS: Definitions = {
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

/** Each risk by other numbers than the product's. */
const MAKERS: Readonly<Record<Risk, (methods: RiskMethods) => RiskDefinition>> = {
  coastal_flood: makeCoastalFlood,
  cold_wave: (methods) => makeColdWave(methods, DEFAULT_SPELL_SETTINGS),
  drought: (methods) => makeDrought(methods, DEFAULT_DROUGHT_SETTINGS),
  high_temperature: (methods) => makeHighTemperature(methods, DEFAULT_SPELL_SETTINGS),
  inland_flood: makeInlandFlood,
  typhoon: (methods) => makeTyphoon(methods, "frequency"),
  urban_flood: makeUrbanFlood,
  water_scarcity: makeWaterScarcity,
  wildfire: (methods) => makeWildfire(methods, DEFAULT_FIRE_WEATHER),
};

/** The nine risks by a method set and, where a user gives some, by the user's own numbers. */
export function definitionsOf({ methods, overrides }: Pick<BatchSpecification, "methods" | "overrides">): Definitions {
  if (methods === "predecessor") return PREDECESSOR_DEFINITIONS;
  if (overrides === undefined) return RISK_DEFINITIONS;
  checkOverrides(overrides);
  const own = Object.entries(overrides.risks).map(([risk, numbers]) => [risk, MAKERS[risk as Risk](numbers)]);
  return { ...RISK_DEFINITIONS, ...Object.fromEntries(own) };
}
