// GeoJSON polygons, in degrees or in the system that their member crs names.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { RejectedError } from "../../model/errors.ts";
import { definitionOfEpsg, makeProjection, type Projection } from "../projections/projection.ts";
import type { FormatOfKind } from "./fileFormat.ts";
import { makePolygons, type Polygons } from "./polygons.ts";

export const GEOJSON: FormatOfKind<"polygons"> = {
  name: "GeoJSON",
  kind: "polygons",
  matches: ({ text }) => /^(\xef\xbb\xbf)?\s*\{/.test(text),
  open: readPolygons,
};

const ring = z.array(z.array(z.number()).min(2)).min(4);
const polygon = z.object({ type: z.literal("Polygon"), coordinates: z.array(ring).min(1) });
const multiPolygon = z.object({ type: z.literal("MultiPolygon"), coordinates: z.array(z.array(ring).min(1)) });
const another = z.object({
  type: z.enum(["Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection"]),
});
const collection = z.object({
  type: z.literal("FeatureCollection"),
  /** Of GeoJSON 2008; RFC 7946 knows degrees alone. */
  crs: z.object({ type: z.string(), properties: z.object({ name: z.string() }).optional() }).nullish(),
  features: z.array(
    z.object({
      geometry: z.discriminatedUnion("type", [polygon, multiPolygon, another]).nullable(),
      properties: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
});

const DEGREES = /^(urn:ogc:def:crs:)?(OGC:(1\.3|2)?:?)?CRS84$/i;
const EPSG = /^(?:urn:ogc:def:crs:)?EPSG:[\d.]*:?(\d+)$/i;

async function readPolygons(file: string): Promise<Polygons> {
  const parsed = collection.safeParse(await readJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw notPolygons(file, `${issue!.path.join(".") || "it"}: ${issue!.message}`);
  }
  const features = parsed.data.features.flatMap(({ geometry, properties }, feature) => {
    if (geometry?.type !== "Polygon" && geometry?.type !== "MultiPolygon") return [];
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return [{ feature, properties: properties ?? {}, polygons }];
  });
  const projection = readCrs(file, parsed.data.crs);
  return makePolygons(features, projection, (why) => notPolygons(file, why));
}

function readCrs(file: string, crs: z.infer<typeof collection>["crs"]): Projection | undefined {
  if (crs === null || crs === undefined) return undefined;
  const name = crs.properties?.name ?? "";
  if (DEGREES.test(name)) return undefined;
  const code = EPSG.exec(name)?.[1];
  if (code !== undefined) return makeProjection(definitionOfEpsg(Number(code), file), file);
  throw notPolygons(
    file,
    `its crs is a ${crs.type} with the name "${name}", expected one such as urn:ogc:def:crs:EPSG::5179`,
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    const why = (cause as Error).message;
    throw new RejectedError("UnreadableFile", `${file} cannot be read as JSON: ${why}.`, { cause });
  }
}

function notPolygons(file: string, why: string): RejectedError {
  return new RejectedError(
    "NotGeoJson",
    `${file}: expected a GeoJSON FeatureCollection of polygons in degrees of longitude and latitude; ${why}. ` +
      `Convert other files first: ogr2ogr -f GeoJSON -t_srs EPSG:4326 polygons.geojson "${file}"`,
  );
}
