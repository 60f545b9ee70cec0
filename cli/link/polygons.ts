// In which polygon of a GeoJSON file a place lies: rings by the even-odd rule, holes left out, islands counted in.
import { readFile } from "node:fs/promises";
import type { Place } from "../../database/gridCells.ts";
import { RejectedError } from "../../model/errors.ts";

type Ring = readonly (readonly number[])[];

export interface Polygons {
  readonly count: number;
  /** Number of the feature that holds the place, -1 for none; of several that overlap the first. */
  find(place: Place): number;
}

interface Shape {
  readonly feature: number;
  readonly rings: readonly Ring[];
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

const MOST_BYTES = 256 << 20;

export async function readPolygons(file: string): Promise<Polygons> {
  const shapes = shapesOf(file, await readJson(file));
  if (shapes.length === 0) throw noPolygons(file, "no feature with a Polygon or MultiPolygon");
  return {
    count: new Set(shapes.map(({ feature }) => feature)).size,
    find: ({ latitude, longitude }) => {
      for (const { feature, rings, west, south, east, north } of shapes) {
        if (longitude < west || longitude > east || latitude < south || latitude > north) continue;
        if (isInside(rings, longitude, latitude)) return feature;
      }
      return -1;
    },
  };
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    const bytes = await readFile(file);
    if (bytes.length > MOST_BYTES) throw noPolygons(file, `${bytes.length >> 20} MiB, more than ${MOST_BYTES >> 20}`);
    text = bytes.toString("utf8");
  } catch (cause) {
    if (cause instanceof RejectedError) throw cause;
    throw new RejectedError("UnreadableFile", `--polygons ${file}: ${(cause as Error).message}. Check the name.`, {
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw noPolygons(file, `no JSON (${(cause as Error).message})`);
  }
}

function shapesOf(file: string, json: unknown): Shape[] {
  const { type, features } = json as { type?: unknown; features?: unknown };
  if (type !== "FeatureCollection" || !Array.isArray(features)) throw noPolygons(file, `the type "${String(type)}"`);
  return features.flatMap((feature, number): Shape[] => {
    const { geometry } = feature as { geometry?: { type?: string; coordinates?: unknown } | null };
    const polygons =
      geometry?.type === "Polygon"
        ? [geometry.coordinates]
        : geometry?.type === "MultiPolygon"
          ? geometry.coordinates
          : [];
    return (polygons as Ring[][]).map((rings) => shapeOf(file, number, rings));
  });
}

function shapeOf(file: string, feature: number, rings: readonly Ring[]): Shape {
  const outer = rings[0] ?? [];
  const [longitudes, latitudes] = [outer.map((point) => point[0]!), outer.map((point) => point[1]!)];
  const bounds = {
    west: longitudes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    south: latitudes.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    east: longitudes.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    north: latitudes.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
  if (!(bounds.south >= -90 && bounds.north <= 90 && bounds.west >= -180 && bounds.east <= 180)) {
    throw noPolygons(
      file,
      `coordinates of ${bounds.west}, ${bounds.south} to ${bounds.east}, ${bounds.north} in feature ${feature}`,
    );
  }
  return { feature, rings, ...bounds };
}

/** Crossings of the ray to the east; W. R. Franklin, PNPOLY, https://wrf.ecse.rpi.edu/Research/Short_Notes/pnpoly.html */
function isInside(rings: readonly Ring[], x: number, y: number): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
      const [x1, y1] = ring[at]! as [number, number];
      const [x2, y2] = ring[before]! as [number, number];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}

function noPolygons(file: string, found: string): RejectedError {
  return new RejectedError(
    "InvalidPolygons",
    `--polygons ${file}: expected GeoJSON, a FeatureCollection of Polygons in degrees of longitude and latitude; found ${found}. Convert it: ogr2ogr -t_srs EPSG:4326 polygons.geojson "${file}"`,
  );
}
