// The closed list of the nine risks, by the ids that the result tables have always carried (`risk_type`).
// What a risk needs and how it is computed stands in job/risks.
import type { Methods } from "./calculations.ts";

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

/** Whether a batch reads sea levels, their rise and the sea's ways, and so pins them: the predecessor knew none of these. */
export function readsSea({ methods, risks }: { readonly methods: Methods; readonly risks: readonly Risk[] }): boolean {
  return methods === "published" && risks.includes("coastal_flood");
}
