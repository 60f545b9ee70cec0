// Heat, cold, drought and wildfire as the predecessor computed them: a provider's indices, and its own fire index.

import type { CellInput } from "../riskDefinition.ts";
import { monthlyTotalsOfMeans } from "../waterBalance.ts";
import { fromEdge, type Intensities, type PredecessorRisk } from "./predecessorRisk.ts";

/** The lowest of its fire classes. A value below is in none of the classes, and its code then took the last. */
const LOWEST_FIRE_CLASS = 11.2;

export const predecessorHeat: PredecessorRisk = {
  risk: "high_temperature",
  longName: "High temperature",
  intensity: "WSDI",
  read: (input, edges) => yearlyOf(input, "WSDI", fromEdge(edges)),
};

export const predecessorCold: PredecessorRisk = {
  risk: "cold_wave",
  longName: "Cold wave",
  intensity: "CSDI",
  read: (input, edges) => yearlyOf(input, "CSDI", fromEdge(edges)),
};

export const predecessorDrought: PredecessorRisk = {
  risk: "drought",
  longName: "Drought",
  intensity: "-SPEI12",
  read({ axis, monthly }, edges) {
    const spei = monthly.get("SPEI12");
    if (spei === undefined) return "noInput";
    return { firstYear: axis.firstYear, values: spei.map((value) => -value), perYear: 12, binOf: fromEdge(edges) };
  },
};

export const predecessorWildfire: PredecessorRisk = {
  risk: "wildfire",
  longName: "Wildfire",
  intensity: "fire index of the predecessor",
  read({ axis, monthly }, edges) {
    const [tas, hurs, wind, rain] = (["tas", "hurs", "sfcWind", "pr"] as const).map((name) => monthly.get(name));
    if (tas === undefined || hurs === undefined || wind === undefined || rain === undefined) return "noInput";
    const fallen = new Float64Array(rain.length);
    monthlyTotalsOfMeans(rain, axis, fallen);
    const values = fallen.map((mm, month) => fireIndex(tas[month]!, hurs[month]!, wind[month]!, mm));
    const last = edges.length;
    const within = fromEdge(edges);
    return {
      firstYear: axis.firstYear,
      values,
      perYear: 12,
      binOf: (value) => (value < LOWEST_FIRE_CLASS ? last : within(value)),
    };
  },
};

/**
 * The predecessor's fire index, which it called FWI and which is not the Canadian one.
 *
 * Inputs: mean temperature [degC], relative humidity [%], wind [m s-1] and rain [mm] of a month. Output: [1], not below 0.
 * Definition: (1 - RHM/100) 0.5 (WS + 1) exp(0.05 (TA - 10)) exp(-0.001 RN). Missing data: NaN gives NaN.
 */
export function fireIndex(temperature: number, humidity: number, wind: number, rain: number): number {
  const dryness = (1 - humidity / 100) * 0.5 * (wind + 1);
  return Math.max(0, dryness * Math.exp(0.05 * (temperature - 10)) * Math.exp(-0.001 * rain));
}

function yearlyOf({ axis, yearly }: CellInput, variable: "WSDI" | "CSDI", binOf: Intensities["binOf"]) {
  const values = yearly.get(variable);
  return values === undefined ? "noInput" : { firstYear: axis.firstYear, values, perYear: 1 as const, binOf };
}
