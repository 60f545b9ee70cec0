// Cold wave: cold spells by the base period's own thresholds (CSDI), severe days and yearly minima beside them.

import { yearlyMinimum } from "../indices/blockMaxima.ts";
import { daysAtMost } from "../indices/dayCounts.ts";
import { LOWER_TAIL } from "../indices/windowTops.ts";
import data from "./coldWave.json" with { type: "json" };
import { publishRisk, type RiskMethods } from "./methodSet.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { DEFAULT_SPELL_SETTINGS, makeSpellRisk, type SpellRisk, type SpellSettings } from "./spellRisk.ts";

/** Threshold of the Korea Meteorological Administration's cold-wave advisory. */
const SEVERE_DAY_DEGC = -12;

export const COLD_WAVE: SpellRisk = {
  risk: "cold_wave",
  longName: "Cold wave",
  intensity: "CSDI",
  variable: "tasmin",
  tail: LOWER_TAIL,
  season: "cold",
  companions: [
    {
      name: "CW12",
      unit: "d",
      isDayCount: true,
      compute: (values, yearStart, years, out) => daysAtMost(values, SEVERE_DAY_DEGC, yearStart, years, out),
    },
    { name: "TNn", unit: "degC", isDayCount: false, compute: yearlyMinimum },
  ],
  extreme: "TNn",
};

/** Cold wave by other numbers or ways of counting than the product's. */
export function makeColdWave(methods: RiskMethods, settings: SpellSettings): RiskDefinition {
  return makeSpellRisk(COLD_WAVE, methods, settings);
}

export const coldWave = publishRisk("cold_wave", data, (numbers) => makeColdWave(numbers, DEFAULT_SPELL_SETTINGS));
