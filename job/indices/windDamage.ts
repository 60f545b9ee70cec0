// Share of value that a storm's wind destroys. Which half-damage wind a region has is data of the risks.

/** m s-1: below it nothing breaks. */
export const HARMLESS_WIND = 25.7;

/**
 * Damage by wind.
 *
 * Inputs: wind v [m s-1, one minute]; half-damage wind v_half [m s-1], above 25.7.
 * Output: damage [1], 0 to 1.
 * Definition: D = w^3 / (1 + w^3), w = max(0, v - 25.7) / (v_half - 25.7): Emanuel (2011), doi:10.1175/WCAS-D-11-00007.1,
 *   eqs. 1 and 2. Missing data: NaN gives NaN.
 */
export function windDamage(wind: number, halfDamageWind: number): number {
  const cube = (Math.max(0, wind - HARMLESS_WIND) / (halfDamageWind - HARMLESS_WIND)) ** 3;
  return cube / (1 + cube);
}

/** Slope of windDamage [s m-1]: D' = 3 w^2 / (1 + w^3)^2 / (v_half - 25.7). */
export function windDamageSlope(wind: number, halfDamageWind: number): number {
  const width = halfDamageWind - HARMLESS_WIND;
  const w = Math.max(0, wind - HARMLESS_WIND) / width;
  return (3 * w * w) / (1 + w ** 3) ** 2 / width;
}
