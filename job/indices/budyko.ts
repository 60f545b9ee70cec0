// How rain divides into evaporation and runoff over many years: Fu's form of the Budyko curve.

/**
 * Runoff by Fu's curve.
 *
 * Inputs: rain P, potential evapotranspiration E0 [mm yr-1], both not negative; omega w [1], above 1.
 * Output: runoff R [mm yr-1], between 0 and P.
 * Definition: E/P = 1 + phi - (1 + phi^w)^(1/w), phi = E0/P; R = P - E. Fu 1981 in Zhang et al. 2004, Water Resources
 *   Research 40, W02502, eq. 10. Written as R = P ((1 + phi^w)^(1/w) - phi), which keeps its digits where little runs off.
 * Missing data: NaN gives NaN. P = 0 gives 0, E0 = 0 gives P. Departures: none; the law is one of long-term means.
 */
export function fuRunoff(rain: number, evapotranspiration: number, omega: number): number {
  if (rain === 0) return evapotranspiration * 0;
  const phi = evapotranspiration / rain;
  // For phi > 1, (1 + phi^w)^(1/w) - phi = phi ((1 + phi^-w)^(1/w) - 1), without a difference of large numbers.
  const share = phi > 1 ? phi * Math.expm1(Math.log1p(phi ** -omega) / omega) : (1 + phi ** omega) ** (1 / omega) - phi;
  return rain * share;
}
