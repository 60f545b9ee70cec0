// Axes beside time and place: one position is selected by --select, the versions of ERA5 are joined, anything else is refused.
// What comes out is the array as if it had one position along them.
import { RejectedError } from "../../model/errors.ts";
import { asNumbers, readPacking, readUnpacked, unpack } from "../cf/packing.ts";
import type { ArrayAxes } from "../cf/places.ts";
import {
  type ArrayFile,
  type ArrayVariable,
  findArray,
  type NumberArray,
  ownName,
  textAttribute,
} from "../formats/arrayFile.ts";

export interface NarrowedArray {
  readonly file: ArrayFile;
  readonly array: ArrayVariable;
  readonly notes: readonly string[];
}

/** https://confluence.ecmwf.int/display/CKB/ERA5%3A+data+documentation: expver 1 is ERA5, expver 5 is ERA5T, which is preliminary. */
const VERSIONS = "expver";
const [FINAL, PRELIMINARY] = [1, 5];
/** Labels in a message. */
const MOST_SHOWN = 12;

export async function narrowArray(
  file: ArrayFile,
  array: ArrayVariable,
  { time, timeAxis, placeAxes }: ArrayAxes,
  select: ReadonlyMap<string, string>,
): Promise<NarrowedArray> {
  let narrowed: NarrowedArray = { file, array, notes: await describeVersions(file, array, time) };
  for (const axis of array.dimensions.keys()) {
    if (axis === timeAxis || placeAxes.includes(axis)) {
      refuseSelection(file, array, axis, select);
      continue;
    }
    const labels = await readLabels(file, array, axis, select);
    const chosen = labels.names
      .map((name) => [name, select.get(name)] as const)
      .find(([, label]) => label !== undefined);
    if (chosen !== undefined) {
      narrowed = atPosition(narrowed, axis, findLabel(file, array, labels, chosen[0], chosen[1]!));
    } else if (array.shape[axis] !== 1) {
      const versions = labels.names.includes(VERSIONS) ? findVersions(labels) : undefined;
      if (versions === undefined) throw tooManyAxes(file, array, axis, labels);
      narrowed = joinVersions(narrowed, axis, versions);
    }
  }
  return narrowed;
}

function refuseSelection(
  file: ArrayFile,
  array: ArrayVariable,
  axis: number,
  select: ReadonlyMap<string, string>,
): void {
  const name = ownName({ name: array.dimensions[axis]! });
  if (!select.has(name)) return;
  throw new RejectedError(
    "InvalidOption",
    `--select ${name}=${select.get(name)}: "${name}" is an axis of time or place of ${file.file}, of which all positions are read. Cut the file instead: xarray's sel, or ncks -d.`,
  );
}

interface Labels {
  /** Names that --select may use: of the dimension and of its coordinate. */
  readonly names: readonly string[];
  /** [positions] */
  readonly labels: readonly string[];
}

async function readLabels(
  file: ArrayFile,
  array: ArrayVariable,
  axis: number,
  select: ReadonlyMap<string, string>,
): Promise<Labels> {
  const dimension = array.dimensions[axis]!;
  const along = file.variables.filter(
    (one) =>
      one.dimensions.length === 1 &&
      one.dimensions[0] === dimension &&
      one.shape[0] === array.shape[axis] &&
      (one.bytesPerValue !== null || one.isText === true),
  );
  const mentioned = (textAttribute(array, "coordinates") ?? "").split(/\s+/);
  const coordinate =
    along.find((one) => select.has(ownName(one))) ??
    findArray({ ...file, variables: along }, dimension) ??
    along.find((one) => mentioned.includes(ownName(one)));
  const names = [
    ...new Set([coordinate === undefined ? [] : ownName(coordinate), ownName({ name: dimension })].flat()),
  ];
  if (coordinate === undefined) {
    return { names, labels: Array.from({ length: array.shape[axis]! }, (_, position) => String(position)) };
  }
  const labels =
    coordinate.isText === true
      ? await file.readTexts(coordinate)
      : Array.from(await readUnpacked(file, coordinate), (value) => String(Number(value.toPrecision(7))));
  return { names, labels };
}

function findLabel(file: ArrayFile, array: ArrayVariable, { labels }: Labels, name: string, label: string): number {
  const number = Number(label);
  const isSame = (one: string) =>
    one === label ||
    (label !== "" && Number.isFinite(number) && Number.isFinite(Number(one)) && Number(one) === number);
  const positions = [...labels.keys()].filter((position) => isSame(labels[position]!));
  if (positions.length === 1) return positions[0]!;
  throw new RejectedError(
    "UnknownLabel",
    `--select ${name}=${label}: ${file.file}: variable "${array.name}" has ${positions.length === 0 ? "no such position" : `${positions.length} such positions`} along "${name}". Found ${showLabels(labels)}.`,
  );
}

function showLabels(labels: readonly string[]): string {
  const shown = labels.slice(0, MOST_SHOWN).join(", ");
  return labels.length > MOST_SHOWN ? `${shown}, … (${labels.length} in all)` : shown;
}

function tooManyAxes(file: ArrayFile, array: ArrayVariable, axis: number, { names, labels }: Labels): RejectedError {
  const shape = array.dimensions.map((name, at) => `${name} ${array.shape[at]}`).join(" x ");
  return new RejectedError(
    "TooManyAxes",
    `${file.file}: variable "${array.name}" (${shape}) has the axis "${array.dimensions[axis]}" beside time and place. Select one of its positions: --select ${names[0]}=${labels[0] ?? ""}. Found ${showLabels(labels)}.`,
  );
}

/** The array at one position of an axis. */
function atPosition({ file, array, notes }: NarrowedArray, axis: number, position: number): NarrowedArray {
  const narrowed = { ...array, shape: array.shape.map((length, one) => (one === axis ? 1 : length)) };
  return {
    array: narrowed,
    notes,
    file: {
      ...file,
      read: (variable, start, count) =>
        variable === narrowed
          ? file.read(
              array,
              start.map((from, one) => (one === axis ? from + position : from)),
              count,
            )
          : file.read(variable, start, count),
    },
  };
}

/** Positions of the final and of the preliminary values; undefined for other versions. */
function findVersions({ labels }: Labels): readonly [final: number, preliminary: number] | undefined {
  const positions = [FINAL, PRELIMINARY].map((version) => labels.findIndex((label) => Number(label) === version));
  return labels.length === 2 && !positions.includes(-1) ? [positions[0]!, positions[1]!] : undefined;
}

/** The final values, and the preliminary ones where there are none. */
function joinVersions(
  narrowed: NarrowedArray,
  axis: number,
  [final, preliminary]: readonly [number, number],
): NarrowedArray {
  const [one, other] = [atPosition(narrowed, axis, final), atPosition(narrowed, axis, preliminary)];
  const packing = readPacking(one.file.file, one.array);
  const note = `${one.file.file}: expver 1 (final) and expver 5 (preliminary) are joined; load the preliminary steps again when they are final.`;
  return {
    array: one.array,
    notes: [...narrowed.notes, note],
    file: {
      ...one.file,
      read: async (variable, start, count) => {
        if (variable !== one.array) return one.file.read(variable, start, count);
        const values = (await one.file.read(variable, start, count)).slice() as NumberArray;
        const isMissing = Array.from(asNumbers(values, packing), (number) => Number.isNaN(unpack(number, packing)));
        if (!isMissing.includes(true)) return values;
        const others = await other.file.read(other.array, start, count);
        isMissing.forEach((missing, at) => {
          if (missing) values[at] = others[at]!;
        });
        return values;
      },
    },
  };
}

/** Since 2024 the version is a text per step. */
async function describeVersions(
  file: ArrayFile,
  array: ArrayVariable,
  { dimensions: [dimension] }: ArrayVariable,
): Promise<readonly string[]> {
  const versions = file.variables.find(
    (one) =>
      ownName(one) === VERSIONS &&
      one.isText === true &&
      one.dimensions.length === 1 &&
      one.dimensions[0] === dimension,
  );
  if (versions === undefined || !array.dimensions.includes(dimension!)) return [];
  const labels = await file.readTexts(versions);
  const count = labels.filter((label) => Number(label) === PRELIMINARY).length;
  if (count === 0) return [];
  return [
    `${file.file}: ${count.toLocaleString("en")} of ${labels.length.toLocaleString("en")} steps are preliminary (expver 0005); load them again when they are final.`,
  ];
}
