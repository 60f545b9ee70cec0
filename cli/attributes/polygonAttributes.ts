// One attribute from GeoJSON polygons: a mask (inside or outside), or a number that each feature carries, such as a basin's id.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Place } from "../../database/gridCells.ts";
import type { Attribute } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import { checkAttribute } from "./attributeNames.ts";

const ring = z.array(z.array(z.number()).min(2)).min(4);
const polygon = z.object({ type: z.literal("Polygon"), coordinates: z.array(ring) });
const multiPolygon = z.object({ type: z.literal("MultiPolygon"), coordinates: z.array(z.array(ring)) });
const collection = z.object({
  type: z.literal("FeatureCollection"),
  features: z.array(
    z.object({
      geometry: z.discriminatedUnion("type", [polygon, multiPolygon]),
      properties: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
});

export interface PolygonOptions {
  /** The features' own number; null: a mask. */
  readonly property: string | null;
  readonly inside: number;
  /** Of cells in no polygon; null: nothing is told of them. */
  readonly outside: number | null;
}

export interface SampledPolygons {
  /** [places] NaN where nothing is told */
  readonly values: Float64Array;
  readonly outside: number;
}

interface Shape {
  readonly value: number;
  /** Rings of all its polygons, [longitude, latitude]; holes are rings too. */
  readonly rings: readonly (readonly (readonly number[])[])[];
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** Where polygons overlap, the first in the file has the cell. */
export async function samplePolygons(
  file: string,
  attribute: Attribute,
  places: readonly Place[],
  options: PolygonOptions,
): Promise<SampledPolygons> {
  const shapes = await readShapes(file, attribute, options);
  const values = new Float64Array(places.length).fill(Number.NaN);
  let outside = 0;
  places.forEach((place, at) => {
    const shape = shapes.find((one) => contains(one, place));
    if (shape === undefined) outside++;
    values[at] = shape?.value ?? options.outside ?? Number.NaN;
  });
  return { values, outside };
}

async function readShapes(file: string, attribute: Attribute, options: PolygonOptions): Promise<Shape[]> {
  const parsed = collection.safeParse(await readJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RejectedError(
      "NotGeoJson",
      `${file}: expected a GeoJSON FeatureCollection of polygons in degrees; ${issue!.path.join(".") || "it"}: ${issue!.message}. ` +
        "TopoJSON and shapefiles need converting first: ogr2ogr -f GeoJSON polygons.geojson FILE",
    );
  }
  return parsed.data.features.map(({ geometry, properties }, at) => {
    const rings = geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
    const points = rings.flat();
    const edge = (axis: 0 | 1, pick: (a: number, b: number) => number) =>
      points.reduce((found, point) => pick(found, point[axis]!), points[0]![axis]!);
    return {
      value: readValue(file, at, attribute, options, properties ?? {}),
      rings,
      ...{ west: edge(0, Math.min), east: edge(0, Math.max), south: edge(1, Math.min), north: edge(1, Math.max) },
    };
  });
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new RejectedError("UnreadableFile", `${file} cannot be read as JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

function readValue(
  file: string,
  at: number,
  attribute: Attribute,
  { inside, property }: PolygonOptions,
  properties: Readonly<Record<string, unknown>>,
): number {
  if (property === null) return inside;
  const told = properties[property];
  const text = typeof told === "string" ? told.trim() : told;
  const value = text === "" || text === null || text === undefined ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return checkAttribute(attribute, value, String(told), `${file}, feature ${at + 1}`);
  throw new RejectedError(
    "InvalidAttribute",
    `${file}, feature ${at + 1}: expected a number in its property "${property}", found ${JSON.stringify(told)}; it has ${Object.keys(properties).join(", ") || "none"}.`,
  );
}

/** Ray casting over all rings: within an odd number of them, so that holes are outside. */
function contains({ rings, west, south, east, north }: Shape, { latitude, longitude }: Place): boolean {
  if (longitude < west || longitude > east || latitude < south || latitude > north) return false;
  let inside = false;
  for (const points of rings) {
    for (let at = 0, before = points.length - 1; at < points.length; before = at++) {
      const [x1, y1] = points[at] as [number, number];
      const [x2, y2] = points[before] as [number, number];
      if (y1 > latitude !== y2 > latitude && longitude < ((x2 - x1) * (latitude - y1)) / (y2 - y1) + x1)
        inside = !inside;
    }
  }
  return inside;
}
