// Files about the sea as providers write them, written in a test.
import {
  numbersOf,
  textOf,
  type WrittenFile,
  type WrittenVariable,
  writeClassicFile,
} from "../../ingest/formats/netcdf3Writer.ts";
import type { RiseChoice } from "../../ingest/sea/readRiseArrays.ts";

/** What the command chooses without options. */
export const USUAL_RISE: RiseChoice = { quantile: 0.5, confidence: "medium", locations: undefined, near: undefined };

export interface Ar6Options {
  readonly quantiles?: readonly number[];
  readonly years?: readonly number[];
  /** Number, latitude, longitude. */
  readonly locations?: readonly (readonly [number, number, number])[];
  readonly units?: string;
  readonly axes?: readonly ("quantiles" | "years" | "locations")[];
  readonly name?: string;
  /** mm of a quantile, a year and a location by its position; NaN where missing. */
  readonly value?: (quantile: number, year: number, location: number) => number;
}

const FILL = -32_768;
export const AR6_LOCATIONS: NonNullable<Ar6Options["locations"]> = [
  [955, 35.1, 129.04],
  [956, 37.45, 126.59],
  [1005301270, 37, 127],
  [1005501290, 35, 129],
];
export const ar6Millimetres = (quantile: number, year: number, location: number): number =>
  Math.round((year - 2005) * 5 * (0.5 + quantile) + location);

/** A file of AR6's confidence levels, as FACTS writes it but in NetCDF-3: short integers, their fill value, three axes. */
export async function makeAr6(options: Ar6Options = {}): Promise<Buffer> {
  const { quantiles = [0.05, 0.17, 0.5, 0.83, 0.95], years = [2020, 2030, 2100], units = "mm" } = options;
  const { locations = AR6_LOCATIONS, value = ar6Millimetres, name = "sea_level_change" } = options;
  const { axes = ["quantiles", "years", "locations"] } = options;
  const along = { quantiles, years, locations };
  const plain = (of: string, type: "double" | "int" | "float", axis: string): WrittenVariable => ({
    ...{ name: of, type, dimensions: [axis], attributes: {} },
  });
  const content = new Map<WrittenVariable, readonly number[]>([
    [plain("quantiles", "double", "quantiles"), quantiles],
    [plain("years", "int", "years"), years],
    [plain("locations", "int", "locations"), locations.map(([number]) => number)],
    [plain("lat", "float", "locations"), locations.map(([, latitude]) => latitude)],
    [plain("lon", "float", "locations"), locations.map(([, , longitude]) => longitude)],
  ]);
  const values: number[] = [];
  const positions: Record<string, number> = {};
  const fill = (depth: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      const found = value(quantiles[positions.quantiles!]!, years[positions.years!]!, positions.locations!);
      values.push(Number.isNaN(found) ? FILL : found);
      return;
    }
    for (let at = 0; at < along[axis].length; at++) {
      positions[axis] = at;
      fill(depth + 1);
    }
  };
  fill(0);
  const attributes = {
    units: textOf(units),
    _FillValue: numbersOf("short", FILL),
    scale_factor: numbersOf("double", 1),
  };
  content.set({ name, type: "short", dimensions: axes, attributes }, values);
  const file: WrittenFile = {
    dimensions: { quantiles: quantiles.length, years: years.length, locations: locations.length },
    attributes: {},
    variables: [...content.keys()],
  };
  const pieces: Buffer[] = [];
  for await (const piece of writeClassicFile(file, (one) => [content.get(one)!])) pieces.push(piece);
  return Buffer.concat(pieces);
}
