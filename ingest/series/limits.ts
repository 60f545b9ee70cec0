// What values of a variable are accepted, and which are changed on reading: noise of packing, humidity above saturation.
import { VARIABLES, type Variable } from "../../model/variables.ts";

export interface Limits {
  /** Values outside are no measurement. */
  readonly min: number;
  readonly max: number;
  /** Values from -noise to before 0 become 0: packing and interpolation leave them. */
  readonly noise: number;
  /** Larger values become this. */
  readonly most: number;
}

const NOISE: ReadonlyMap<Variable, number> = new Map([
  ["pr", 0.01],
  ["evspsblpot", 0.01],
  ["mrro", 0.01],
  ["sfcWind", 0.05],
  // m3 in a year
  ["withdrawal", 1],
]);
const SATURATED: ReadonlyMap<Variable, number> = new Map([
  ["hurs", 100],
  ["hursmin", 100],
]);

export function limitsOf(variable: Variable): Limits {
  const { plausibleMin: min, plausibleMax: max } = VARIABLES[variable];
  return { min, max, noise: NOISE.get(variable) ?? 0, most: SATURATED.get(variable) ?? Number.POSITIVE_INFINITY };
}

/** What to do about a value below zero that no unit makes right; undefined where units may be wrong. */
export function hintSign(variable: Variable, value: number): string | undefined {
  if (variable !== "evspsblpot" || !(value < 0)) return undefined;
  return "Perhaps it counts evaporation as negative, as ECMWF does: then change the sign in the file.";
}
