// Reference evapotranspiration after FAO-56 Penman-Monteith, from means over a day or a month.
// Which of the formulas of evapotranspiration a risk uses is the risk's choice.

const KELVIN = 273.16;
/** Stefan-Boltzmann constant [MJ K-4 m-2 d-1]. */
const STEFAN_BOLTZMANN = 4.903e-9;
const ALBEDO = 0.23;

/** What the air and the sun are like, as means over the time step. */
export interface ReferenceWeather {
  /** [degC] of the daily extremes */
  readonly highest: number;
  readonly lowest: number;
  /** [kPa] actual vapour pressure */
  readonly vapourPressure: number;
  /** [m s-1] at 2 m */
  readonly wind: number;
  /** [MJ m-2 d-1] shortwave at the ground, and at the top of the atmosphere */
  readonly radiation: number;
  readonly extraterrestrial: number;
  /** [m] above sea level */
  readonly altitude: number;
  /** [MJ m-2 d-1] into the soil */
  readonly soilHeat: number;
}

/** Saturation vapour pressure [kPa] at a temperature [degC]; Allen et al. (1998) Eq. 11. */
export function saturationPressure(temperature: number): number {
  return 0.6108 * Math.exp((17.27 * temperature) / (temperature + 237.3));
}

/** Wind at 2 m [m s-1] from that at 10 m over grass; Allen et al. (1998) Eq. 47. */
export function windAtTwoMetres(windAtTen: number): number {
  return (windAtTen * 4.87) / Math.log(67.8 * 10 - 5.42);
}

/**
 * Reference evapotranspiration ET0.
 *
 * Inputs: `weather`: see ReferenceWeather. Output: ET0 [mm d-1].
 * Definition: Allen et al. (1998), FAO Irrigation and Drainage Paper 56, Eq. 6: (0.408 D (Rn - G) + g 900/(T + 273) u2 (es -
 *   ea)) / (D + g (1 + 0.34 u2)); pressure and g by Eq. 7 and 8, es Eq. 12, D Eq. 13, clear sky Eq. 37, Rns Eq. 38, Rnl Eq. 39.
 * Missing data: NaN gives NaN. Departures: none; the relative shortwave radiation is held at 1.
 */
export function penmanMonteith(weather: ReferenceWeather): number {
  const { altitude, extraterrestrial, highest, lowest, radiation, soilHeat, vapourPressure, wind } = weather;
  const mean = (highest + lowest) / 2;
  const saturated = (saturationPressure(highest) + saturationPressure(lowest)) / 2;
  const slope = (4098 * saturationPressure(mean)) / (mean + 237.3) ** 2;
  const pressure = 101.3 * ((293 - 0.0065 * altitude) / 293) ** 5.26;
  const psychrometric = 0.000665 * pressure;
  const clearSky = (0.75 + 2e-5 * altitude) * extraterrestrial;
  const cloudiness = 1.35 * Math.min(1, radiation / clearSky) - 0.35;
  const warmth = ((highest + KELVIN) ** 4 + (lowest + KELVIN) ** 4) / 2;
  const longwave = STEFAN_BOLTZMANN * warmth * (0.34 - 0.14 * Math.sqrt(vapourPressure)) * cloudiness;
  const net = (1 - ALBEDO) * radiation - longwave;
  const dryness = (psychrometric * 900 * wind * (saturated - vapourPressure)) / (mean + 273);
  return (0.408 * slope * (net - soilHeat) + dryness) / (slope + psychrometric * (1 + 0.34 * wind));
}
