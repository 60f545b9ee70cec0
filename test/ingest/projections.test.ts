// Points of projections against pyproj, and definitions that are refused.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readGridMapping } from "../../ingest/cf/gridMapping.ts";
import { type ArrayFile, type AttributeValue, unreadableArray } from "../../ingest/formats/arrayFile.ts";
import { definitionOfEpsg, makeProjection, type Projection } from "../../ingest/projections/projection.ts";
import type { RejectedError } from "../../model/errors.ts";

const FOLDER = new URL("../golden/projections/", import.meta.url);
const MOST_DEGREES_APART = 1e-6;
const METRES_OF_ROUND_TRIP = 0.01;

interface Case {
  readonly name: string;
  readonly epsg?: number;
  readonly wkt?: string;
  readonly attributes?: Readonly<Record<string, string | number | readonly number[]>>;
  /** x, y, longitude, latitude */
  readonly points: readonly (readonly [number, number, number, number])[];
}

const text = readFileSync(new URL("expected.json", FOLDER), "utf8");
const cases = JSON.parse(text) as readonly Case[];

test("the points are those of their provenance", () => {
  const { sha256 } = JSON.parse(readFileSync(new URL("provenance.json", FOLDER), "utf8"));
  expect(createHash("sha256").update(text).digest("hex")).toBe(sha256["expected.json"]);
});

describe.each(cases)("$name", (one) => {
  test("is pyproj's within a millionth of a degree, in both directions", () => {
    const projection = projectionOf(one);
    for (const [x, y, longitude, latitude] of one.points) {
      const [east, north] = projection.toDegrees(x, y);
      const turns = Math.abs(east - longitude) % 360;
      expect(Math.min(turns, 360 - turns) * Math.cos((latitude * Math.PI) / 180)).toBeLessThan(MOST_DEGREES_APART);
      expect(Math.abs(north - latitude)).toBeLessThan(MOST_DEGREES_APART);
      const [back, forth] = projection.fromDegrees(longitude, latitude);
      expect(Math.hypot(back - x, forth - y)).toBeLessThan(METRES_OF_ROUND_TRIP);
    }
  });
});

function projectionOf({ epsg, wkt, attributes }: Case): Projection {
  if (epsg !== undefined) return makeProjection(definitionOfEpsg(epsg, "case"), "case");
  return wkt === undefined ? mappingOf(attributes!) : mappingOf({ crs_wkt: wkt });
}

function mappingOf(attributes: NonNullable<Case["attributes"]>): Projection {
  const values = Object.entries(attributes).map(([name, value]): [string, AttributeValue] => [
    name,
    typeof value === "number" ? [value] : value,
  ]);
  const mapping = { ...unreadableArray("crs", undefined as never), attributes: new Map(values) };
  return readGridMapping({ file: "a.nc" } as ArrayFile, mapping);
}

test.each([
  ["an unknown grid_mapping_name", { grid_mapping_name: "stereo" }, /UnknownProjection.*polar_stereographic.*"stereo"/],
  ["nothing that defines it", {}, /UnknownProjection.*found none of them.*Convert the file/],
  ["damaged WKT", { crs_wkt: 'PROJCS["Korea' }, /UnknownProjection.*cannot be read/],
  [
    "a rotated system in WKT",
    {
      crs_wkt:
        'GEOGCRS["rotated",BASEGEOGCRS["a",DATUM["b",ELLIPSOID["c",6371229,0]]],DERIVINGCONVERSION["Pole rotation",METHOD["Rotated_pole"]],CS[ellipsoidal,2]]',
    },
    /UnknownProjection/,
  ],
  ["an unknown EPSG code", { epsg_code: "EPSG:99999" }, /UnknownProjection.*EPSG:99999/],
  ["a datum that needs a grid", { epsg_code: "EPSG:27700" }, /UnknownProjection.*OSTN15/],
  [
    "an ellipsoid without a shift",
    {
      grid_mapping_name: "transverse_mercator",
      latitude_of_projection_origin: 38,
      longitude_of_central_meridian: 127,
      semi_major_axis: 6377397.155,
      inverse_flattening: 299.1528128,
    },
    /UnknownProjection.*towgs84/,
  ],
  [
    "a cone without parallels",
    { grid_mapping_name: "lambert_conformal_conic", longitude_of_central_meridian: 127 },
    /UnknownProjection.*attribute standard_parallel of a lambert_conformal_conic/,
  ],
  [
    "a pole that nothing says",
    { grid_mapping_name: "polar_stereographic", straight_vertical_longitude_from_pole: 0 },
    /UnknownProjection.*latitude_of_projection_origin or standard_parallel/,
  ],
])("%s is refused", (_, attributes, expected) => {
  let found: RejectedError | undefined;
  try {
    mappingOf(attributes);
  } catch (error) {
    found = error as RejectedError;
  }
  expect(`${found?.reason}: ${found?.message}`).toMatch(expected);
});
