// What was read of arrays, as the facts that reports and checks take.
import { RejectedError } from "../../model/errors.ts";
import type { Variable } from "../../model/variables.ts";
import { valuesIn } from "../formats/arrayFile.ts";
import type { ArrayLayout, ArrayPart } from "./arrayLayout.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import type { ReadingReport, VariableReport } from "./report.ts";
import type { JudgedSource } from "./typicalValues.ts";
import { sumTallies, type ValueTally } from "./valueTally.ts";

export function filesOf(layouts: readonly ArrayLayout[]): ReadingReport["files"] {
  return layouts.map(({ file, parts }) => ({
    file: file.file,
    layout: file.format,
    rows: parts.reduce((sum, { array }) => sum + valuesIn(array.shape), 0),
  }));
}

export function describeParts(parts: readonly ArrayPart[], tallies: readonly ValueTally[]): VariableReport[] {
  const byVariable = Map.groupBy(parts.keys(), (at) => parts[at]!.variable);
  return [...byVariable].map(([variable, ats]: [Variable, number[]]) => {
    const own = ats.map((at) => parts[at]!);
    const { values, missing } = sumTallies(ats.map((at) => tallies[at]!));
    return {
      variable,
      columns: [...new Set(own.map(({ array }) => array.name))],
      units: [...new Set(own.map(({ conversion }) => conversion.from))],
      unitAssumed: false,
      canonicalUnit: own[0]!.conversion.to,
      values,
      missing,
      filled: 0,
    };
  });
}

export function judgedPart(
  { file, array, variable, conversion, isUnitSaid, steps }: ArrayPart,
  tally: ValueTally,
): JudgedSource {
  const where = `${file.file}: variable "${array.name}"`;
  return {
    where,
    variable,
    unit: conversion.from,
    isUnitSaid,
    isUnitAssumed: false,
    tally,
    frequency: steps.frequency,
  };
}

export function nothingLeft({ files }: ReadingOptions): RejectedError {
  return new RejectedError(
    "NoValues",
    `Every value in ${files.join(", ")} is missing: nothing is left. Check the attributes _FillValue, missing_value and valid_range of the arrays.`,
  );
}
