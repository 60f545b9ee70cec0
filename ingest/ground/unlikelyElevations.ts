// Rasters of something else, given as elevations: recognised by how they are stored and by the range of their values.
import type { Place } from "../../database/gridCells.ts";
import { RejectedError } from "../../model/errors.ts";
import type { RasterFile } from "../formats/rasterFile.ts";

/** Fewer values, or a smaller area, may be anything. */
const FEWEST_VALUES = 20;
const SMALLEST_EXTENT_DEGREES = 1;
const KELVIN = { min: 200, max: 340 };
const CELSIUS = { min: -80, max: 60 };
/** Land below this height [m] is rare, and the sea is deeper than the lowest temperature soon. */
const LOW = -5;
const LOW_SHARE = 0.2;

interface Look {
  readonly of: string;
  readonly fits: (values: Values) => boolean;
}

interface Values {
  readonly min: number;
  readonly max: number;
  readonly isWhole: boolean;
  /** Share of values below LOW. */
  readonly lowShare: number;
}

const LOOKS: readonly Look[] = [
  { of: "fractions or a mask", fits: ({ min, max }) => min >= 0 && max <= 1 },
  {
    of: "temperatures in kelvin",
    fits: ({ min, max, isWhole }) => !isWhole && min >= KELVIN.min && max <= KELVIN.max,
  },
  {
    of: "temperatures in degrees Celsius",
    fits: ({ min, max, isWhole, lowShare }) =>
      !isWhole && min >= CELSIUS.min && max <= CELSIUS.max && lowShare >= LOW_SHARE,
  },
];

/**
 * `known` are the values of `places`, none missing; `isWhole`: those of the pixels are whole numbers. `isConfirmed`: the user has said
 * that they are elevations.
 */
export function refuseUnlikelyElevations(
  raster: Pick<RasterFile, "file" | "isByte"> & { readonly isWhole: boolean },
  places: readonly Place[],
  known: readonly number[],
  isConfirmed: boolean,
): void {
  if (isConfirmed) return;
  const { file, isWhole } = raster;
  const [min, max] = known.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as [number, number]);
  const found = `${known.length} values from ${shorten(min)} to ${shorten(max)}`;
  if (raster.isByte)
    throw unlikely(`${file} stores bytes (0 to 255), as images and maps of classes do; found ${found}.`);
  if (known.length < FEWEST_VALUES || extentOf(places) < SMALLEST_EXTENT_DEGREES) return;
  const values: Values = {
    min,
    max,
    isWhole,
    lowShare: known.filter((value) => value < LOW).length / known.length,
  };
  const look = LOOKS.find(({ fits }) => fits(values));
  if (look !== undefined)
    throw unlikely(`${file}: expected elevations in m, found ${found}: they look like ${look.of}.`);
}

function unlikely(problem: string): RejectedError {
  return new RejectedError(
    "UnlikelyElevations",
    `${problem} Give the raster of elevations, or, if these are elevations in m, confirm it: --unit m`,
  );
}

function extentOf(places: readonly Place[]): number {
  const spans = (["latitude", "longitude"] as const).map((axis) => {
    const all = places.map((place) => place[axis]);
    return all.reduce((most, one) => Math.max(most, one)) - all.reduce((least, one) => Math.min(least, one));
  });
  return Math.max(...spans);
}

const shorten = (value: number) => Number(value.toPrecision(5));
