// From a year's heaviest rain to the water on the land beside a river, for a catchment known by a few numbers. Every
// step is monotone, so that a depth has exactly one rain.
import { rainOfRunoff, retention, runoffOfRain, wetCurveNumber } from "./curveNumberRunoff.ts";
import { LONGEST_STORM_HOURS } from "./stormRain.ts";

const SHORTEST_STORM_HOURS = 1;

/** Manning's n of a natural channel and of a floodplain with scattered brush (Chow 1959, Open-Channel Hydraulics, table 5-6). */
const CHANNEL_ROUGHNESS = 0.035;
const FLOODPLAIN_ROUGHNESS = 0.1;
/** Exponent of the depth in Manning's equation for a wide section. */
const MANNING_EXPONENT = 5 / 3;

/** Triangular unit hydrograph with the peak rate factor 484, in m3/s per km2 and mm (NEH 630, chapter 16, eq. 16-1). */
const PEAK_RATE = 0.2083;
const LAG_SHARE = 0.6;

const RATING_STEPS = 50;
const RATING_PRECISION = 1e-13;

export interface Catchment {
  /** km2 */
  readonly upstreamArea: number;
  /** km */
  readonly channelLength: number;
  /** m/m, above 0 */
  readonly channelSlope: number;
  /** [1] of average moisture */
  readonly curveNumber: number;
}

/** What rain of the critical duration becomes in a catchment's river, whatever the banks are. */
export interface RiverResponse {
  /** h */
  readonly stormHours: number;
  /** [1] rain of the whole catchment over rain of the cell */
  readonly arealReduction: number;
  /** mm, of wet ground */
  readonly retained: number;
  /** m3/s for each mm of runoff */
  readonly peakPerRunoff: number;
}

/** A river whose bankfull discharge is that of its 2-year rain, and its floodplain. */
export interface River {
  /** m3/s of m^(5/3) of depth: of the channel, and of the floodplain above the banks */
  readonly channelConveyance: number;
  readonly floodplainConveyance: number;
  /** m */
  readonly bankfullDepth: number;
}

/**
 * Length of the main channel of a catchment.
 *
 * Inputs: upstreamArea A [km2].
 * Output: L [km].
 * Definition: L = 1.27 A^0.6, Hack's law with its coefficient in km. Hack 1957, USGS Professional Paper 294-B.
 * Missing data: NaN gives NaN.
 */
export function hackChannelLength(upstreamArea: number): number {
  return 1.27 * upstreamArea ** 0.6;
}

/**
 * Time of concentration of a catchment.
 *
 * Inputs: length L [km]; slope S [m/m] > 0.
 * Output: t_c [h].
 * Definition: t_c = 0.0663 L^0.77 S^-0.385. Kirpich 1940, Civil Engineering 10(6), 362, in metric units.
 * Missing data: NaN gives NaN.
 */
function timeOfConcentration(length: number, slope: number): number {
  return 0.0663 * length ** 0.77 * slope ** -0.385;
}

/**
 * Rain of a whole catchment over rain at a point of it.
 *
 * Inputs: hours t [h]; area A [km2].
 * Output: the areal reduction factor [1].
 * Definition: 1 - exp(-1.1 t^0.25) + exp(-1.1 t^0.25 - 0.00386 A): Leclerc and Schaake 1972 for the curves of US Weather
 *   Bureau Technical Paper 29, with 0.01 per square mile in km2. Not made for more than 1,000 km2.
 * Missing data: NaN gives NaN.
 */
export function arealReduction(hours: number, area: number): number {
  const decay = 1.1 * hours ** 0.25;
  return 1 - Math.exp(-decay) + Math.exp(-decay - 0.00386 * area);
}

/**
 * How a catchment turns rain into a flood peak.
 *
 * Inputs: a Catchment.
 * Output: its RiverResponse.
 * Definition: storm of the critical duration t_d = t_c held inside 1 to 120 h; areal reduction for it; curve number of wet
 *   ground; peak q = 0.2083 A Q / (t_d / 2 + 0.6 t_c), NEH 630, chapter 16, eqs. 16-1 and 16-7.
 * Missing data: NaN gives NaN.
 */
export function riverResponse({ upstreamArea, channelLength, channelSlope, curveNumber }: Catchment): RiverResponse {
  const hours = timeOfConcentration(channelLength, channelSlope);
  const stormHours = Math.min(LONGEST_STORM_HOURS, Math.max(SHORTEST_STORM_HOURS, hours));
  return {
    stormHours,
    arealReduction: arealReduction(stormHours, upstreamArea),
    retained: retention(wetCurveNumber(curveNumber)),
    peakPerRunoff: (PEAK_RATE * upstreamArea) / (stormHours / 2 + LAG_SHARE * hours),
  };
}

/**
 * Flood peak of a rain.
 *
 * Inputs: rain [mm] at the cell, of the critical duration; response.
 * Output: q [m3 s-1].
 * Definition: areal reduction, runoff (curveNumberRunoff.ts), peak per runoff. Missing data: NaN gives NaN.
 */
export function peakOfRain(rain: number, { arealReduction, peakPerRunoff, retained }: RiverResponse): number {
  return peakPerRunoff * runoffOfRain(arealReduction * rain, retained);
}

/**
 * A river that its own past has shaped.
 *
 * Inputs: bankfull Q2 [m3 s-1] > 0, the peak of the base period's 2-year rain; slope S [m/m]; floodplainWidth [m], or null
 *   for four times the channel's.
 * Output: a River.
 * Definition: width w = 7.2 Q2^0.5 (Andreadis, Schumann and Pavelsky 2013, Water Resources Research 49, 7164-7168);
 *   bankfull depth h_b = (n Q2 / (w sqrt(S)))^0.6, Manning's equation for a wide rectangle.
 * Missing data: NaN gives NaN.
 */
export function makeRiver(bankfull: number, slope: number, floodplainWidth: number | null): River {
  const width = 7.2 * Math.sqrt(bankfull);
  const fall = Math.sqrt(slope);
  return {
    channelConveyance: (fall / CHANNEL_ROUGHNESS) * width,
    floodplainConveyance: (fall / FLOODPLAIN_ROUGHNESS) * (floodplainWidth ?? 4 * width),
    bankfullDepth: ((CHANNEL_ROUGHNESS * bankfull) / (width * fall)) ** (1 / MANNING_EXPONENT),
  };
}

/**
 * Discharge at a stage.
 *
 * Inputs: stage h [m] above the bed; river.
 * Output: q [m3 s-1].
 * Definition: Manning's equation for the channel and, above the banks, the floodplain: K_c h^(5/3) + K_f (h - h_b)^(5/3).
 * Missing data: NaN gives NaN.
 */
export function dischargeAtStage(
  stage: number,
  { bankfullDepth, channelConveyance, floodplainConveyance }: River,
): number {
  const above = Math.max(0, stage - bankfullDepth);
  return channelConveyance * stage ** MANNING_EXPONENT + floodplainConveyance * above ** MANNING_EXPONENT;
}

/**
 * Stage of a discharge.
 *
 * Inputs: discharge q [m3 s-1] >= 0; river.
 * Output: h [m] above the bed, to 1e-13 of it.
 * Definition: the inverse of dischargeAtStage; above the banks by Newton's method from the stage of the channel alone, which
 *   is never too low: the rating is convex, so the steps only go down.
 * Missing data: NaN gives NaN.
 */
export function stageOfDischarge(discharge: number, river: River): number {
  const { bankfullDepth, channelConveyance, floodplainConveyance } = river;
  let stage = (discharge / channelConveyance) ** (1 / MANNING_EXPONENT);
  if (!(stage > bankfullDepth)) return stage;
  for (let step = 0; step < RATING_STEPS; step++) {
    const above = Math.max(0, stage - bankfullDepth);
    const slope =
      MANNING_EXPONENT *
      (channelConveyance * stage ** (MANNING_EXPONENT - 1) + floodplainConveyance * above ** (MANNING_EXPONENT - 1));
    const change = (dischargeAtStage(stage, river) - discharge) / slope;
    stage -= change;
    if (Math.abs(change) <= RATING_PRECISION * stage) break;
  }
  return stage;
}

/**
 * Rain that floods a place to a depth.
 *
 * Inputs: depth [m] >= 0; heightAboveDrainage [m] of the place above the banks; river; response.
 * Output: rain [mm] at the cell, of the critical duration: any more, and the water is deeper.
 * Definition: stage h_b + HAND + depth, its discharge, its runoff, its rain.
 * Missing data: NaN gives NaN.
 */
export function rainOfFloodDepth(
  depth: number,
  heightAboveDrainage: number,
  river: River,
  { arealReduction, peakPerRunoff, retained }: RiverResponse,
): number {
  const discharge = dischargeAtStage(river.bankfullDepth + heightAboveDrainage + depth, river);
  return rainOfRunoff(discharge / peakPerRunoff, retained) / arealReduction;
}

/**
 * Water above ground beside a river.
 *
 * Inputs: rain [mm] at the cell, of the critical duration; heightAboveDrainage [m]; river; response.
 * Output: depth [m] >= 0, without protection.
 * Definition: max(0, h - h_b - HAND) at the stage h of the rain's peak (height above nearest drainage: Nobre et al. 2011,
 *   J. Hydrology 404, 13-29). Missing data: NaN gives NaN.
 */
export function floodDepthOfRain(
  rain: number,
  heightAboveDrainage: number,
  river: River,
  response: RiverResponse,
): number {
  const stage = stageOfDischarge(peakOfRain(rain, response), river);
  return Math.max(0, stage - river.bankfullDepth - heightAboveDrainage);
}
