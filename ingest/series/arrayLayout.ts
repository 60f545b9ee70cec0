// Which arrays of a file are climate variables, in which unit, at which times and places. Nothing of their values is read.

import { daysInMonth, daysInYear } from "../../model/calendars.ts";
import { RejectedError } from "../../model/errors.ts";
import { type Conversion, conversionOf, convert } from "../../model/units.ts";
import { type Frequency, VARIABLES, type Variable } from "../../model/variables.ts";
import { YEAR } from "../cf/dates.ts";
import { asNumbers, type Packing, readPacking, unpack } from "../cf/packing.ts";
import { type ArrayAxes, checkLengths, findAxes, hasTimeAxis } from "../cf/places.ts";
import { datesOf, frequencyOfLength, readTimeAxis, type TimeAxis, type TimeSteps } from "../cf/time.ts";
import { type ArrayFile, type ArrayVariable, textAttribute } from "../formats/arrayFile.ts";
import { findKmaField, readKmaName, unusedField } from "../formats/kmaNames.ts";
import { planBoxes } from "./arrayBlocks.ts";
import { addsUp, lacksSpan, lacksStatistic, otherQuantity, otherStatistic, variableOfArray } from "./arrayNames.ts";
import { type NarrowedArray, narrowArray } from "./furtherAxes.ts";
import { checkFrequency, noVariables, unitNeeded } from "./layout.ts";
import { refuseLevels } from "./levels.ts";
import { type ReadingOptions, STATISTICS } from "./readingOptions.ts";
import { ValueTally } from "./valueTally.ts";
import type { VariableSource } from "./variableSource.ts";

/** One variable of one file. */
export interface ArrayPart extends VariableSource {
  readonly file: ArrayFile;
  readonly array: ArrayVariable;
  readonly packing: Packing;
  readonly axes: ArrayAxes;
  readonly steps: TimeSteps;
  /** What a reader of the values should know. */
  readonly notes: readonly string[];
}

export interface ArrayLayout {
  readonly file: ArrayFile;
  readonly parts: readonly ArrayPart[];
  readonly ignored: readonly string[];
}

export async function readArrayLayouts(
  files: readonly ArrayFile[],
  options: ReadingOptions,
): Promise<readonly ArrayLayout[]> {
  const drafts: Draft[] = [];
  for (const file of files) drafts.push(await readDraft(file, options));
  const axes = drafts.flatMap(({ times }) => [...times.values()]);
  const other = axes.find(({ frequency }) => frequency !== undefined && frequency !== (options.frequency ?? frequency));
  if (other !== undefined) throw wrongFrequency(other.at, other.frequency!, options.frequency!);
  const fallback = options.frequency ?? frequencyOfDistance(axes);
  const layouts: ArrayLayout[] = [];
  for (const draft of drafts) layouts.push(await finishLayout(draft, options, fallback));
  return layouts;
}

export function wrongFrequency(where: string, found: Frequency, said: Frequency): RejectedError {
  return new RejectedError("WrongFrequency", `${where} is ${found}, but --frequency is ${said}. Leave the option out.`);
}

interface Draft {
  readonly file: ArrayFile;
  readonly chosen: ReadonlyMap<Variable, Chosen>;
  readonly axes: ReadonlyMap<Variable, ArrayAxes>;
  readonly times: ReadonlyMap<ArrayVariable, TimeAxis>;
}

async function readDraft(file: ArrayFile, options: ReadingOptions): Promise<Draft> {
  const chosen = chooseArrays(file, options);
  const axes = new Map<Variable, ArrayAxes>();
  const times = new Map<ArrayVariable, TimeAxis>();
  for (const [variable, { array }] of chosen) {
    const own = findAxes(file, array, options.place !== undefined);
    axes.set(variable, own);
    checkLengths(file, array, own.time);
    times.set(own.time, times.get(own.time) ?? (await readTimeAxis(file, own.time)));
  }
  return { file, chosen, axes, times };
}

/** Files of one step each tick as often as their times are apart. */
function frequencyOfDistance(axes: readonly TimeAxis[]): Frequency | undefined {
  const days = axes.filter(({ frequency }) => frequency === undefined).map((axis) => axis.days[0]!);
  const sorted = Float64Array.from(new Set(days)).sort();
  const steps = sorted.subarray(1).map((day, at) => day - sorted[at]!);
  return frequencyOfLength(steps.sort()[Math.floor(steps.length / 2)] ?? 0);
}

async function finishLayout(
  { file, chosen, axes: axesOf, times }: Draft,
  options: ReadingOptions,
  fallback: Frequency | undefined,
): Promise<ArrayLayout> {
  const parts: ArrayPart[] = [];
  const stepsOf = new Map([...times].map(([time, axis]) => [time, datesOf(axis, fallback)]));
  for (const [variable, { array, mappedName }] of chosen) {
    const axes = axesOf.get(variable)!;
    const steps = stepsOf.get(axes.time)!;
    const where = `${file.file}: variable "${array.name}"`;
    checkFrequency(where, variable, steps.frequency);
    if (
      steps.frequency === "daily" &&
      mappedName === undefined &&
      options.statistic === undefined &&
      lacksStatistic(array)
    ) {
      throw statisticNeeded(where, array, variable);
    }
    if (addsUp(array)) throw differencesNeeded(where, array, variable);
    const other = mappedName === undefined ? otherStatistic(array, variable) : undefined;
    if (other !== undefined) throw statisticContradicts(where, array, variable, other);
    const quantity = mappedName === undefined ? otherQuantity(array, variable) : undefined;
    if (quantity !== undefined) throw quantityContradicts(where, array, variable, quantity);
    if (mappedName === undefined) await refuseLevels(file, array, variable);
    const narrowed = await narrowArray(file, array, axes, options.select);
    const said = options.units.get(variable);
    const conversion = await readConversion(narrowed, variable, said, steps);
    if (said === undefined && conversion.perStep && steps.frequency !== "daily" && lacksSpan(array)) {
      throw spanNeeded(where, variable, conversion, steps.frequency);
    }
    parts.push({
      where,
      name: array.name,
      file: narrowed.file,
      array: narrowed.array,
      notes: narrowed.notes,
      variable,
      mappedName,
      frequency: steps.frequency,
      conversion,
      isUnitSaid: said !== undefined,
      isUnitAssumed: false,
      unitNote:
        said === undefined && isMeanOfDays(array) && conversion.from.endsWith(" d-1")
          ? "a mean of days, by its GRIB_stepType"
          : undefined,
      packing: readPacking(file.file, array, options.marksOf(variable)),
      axes,
      steps,
    });
  }
  const taken = new Set(
    parts.flatMap(({ variable, axes }) => [
      chosen.get(variable)!.array,
      axes.time,
      axes.latitude,
      axes.longitude,
      axes.projected?.x,
      axes.projected?.y,
    ]),
  );
  const ignored = file.variables.filter(
    (array) => !taken.has(array) && hasTimeAxis(file, array) && !/(bnds|bounds)$/i.test(array.name),
  );
  return { file, parts, ignored: ignored.map(({ name }) => name) };
}

function statisticContradicts(
  where: string,
  array: ArrayVariable,
  variable: Variable,
  statistic: string,
): RejectedError {
  return new RejectedError(
    "WrongStatistic",
    `${where} would be ${variable}, but its cell_methods "${textAttribute(array, "cell_methods")}" say ${statistic}. Leave it out by --variables VARIABLE,…; or if the attribute is wrong, say what it is: --map ${array.name}=VARIABLE.`,
  );
}

function quantityContradicts(where: string, array: ArrayVariable, variable: Variable, quantity: string): RejectedError {
  return new RejectedError(
    "WrongQuantity",
    `${where} would be ${variable}, but its standard_name is ${quantity}. Leave it out by --variables VARIABLE,…; or if the attribute is wrong, say so: --map ${array.name}=${variable}.`,
  );
}

function spanNeeded(where: string, variable: Variable, { from }: Conversion, frequency: Frequency): RejectedError {
  return new RejectedError(
    "SpanNeeded",
    `${where} has ${frequency} amounts in ${from}, and nothing says whether they are means of days, as ECMWF's monthly means are, or sums of the whole step. Means of days: --units "${variable}=${from} d-1". Sums: --units ${from.includes(" ") ? `"${variable}=${from}"` : `${variable}=${from}`}.`,
  );
}

function differencesNeeded(where: string, array: ArrayVariable, variable: Variable): RejectedError {
  return new RejectedError(
    "AmountsAddUp",
    `${where} adds up from the start of the run on ("${textAttribute(array, "description")}"), but ${variable} is an amount of each step. Take the differences first: cdo deltat, of RAINC and RAINNC together.`,
  );
}

function statisticNeeded(where: string, { name }: ArrayVariable, variable: Variable): RejectedError {
  return new RejectedError(
    "StatisticNeeded",
    `${where} has daily values, but the file does not say whether they are the mean, the maximum or the minimum of a day. Give the one that was requested from its source: --statistic ${STATISTICS.slice(0, -1).join(", ")} or ${STATISTICS.at(-1)}; or say what it is: --map ${name}=${variable}.`,
  );
}

type Chosen = { readonly array: ArrayVariable; readonly mappedName: string | undefined };

function chooseArrays(file: ArrayFile, options: ReadingOptions): Map<Variable, Chosen> {
  const chosen = new Map<Variable, Chosen & { readonly rank: number }>();
  for (const array of file.variables) {
    const mapped = options.map.get(array.name);
    const found =
      mapped === undefined ? variableOfArray(file, array, options.statistic) : { variable: mapped, rank: 0 };
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
        "A climatology is no series: ingest the days, months or years that it was made from. " +
        `A map, such as elevations: gdal_translate NETCDF:${file.file}:VARIABLE map.tif, then climatebatch load ground. Sea levels are read as CSV: climatebatch load sea-levels.`,
    );
  }
  const unused = readKmaName(file.file)?.field;
  if (unused !== undefined && findKmaField(unused) === undefined) throw unusedField(file.file, unused);
  if (names.length > 0 && options.only === undefined) throw noVariables(file.file, names);
  const requested = options.only === undefined ? "no variable" : `none of --variables ${[...options.only].join(",")}`;
  throw new RejectedError(
    "NoVariables",
    `${file.file} has ${requested} in any of its groups; found ${names.length === 0 ? "nothing there" : `"${names.join('", "')}"`}. Say which is which, such as --map tp=pr.`,
  );
}

async function readConversion(
  { file, array }: NarrowedArray,
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
    return said === undefined && isMeanOfDays(array)
      ? perDay(variable, unit, where)
      : conversionOf(variable, unit, where);
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

/**
 * Whether values are means of amounts of a day: ERA5's monthly means of accumulations say so by their step type (avgad, avgas, …).
 * https://confluence.ecmwf.int/display/CKB/ERA5%3A+data+documentation, monthly means: accumulations have units per day.
 */
function isMeanOfDays(array: ArrayVariable): boolean {
  return /^avg/i.test(textAttribute(array, "GRIB_stepType") ?? "");
}

/** The conversion of an amount that is one of a day, whatever the time step. */
function perDay(variable: Variable, unit: string, where: string): Conversion {
  const plain = conversionOf(variable, unit, where);
  return plain.perStep ? conversionOf(variable, `${plain.from} d-1`, where) : plain;
}

/** The values of the first box, as the file has them. */
async function readSample(file: ArrayFile, array: ArrayVariable): Promise<ValueTally> {
  const box = planBoxes(file.file, array);
  const packing = readPacking(file.file, array);
  const stored = asNumbers(
    await file.read(
      array,
      box.map(() => 0),
      box,
    ),
    packing,
  );
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
