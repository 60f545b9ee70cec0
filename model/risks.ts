// The closed list of the risks, by the ids that the result tables have always carried (`risk_type`).

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
