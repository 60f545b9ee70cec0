// Time axis of an array, and latitude and longitude of every position on its other axes: a regular, curvilinear or projected grid,
// a list of stations or one point.
import { RejectedError } from "../../model/errors.ts";
import {
  type ArrayFile,
  type ArrayVariable,
  findArray,
  findNear,
  ownName,
  textAttribute,
  valuesIn,
} from "../formats/arrayFile.ts";
import { findGridMapping, readGridMapping } from "./gridMapping.ts";
import { asNumbers, readPacking, readUnpacked, unpack } from "./packing.ts";

export interface ArrayAxes {
  readonly time: ArrayVariable;
  readonly timeAxis: number;
  readonly latitude: ArrayVariable | undefined;
  readonly longitude: ArrayVariable | undefined;
  /** What gives the places of an array without latitude and longitude. */
  readonly projected: ProjectedAxes | undefined;
  /** Axes along which places lie, in the order of the array. */
  readonly placeAxes: readonly number[];
}

/** Coordinates of a projection or of a rotated pole, each along one axis. */
export interface ProjectedAxes {
  readonly x: ArrayVariable;
  readonly y: ArrayVariable;
  readonly mapping: ArrayVariable;
}

export interface ArrayPlaces {
  /** [places] degrees north and east as the file has them, row by row over the place axes; NaN at positions without a place. */
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
}

const LATITUDE_UNITS = /^degrees?_?(n|north)$/i;
const LONGITUDE_UNITS = /^degrees?_?(e|east)$/i;
const TIME_UNITS = /\bsince\b/i;
/** Names of coordinates that are no degrees north or east, whatever the array is called. */
const OF_A_GRID = /^(grid|projection)_/;
const METRES: ReadonlyMap<string, number> = new Map([
  ...["m", "meter", "metre", "meters", "metres"].map((unit) => [unit, 1] as const),
  ...["km", "kilometer", "kilometre", "kilometers", "kilometres"].map((unit) => [unit, 1000] as const),
  ...["ft", "foot", "feet", "international_foot"].map((unit) => [unit, 0.3048] as const),
  ...["us-ft", "us_survey_foot", "us_survey_feet", "us survey foot"].map((unit) => [unit, 1200 / 3937] as const),
]);
const DEGREES = /^deg(rees?)?([_ ]?(n|north|e|east))?$/i;
const RADIANS = /^rad(ians?)?$/i;
/** Values of coordinates that are compared at a time. */
const COMPARED_AT_ONCE = 1 << 21;

type Role = "time" | "latitude" | "longitude";

function hasRole(array: ArrayVariable, role: Role): boolean {
  const standardName = textAttribute(array, "standard_name");
  const units = textAttribute(array, "units") ?? "";
  const name = ownName(array).toLowerCase();
  if (OF_A_GRID.test(standardName ?? "")) return false;
  if (role === "time") {
    // An array named time is a time axis even without units; reading it says what is missing.
    return standardName === "time" || TIME_UNITS.test(units) || name === "time";
  }
  if (role === "latitude") {
    return standardName === "latitude" || LATITUDE_UNITS.test(units) || ["lat", "latitude", "nav_lat"].includes(name);
  }
  return standardName === "longitude" || LONGITUDE_UNITS.test(units) || ["lon", "longitude", "nav_lon"].includes(name);
}

/** The axes of a climate variable, or why it is none. `isOnePlace`: the options give its place. */
export function findAxes(file: ArrayFile, array: ArrayVariable, isOnePlace: boolean): ArrayAxes {
  const at = `${file.file}: variable "${array.name}"`;
  const time =
    coordinatesOf(file, array, "time").find(({ dimensions }) => dimensions.length === 1) ?? findTextTime(file, array);
  const timeAxis = time === undefined ? -1 : array.dimensions.indexOf(time.dimensions[0]!);
  if (time === undefined || timeAxis === -1) {
    throw new RejectedError(
      "NoTimeAxis",
      `${at} (${describeShape(array)}) has no time axis; expected one with a coordinate whose units are such as "days since 1850-01-01". ` +
        "A climatology is no series: ingest the days, months or years that it was made from.",
    );
  }
  const latitude = isOnePlace ? undefined : coordinatesOf(file, array, "latitude")[0];
  const longitude = isOnePlace ? undefined : coordinatesOf(file, array, "longitude")[0];
  const hasNeither = latitude === undefined && longitude === undefined;
  const projected = isOnePlace || !hasNeither ? undefined : findProjected(file, array);
  if (!isOnePlace && projected === undefined && (latitude === undefined || longitude === undefined)) {
    throw noPlace(file, array, latitude === undefined ? "latitude" : "longitude");
  }
  if (latitude !== undefined && longitude !== undefined) checkShapes(file, latitude, longitude);
  const coordinates = projected === undefined ? [latitude, longitude] : [projected.x, projected.y];
  const placeNames = new Set(coordinates.flatMap((coordinate) => coordinate?.dimensions ?? []));
  const placeAxes = [...array.dimensions.keys()].filter(
    (axis) => axis !== timeAxis && placeNames.has(array.dimensions[axis]!),
  );
  return { time, timeAxis, latitude, longitude, projected, placeAxes };
}

/** Times as texts, as WRF writes them. */
function findTextTime(file: ArrayFile, array: ArrayVariable): ArrayVariable | undefined {
  return file.variables.find(
    ({ isText, dimensions, name }) =>
      isText === true &&
      dimensions.length === 1 &&
      array.dimensions.includes(dimensions[0]!) &&
      /^times?$/i.test(ownName({ name })),
  );
}

/** The axes of a projected or rotated grid, where the file says which. */
function findProjected(file: ArrayFile, array: ArrayVariable): ProjectedAxes | undefined {
  const own = array.dimensions.flatMap((name) => findArray(file, name) ?? []);
  const along = (axis: "x" | "y") => own.find((one) => one.bytesPerValue !== null && isAlong(one, axis));
  const [x, y] = [along("x"), along("y")];
  if (x === undefined || y === undefined) return undefined;
  const mapping = findGridMapping(file, array);
  return mapping === undefined ? undefined : { x, y, mapping };
}

function isAlong(array: ArrayVariable, axis: "x" | "y"): boolean {
  const standardName = textAttribute(array, "standard_name");
  const names =
    axis === "x" ? ["projection_x_coordinate", "grid_longitude"] : ["projection_y_coordinate", "grid_latitude"];
  if (standardName !== undefined) return names.includes(standardName);
  if (textAttribute(array, "axis")?.toLowerCase() === axis) return true;
  return (axis === "x" ? ["x", "rlon", "xc"] : ["y", "rlat", "yc"]).includes(ownName(array).toLowerCase());
}

function noPlace(file: ArrayFile, array: ArrayVariable, missing: "latitude" | "longitude"): RejectedError {
  const at = `${file.file}: variable "${array.name}" (${describeShape(array)})`;
  const elsewhere = file.variables.find((one) => one.dimensions.length > 1 && hasRole(one, missing));
  if (elsewhere !== undefined && elsewhere.name !== array.name) {
    return new RejectedError(
      "NoPlace",
      `${at} has other axes than the ${missing} "${elsewhere.name}" (${describeShape(elsewhere)}) of its file. Write the file again with the coordinates along the axes of the variable.`,
    );
  }
  return new RejectedError(
    "NoPlace",
    `${at} has no ${missing}; expected a coordinate with the units ` +
      `${missing === "latitude" ? "degrees_north" : "degrees_east"}, as an axis or named by the attribute "coordinates", ` +
      "or projected coordinates x and y with a grid_mapping. " +
      "If all values are of one place, give it: --latitude 37.57142 --longitude 126.9658.",
  );
}

/** Refuses coordinates of a curvilinear grid that are not along the same axes. */
function checkShapes(file: ArrayFile, latitude: ArrayVariable, longitude: ArrayVariable): void {
  if (latitude.dimensions.length < 2 && longitude.dimensions.length < 2) return;
  const [one, other] = [latitude, longitude].map(({ dimensions }) => dimensions.toSorted().join());
  if (one === other) return;
  throw new RejectedError(
    "PlacesContradict",
    `${file.file}: expected latitude and longitude along the same axes, found "${latitude.name}" (${describeShape(latitude)}) and "${longitude.name}" (${describeShape(longitude)}). Write the file again with both along the axes of its variables.`,
  );
}

/** Whether it may be a climate variable: numbers along a time axis. */
export function hasTimeAxis(file: ArrayFile, array: ArrayVariable): boolean {
  if (array.bytesPerValue === null || hasRole(array, "time")) return false;
  const times = coordinatesOf(file, array, "time");
  return times.some(({ dimensions }) => dimensions.length === 1) || findTextTime(file, array) !== undefined;
}

/** Coordinates of `array` with that role: of its own dimensions first, then those its attribute names, then any that fits. */
function coordinatesOf(file: ArrayFile, array: ArrayVariable, role: Role): ArrayVariable[] {
  const named = (textAttribute(array, "coordinates") ?? "").split(/\s+/);
  const fits = ({ name, dimensions, bytesPerValue }: ArrayVariable) =>
    name !== array.name &&
    bytesPerValue !== null &&
    dimensions.every((dimension) => array.dimensions.includes(dimension));
  const own = array.dimensions.map((name) => findArray(file, name));
  const mentioned = named.map((name) => findNear(file, array, name));
  return [...own, ...mentioned, ...file.variables]
    .filter((one) => one !== undefined)
    .filter((one) => fits(one) && hasRole(one, role) && !/(bnds|bounds|vertices)$/i.test(one.name));
}

export async function readPlaces(file: ArrayFile, array: ArrayVariable, axes: ArrayAxes): Promise<ArrayPlaces> {
  const { latitude, longitude, projected } = axes;
  if (projected !== undefined) return readProjectedPlaces(file, array, axes, projected);
  const places = {
    latitude: await readDegrees(file, array, latitude!, axes, -90, 90),
    longitude: await readDegrees(file, array, longitude!, axes, -360, 540),
  };
  return knownPlaces(file, array, places);
}

/** A position has both or none. */
function knownPlaces(file: ArrayFile, array: ArrayVariable, { latitude, longitude }: ArrayPlaces): ArrayPlaces {
  let known = 0;
  for (let place = 0; place < latitude.length; place++) {
    const isKnown = !Number.isNaN(latitude[place]!) && !Number.isNaN(longitude[place]!);
    if (isKnown) known++;
    else latitude[place] = longitude[place] = Number.NaN;
  }
  if (known > 0) return { latitude, longitude };
  throw new RejectedError(
    "NoPlace",
    `${file.file}: variable "${array.name}": none of its ${latitude.length.toLocaleString("en")} positions has a latitude and a longitude. Correct the coordinates, or the attributes that say which of their values are missing.`,
  );
}

async function readProjectedPlaces(
  file: ArrayFile,
  array: ArrayVariable,
  { placeAxes }: ArrayAxes,
  { x, y, mapping }: ProjectedAxes,
): Promise<ArrayPlaces> {
  const projection = readGridMapping(file, mapping, METRES.get(unitOf(x) ?? ""));
  const isRotated = mapping.attributes.get("grid_mapping_name") === "rotated_latitude_longitude";
  const metres = isRotated || projection.isGeographic ? null : projection.metres;
  const [eastings, northings] = [
    along(array, placeAxes, x, await readGridCoordinate(file, array, x, metres)),
    along(array, placeAxes, y, await readGridCoordinate(file, array, y, metres)),
  ];
  const latitude = new Float64Array(eastings.length);
  const longitude = new Float64Array(eastings.length);
  for (let place = 0; place < latitude.length; place++) {
    [longitude[place], latitude[place]] = projection.toDegrees(eastings[place]!, northings[place]!) as [number, number];
    if (Math.abs(longitude[place]!) > MOST_LONGITUDE || Math.abs(latitude[place]!) > 90) {
      throw new RejectedError(
        "InvalidPlace",
        `${file.file}: variable "${array.name}": by its grid_mapping "${mapping.name}" a position is at ${latitude[place]} degrees north, ${longitude[place]} degrees east. Correct the mapping.`,
      );
    }
  }
  return knownPlaces(file, array, { latitude, longitude });
}

/** A few turns around the globe; a mapping that gives more is damaged. */
const MOST_LONGITUDE = 1080;

/** As METRES has it; undefined where the file says nothing. */
function unitOf(coordinate: ArrayVariable): string | undefined {
  return textAttribute(coordinate, "units")?.trim().toLowerCase();
}

/**
 * [positions of its axis] what the projection takes: units of `metres` each, or degrees (`metres` null). Without an attribute units
 * they are that already.
 */
async function readGridCoordinate(
  file: ArrayFile,
  array: ArrayVariable,
  coordinate: ArrayVariable,
  metres: number | null,
): Promise<Float64Array> {
  checkLengths(file, array, coordinate);
  const unit = unitOf(coordinate);
  const length = METRES.get(unit ?? "");
  const inDegrees = DEGREES.test(unit ?? "") ? 1 : undefined;
  const inUnits = length === undefined || metres === null ? undefined : length / metres;
  const factor = unit === undefined ? 1 : metres === null ? inDegrees : inUnits;
  if (factor === undefined) {
    const [expected, because, right] =
      metres === null
        ? ["degrees", "its grid mapping is in degrees", "degrees"]
        : ["m, km, ft or US_survey_foot", "its grid mapping is a projection", "m"];
    throw new RejectedError(
      "InvalidPlace",
      `${file.file}: coordinate "${coordinate.name}": expected units ${expected}, as ${because}, found "${textAttribute(coordinate, "units")}". If the attribute units alone is wrong, correct it: ncatted -a units,${coordinate.name},o,c,${right}; else convert the values.`,
    );
  }
  const values = await readUnpacked(file, coordinate);
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd !== -1) {
    throw new RejectedError(
      "InvalidPlace",
      `${file.file}: coordinate "${coordinate.name}": expected a number at position ${odd}, found ${values[odd]}. Correct the coordinate.`,
    );
  }
  return values.map((value) => value * factor);
}

async function readDegrees(
  file: ArrayFile,
  array: ArrayVariable,
  coordinate: ArrayVariable,
  { placeAxes, time, timeAxis }: ArrayAxes,
  min: number,
  max: number,
): Promise<Float64Array> {
  checkLengths(file, array, coordinate);
  const unit = textAttribute(coordinate, "units") ?? "";
  if (METRES.has(unit.toLowerCase()) || RADIANS.test(unit)) {
    throw new RejectedError(
      "InvalidPlace",
      `${file.file}: coordinate "${coordinate.name}": expected degrees, found the units "${unit}". Metres of a projection are no degrees: name the coordinate's standard_name projection_x_coordinate or projection_y_coordinate and the variable's grid_mapping, or convert the file.`,
    );
  }
  const isAlongTime = coordinate.dimensions.includes(array.dimensions[timeAxis]!);
  const values = isAlongTime ? await readFirstStep(file, coordinate, time) : await readUnpacked(file, coordinate);
  // Models without an edge of their own leave places out that they do not compute.
  const mayLackPlaces = coordinate.dimensions.length >= 2;
  values.forEach((value, position) => {
    if ((value >= min && value <= max) || (mayLackPlaces && Number.isNaN(value))) return;
    throw new RejectedError(
      "InvalidPlace",
      `${file.file}: coordinate "${coordinate.name}": expected degrees from ${min} to ${max}, found ${value} at position ${position}. ` +
        (Number.isNaN(value)
          ? "Every position needs its place: leave positions without one out of the file."
          : "Correct the coordinate; metres of a projection are no degrees."),
    );
  });
  return along(array, placeAxes, coordinate, values);
}

/** The values of a coordinate that is stored at every step, as WRF does. Refused when they change: places do not move. */
async function readFirstStep(file: ArrayFile, coordinate: ArrayVariable, time: ArrayVariable): Promise<Float64Array> {
  const axis = coordinate.dimensions.indexOf(time.dimensions[0]!);
  const packing = readPacking(file.file, coordinate);
  const perStep = valuesIn(coordinate.shape) / coordinate.shape[axis]!;
  const atOnce = Math.max(1, Math.floor(COMPARED_AT_ONCE / perStep));
  const first = new Float64Array(perStep);
  const after = valuesIn(coordinate.shape.slice(axis + 1));
  for (let step = 0; step < coordinate.shape[axis]!; step += atOnce) {
    const steps = Math.min(atOnce, coordinate.shape[axis]! - step);
    const stored = await file.read(
      coordinate,
      coordinate.shape.map((_, one) => (one === axis ? step : 0)),
      coordinate.shape.map((length, one) => (one === axis ? steps : length)),
    );
    const numbers = asNumbers(stored, packing);
    for (let at = 0; at < numbers.length; at++) {
      const value = unpack(numbers[at]!, packing);
      const own = Math.floor(at / after) % steps;
      const position = Math.floor(at / (after * steps)) * after + (at % after);
      if (step + own === 0) first[position] = value;
      else if (!Object.is(value, first[position])) {
        throw new RejectedError(
          "PlacesMove",
          `${file.file}: coordinate "${coordinate.name}": expected the same places at every step, found ${value} instead of ${first[position]} at step ${step + own}. Cells do not move: interpolate the file to a fixed grid first, such as by cdo remapbil.`,
        );
      }
    }
  }
  return first;
}

/** The coordinate's values, those along time left out, at every position of the place axes, row by row. */
function along(
  array: ArrayVariable,
  placeAxes: readonly number[],
  coordinate: ArrayVariable,
  values: Float64Array,
): Float64Array {
  const names = placeAxes.map((axis) => array.dimensions[axis]!);
  const own = coordinate.dimensions.map((name, axis) => ({ name, length: coordinate.shape[axis]! }));
  const lying = own.filter(({ name }) => names.includes(name));
  const shape = placeAxes.map((axis) => array.shape[axis]!);
  const strides = names.map((name) => {
    const at = lying.findIndex((one) => one.name === name);
    return at === -1 ? 0 : valuesIn(lying.slice(at + 1).map(({ length }) => length));
  });
  const all = new Float64Array(valuesIn(shape));
  const position = shape.map(() => 0);
  for (let place = 0; place < all.length; place++) {
    all[place] = values[position.reduce((sum, step, axis) => sum + step * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++position[axis]! < shape[axis]!) break;
      position[axis] = 0;
    }
  }
  return all;
}

/** Refuses a coordinate of another length than the axis it is of. */
export function checkLengths(file: ArrayFile, array: ArrayVariable, coordinate: ArrayVariable): void {
  coordinate.dimensions.forEach((dimension, along) => {
    const axis = array.dimensions.indexOf(dimension);
    if (axis === -1 || array.shape[axis] === coordinate.shape[along]) return;
    throw new RejectedError(
      "LengthsContradict",
      `${file.file}: variable "${array.name}" has ${array.shape[axis]} positions along "${dimension}", but the coordinate "${coordinate.name}" has ${coordinate.shape[along]}. The file is damaged or was written wrongly: fetch it again, or write it again with one length.`,
    );
  });
}

function describeShape({ dimensions, shape }: Pick<ArrayVariable, "dimensions" | "shape">): string {
  return dimensions.length === 0 ? "one value" : dimensions.map((name, axis) => `${name} ${shape[axis]}`).join(" x ");
}
