// The two calculations, and the words people type to ask for one, the other or both.

export const CALCULATIONS = ["probability", "hazard"] as const;
export type Calculation = (typeof CALCULATIONS)[number];

export const CALCULATION_REQUESTS = ["probability", "hazard", "all"] as const;
export type CalculationRequest = (typeof CALCULATION_REQUESTS)[number];

export const METHODS = ["published", "predecessor"] as const;
export type Methods = (typeof METHODS)[number];

export function calculationsOf(request: CalculationRequest): readonly Calculation[] {
  return request === "all" ? CALCULATIONS : [request];
}
