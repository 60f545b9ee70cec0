// The two calculations, and the words people type to ask for one, the other or both.

export const CALCULATIONS = ["probability", "hazard"] as const;
export type Calculation = (typeof CALCULATIONS)[number];

export const CALCULATION_REQUESTS = ["probability", "hazard", "all"] as const;
export type CalculationRequest = (typeof CALCULATION_REQUESTS)[number];

export const METHODS = ["published", "predecessor"] as const;
export type Methods = (typeof METHODS)[number];

/** Grows when the same input gives other results; docs/validation.md says by how much. */
export const METHODS_VERSIONS: Readonly<Record<Methods, number>> = { published: 2, predecessor: 1 };

export function calculationsOf(request: CalculationRequest): readonly Calculation[] {
  return request === "all" ? CALCULATIONS : [request];
}
