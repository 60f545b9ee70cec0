// The grid mapping of an array (CF 1.11, 5.6 and appendix F) as a projection: its attributes by name, else its WKT or its EPSG code.
import { RejectedError } from "../../model/errors.ts";
import { type ArrayFile, type ArrayVariable, findNear, textAttribute } from "../formats/arrayFile.ts";
import { definitionOfEpsg, makeProjection, type Projection, unknown } from "../projections/projection.ts";

type Attributes = ArrayVariable["attributes"];

/** Parameters of proj4 by attribute; the same attribute means the same in every mapping. */
const PARAMETERS: readonly (readonly [attribute: string, parameter: string])[] = [
  ["latitude_of_projection_origin", "lat_0"],
  ["longitude_of_projection_origin", "lon_0"],
  ["longitude_of_central_meridian", "lon_0"],
  ["straight_vertical_longitude_from_pole", "lon_0"],
  ["scale_factor_at_central_meridian", "k_0"],
  ["scale_factor_at_projection_origin", "k_0"],
  ["false_easting", "x_0"],
  ["false_northing", "y_0"],
  ["semi_major_axis", "a"],
  ["semi_minor_axis", "b"],
  ["inverse_flattening", "rf"],
  ["earth_radius", "R"],
];

/** What further parameters a mapping has, beside its name in proj4. */
const MAPPINGS: ReadonlyMap<string, (attributes: Attributes) => string> = new Map(
  Object.entries<(attributes: Attributes) => string>({
    albers_conical_equal_area: (attributes) => `aea ${parallels(attributes)}`,
    azimuthal_equidistant: () => "aeqd",
    lambert_azimuthal_equal_area: () => "laea",
    lambert_conformal_conic: (attributes) => `lcc ${parallels(attributes)}`,
    lambert_cylindrical_equal_area: (attributes) => `cea ${trueLatitude(attributes)}`,
    latitude_longitude: () => "longlat",
    mercator: (attributes) => `merc ${trueLatitude(attributes)}`,
    polar_stereographic: (attributes) => `stere ${trueLatitude(attributes)}`,
    rotated_latitude_longitude: rotatedPole,
    sinusoidal: () => "sinu",
    stereographic: () => "stere",
    transverse_mercator: () => "tmerc",
  }),
);

/** The array that `array` names as its grid mapping; undefined when it names none. */
export function findGridMapping(file: ArrayFile, array: ArrayVariable): ArrayVariable | undefined {
  // The extended form is "mapping: x y"; the first mapping counts.
  const name = textAttribute(array, "grid_mapping")?.split(/[\s:]/)[0];
  if (name === undefined) return undefined;
  const found = findNear(file, array, name);
  if (found !== undefined) return found;
  throw new RejectedError(
    "NoGridMapping",
    `${file.file}: variable "${array.name}" names the grid mapping "${name}", but the file has no such variable. Write the file again with it, or with two-dimensional latitude and longitude.`,
  );
}

export function readGridMapping(file: ArrayFile, mapping: ArrayVariable): Projection {
  const where = `${file.file}: grid mapping "${mapping.name}"`;
  return makeProjection(definitionOf(mapping, where), where);
}

function definitionOf(mapping: ArrayVariable, where: string): string {
  const { attributes } = mapping;
  const name = textAttribute(mapping, "grid_mapping_name");
  if (name !== undefined) {
    const describe = MAPPINGS.get(name);
    if (describe !== undefined) return fromAttributes(describe(attributes), attributes);
  }
  const wkt = textAttribute(mapping, "crs_wkt") ?? textAttribute(mapping, "spatial_ref");
  if (wkt !== undefined) return wkt;
  const code = attributes.get("epsg_code") ?? attributes.get("EPSG_code") ?? attributes.get("epsg");
  const number = Number(/^(?:EPSG:)?(\d+)$/i.exec(String(code ?? "").trim())?.[1]);
  if (!Number.isNaN(number)) return definitionOfEpsg(number, where);
  const proj4 = textAttribute(mapping, "proj4") ?? textAttribute(mapping, "proj4_params");
  if (proj4 !== undefined) return proj4;
  throw unknown(
    where,
    `expected a grid_mapping_name of ${[...MAPPINGS.keys()].join(", ")}, or crs_wkt, or epsg_code, found ${name === undefined ? "none of them" : `"${name}"`}`,
  );
}

function fromAttributes(projection: string, attributes: Attributes): string {
  const shift = attributes.get("towgs84");
  const known = PARAMETERS.flatMap(([attribute, parameter]) => {
    const value = numberOf(attributes, attribute);
    return value === undefined ? [] : [`+${parameter}=${value}`];
  });
  const hasShape = known.some((parameter) => /^\+(a|R)=/.test(parameter));
  return [
    `+proj=${projection.trim()}`,
    // Parameters that proj4 does not assume to be zero in all projections; those of the file follow.
    "+x_0=0 +y_0=0",
    ...known,
    ...(typeof shift === "object" ? [`+towgs84=${shift.join(",")}`] : []),
    // CF leaves the figure of the Earth open where the file says nothing.
    ...(hasShape ? [] : ["+ellps=WGS84"]),
    "+no_defs",
  ].join(" ");
}

function numberOf(attributes: Attributes, name: string): number | undefined {
  const value = attributes.get(name);
  return typeof value === "object" ? value[0] : undefined;
}

function parallels(attributes: Attributes): string {
  const value = attributes.get("standard_parallel");
  const [first, second = first] = typeof value === "object" ? value : [];
  return first === undefined ? "" : `+lat_1=${first} +lat_2=${second}`;
}

function trueLatitude(attributes: Attributes): string {
  const value = numberOf(attributes, "standard_parallel");
  return value === undefined ? "" : `+lat_ts=${value}`;
}

function rotatedPole(attributes: Attributes): string {
  const [latitude = 90, longitude = 0, turn = 0] = [
    "grid_north_pole_latitude",
    "grid_north_pole_longitude",
    "north_pole_grid_longitude",
  ].map((name) => numberOf(attributes, name));
  return `ob_tran +o_proj=longlat +o_lon_p=${turn} +o_lat_p=${latitude} +lon_0=${longitude + 180}`;
}
