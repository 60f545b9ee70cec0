// The closed list of the nine risks, by the ids that the result tables have always carried (`risk_type`).
// What a risk needs and how it is computed stands in job/risks.

export const RISKS = [
  "coastal_flood",
  "cold_wave",
  "drought",
  "high_temperature",
  "inland_flood",
  "typhoon",
  "urban_flood",
  "water_scarcity",
  "wildfire",
] as const;

export type Risk = (typeof RISKS)[number];

/** Risks that read the record of storms, and so pin it. */
export const STORM_RISKS: readonly Risk[] = ["typhoon"];

/** Risks that read sea levels, their rise and the sea's ways, and so pin them. */
export const SEA_RISKS: readonly Risk[] = ["coastal_flood"];
