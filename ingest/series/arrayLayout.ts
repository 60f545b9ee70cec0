// Which arrays of a file are climate variables, in which unit, at which times and places. Nothing of their values is read.

import { daysInMonth, daysInYear } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { type Conversion, conversionOf, convert } from "../../model/units.ts";
import { VARIABLES, type Variable } from "../../model/variables.ts";
import { YEAR } from "../cf/dates.ts";
import { asNumbers, type Packing, readPacking, unpack } from "../cf/packing.ts";
import { type ArrayAxes, findAxes, hasTimeAxis } from "../cf/places.ts";
import { readTimeSteps, type TimeSteps } from "../cf/time.ts";
import { type ArrayFile, type ArrayVariable, textAttribute } from "../formats/arrayFile.ts";
import { planBoxes } from "./arrayBlocks.ts";
import { variableOfArray } from "./arrayNames.ts";
import { checkFrequency, noVariables, unitNeeded } from "./layout.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import { ValueTally } from "./valueTally.ts";

/** One variable of one file. */
export interface ArrayPart {
  readonly file: ArrayFile;
  readonly array: ArrayVariable;
  readonly variable: Variable;
  readonly mappedName: string | undefined;
  readonly conversion: Conversion;
  /** The user said the unit, so values that look odd in it are believed. */
  readonly isUnitSaid: boolean;
  readonly packing: Packing;
  readonly axes: ArrayAxes;
  readonly steps: TimeSteps;
}

export interface ArrayLayout {
  readonly file: ArrayFile;
  readonly parts: readonly ArrayPart[];
  readonly ignored: readonly string[];
}

export async function readArrayLayout(file: ArrayFile, options: ReadingOptions): Promise<ArrayLayout> {
  const chosen = chooseArrays(file, options);
  const parts: ArrayPart[] = [];
  const stepsOf = new Map<ArrayVariable, TimeSteps>();
  for (const [variable, { array, mappedName }] of chosen) {
    const axes = findAxes(file, array, options.place !== undefined);
    const steps = stepsOf.get(axes.time) ?? (await readTimeSteps(file, axes.time));
    stepsOf.set(axes.time, steps);
    checkFrequency(`${file.file}: variable "${array.name}"`, variable, steps.frequency);
    const said = options.units.get(variable);
    parts.push({
      file,
      array,
      variable,
      mappedName,
      conversion: await readConversion(file, array, variable, said, steps),
      isUnitSaid: said !== undefined,
      packing: readPacking(file, array),
      axes,
      steps,
    });
  }
  const taken = new Set(parts.flatMap(({ array, axes }) => [array, axes.time, axes.latitude, axes.longitude]));
  const ignored = file.variables.filter((array) => !taken.has(array) && hasTimeAxis(file, array));
  return { file, parts, ignored: ignored.map(({ name }) => name) };
}

type Chosen = { readonly array: ArrayVariable; readonly mappedName: string | undefined };

function chooseArrays(file: ArrayFile, options: ReadingOptions): Map<Variable, Chosen> {
  const chosen = new Map<Variable, Chosen & { readonly rank: number }>();
  for (const array of file.variables) {
    const mapped = options.map.get(array.name);
    const found = mapped === undefined ? variableOfArray(file, array) : { variable: mapped, rank: 0 };
    if (found === undefined || !(options.only?.has(found.variable) ?? true)) continue;
    if (array.trouble !== undefined) throw array.trouble;
    if (array.bytesPerValue === null) {
      throw new RejectedError(
        "NotNumbers",
        `${file.file}: variable "${array.name}": expected numbers, found values of another kind, such as text. If another array is ${found.variable}, say which: --map NAME=${found.variable}; else leave it out: --variables VARIABLE,….`,
      );
    }
    const rival = chosen.get(found.variable);
    if (rival !== undefined && rival.rank === found.rank) {
      throw new RejectedError(
        "TwoColumns",
        `${file.file}: the variables "${rival.array.name}" and "${array.name}" both are ${found.variable}. Say which one: --map "${array.name}=${found.variable}".`,
      );
    }
    if (rival !== undefined && rival.rank < found.rank) continue;
    const mappedName = mapped === undefined ? undefined : array.name;
    chosen.set(found.variable, { array, mappedName, rank: found.rank });
  }
  if (chosen.size > 0) return chosen;
  const names = file.variables.map(({ name }) => name);
  if (names.length > 0 && !file.variables.some((array) => hasTimeAxis(file, array))) {
    throw new RejectedError(
      "NoTimeAxis",
      `${file.file}: no array has a time axis; found "${names.join('", "')}". Expected a coordinate with units such as "days since 1850-01-01". ` +
        "A climatology is no series: ingest the days, months or years that it was made from.",
    );
  }
  if (names.length > 0 && options.only === undefined) throw noVariables(file.file, names);
  const asked = options.only === undefined ? "no variable" : `none of --variables ${[...options.only].join(",")}`;
  throw new RejectedError(
    "NoVariables",
    `${file.file} has ${asked} in its root group; found ${names.length === 0 ? "nothing there" : `"${names.join('", "')}"`}. Say which is which, such as --map tp=pr, or extract the group that holds them.`,
  );
}

async function readConversion(
  file: ArrayFile,
  array: ArrayVariable,
  variable: Variable,
  said: string | undefined,
  { frequency }: TimeSteps,
): Promise<Conversion> {
  const where = said === undefined ? `${file.file}: variable "${array.name}"` : `--units ${variable}=${said}`;
  const unit = said ?? textAttribute(array, "units");
  if (unit === undefined) {
    if (VARIABLES[variable].unit === "1") return conversionOf(variable, "1", where);
    throw unitNeeded(where, variable, frequency);
  }
  try {
    return conversionOf(variable, unit, where);
  } catch (error) {
    if (said !== undefined || !(error instanceof RejectedError)) throw error;
    const { least, greatest } = await readSample(file, array);
    const found = `Its first values go from ${Number(least.toPrecision(4))} to ${Number(greatest.toPrecision(4))}`;
    const others = "or take the other variables alone: --variables VARIABLE,…";
    throw new RejectedError(error.reason, `${error.message.replace(/\.$/, "")}, ${others}. ${found}.`, {
      cause: error,
    });
  }
}

/** The values of the first box, as the file tells them. */
async function readSample(file: ArrayFile, array: ArrayVariable): Promise<ValueTally> {
  const box = planBoxes(file.file, array);
  const stored = asNumbers(
    await file.read(
      array,
      box.map(() => 0),
      box,
    ),
  );
  const packing = readPacking(file, array);
  const tally = new ValueTally();
  for (const number of stored) {
    const value = unpack(number, packing);
    if (!Number.isNaN(value)) tally.add(value);
  }
  return tally;
}

/** [steps] factors and offsets from stored values to the canonical unit; amounts are spread over the days of their step. */
export function stepConversions({ conversion, steps }: Pick<ArrayPart, "conversion" | "steps">): {
  readonly factor: Float64Array;
  readonly offset: number;
} {
  const { moments, frequency, calendar } = steps;
  const factor = new Float64Array(moments.length);
  moments.forEach((moment, step) => {
    const year = Math.floor(moment / YEAR);
    const days =
      frequency === "daily"
        ? 1
        : frequency === "monthly"
          ? daysInMonth(calendar, year, (moment % YEAR) + 1)
          : daysInYear(calendar, year);
    factor[step] = convert(1, { ...conversion, offset: 0 }, days);
  });
  return { factor, offset: conversion.offset };
}
