// What the formats of polygons have in common: numbered features, and which of them holds a place. Rings are taken by the even-odd
// rule: holes left out, islands counted in.
import type { Place } from "../../database/gridCells.ts";
import type { RejectedError } from "../../model/errors.ts";
import type { Projection } from "../projections/projection.ts";

export interface Polygons {
  /** Of each feature that is a polygon or several, by its number in the file. */
  readonly properties: ReadonlyMap<number, Readonly<Record<string, unknown>>>;
  /** Number of the feature that holds the place, -1 for none; of several that overlap the first. */
  find(place: Place): number;
}

/** Points of a closed line, x before y. */
export type Ring = readonly (readonly number[])[];

export interface PolygonFeature {
  /** Number in the file. */
  readonly feature: number;
  readonly properties: Readonly<Record<string, unknown>>;
  /** [polygons][rings]; the first ring is the outer one. */
  readonly polygons: readonly (readonly Ring[])[];
}

interface Shape {
  readonly feature: number;
  readonly rings: readonly Ring[];
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** `projection` is that of the points; undefined: degrees. Places are projected, not points: straight lines of the file stay straight. */
export function makePolygons(
  features: readonly PolygonFeature[],
  projection: Projection | undefined,
  refuse: (why: string) => RejectedError,
): Polygons {
  const shapes = features.flatMap(({ feature, polygons }) => polygons.map((rings) => shapeOf(feature, rings)));
  if (shapes.length === 0) throw refuse("no feature has a Polygon or MultiPolygon");
  if (projection?.isGeographic ?? true) checkDegrees(shapes, refuse);
  return {
    properties: new Map(features.map(({ feature, properties }) => [feature, properties])),
    find: ({ latitude, longitude }) => {
      const [x, y] = projection?.fromDegrees(longitude, latitude) ?? [longitude, latitude];
      return shapes.find((shape) => contains(shape, x, y))?.feature ?? -1;
    },
  };
}

function shapeOf(feature: number, rings: readonly Ring[]): Shape {
  let [west, south] = rings[0]![0] as [number, number];
  let [east, north] = [west, south];
  for (const [x, y] of rings[0]! as [number, number][]) {
    west = Math.min(west, x);
    east = Math.max(east, x);
    south = Math.min(south, y);
    north = Math.max(north, y);
  }
  return { feature, rings, west, south, east, north };
}

function checkDegrees(shapes: readonly Shape[], refuse: (why: string) => RejectedError): void {
  for (const { feature, west, south, east, north } of shapes) {
    if (!(south >= -90 && north <= 90 && west >= -360 && east <= 360)) {
      throw refuse(`feature ${feature + 1} reaches from ${west}, ${south} to ${east}, ${north}`);
    }
  }
}

/** Crossings of the ray to the east; W. R. Franklin, PNPOLY, https://wrf.ecse.rpi.edu/Research/Short_Notes/pnpoly.html */
function contains({ rings, west, south, east, north }: Shape, x: number, y: number): boolean {
  if (!(x >= west && x <= east && y >= south && y <= north)) return false;
  let inside = false;
  for (const points of rings) {
    for (let at = 0, before = points.length - 1; at < points.length; before = at++) {
      const [x1, y1] = points[at] as [number, number];
      const [x2, y2] = points[before] as [number, number];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}
