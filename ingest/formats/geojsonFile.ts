// GeoJSON polygons, and in which of them a place lies: rings by the even-odd rule, holes left out, islands counted in.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Place } from "../../database/gridCells.ts";
import { RejectedError } from "../../model/errors.ts";
import type { FormatOfKind } from "./fileFormat.ts";
import type { Polygons } from "./polygons.ts";

export const GEOJSON: FormatOfKind<"polygons"> = {
  name: "GeoJSON",
  kind: "polygons",
  matches: ({ text }) => /^(\xef\xbb\xbf)?\s*\{/.test(text),
  open: readPolygons,
};

const ring = z.array(z.array(z.number()).min(2)).min(4);
type Ring = z.infer<typeof ring>;
const polygon = z.object({ type: z.literal("Polygon"), coordinates: z.array(ring).min(1) });
const multiPolygon = z.object({ type: z.literal("MultiPolygon"), coordinates: z.array(z.array(ring).min(1)) });
const another = z.object({
  type: z.enum(["Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection"]),
});
const collection = z.object({
  type: z.literal("FeatureCollection"),
  features: z.array(
    z.object({
      geometry: z.discriminatedUnion("type", [polygon, multiPolygon, another]).nullable(),
      properties: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
});

interface Shape {
  readonly feature: number;
  /** [longitude, latitude]; the first is the outer one */
  readonly rings: readonly Ring[];
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

async function readPolygons(file: string): Promise<Polygons> {
  const parsed = collection.safeParse(await readJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw notPolygons(file, `${issue!.path.join(".") || "it"}: ${issue!.message}`);
  }
  const properties = new Map<number, Readonly<Record<string, unknown>>>();
  const shapes: Shape[] = [];
  for (const [feature, { geometry, properties: known }] of parsed.data.features.entries()) {
    if (geometry?.type !== "Polygon" && geometry?.type !== "MultiPolygon") continue;
    properties.set(feature, known ?? {});
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    for (const rings of polygons) shapes.push(shapeOf(file, feature, rings));
  }
  if (shapes.length === 0) throw notPolygons(file, "no feature has a Polygon or MultiPolygon");
  return { properties, find: (place) => shapes.find((shape) => contains(shape, place))?.feature ?? -1 };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const why = (cause as Error).message;
    throw new RejectedError("UnreadableFile", `${file} cannot be read as JSON: ${why}.`, { cause });
  }
}

function shapeOf(file: string, feature: number, rings: readonly Ring[]): Shape {
  let [west, south] = rings[0]![0] as [number, number];
  let [east, north] = [west, south];
  for (const [longitude, latitude] of rings[0]! as [number, number][]) {
    west = Math.min(west, longitude);
    east = Math.max(east, longitude);
    south = Math.min(south, latitude);
    north = Math.max(north, latitude);
  }
  if (south < -90 || north > 90 || west < -360 || east > 360) {
    throw notPolygons(file, `feature ${feature + 1} reaches from ${west}, ${south} to ${east}, ${north}`);
  }
  return { feature, rings, west, south, east, north };
}

/** Crossings of the ray to the east; W. R. Franklin, PNPOLY, https://wrf.ecse.rpi.edu/Research/Short_Notes/pnpoly.html */
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

function notPolygons(file: string, why: string): RejectedError {
  return new RejectedError(
    "NotGeoJson",
    `${file}: expected a GeoJSON FeatureCollection of polygons in degrees of longitude and latitude; ${why}. ` +
      `Convert other files first: ogr2ogr -f GeoJSON -t_srs EPSG:4326 polygons.geojson "${file}"`,
  );
}
