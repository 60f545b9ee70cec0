// Wind around the eye of a storm by distance from it: four models of the profile, each from the central pressure, the radius
// of maximum wind or the highest wind at an hourly node. The motion of the storm and the maximum over time are windField.ts's.
import { PA_PER_HPA } from "../../model/units.ts";
import type { TrackNodes } from "./trackPreparation.ts";

/** Holland 2008 (the product's), Holland et al. 2010, Holland 1980, Emanuel and Rotunno 2011. */
export const WIND_MODELS = ["H08", "H10", "H1980", "ER11"] as const;
export type WindModel = (typeof WIND_MODELS)[number];
export const DEFAULT_WIND_MODEL: WindModel = "H08";

const AIR_DENSITY = 1.15;
const EARTH_ROTATION = 7.29e-5;
const RADIANS_PER_DEGREE = Math.PI / 180;
const METRES_PER_KM = 1000;

/** Holland's b: at the surface 0.9^2 of the gradient wind's 1 to 2.5. */
const SMALLEST_B = 1;
const LARGEST_B = 2.5;
const SURFACE_SHARE = 0.9;

/** Where H10 takes the outer profile to be known: 17 m s-1 at 300 km. */
const OUTER_M = 300_000;
const OUTER_WIND = 17;
const INNER_EXPONENT = 0.5;
const SMALLEST_EXPONENT = 0.4;
/** The bounds of winds, made a little wider than they can round to. */
const ROUNDING = 1 + 1e-12;

/** What the profiles need of a storm's nodes; all arrays [nodes]. */
export interface VortexNodes {
  readonly cosLatitude: Float64Array;
  /** s-1, positive */
  readonly coriolis: Float64Array;
  /** Pa */
  readonly deficit: Float64Array;
  /** m */
  readonly radius: Float64Array;
  /** Holland's b [1] */
  readonly b: Float64Array;
  /** m s-1: the model's wind at the radius of maximum wind */
  readonly peak: Float64Array;
  /** Exponent of H10 at 300 km */
  readonly outerExponent: Float64Array;
  /** m s-1, of translation */
  readonly speed: Float64Array;
  /** m s-1: no place sees more */
  readonly highest: Float64Array;
}

/** Wind [m s-1] of a node's vortex at a distance [m] greater than 0, at most 300 km. */
export type Profile = (vortex: VortexNodes, node: number, metres: number) => number;

interface Model {
  readonly profile: Profile;
  /** The pressure term holds the motion already: it is taken out of the vortex's wind before it is added as a vector. */
  readonly motionWithin: boolean;
  readonly fill: (vortex: VortexNodes, nodes: TrackNodes, node: number) => void;
}

export const PROFILES: Readonly<Record<WindModel, Model>> = {
  H08: { profile: holland, motionWithin: true, fill: fillHolland2008 },
  H10: { profile: holland2010, motionWithin: true, fill: fillHolland2010 },
  H1980: { profile: reducedHolland, motionWithin: false, fill: fillHolland1980 },
  ER11: { profile: emanuelRotunno, motionWithin: false, fill: fillEmanuelRotunno },
};

export function makeVortexNodes(nodes: TrackNodes, model: WindModel): VortexNodes {
  const make = () => new Float64Array(nodes.count);
  const vortex = {
    cosLatitude: make(),
    coriolis: make(),
    deficit: make(),
    radius: make(),
    b: make(),
    peak: make(),
    outerExponent: make(),
    speed: make(),
    highest: make(),
  };
  for (let i = 0; i < nodes.count; i++) {
    const latitude = nodes.latitude[i]! * RADIANS_PER_DEGREE;
    vortex.cosLatitude[i] = Math.cos(latitude);
    vortex.coriolis[i] = 2 * EARTH_ROTATION * Math.sin(Math.abs(latitude));
    vortex.deficit[i] = (nodes.environmentPressure[i]! - nodes.pressure[i]!) * PA_PER_HPA;
    vortex.radius[i] = nodes.radius[i]! * METRES_PER_KM;
    vortex.speed[i] = Math.hypot(nodes.translationNorth[i]!, nodes.translationEast[i]!);
    PROFILES[model].fill(vortex, nodes, i);
  }
  return vortex;
}

/**
 * Holland's b of the surface wind.
 *
 * Inputs: deficit dp [hPa]; tendency of the central pressure [hPa h-1]; latitude [degrees]; speed of translation v_t [m s-1].
 * Output: b [1] in 0.81 to 2.025.
 * Definition: b = -4.4e-5 dp^2 + 0.01 dp + 0.03 dp_c/dt - 0.014 |lat| + 0.15 v_t^x + 1, x = 0.6 (1 - dp/215): Holland (2008),
 *   doi:10.1175/2008MWR2395.1, eq. 11, for the wind sustained for one minute at 10 m. Missing data: NaN gives NaN.
 */
export function hollandB(deficit: number, tendency: number, latitude: number, speed: number): number {
  const x = 0.6 * (1 - deficit / 215);
  const b =
    -4.4e-5 * deficit ** 2 + 0.01 * deficit + 0.03 * tendency - 0.014 * Math.abs(latitude) + 0.15 * speed ** x + 1;
  const square = SURFACE_SHARE ** 2;
  return Math.min(Math.max(b, SMALLEST_B * square), LARGEST_B * square);
}

/**
 * Holland's profile.
 *
 * Inputs: vortex with b, deficit dp [Pa], radius R [m], coriolis f [s-1]; node; distance r [m].
 * Output: wind [m s-1].
 * Definition: V = sqrt(b/rho (R/r)^b dp exp(-(R/r)^b) + (r f/2)^2) - r f/2, rho = 1.15 kg m-3: Holland (1980),
 *   doi:10.1175/1520-0493(1980)108<1212:AAMOTW>2.0.CO;2, eq. 4. Missing data: none.
 */
function holland({ b, coriolis, deficit, radius }: VortexNodes, node: number, metres: number): number {
  const z = (radius[node]! / metres) ** b[node]!;
  const turning = 0.5 * metres * coriolis[node]!;
  return Math.sqrt((b[node]! / AIR_DENSITY) * z * deficit[node]! * Math.exp(-z) + turning * turning) - turning;
}

/** Holland's profile of the gradient wind, nine tenths of which are found at the surface. */
function reducedHolland(vortex: VortexNodes, node: number, metres: number): number {
  return SURFACE_SHARE * holland(vortex, node, metres);
}

/**
 * Profile of Holland, Belanger and Fritz (2010), doi:10.1175/2010MWR3317.1, eqs. 6 and 10.
 *
 * Inputs: vortex with b, peak v_m [m s-1], radius R [m], outer exponent x_n; node; distance r [m].
 * Output: wind [m s-1].
 * Definition: V = v_m (z e^(1-z))^x, z = (R/r)^b; x = 0.5 to R, then linear in r to x_n at 300 km, not below 0.4. Missing data: none.
 */
function holland2010({ b, outerExponent, peak, radius }: VortexNodes, node: number, metres: number): number {
  const R = radius[node]!;
  const z = (R / metres) ** b[node]!;
  const beyond = metres > R ? (metres - R) / (OUTER_M - R) : 0;
  const x = Math.max(SMALLEST_EXPONENT, INNER_EXPONENT + beyond * (outerExponent[node]! - INNER_EXPONENT));
  return peak[node]! * (z * Math.exp(1 - z)) ** x;
}

/**
 * Profile of Emanuel and Rotunno (2011), doi:10.1175/JAS-D-10-05024.1, eq. 36.
 *
 * Inputs: vortex with peak v_m [m s-1], radius R [m], coriolis f [s-1]; node; distance r [m].
 * Output: wind [m s-1].
 * Definition: V = M / r, M = (R v_m + f R^2/2) 2 q/(1 + q), q = (r/R)^2. Missing data: none.
 */
function emanuelRotunno({ coriolis, peak, radius }: VortexNodes, node: number, metres: number): number {
  const R = radius[node]!;
  const q = (metres / R) ** 2;
  const momentum = ((R * peak[node]! + 0.5 * coriolis[node]! * R * R) * 2 * q) / (1 + q);
  return momentum / metres;
}

function fillHolland2008(vortex: VortexNodes, nodes: TrackNodes, node: number): void {
  const { pressure, environmentPressure, latitude, stepHours } = nodes;
  const tendency = node === 0 ? 0 : (pressure[node]! - pressure[node - 1]!) / stepHours;
  const deficit = environmentPressure[node]! - pressure[node]!;
  const speed = vortex.speed[node]!;
  vortex.b[node] = hollandB(deficit, tendency, latitude[node]!, speed);
  vortex.peak[node] = Math.sqrt((vortex.b[node]! * vortex.deficit[node]!) / (AIR_DENSITY * Math.E));
  vortex.highest[node] = Math.max(vortex.peak[node]!, 2 * speed) * ROUNDING;
}

/** b and peak as in H08. */
function fillHolland2010(vortex: VortexNodes, nodes: TrackNodes, node: number): void {
  fillHolland2008(vortex, nodes, node);
  const outer = (vortex.radius[node]! / OUTER_M) ** vortex.b[node]!;
  vortex.outerExponent[node] = Math.log(OUTER_WIND / vortex.peak[node]!) / Math.log(outer * Math.exp(1 - outer));
}

/** B from the highest wind without the motion, brought to the gradient level. */
function fillHolland1980(vortex: VortexNodes, nodes: TrackNodes, node: number): void {
  const speed = vortex.speed[node]!;
  const gradient = Math.max(0, nodes.wind[node]! - speed) / SURFACE_SHARE;
  const b = (gradient ** 2 * Math.E * AIR_DENSITY) / vortex.deficit[node]!;
  vortex.b[node] = Math.min(Math.max(b, SMALLEST_B), LARGEST_B);
  vortex.peak[node] = SURFACE_SHARE * Math.sqrt((vortex.b[node]! * vortex.deficit[node]!) / (AIR_DENSITY * Math.E));
  vortex.highest[node] = (vortex.peak[node]! + speed) * ROUNDING;
}

function fillEmanuelRotunno(vortex: VortexNodes, nodes: TrackNodes, node: number): void {
  const speed = vortex.speed[node]!;
  vortex.peak[node] = nodes.wind[node]!;
  const turning = 0.5 * vortex.coriolis[node]! * vortex.radius[node]!;
  vortex.highest[node] = (vortex.peak[node]! + turning + speed) * ROUNDING;
}
