// The hot path of arrays: one box of stored numbers to values of the canonical unit, turned from days of all places to
// places with their days. What cannot be a value is refused here, by day and place.
import { type Conversion, conversionOf, convert, unitsOf, unitsOption } from "../../job/units.ts";
import { RejectedError } from "../../model/errors.ts";
import { VARIABLES } from "../../model/variables.ts";
import { type NumberArray, valuesIn } from "../arrayFiles/arrayFile.ts";
import { asNumbers, unpack } from "../arrayFiles/cfPacking.ts";
import type { Box } from "./arrayBlocks.ts";
import { type ArrayPart, stepConversions } from "./arrayLayout.ts";
import { formatMoment, YEAR } from "./dates.ts";
import type { SpoolValues } from "./tileSpool.ts";
import { looksLikeMissingMark } from "./valueReader.ts";
import type { ValueTally } from "./valueTally.ts";

/** Places side by side share the cache lines that a day of them is read from. */
const PLACES_AT_ONCE = 16;

export interface BoxPlaces {
  /** [places of the box] rank among the part's cells, ascending. */
  readonly cells: Int32Array;
  /** [places of the box] offset of the first step's value in the box. */
  readonly offsets: Int32Array;
}

/** Where the places of a box lie in it, by rank; `cellOf` has the rank of each position on the place axes. */
export function locatePlaces(part: ArrayPart, { start, count }: Box, cellOf: Int32Array): BoxPlaces {
  const { axes, array } = part;
  const shape = axes.placeAxes.map((axis) => count[axis]!);
  const length = valuesIn(shape);
  const strides = axes.placeAxes.map((axis) => valuesIn(count.slice(axis + 1)));
  const positionStrides = axes.placeAxes.map((_, at) =>
    valuesIn(axes.placeAxes.slice(at + 1).map((axis) => array.shape[axis]!)),
  );
  const cells = new Int32Array(length);
  const offsets = new Int32Array(length);
  const at = shape.map(() => 0);
  for (let place = 0; place < length; place++) {
    let position = 0;
    for (let axis = 0; axis < at.length; axis++) {
      offsets[place]! += at[axis]! * strides[axis]!;
      position += (at[axis]! + start[axes.placeAxes[axis]!]!) * positionStrides[axis]!;
    }
    cells[place] = cellOf[position]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++at[axis]! < shape[axis]!) break;
      at[axis] = 0;
    }
  }
  if (cells.every((cell, place) => place === 0 || cell > cells[place - 1]!)) return { cells, offsets };
  const order = Array.from(cells.keys()).sort((a, b) => cells[a]! - cells[b]!);
  return {
    cells: cells.map((_, place) => cells[order[place]!]!),
    offsets: offsets.map((_, place) => offsets[order[place]!]!),
  };
}

export interface BoxReader<Values extends SpoolValues> {
  /** Fills `out` [places][steps of the box]; marks cells that have a value in `seen` [cells]. */
  take(stored: NumberArray, box: Box, places: BoxPlaces, out: Values, seen: Uint8Array): void;
}

/** `placeOf` tells where a cell lies, for messages. */
export function makeBoxReader<Values extends SpoolValues>(
  part: ArrayPart,
  tally: ValueTally,
  placeOf: (cell: number) => string,
): BoxReader<Values> {
  const { plausibleMin: min, plausibleMax: max } = VARIABLES[part.variable];
  const { factor, offset } = stepConversions(part);
  const { packing, axes } = part;
  return {
    take: (stored, { start, count }, { cells, offsets }, out, seen) => {
      const numbers = asNumbers(stored);
      const steps = count[axes.timeAxis]!;
      const stride = valuesIn(count.slice(axes.timeAxis + 1));
      const firstStep = start[axes.timeAxis]!;
      let [values, sum, least, greatest] = [0, 0, tally.least, tally.greatest];
      for (let first = 0; first < cells.length; first += PLACES_AT_ONCE) {
        const last = Math.min(first + PLACES_AT_ONCE, cells.length);
        for (let step = 0; step < steps; step++) {
          const perStep = factor[firstStep + step]!;
          for (let place = first; place < last; place++) {
            const number = numbers[offsets[place]! + step * stride]!;
            const value = unpack(number, packing) * perStep + offset;
            out[place * steps + step] = value;
            if (value >= min && value <= max) {
              values++;
              sum += value;
              if (value < least) least = value;
              if (value > greatest) greatest = value;
              seen[cells[place]!] = 1;
            } else if (!Number.isNaN(value)) {
              throw implausible(part, number, value, firstStep + step, placeOf(cells[place]!));
            }
          }
        }
      }
      tally.values += values;
      tally.missing += cells.length * steps - values;
      tally.sum += sum;
      tally.least = least;
      tally.greatest = greatest;
    },
  };
}

function implausible(part: ArrayPart, number: number, value: number, step: number, place: string): RejectedError {
  const { file, array, variable, conversion, steps, packing } = part;
  const { plausibleMin, plausibleMax, unit } = VARIABLES[variable];
  const moment = steps.moments[step]!;
  const date = formatMoment(steps.frequency, Math.floor(moment / YEAR), moment % YEAR);
  const told = unpack(number, packing);
  const inUnit = conversion.from === unit ? "" : `, that is ${shorten(value)} ${unit}`;
  const isPacked = packing.scale !== 1 || packing.offset !== 0;
  return new RejectedError(
    "ImplausibleValue",
    `${file.file}: variable "${array.name}" at ${place} on ${date}: expected ${variable} from ${plausibleMin} to ${plausibleMax} ${unit}, ` +
      `found ${shorten(told)} ${conversion.from}${inUnit}${isPacked ? ` (stored as ${shorten(number)})` : ""}. ` +
      (looksLikeMissingMark(String(Number(told.toPrecision(6))))
        ? `If it marks a missing value, give the array the attribute _FillValue ${shorten(number)}: ncatted -a _FillValue,${array.name},o,${array.bytesPerValue === 8 ? "d" : "f"},${shorten(number)}.`
        : tellFitting(part, conversion, told)),
  );
}

function tellFitting({ variable, array, steps }: ArrayPart, conversion: Conversion, told: number): string {
  const { plausibleMin, plausibleMax } = VARIABLES[variable];
  const days = steps.frequency === "daily" ? 1 : steps.frequency === "monthly" ? 30 : 365;
  const fitting = unitsOf(variable).find((unit) => {
    const value = convert(told, conversionOf(variable, unit, array.name), days);
    return unit !== conversion.from && value >= plausibleMin && value <= plausibleMax;
  });
  if (fitting === undefined) return "Correct the file; values that are no measurements must be its _FillValue.";
  return `If the values are in ${fitting}, give ${unitsOption(variable, fitting)}.`;
}

function shorten(value: number): string {
  return String(Number(value.toPrecision(6)));
}
