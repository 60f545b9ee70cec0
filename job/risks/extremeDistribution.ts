// The law of a year's highest value, and what follows from it: exceedance probabilities, return levels, how sure they
// are.
import { gevExceedance, gevReturnLevel, reducedLevel } from "../numerics/gev.ts";

/** The law of a year's highest value. */
export interface ExtremeLaw {
  /** Share of years without any (rain): they are at 0 exactly. The rest follows the GEV. */
  readonly zeroShare: number;
  /** In the unit of the values; scale 0 is a step at the location. */
  readonly location: number;
  readonly scale: number;
  /** k [1] of Hosking's sign, 0 for Gumbel */
  readonly shape: number;
  /** Values behind it. */
  readonly values: number;
}

/**
 * Probability that a year exceeds a value.
 *
 * Inputs: law; x [unit of the law].
 * Output: P(X > x) [1].
 * Definition: 1 below 0 where years have none; else (1 - zeroShare) times that of numerics/gev.ts.
 * Missing data: NaN gives NaN.
 */
export function exceedance({ location, scale, shape, zeroShare }: ExtremeLaw, x: number): number {
  if (zeroShare > 0 && x < 0) return 1;
  const share = 1 - zeroShare;
  if (scale === 0) return Number.isNaN(x) ? Number.NaN : x < location ? share : 0;
  return share * gevExceedance(x, location, scale, shape);
}

/**
 * Level that a year exceeds with probability 1/T.
 *
 * Inputs: law; returnPeriod T [years] > 1.
 * Output: x_T [unit of the law].
 * Definition: 0 where (1 - zeroShare) T <= 1, else the GEV's level of (1 - zeroShare) T years, which is the inverse of
 *   exceedance. Missing data: none in a law.
 */
export function levelOf({ location, scale, shape, zeroShare }: ExtremeLaw, returnPeriod: number): number {
  const ofPositive = (1 - zeroShare) * returnPeriod;
  if (ofPositive <= 1) return 0;
  return scale === 0 ? location : gevReturnLevel(ofPositive, location, scale, shape);
}

/**
 * Standard error of a return level.
 *
 * Inputs: law; returnPeriod T [years] > 1.
 * Output: sd [unit of the law].
 * Definition: sqrt((a^2 / n) (1.1128 + 0.4574 y + 0.8046 y^2)), y = -ln(-ln(1 - 1/T)): a Gumbel quantile by L-moments in
 *   large samples (Phien 1987, J. Hydrology 90, 251-268); for a GEV whose shape is known about right, else too small.
 * Missing data: none in a law.
 */
export function levelDeviation({ scale, values, zeroShare }: ExtremeLaw, returnPeriod: number): number {
  const ofPositive = (1 - zeroShare) * returnPeriod;
  if (ofPositive <= 1) return 0;
  const y = reducedLevel(ofPositive);
  const positive = (1 - zeroShare) * values;
  return scale * Math.sqrt((1.1128 + 0.4574 * y + 0.8046 * y * y) / positive);
}
