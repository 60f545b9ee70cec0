// The keys of a GeoTIFF (OGC 19-008r4, GeoTIFF 1.1) as the definition of its projection.
import { RejectedError } from "../../model/errors.ts";
import { definitionOfEpsg, findDefinition, unknown } from "./projection.ts";

export type GeoKeys = Readonly<Record<string, unknown>>;

/** GTModelTypeGeoKey: coordinates of a projection, or longitude and latitude. */
const [PROJECTED, GEOGRAPHIC] = [1, 2];
const USER_DEFINED = 32767;
const UNITS: ReadonlyMap<number, string> = new Map([
  [9001, "m"],
  [9002, "ft"],
  [9003, "us-ft"],
  [9036, "km"],
]);

/** Projections by ProjCoordTransGeoKey, and the keys of their parameters in proj4's names. */
const TRANSFORMATIONS: ReadonlyMap<number, string> = new Map([
  [1, "tmerc"],
  [7, "merc"],
  [8, "lcc"],
  [9, "lcc"],
  [10, "laea"],
  [11, "aea"],
  [15, "stere"],
  [24, "sinu"],
  [28, "cea"],
]);
const LAMBERT_WITH_ONE_PARALLEL = 9;
const POLAR = 15;
const PARAMETERS: readonly (readonly [parameter: string, keys: readonly string[]])[] = [
  ["lat_0", ["ProjNatOriginLatGeoKey", "ProjFalseOriginLatGeoKey", "ProjCenterLatGeoKey"]],
  [
    "lon_0",
    ["ProjNatOriginLongGeoKey", "ProjFalseOriginLongGeoKey", "ProjCenterLongGeoKey", "ProjStraightVertPoleLongGeoKey"],
  ],
  ["k_0", ["ProjScaleAtNatOriginGeoKey", "ProjScaleAtCenterGeoKey"]],
  ["x_0", ["ProjFalseEastingGeoKey", "ProjFalseOriginEastingGeoKey", "ProjCenterEastingGeoKey"]],
  ["y_0", ["ProjFalseNorthingGeoKey", "ProjFalseOriginNorthingGeoKey", "ProjCenterNorthingGeoKey"]],
];

/** undefined: longitude and latitude in degrees, without a datum that is known here. */
export function definitionOfGeoKeys(keys: GeoKeys | null, file: string): string | undefined {
  const model = numberOf(keys, "GTModelTypeGeoKey") ?? GEOGRAPHIC;
  if (model === GEOGRAPHIC) return findDefinition(numberOf(keys, "GeographicTypeGeoKey") ?? USER_DEFINED);
  if (model !== PROJECTED) {
    throw new RejectedError(
      "UnknownProjection",
      `${file}: expected a GeoTIFF in a projection or in longitude and latitude, found the model type ${model}. Warp it first: gdalwarp -t_srs EPSG:4326 ${file} degrees.tif`,
    );
  }
  const code = numberOf(keys, "ProjectedCSTypeGeoKey") ?? USER_DEFINED;
  return code === USER_DEFINED ? definitionOfParameters(keys!, file) : definitionOfEpsg(code, file);
}

function definitionOfParameters(keys: GeoKeys, file: string): string {
  const transformation = numberOf(keys, "ProjCoordTransGeoKey") ?? Number.NaN;
  const projection = TRANSFORMATIONS.get(transformation);
  if (projection === undefined) {
    throw unknown(file, `its projection has no EPSG code, and the kind ${transformation} of GeoTIFF is not read`);
  }
  const unit = UNITS.get(numberOf(keys, "ProjLinearUnitsGeoKey") ?? 9001);
  if (unit === undefined) throw unknown(file, `its projection is in the unit ${keys.ProjLinearUnitsGeoKey} of EPSG`);
  const known = PARAMETERS.flatMap(([parameter, names]) => {
    const value = names.map((name) => numberOf(keys, name)).find((one) => one !== undefined);
    return value === undefined ? [] : [`+${parameter}=${value}`];
  });
  const origin = numberOf(keys, "ProjNatOriginLatGeoKey");
  const [first, second] = ["ProjStdParallel1GeoKey", "ProjStdParallel2GeoKey"].map((name) => numberOf(keys, name));
  const parallels =
    transformation === LAMBERT_WITH_ONE_PARALLEL
      ? [`+lat_1=${origin}`]
      : transformation === POLAR
        ? // The latitude of true scale is the latitude of origin; the pole is on its side.
          [`+lat_ts=${origin}`, `+lat_0=${(origin ?? 90) > 0 ? 90 : -90}`]
        : projection === "cea" || projection === "merc"
          ? first === undefined
            ? []
            : [`+lat_ts=${first}`]
          : [
              ...(first === undefined ? [] : [`+lat_1=${first}`]),
              ...(second === undefined ? [] : [`+lat_2=${second}`]),
            ];
  const others = transformation === POLAR ? known.filter((one) => !/^\+(lat_0|k_0)=/.test(one)) : known;
  return [`+proj=${projection} +x_0=0 +y_0=0`, ...others, ...parallels, figureOf(keys, file), `+units=${unit}`].join(
    " ",
  );
}

/** The figure of the Earth and the shift of its datum. */
function figureOf(keys: GeoKeys, file: string): string {
  const datum = findDefinition(numberOf(keys, "GeographicTypeGeoKey") ?? USER_DEFINED);
  if (datum !== undefined) return datum.replace(/\+proj=longlat\s*/, "");
  const [axis, flattening, minor] = [
    "GeogSemiMajorAxisGeoKey",
    "GeogInvFlatteningGeoKey",
    "GeogSemiMinorAxisGeoKey",
  ].map((name) => numberOf(keys, name));
  if (axis === undefined) throw unknown(file, "its projection says nothing of the figure of the Earth");
  if (flattening !== undefined && flattening !== 0) return `+a=${axis} +rf=${flattening}`;
  return `+a=${axis} +b=${minor ?? axis}`;
}

function numberOf(keys: GeoKeys | null, name: string): number | undefined {
  const value = keys?.[name];
  const number = Array.isArray(value) ? value[0] : ArrayBuffer.isView(value) ? (value as Float64Array)[0] : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}
