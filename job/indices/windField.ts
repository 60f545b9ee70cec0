// The highest wind of a storm at a place: a vortex at each hourly node, its profile by one of four models, and the storm's
// own motion added. Which nodes a storm has is trackPreparation.ts's, which storms count the risk's.
import { KM_PER_DEGREE, type TrackNodes } from "./trackPreparation.ts";
import { makeVortexNodes, PROFILES, type Profile, type VortexNodes, type WindModel } from "./windProfiles.ts";

/** Beyond it no wind is given. */
export const REACH_KM = 300;
/** Nearer than this to the eye there is no direction. */
const NEAREST_M = 1;
const METRES_PER_KM = 1000;
const FULL_CIRCLE_DEGREES = 360;

/** A storm prepared for computing winds. */
export interface StormVortex {
  readonly nodes: TrackNodes;
  readonly vortex: VortexNodes;
  readonly profile: Profile;
  readonly motionWithin: boolean;
  /** -1 south of the equator, where the vortex turns clockwise */
  readonly turn: 1 | -1;
  /** degrees; no place outside is within reach of a node */
  readonly south: number;
  readonly north: number;
  readonly west: number;
  readonly east: number;
}

/** What a place sees of a storm. */
export interface WindSeen {
  /** m s-1 */
  wind: number;
  /** Node it came at; -1 for none. */
  node: number;
}

export function makeStormVortex(nodes: TrackNodes, model: WindModel): StormVortex {
  const { count, latitude, longitude } = nodes;
  const vortex = makeVortexNodes(nodes, model);
  const { profile, motionWithin } = PROFILES[model];
  let [south, north, west, east] = [Infinity, -Infinity, Infinity, -Infinity];
  let southern = 0;
  for (let i = 0; i < count; i++) {
    const beside = REACH_KM / (KM_PER_DEGREE * vortex.cosLatitude[i]!);
    south = Math.min(south, latitude[i]! - REACH_KM / KM_PER_DEGREE);
    north = Math.max(north, latitude[i]! + REACH_KM / KM_PER_DEGREE);
    west = Math.min(west, longitude[i]! - beside);
    east = Math.max(east, longitude[i]! + beside);
    if (latitude[i]! < 0) southern++;
  }
  const turn = southern > count - southern ? -1 : 1;
  return { nodes, vortex, profile, motionWithin, turn, south, north, west, east };
}

/**
 * Highest wind of a storm at a place.
 *
 * Inputs: storm; latitude, longitude [degrees]; `seen`, rewritten.
 * Output: seen.wind [m s-1, sustained for one minute at 10 m over open ground], 0 where no node is within 300 km.
 * Definition: at each node but the first the vector sum of the vortex's wind across the line from the eye, to its left in the
 *   north and to its right in the south, and of the translation times c = min(1, R/r); the largest of their lengths. The
 *   vortex's wind is lessened by c times the speed of translation where the model's pressure term holds the motion already
 *   (windProfiles.ts). r by degrees of 111.12 km, east by the cosine of the eye's latitude. No inflow angle, no roughness of land.
 * Missing data: none; a node within 1 m of the place is passed over.
 */
export function highestWind(storm: StormVortex, latitude: number, longitude: number, seen: WindSeen): void {
  seen.wind = 0;
  seen.node = -1;
  if (latitude < storm.south || latitude > storm.north) return;
  const middle = (storm.west + storm.east) / 2;
  const x = longitude - FULL_CIRCLE_DEGREES * Math.round((longitude - middle) / FULL_CIRCLE_DEGREES);
  if (x < storm.west || x > storm.east) return;
  const { nodes, vortex, profile, motionWithin, turn } = storm;
  const { cosLatitude, highest, speed } = vortex;
  for (let i = 1; i < nodes.count; i++) {
    const northKm = (latitude - nodes.latitude[i]!) * KM_PER_DEGREE;
    if (northKm > REACH_KM || northKm < -REACH_KM) continue;
    const eastKm = (x - nodes.longitude[i]!) * KM_PER_DEGREE * cosLatitude[i]!;
    const squareKm = northKm * northKm + eastKm * eastKm;
    if (squareKm > REACH_KM * REACH_KM || highest[i]! <= seen.wind) continue;
    const km = Math.sqrt(squareKm);
    const metres = km * METRES_PER_KM;
    if (metres <= NEAREST_M) continue;
    const share = Math.min(1, nodes.radius[i]! / km);
    const around = profile(vortex, i, metres) - (motionWithin ? share * speed[i]! : 0);
    const north = (turn * eastKm * around) / km + share * nodes.translationNorth[i]!;
    const east = (-turn * northKm * around) / km + share * nodes.translationEast[i]!;
    const wind = Math.sqrt(north * north + east * east);
    if (wind <= seen.wind) continue;
    seen.wind = wind;
    seen.node = i;
  }
}
