// Regional sea-level rise as AR6 publishes it (Garner et al. 2021, doi:10.5281/zenodo.6382554, as FACTS writes it): a NetCDF file per
// scenario, confidence and process, with sea_level_change [mm] over quantiles, years and locations. A location below 1e9 is a tide
// gauge by its PSMSL number, the others are points of a grid of 1 degree.
import { basename } from "node:path";
import { around, distance } from "geokdbush";
import KDBush from "kdbush";
import type { Place } from "../../database/gridCells.ts";
import { RejectedError } from "../../model/errors.ts";
import { type Future, futureOf } from "../../model/experiments.ts";
import { RISE_REACH_KM, type RiseSeries } from "../../model/seaLevels.ts";
import { asNumbers, readPacking, readUnpacked, unpack } from "../cf/packing.ts";
import { type ArrayFile, type ArrayVariable, findArray, textAttribute } from "../formats/arrayFile.ts";
import { LENGTH_UNITS, type LengthUnit } from "./seaTable.ts";

const VARIABLE = "sea_level_change";
const AXES = ["quantiles", "years", "locations"] as const;
/** The names of files say what is in them; nothing in the files does. */
const FILE_NAME = /^([^_]+)_(.+)_(medium|low)_confidence_(values|rates)\.nc4?$/i;
const TOTAL = "total";
const FIRST_GRID_LOCATION = 1e9;
/** Each shard reads all series. */
const MOST_SERIES = 5000;
const FURTHEST_QUANTILE = 0.005;

export const CONFIDENCES = ["medium", "low"] as const;
export type Confidence = (typeof CONFIDENCES)[number];

export interface RiseChoice {
  /** From 0 to 1. */
  readonly quantile: number;
  readonly confidence: Confidence;
  /** Undefined: all. */
  readonly locations: "gauges" | "grid" | ReadonlySet<number> | undefined;
  /** Only locations within reach of one of these. */
  readonly near: readonly Place[] | undefined;
}

export interface RiseArray {
  readonly rises: readonly RiseSeries[];
  /** Of a scenario that no scenario of this product follows. */
  readonly otherExperiment: string | undefined;
  /** Chosen locations without any value. */
  readonly withoutValues: number;
}

/**
 * Series of sea-level rise [m above the mean of 1995-2014] of one file, one per location that is chosen and has values.
 * Values are those of the quantile nearest to the chosen one, as stored; years without a value are left out.
 */
export async function readRiseArray(file: ArrayFile, choice: RiseChoice, limits: Limits): Promise<RiseArray> {
  const { experiment, future } = readName(file.file, choice.confidence);
  if (future === undefined) return { rises: [], otherExperiment: experiment, withoutValues: 0 };
  const variable = findVariable(file);
  const metres = LENGTH_UNITS[readLengthUnit(file.file, variable)];
  const [quantiles, years, locations, latitudes, longitudes] = await Promise.all(
    [...AXES, "lat", "lon"].map((name) => readCoordinate(file, variable, name)),
  );
  if (years!.some((year, at) => at > 0 && !(year > years![at - 1]!))) {
    throw new RejectedError("NoRise", `${file.file}: expected years in ascending order, found ${years!.join(", ")}.`);
  }
  const quantile = chooseQuantile(file.file, quantiles!, choice.quantile);
  const chosen = chooseLocations(file.file, locations!, latitudes!, longitudes!, choice);
  const packing = readPacking(file.file, variable);
  const axes = AXES.map((name) => variable.dimensions.indexOf(name));
  const start = [0, 0, 0];
  const count = [0, 0, 0];
  start[axes[0]!] = quantile;
  count[axes[0]!] = 1;
  count[axes[1]!] = years!.length;
  count[axes[2]!] = locations!.length;
  const stored = asNumbers(await file.read(variable, start, count), packing);
  const isYearFirst = axes[1]! < axes[2]!;
  const rises: RiseSeries[] = [];
  for (const at of chosen) {
    const place = { latitude: latitudes![at]!, longitude: withinHalfTurn(longitudes![at]!) };
    const known: number[] = [];
    const values: number[] = [];
    years!.forEach((year, step) => {
      const position = isYearFirst ? step * locations!.length + at : at * years!.length + step;
      const rise = unpack(stored[position]!, packing) * metres;
      if (Number.isNaN(rise)) return;
      checkRise(rise, year, `${file.file}: location ${locations![at]}`, limits);
      known.push(year);
      values.push(rise);
    });
    if (known.length > 0)
      rises.push({ series: nameOf(locations![at]!, place), experiment: future, place, years: known, rises: values });
  }
  return { rises, otherExperiment: undefined, withoutValues: chosen.length - rises.length };
}

export interface Limits {
  readonly lowest: number;
  readonly highest: number;
  readonly firstYear: number;
  readonly lastYear: number;
}

function readName(file: string, wanted: Confidence): { experiment: string; future: Future | undefined } {
  const [, process, experiment, confidence, kind] = FILE_NAME.exec(basename(file)) ?? [];
  if (process === undefined) {
    throw new RejectedError(
      "UnknownProjection",
      `${file}: expected the name that AR6 gives its files, which says scenario and confidence: total_ssp245_medium_confidence_values.nc. Give the file that name again.`,
    );
  }
  if (kind!.toLowerCase() === "rates" || process.toLowerCase() !== TOTAL) {
    const found = kind!.toLowerCase() === "rates" ? "rates of rise (mm per year)" : `one contribution (${process})`;
    throw new RejectedError(
      "NotTheTotal",
      `${file}: expected the total rise, found ${found}. Give total_${experiment}_${confidence}_confidence_values.nc.`,
    );
  }
  if (confidence!.toLowerCase() !== wanted) {
    throw new RejectedError(
      "OtherConfidence",
      `${file}: expected ${wanted} confidence, found ${confidence}. Leave the file out, or give --confidence ${confidence!.toLowerCase()}.`,
    );
  }
  return { experiment: experiment!, future: futureOf({ name: "", experiment: experiment! }) };
}

function findVariable(file: ArrayFile): ArrayVariable {
  const variable = findArray(file, VARIABLE);
  const names = file.variables.map(({ name }) => name).join(", ");
  if (variable === undefined) {
    throw new RejectedError("NoRise", `${file.file}: expected an array ${VARIABLE}, found ${names}.`);
  }
  if (variable.trouble !== undefined) throw variable.trouble;
  if (variable.dimensions.length === AXES.length && AXES.every((axis) => variable.dimensions.includes(axis))) {
    return variable;
  }
  throw new RejectedError(
    "NoRise",
    `${file.file}: expected ${VARIABLE} along ${AXES.join(", ")}, found it along ${variable.dimensions.join(", ") || "nothing"}. Give a file of confidence levels (…_confidence_values.nc), not of samples.`,
  );
}

function readLengthUnit(file: string, variable: ArrayVariable): LengthUnit {
  const unit = textAttribute(variable, "units");
  if (unit !== undefined && Object.hasOwn(LENGTH_UNITS, unit)) return unit as LengthUnit;
  throw new RejectedError(
    "UnknownUnit",
    `${file}: "${VARIABLE}" has the unit "${unit ?? ""}"; expected ${Object.keys(LENGTH_UNITS).join(", ")}. Set its attribute units.`,
  );
}

async function readCoordinate(file: ArrayFile, variable: ArrayVariable, name: string): Promise<Float64Array> {
  const array = findArray(file, name);
  const axis = name === "lat" || name === "lon" ? "locations" : name;
  const length = variable.shape[variable.dimensions.indexOf(axis)];
  if (array === undefined || array.shape.length !== 1 || array.shape[0] !== length || array.bytesPerValue === null) {
    throw new RejectedError(
      "NoRise",
      `${file.file}: expected an array ${name} of ${length} numbers, one for each of ${axis}, found ${array === undefined ? "none" : `one of ${array.shape.join(" x ")}`}. Fetch the file again.`,
    );
  }
  return readUnpacked(file, array);
}

function chooseQuantile(file: string, quantiles: Float64Array, wanted: number): number {
  let nearest = 0;
  quantiles.forEach((quantile, at) => {
    if (Math.abs(quantile - wanted) < Math.abs(quantiles[nearest]! - wanted)) nearest = at;
  });
  if (Math.abs(quantiles[nearest]! - wanted) <= FURTHEST_QUANTILE) return nearest;
  throw new RejectedError(
    "UnknownQuantile",
    `${file}: expected the quantile ${wanted}, found ${quantiles.length} quantiles, of which ${quantiles[nearest] ?? "none"} is the nearest. Choose another --quantile.`,
  );
}

/** Positions of the locations that are chosen and lie within reach. */
function chooseLocations(
  file: string,
  locations: Float64Array,
  latitudes: Float64Array,
  longitudes: Float64Array,
  { locations: wanted, near }: RiseChoice,
): readonly number[] {
  if (wanted instanceof Set) {
    const known = new Set(locations);
    const missing = [...wanted].filter((location) => !known.has(location));
    if (missing.length > 0) {
      throw new RejectedError(
        "UnknownLocation",
        `${file} has no location ${missing.join(", ")}. The numbers are those of location_list.lst: PSMSL numbers, and 1 followed by row and column for the grid.`,
      );
    }
  }
  const isWanted = (location: number) => {
    if (wanted === undefined) return true;
    if (wanted === "gauges" || wanted === "grid") return location >= FIRST_GRID_LOCATION === (wanted === "grid");
    return wanted.has(location);
  };
  const isNear = makeIsNear(near);
  const chosen: number[] = [];
  locations.forEach((location, at) => {
    const [latitude, longitude] = [latitudes[at]!, longitudes[at]!];
    if (!isWanted(location)) return;
    if (!(Math.abs(latitude) <= 90 && longitude >= -180 && longitude <= 360)) {
      throw new RejectedError(
        "InvalidPlace",
        `${file}: location ${location}: expected degrees north and east, found ${latitude}, ${longitude}. Fetch the file again.`,
      );
    }
    if (isNear(latitude, longitude)) chosen.push(at);
  });
  if (chosen.length === 0) {
    throw new RejectedError(
      "NoRise",
      `${file}: none of its ${locations.length} locations is chosen${near === undefined ? "" : ` and within ${RISE_REACH_KM} km of a cell`}. Correct --locations${near === undefined ? "" : " or --grid"}.`,
    );
  }
  if (chosen.length <= MOST_SERIES) return chosen;
  throw new RejectedError(
    "TooManySeries",
    `${file}: ${chosen.length.toLocaleString("en")} locations are chosen; at most ${MOST_SERIES.toLocaleString("en")} are stored, as every shard reads them all. ` +
      "Take those near a grid's cells: --grid NAME; or name them: --locations 955,956.",
  );
}

function makeIsNear(near: readonly Place[] | undefined): (latitude: number, longitude: number) => boolean {
  if (near === undefined) return () => true;
  if (near.length === 0) return () => false;
  const tree = new KDBush(near.length);
  for (const { latitude, longitude } of near) tree.add(longitude, latitude);
  tree.finish();
  return (latitude, longitude) => {
    const east = withinHalfTurn(longitude);
    const [nearest] = around(tree, east, latitude, 1);
    const { latitude: north, longitude: cell } = near[nearest!]!;
    return distance(east, latitude, cell, north) <= RISE_REACH_KM;
  };
}

function checkRise(rise: number, year: number, where: string, { lowest, highest, firstYear, lastYear }: Limits): void {
  if (rise >= lowest && rise <= highest && year >= firstYear && year <= lastYear && Number.isInteger(year)) return;
  throw new RejectedError(
    "InvalidNumber",
    `${where}: expected ${lowest} to ${highest} m in a year from ${firstYear} to ${lastYear}, found ${rise} m in ${year}. Fetch the file again, or choose a --quantile nearer to the median.`,
  );
}

function nameOf(location: number, { latitude, longitude }: Place): string {
  return location < FIRST_GRID_LOCATION ? `AR6 gauge ${location}` : `AR6 grid ${latitude}, ${longitude}`;
}

function withinHalfTurn(longitude: number): number {
  return longitude > 180 ? longitude - 360 : longitude;
}
