// Time axis of an array, and latitude and longitude of every position on its other axes: a regular or curvilinear grid, a list
// of stations or one point.
import { RejectedError } from "../../model/errors.ts";
import { type ArrayFile, type ArrayVariable, findArray, textAttribute, valuesIn } from "../formats/arrayFile.ts";
import { readUnpacked } from "./packing.ts";

export interface ArrayAxes {
  readonly time: ArrayVariable;
  readonly timeAxis: number;
  readonly latitude: ArrayVariable | undefined;
  readonly longitude: ArrayVariable | undefined;
  /** Axes along which places lie, in the order of the array. */
  readonly placeAxes: readonly number[];
}

export interface ArrayPlaces {
  /** [places] degrees north and east as the file has them, row by row over the place axes. */
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
}

const LATITUDE_UNITS = /^degrees?_?(n|north)$/i;
const LONGITUDE_UNITS = /^degrees?_?(e|east)$/i;
const TIME_UNITS = /\bsince\b/i;

type Role = "time" | "latitude" | "longitude";

function hasRole(array: ArrayVariable, role: Role): boolean {
  const standardName = textAttribute(array, "standard_name");
  const units = textAttribute(array, "units") ?? "";
  const name = array.name.toLowerCase();
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
  const time = coordinatesOf(file, array, "time").find(({ dimensions }) => dimensions.length === 1);
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
  if (!isOnePlace && (latitude === undefined || longitude === undefined)) {
    throw new RejectedError(
      "NoPlace",
      `${at} (${describeShape(array)}) has no ${latitude === undefined ? "latitude" : "longitude"}; expected a coordinate with the units ` +
        `${latitude === undefined ? "degrees_north" : "degrees_east"}, as an axis or named by the attribute "coordinates". ` +
        "If all values are of one place, give it: --latitude 37.57142 --longitude 126.9658.",
    );
  }
  const placeNames = new Set([...(latitude?.dimensions ?? []), ...(longitude?.dimensions ?? [])]);
  const placeAxes = [...array.dimensions.keys()].filter((axis) => placeNames.has(array.dimensions[axis]!));
  const odd = [...array.dimensions.keys()].find(
    (axis) => axis !== timeAxis && !placeAxes.includes(axis) && array.shape[axis] !== 1,
  );
  if (odd !== undefined) {
    throw new RejectedError(
      "TooManyAxes",
      `${at} (${describeShape(array)}) has the axis "${array.dimensions[odd]}" beside time and place. Select one of its ${array.shape[odd]} positions first: xarray's isel, or ncks -d ${array.dimensions[odd]},0.`,
    );
  }
  return { time, timeAxis, latitude, longitude, placeAxes };
}

/** Whether it may be a climate variable: numbers along a time axis. */
export function hasTimeAxis(file: ArrayFile, array: ArrayVariable): boolean {
  if (array.bytesPerValue === null || hasRole(array, "time")) return false;
  return coordinatesOf(file, array, "time").some(({ dimensions }) => dimensions.length === 1);
}

/** Coordinates of `array` with that role: of its own dimensions first, then those its attribute names, then any that fits. */
function coordinatesOf(file: ArrayFile, array: ArrayVariable, role: Role): ArrayVariable[] {
  const named = (textAttribute(array, "coordinates") ?? "").split(/\s+/);
  const fits = ({ name, dimensions, bytesPerValue }: ArrayVariable) =>
    name !== array.name &&
    bytesPerValue !== null &&
    dimensions.every((dimension) => array.dimensions.includes(dimension));
  const own = array.dimensions.map((name) => findArray(file, name));
  const mentioned = named.map((name) => findArray(file, name));
  return [...own, ...mentioned, ...file.variables]
    .filter((one) => one !== undefined)
    .filter((one) => fits(one) && hasRole(one, role) && !/(bnds|bounds|vertices)$/i.test(one.name));
}

export async function readPlaces(
  file: ArrayFile,
  array: ArrayVariable,
  { latitude, longitude, placeAxes }: ArrayAxes,
): Promise<ArrayPlaces> {
  return {
    latitude: await readCoordinate(file, array, latitude!, placeAxes, -90, 90),
    longitude: await readCoordinate(file, array, longitude!, placeAxes, -360, 540),
  };
}

async function readCoordinate(
  file: ArrayFile,
  array: ArrayVariable,
  coordinate: ArrayVariable,
  placeAxes: readonly number[],
  min: number,
  max: number,
): Promise<Float64Array> {
  checkLengths(file, array, coordinate);
  const values = await readUnpacked(file, coordinate);
  values.forEach((value, position) => {
    if (value >= min && value <= max) return;
    throw new RejectedError(
      "InvalidPlace",
      `${file.file}: coordinate "${coordinate.name}": expected degrees from ${min} to ${max}, found ${value} at position ${position}. ` +
        (Number.isNaN(value)
          ? "Every position needs its place: leave positions without one out of the file."
          : "Correct the coordinate; metres of a projection are no degrees."),
    );
  });
  const shape = placeAxes.map((axis) => array.shape[axis]!);
  const strides = placeAxes.map((axis) => {
    const own = coordinate.dimensions.indexOf(array.dimensions[axis]!);
    return own === -1 ? 0 : valuesIn(coordinate.shape.slice(own + 1));
  });
  const degrees = new Float64Array(valuesIn(shape));
  const position = shape.map(() => 0);
  for (let place = 0; place < degrees.length; place++) {
    degrees[place] = values[position.reduce((sum, along, axis) => sum + along * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++position[axis]! < shape[axis]!) break;
      position[axis] = 0;
    }
  }
  return degrees;
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
