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
  ["longitude_of_prime_meridian", "pm"],
];
const [WGS84_METRES, WGS84_FLATTENING] = [6_378_137, 298.257223563];

interface Mapping {
  /** Attributes without which it lies anywhere; of "a|b" one is enough. */
  readonly needs: readonly string[];
  /** Its name in proj4, with the parameters that are not in the list above. */
  describe(attributes: Attributes): string;
}
const [PARALLEL, ORIGIN, MERIDIAN, LONGITUDE, POLE] = [
  "standard_parallel",
  "latitude_of_projection_origin",
  "longitude_of_central_meridian",
  "longitude_of_projection_origin",
  "straight_vertical_longitude_from_pole",
] as const;
const EITHER_LONGITUDE = `${LONGITUDE}|${MERIDIAN}`;
const plain = (name: string, ...needs: readonly string[]): Mapping => ({ needs, describe: () => name });

const MAPPINGS: ReadonlyMap<string, Mapping> = new Map(
  Object.entries<Mapping>({
    albers_conical_equal_area: {
      needs: [PARALLEL, MERIDIAN, ORIGIN],
      describe: (attributes) => `aea ${parallels(attributes)}`,
    },
    azimuthal_equidistant: plain("aeqd", ORIGIN, LONGITUDE),
    lambert_azimuthal_equal_area: plain("laea", ORIGIN, LONGITUDE),
    lambert_conformal_conic: { needs: [PARALLEL, MERIDIAN], describe: conic },
    lambert_cylindrical_equal_area: {
      needs: [MERIDIAN, PARALLEL],
      describe: (attributes) => `cea ${trueLatitude(attributes)}`,
    },
    latitude_longitude: plain("longlat"),
    mercator: { needs: [EITHER_LONGITUDE], describe: (attributes) => `merc ${trueLatitude(attributes)}` },
    polar_stereographic: { needs: [`${POLE}|${LONGITUDE}`, `${ORIGIN}|${PARALLEL}`], describe: polar },
    rotated_latitude_longitude: {
      needs: ["grid_north_pole_latitude", "grid_north_pole_longitude"],
      describe: rotatedPole,
    },
    sinusoidal: plain("sinu", EITHER_LONGITUDE),
    stereographic: plain("stere", ORIGIN, LONGITUDE),
    transverse_mercator: plain("tmerc", ORIGIN, MERIDIAN),
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

/** `metres` are those of a unit of the coordinates, in which CF gives false eastings and northings. */
export function readGridMapping(file: ArrayFile, mapping: ArrayVariable, metres = 1): Projection {
  const where = `${file.file}: grid mapping "${mapping.name}"`;
  return makeProjection(definitionOf(mapping, metres, where), where);
}

function definitionOf(mapping: ArrayVariable, metres: number, where: string): string {
  const { attributes } = mapping;
  const name = textAttribute(mapping, "grid_mapping_name");
  const known = name === undefined ? undefined : MAPPINGS.get(name);
  if (known !== undefined) {
    const missing = known.needs.find((need) => !need.split("|").some((one) => typeof attributes.get(one) === "object"));
    if (missing !== undefined) {
      throw unknown(where, `expected the attribute ${missing.replace("|", " or ")} of a ${name}, found none`);
    }
    return fromAttributes(known.describe(attributes), attributes, metres, where);
  }
  const text = textAttribute(mapping, "crs_wkt") ?? textAttribute(mapping, "spatial_ref");
  const code = attributes.get("epsg_code") ?? attributes.get("EPSG_code") ?? attributes.get("epsg");
  const number = Number(EPSG.exec(String(text ?? code ?? "").trim())?.[1]);
  if (!Number.isNaN(number)) return definitionOfEpsg(number, where);
  const proj4 = textAttribute(mapping, "proj4") ?? textAttribute(mapping, "proj4_params");
  const definition = text ?? proj4;
  if (definition !== undefined) return definition;
  throw unknown(
    where,
    `expected a grid_mapping_name of ${[...MAPPINGS.keys()].join(", ")}, or crs_wkt, or epsg_code, found ${name === undefined ? "none of them" : `"${name}"`}`,
  );
}
const EPSG = /^(?:EPSG:)?(\d+)$/i;

function fromAttributes(projection: string, attributes: Attributes, metres: number, where: string): string {
  const shift = attributes.get("towgs84");
  const known = PARAMETERS.flatMap(([attribute, parameter]) => {
    const value = numberOf(attributes, attribute);
    return value === undefined
      ? []
      : [`+${parameter}=${FALSE_ORIGIN.test(attribute) ? inMetres(value, metres) : value}`];
  });
  return [
    `+proj=${projection.trim()}`,
    // Parameters that proj4 does not assume to be zero in all projections; those of the file follow.
    "+x_0=0 +y_0=0",
    ...known,
    ...(typeof shift === "object" ? [`+towgs84=${shift.join(",")}`] : []),
    figureOfTheEarth(attributes, projection === "tmerc", where),
    "+no_defs",
  ].join(" ");
}
const FALSE_ORIGIN = /^false_/;
/** Half way round the globe; no false origin is farther. */
const FARTHEST_METRES = 2e7;

/** A false easting is in the unit of the coordinates; some write metres beside kilometres, which would be beyond the globe. */
function inMetres(value: number, metres: number): number {
  return Math.abs(value * metres) > FARTHEST_METRES ? value : value * metres;
}

/** The axes of the ellipsoid. CF leaves the figure open where it says nothing. */
function figureOfTheEarth(attributes: Attributes, isTransverse: boolean, where: string): string {
  const [major, minor, flattening, radius] = [
    "semi_major_axis",
    "semi_minor_axis",
    "inverse_flattening",
    "earth_radius",
  ].map((name) => numberOf(attributes, name));
  if (major === undefined && radius === undefined) {
    if (minor === undefined) return "+ellps=WGS84";
    throw unknown(where, "expected the attribute semi_major_axis beside semi_minor_axis, found none");
  }
  const isSphere = radius !== undefined || flattening === 0 || minor === major;
  // proj4 has the transverse Mercator of an ellipsoid alone; this one is a sphere within a millimetre.
  if (isSphere) return `+a=${radius ?? major} ${isTransverse ? "+rf=1e10" : `+b=${radius ?? major}`}`;
  if (minor !== undefined) return `+a=${major} +b=${minor}`;
  if (flattening !== undefined) return `+a=${major} +rf=${flattening}`;
  if (Math.abs(major! - WGS84_METRES) < 1) return `+a=${major} +rf=${WGS84_FLATTENING}`;
  throw unknown(
    where,
    `its semi_major_axis is ${major} m, and neither inverse_flattening nor semi_minor_axis says the other one`,
  );
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

/** Of one parallel the origin is on it where the file says nothing else, as PROJ takes it. */
function conic(attributes: Attributes): string {
  const value = attributes.get(PARALLEL);
  if (attributes.has(ORIGIN)) return `lcc ${parallels(attributes)}`;
  return typeof value === "object" && value.length === 1
    ? `lcc ${parallels(attributes)} +lat_0=${value[0]}`
    : `lcc ${parallels(attributes)} +lat_0=0`;
}

/** The pole is that of the parallel where the file does not name it. */
function polar(attributes: Attributes): string {
  const parallel = numberOf(attributes, PARALLEL);
  const pole = attributes.has(ORIGIN) ? "" : ` +lat_0=${parallel! < 0 ? -90 : 90}`;
  return `stere ${trueLatitude(attributes)}${pole}`;
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
