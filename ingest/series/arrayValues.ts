// The hot path of arrays: one box of stored numbers to values of the canonical unit, turned from days of all places to
// places with their days. What cannot be a value is refused here, by day and place.

import { RejectedError } from "../../model/errors.ts";
import { type Conversion, conversionOf, convert, unitsOf, unitsOption } from "../../model/units.ts";
import { VARIABLES } from "../../model/variables.ts";
import { formatMoment, YEAR } from "../cf/dates.ts";
import { asNumbers, unpack } from "../cf/packing.ts";
import { type NumberArray, valuesIn } from "../formats/arrayFile.ts";
import { shortNumber } from "../formats/numberText.ts";
import type { Box } from "./arrayBlocks.ts";
import { type ArrayPart, stepConversions } from "./arrayLayout.ts";
import { hintSign, limitsOf } from "./limits.ts";
import type { SpoolValues } from "./tileSpool.ts";
import { looksLikeMissingMark } from "./valueReader.ts";
import type { ValueTally } from "./valueTally.ts";

/** Places side by side share the cache lines that their days are read from; so many days of them stay in the cache. */
const PLACES_AT_ONCE = 16;
const STEPS_AT_ONCE = 64;

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

/** `placeOf` describes where a cell lies, for messages. */
export function makeBoxReader<Values extends SpoolValues>(
  part: ArrayPart,
  tally: ValueTally,
  placeOf: (cell: number) => string,
): BoxReader<Values> {
  const { factor, offset } = stepConversions(part);
  const { timeAxis } = part.axes;
  return {
    take: (stored, { start, count }, { cells, offsets }, out, seen) => {
      const numbers = asNumbers(stored, part.packing);
      const steps = count[timeAxis]!;
      const stride = valuesIn(count.slice(timeAxis + 1));
      const before = tally.values;
      const run = { numbers, stride, factor, firstStep: start[timeAxis]!, offset, out, tally, part };
      for (let first = 0; first < cells.length; first += PLACES_AT_ONCE) {
        const last = Math.min(first + PLACES_AT_ONCE, cells.length);
        for (let from = 0; from < steps; from += STEPS_AT_ONCE) {
          const to = Math.min(from + STEPS_AT_ONCE, steps);
          for (let place = first; place < last; place++) {
            const wrong = takeRun(run, offsets[place]!, from, to, place * steps);
            if (wrong === -1) continue;
            const number = numbers[offsets[place]! + wrong * stride]!;
            const value = unpack(number, part.packing) * factor[run.firstStep + wrong]! + offset;
            throw implausible(part, number, value, run.firstStep + wrong, placeOf(cells[place]!));
          }
        }
      }
      for (let place = 0; place < cells.length; place++) {
        if (seen[cells[place]!] === 0 && hasValue(out, place * steps, steps)) seen[cells[place]!] = 1;
      }
      tally.missing += cells.length * steps - (tally.values - before);
    },
  };
}

interface Run {
  readonly numbers: ReturnType<typeof asNumbers>;
  /** From one step to the next in `numbers`. */
  readonly stride: number;
  /** [steps of the part] */
  readonly factor: Float64Array;
  readonly firstStep: number;
  readonly offset: number;
  readonly out: SpoolValues;
  readonly tally: ValueTally;
  readonly part: ArrayPart;
}

/**
 * Steps [from, to) of the place whose first step is at `start`, to `out` from `room` on; the step of a value that cannot be,
 * or -1. All it needs are locals: fields and captured variables of every value would double its time.
 */
function takeRun(run: Run, start: number, from: number, to: number, room: number): number {
  const { numbers, stride, factor, firstStep, offset, out, tally } = run;
  const { missing, missingToo, missingOthers, validMin, validMax, scale, offset: packedOffset } = run.part.packing;
  const { min, max, noise, most } = limitsOf(run.part.variable);
  let [clipped, noisy] = [0, 0];
  let values = 0;
  let sum = 0;
  let least = tally.least;
  let secondGreatest = tally.secondGreatest;
  for (let step = from; step < to; step++) {
    const number = numbers[start + step * stride]!;
    let value = (number * scale + packedOffset) * factor[firstStep + step]! + offset;
    if (number === missing || number === missingToo || !(number >= validMin && number <= validMax)) value = Number.NaN;
    else if (missingOthers?.has(number)) value = Number.NaN;
    else if (value < 0 && value >= -noise) {
      value = 0;
      noisy++;
    } else if (value > most && value <= max) {
      value = most;
      clipped++;
    }
    out[room + step] = value;
    if (value >= min && value <= max) {
      values++;
      sum += value;
      if (value < least) least = value;
      if (value > secondGreatest) {
        tally.rise(value);
        secondGreatest = tally.secondGreatest;
      }
    } else if (!Number.isNaN(value)) return step;
  }
  tally.values += values;
  tally.noise += noisy;
  tally.clipped += clipped;
  tally.sum += sum;
  tally.least = least;
  return -1;
}

function hasValue(values: SpoolValues, from: number, count: number): boolean {
  for (let at = from; at < from + count; at++) if (!Number.isNaN(values[at]!)) return true;
  return false;
}

function implausible(part: ArrayPart, number: number, value: number, step: number, place: string): RejectedError {
  const { file, array, variable, conversion, steps, packing } = part;
  const { plausibleMin, plausibleMax, unit } = VARIABLES[variable];
  const moment = steps.moments[step]!;
  const date = formatMoment(steps.frequency, Math.floor(moment / YEAR), moment % YEAR);
  const unpacked = unpack(number, packing);
  const inUnit = conversion.from === unit ? "" : `, that is ${shortNumber(value)} ${unit}`;
  const isPacked = packing.scale !== 1 || packing.offset !== 0;
  return new RejectedError(
    "ImplausibleValue",
    `${file.file}: variable "${array.name}" at ${place} on ${date}: expected ${variable} from ${plausibleMin} to ${plausibleMax} ${unit}, ` +
      `found ${shortNumber(unpacked)} ${conversion.from}${inUnit}${isPacked ? ` (stored as ${shortNumber(number)})` : ""}. ` +
      (looksLikeMissingMark(String(Number(unpacked.toPrecision(6))))
        ? `If it marks a missing value, give ${missingOption(part, number)}.`
        : describeFitting(part, conversion, unpacked, number)),
  );
}

/** The option that makes a value missing; it is in the unit of the array. */
export function optionForMark(part: ArrayPart, value: number): string {
  const { array, packing } = part;
  const stored = (value - packing.offset) / packing.scale;
  return missingOption(part, array.isFloat ? stored : Math.round(stored));
}

/** Marks are compared as stored. */
function missingOption({ variable, array }: ArrayPart, number: number): string {
  const isSingle = array.isFloat && array.bytesPerValue === 4;
  return `--missing ${variable}=${isSingle ? shortestSingle(Math.fround(number)) : number}`;
}

/** The fewest digits that give a number of 32 bits back. */
function shortestSingle(number: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = shortNumber(number, digits);
    if (Math.fround(short) === number) return short;
  }
  return number;
}

function describeFitting(part: ArrayPart, conversion: Conversion, unpacked: number, number: number): string {
  const { variable, array, steps } = part;
  const sign = hintSign(variable, unpacked);
  if (sign !== undefined) return sign;
  const { plausibleMin, plausibleMax } = VARIABLES[variable];
  const days = steps.frequency === "daily" ? 1 : steps.frequency === "monthly" ? 30 : 365;
  const fitting = unitsOf(variable).find((unit) => {
    const value = convert(unpacked, conversionOf(variable, unit, array.name), days);
    return unit !== conversion.from && value >= plausibleMin && value <= plausibleMax;
  });
  if (fitting === undefined)
    return `Correct the file; if the value marks a missing one, give ${missingOption(part, number)}.`;
  return `If the values are in ${fitting}, give ${unitsOption(variable, fitting)}.`;
}
