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
