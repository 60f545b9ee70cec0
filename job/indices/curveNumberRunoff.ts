// Runoff of a rain by the curve number method of the Soil Conservation Service, and the rain that a runoff needs.
// Which curve number a place has, and what becomes of the runoff, is the risks'.

/** Curve numbers outside are none: below all rain would seep away, above the ground would be glass. */
export const LOWEST_CURVE_NUMBER = 30;
export const HIGHEST_CURVE_NUMBER = 98;

/** Share of the retention that is lost before any runoff. */
const INITIAL_ABSTRACTION = 0.2;
const MM_PER_INCH = 25.4;

/**
 * Curve number of wet ground.
 *
 * Inputs: curveNumber CN [1], 30 to 98, of average antecedent moisture (AMC II).
 * Output: CN of antecedent moisture condition III [1].
 * Definition: CN3 = 23 CN / (10 + 0.13 CN). Chow, Maidment and Mays 1988, Applied Hydrology, eq. 5.5.8.
 * Missing data: NaN gives NaN.
 */
export function wetCurveNumber(curveNumber: number): number {
  return (23 * curveNumber) / (10 + 0.13 * curveNumber);
}

/**
 * Potential maximum retention of a curve number.
 *
 * Inputs: curveNumber CN [1].
 * Output: S [mm].
 * Definition: S = 1000 / CN - 10 inches. USDA NRCS, National Engineering Handbook 630, chapter 10, eq. 10-13.
 * Missing data: NaN gives NaN.
 */
export function retention(curveNumber: number): number {
  return MM_PER_INCH * (1000 / curveNumber - 10);
}

/**
 * Runoff of a storm.
 *
 * Inputs: rain P [mm] >= 0; retention S [mm].
 * Output: Q [mm].
 * Definition: Q = (P - 0.2 S)^2 / (P + 0.8 S) where P > 0.2 S, else 0. NEH 630, chapter 10, eq. 10-11.
 * Missing data: NaN gives NaN.
 */
export function runoffOfRain(rain: number, retained: number): number {
  const excess = rain - INITIAL_ABSTRACTION * retained;
  return excess <= 0 ? 0 : (excess * excess) / (excess + retained);
}

/**
 * Rain that a runoff needs.
 *
 * Inputs: runoff Q [mm] >= 0; retention S [mm].
 * Output: P [mm], the largest with that runoff: 0.2 S for Q = 0.
 * Definition: the inverse of runoffOfRain: P = 0.2 S + (Q + sqrt(Q^2 + 4 Q S)) / 2.
 * Missing data: NaN gives NaN.
 */
export function rainOfRunoff(runoff: number, retained: number): number {
  return INITIAL_ABSTRACTION * retained + (runoff + Math.sqrt(runoff * runoff + 4 * runoff * retained)) / 2;
}
