// Water stress as Aqueduct defines it: withdrawal over renewable supply.

/** Beyond this a ratio says no more than that there is not enough. */
export const HIGHEST_STRESS = 10;

/** Depths of water a year [m] under which a place is arid and little used: Aqueduct 4.0, notebook of step 3. */
const ARID_SUPPLY_M = 0.03;
const LOW_USE_M = 0.012;

/**
 * Water stress.
 *
 * Inputs: withdrawal W and supply S, not negative, in one unit. Output: WS [1], 0..10.
 * Definition: WS = W/S, Kuzma et al. 2023, Aqueduct 4.0 (World Resources Institute), baseline water stress; held at 10;
 *   10 where S = 0 and W > 0, 0 where W = 0.
 * Missing data: NaN gives NaN.
 */
export function waterStress(withdrawal: number, supply: number): number {
  if (withdrawal === 0) return supply * 0;
  if (supply === 0) return withdrawal * 0 + HIGHEST_STRESS;
  return Math.min(HIGHEST_STRESS, withdrawal / supply);
}

/** Whether a place is arid and little used: `withdrawal` and `supply` [m3 yr-1] of `area` [m2]. */
export function isAridLowUse(withdrawal: number, supply: number, area: number): boolean {
  return supply < ARID_SUPPLY_M * area && withdrawal < LOW_USE_M * area;
}
