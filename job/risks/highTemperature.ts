// High temperature: warm spells by the base period's own thresholds (WSDI), hot days and yearly maxima beside them.

import { yearlyMaximum } from "../indices/blockMaxima.ts";
import { daysAtLeast } from "../indices/dayCounts.ts";
import { UPPER_TAIL } from "../indices/windowTops.ts";
import data from "./highTemperature.json" with { type: "json" };
import { publishRisk, type RiskMethods } from "./methodSet.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { DEFAULT_SPELL_SETTINGS, makeSpellRisk, type SpellRisk, type SpellSettings } from "./spellRisk.ts";
import type { YearlyCompanion } from "./spellYears.ts";

/** Thresholds of the Korea Meteorological Administration's heat advisory and warning. */
const HOT_DAY_DEGC = 33;
const VERY_HOT_DAY_DEGC = 35;

export const HIGH_TEMPERATURE: SpellRisk = {
  risk: "high_temperature",
  longName: "High temperature",
  intensity: "WSDI",
  variable: "tasmax",
  tail: UPPER_TAIL,
  season: "warm",
  companions: [
    hotDays("HD33", HOT_DAY_DEGC),
    hotDays("HD35", VERY_HOT_DAY_DEGC),
    { name: "TXx", unit: "degC", isDayCount: false, compute: yearlyMaximum },
  ],
  extreme: "TXx",
};

/** High temperature by other numbers or ways of counting than the product's. */
export function makeHighTemperature(methods: RiskMethods, settings: SpellSettings): RiskDefinition {
  return makeSpellRisk(HIGH_TEMPERATURE, methods, settings);
}

export const highTemperature = publishRisk("high_temperature", data, (numbers) =>
  makeHighTemperature(numbers, DEFAULT_SPELL_SETTINGS),
);

function hotDays(name: string, threshold: number): YearlyCompanion {
  return {
    name,
    unit: "d",
    isDayCount: true,
    compute: (values, yearStart, years, out) => daysAtLeast(values, threshold, yearStart, years, out),
  };
}
