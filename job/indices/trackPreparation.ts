// From a best track's six-hourly points to hourly nodes that a wind field is made of: longitudes without a jump, gaps
// filled, everything linear in between, and how the eye moves.
import type { StormTrack } from "../../model/storms.ts";
import { M_PER_S_PER_KNOT } from "../../model/units.ts";
import { environmentPressureOf, fillGaps, radiusFromPressure } from "./trackGaps.ts";

/** With 6-hourly nodes a fast storm steps over a place; from 1 h to 15 min its highest wind changes by up to 0.5 m s-1. */
const STEP_HOURS = 1;
/** CLIMADA's and the page's length of a degree: 60 nautical miles. */
export const KM_PER_DEGREE = 111.12;
const METRES_PER_KM = 1000;
const SECONDS_PER_HOUR = 3600;
/** m s-1: faster displacements are no motion of a vortex. */
const FASTEST_TRANSLATION = 30 * M_PER_S_PER_KNOT;
/** hPa; no vortex is without any depth, and divisions by it must not fail. */
const SHALLOWEST_HPA = 1e-9;
const FULL_CIRCLE_DEGREES = 360;
const RADIANS_PER_DEGREE = Math.PI / 180;

/** Hourly nodes of one storm; all arrays [nodes]. */
export interface TrackNodes {
  readonly count: number;
  /** hours since 1970-01-01 of the first node, and between nodes */
  readonly firstHour: number;
  readonly stepHours: number;
  readonly latitude: Float64Array;
  /** degrees east, without jumps: may leave -180 to 180 */
  readonly longitude: Float64Array;
  /** hPa */
  readonly pressure: Float64Array;
  readonly environmentPressure: Float64Array;
  /** m s-1 */
  readonly wind: Float64Array;
  /** km */
  readonly radius: Float64Array;
  /** m s-1, from the node before; 0 at the first */
  readonly translationNorth: Float64Array;
  readonly translationEast: Float64Array;
  /** 1 where the pressure was not given, and where the storm was extratropical */
  readonly pressureEstimated: Uint8Array;
  readonly extratropical: Uint8Array;
}

/**
 * Hourly nodes of a best track.
 *
 * Inputs: `track`, arrays [points] in time, as model/storms.ts reports; stepHours [h].
 * Output: TrackNodes, or null for a track of fewer than two points with a pressure or a wind.
 * Definition: longitudes unwrapped from point to point; gaps by trackGaps.ts, a missing environment by the basin, a missing radius
 *   by the pressure; nodes at whole steps after the first point, linear between points (positions too: CLIMADA's splines differ
 *   by up to 1.1 m s-1 in wind); central pressure not above the environment's. Translation: displacement from the node before,
 *   east by the cosine of that node's latitude, over the step; held at 30 kt in its direction.
 * Missing data: as trackGaps.ts; points at the ends with neither pressure nor wind are left out.
 */
export function prepareTrack(track: StormTrack, stepHours = STEP_HOURS): TrackNodes | null {
  const filled = fillPoints(track);
  if (filled === null) return null;
  const { hours, from, to } = filled;
  const firstHour = hours[from]!;
  const count = Math.floor((hours[to]! - firstHour) / stepHours) + 1;
  if (count < 2) return null;
  const nodes = {
    count,
    firstHour,
    stepHours,
    latitude: new Float64Array(count),
    longitude: new Float64Array(count),
    pressure: new Float64Array(count),
    environmentPressure: new Float64Array(count),
    wind: new Float64Array(count),
    radius: new Float64Array(count),
    translationNorth: new Float64Array(count),
    translationEast: new Float64Array(count),
    pressureEstimated: new Uint8Array(count),
    extratropical: new Uint8Array(count),
  };
  let point = from;
  for (let i = 0; i < count; i++) {
    const hour = firstHour + i * stepHours;
    while (point + 1 < to && hours[point + 1]! <= hour) point++;
    const share = (hour - hours[point]!) / (hours[point + 1]! - hours[point]!);
    for (const name of INTERPOLATED) {
      const values = filled[name];
      nodes[name][i] = values[point]! + share * (values[point + 1]! - values[point]!);
    }
    nodes.pressure[i] = Math.min(nodes.pressure[i]!, nodes.environmentPressure[i]! - SHALLOWEST_HPA);
    nodes.pressureEstimated[i] = filled.estimated[point]! | (share > 0 ? filled.estimated[point + 1]! : 0);
    nodes.extratropical[i] = track.grade[share < 1 ? point : point + 1] === "ET" ? 1 : 0;
  }
  addTranslation(nodes);
  return nodes;
}

const INTERPOLATED = ["latitude", "longitude", "pressure", "environmentPressure", "wind", "radius"] as const;

/** The track's points without gaps, [from, to]; null when fewer than two are left. */
function fillPoints(track: StormTrack) {
  const { hours, latitude } = track;
  const longitude = unwrap(track.longitude);
  const pressure = Float64Array.from(track.pressure);
  const wind = Float64Array.from(track.wind);
  const estimated = fillGaps(hours, latitude, track.longitude, pressure, wind);
  const isShown = (value: number) => !Number.isNaN(value);
  const from = pressure.findIndex(isShown);
  const to = pressure.findLastIndex(isShown);
  if (from === to) return null;
  const environment = environmentPressureOf(track.basin);
  return {
    hours,
    latitude,
    longitude,
    pressure,
    wind,
    estimated,
    from,
    to,
    environmentPressure: track.environmentPressure.map((value) => (Number.isNaN(value) ? environment : value)),
    radius: track.radius.map((value, at) => (value > 0 ? value : radiusFromPressure(pressure[at]!))),
  };
}

/** Longitudes of which none is more than half a circle from the one before. */
function unwrap(longitude: Float64Array): Float64Array {
  const out = Float64Array.from(longitude);
  for (let i = 1; i < out.length; i++) {
    out[i] = out[i]! - FULL_CIRCLE_DEGREES * Math.round((out[i]! - out[i - 1]!) / FULL_CIRCLE_DEGREES);
  }
  return out;
}

function addTranslation({
  count,
  stepHours,
  latitude,
  longitude,
  translationNorth,
  translationEast,
}: Pick<TrackNodes, "count" | "stepHours" | "latitude" | "longitude" | "translationNorth" | "translationEast">): void {
  const perDegree = (KM_PER_DEGREE * METRES_PER_KM) / (stepHours * SECONDS_PER_HOUR);
  for (let i = 1; i < count; i++) {
    const north = (latitude[i]! - latitude[i - 1]!) * perDegree;
    const east = (longitude[i]! - longitude[i - 1]!) * Math.cos(latitude[i - 1]! * RADIANS_PER_DEGREE) * perDegree;
    const speed = Math.hypot(north, east);
    const held = speed > FASTEST_TRANSLATION ? FASTEST_TRANSLATION / speed : 1;
    translationNorth[i] = north * held;
    translationEast[i] = east * held;
  }
}
