// The columns and arrays that hold variables: what each says of itself, what was counted of it, and whether the options fit them.
import { RejectedError } from "../../model/errors.ts";
import type { Conversion } from "../../model/units.ts";
import type { Frequency, Variable } from "../../model/variables.ts";
import type { ReadingOptions } from "./readingOptions.ts";
import type { ValueTally } from "./valueTally.ts";

/** One column, or one array of one file. */
export interface VariableSource {
  /** For messages: file and name. */
  readonly where: string;
  /** Header or name of the array. */
  readonly name: string;
  /** The name in --map that chose the variable, if one did. */
  readonly mappedName: string | undefined;
  readonly variable: Variable;
  readonly frequency: Frequency;
  readonly conversion: Conversion;
  /** --units gives the unit: values that look odd in it are believed. */
  readonly isUnitSaid: boolean;
  /** Neither the file nor an option gives the unit. */
  readonly isUnitAssumed: boolean;
  /** Why values are converted as they are, where the unit alone does not say it. */
  readonly unitNote?: string | undefined;
}

/** A source after its values were read. */
export interface CountedSource extends VariableSource {
  readonly tally: ValueTally;
}

/** Refuses options that name a column, array or variable that no file has; `names` are all that the files have. */
export function checkOptionsUsed(
  sources: readonly VariableSource[],
  options: ReadingOptions,
  names: readonly string[],
): void {
  const found = new Set(sources.map(({ variable }) => variable));
  const idle = (option: string, why: string) => new RejectedError("UnusedOption", `${option}: no file has ${why}`);
  for (const [name, variable] of options.map) {
    if (sources.some(({ mappedName }) => mappedName === name)) continue;
    const shown = [...new Set(names)].join('", "');
    throw idle(
      `--map ${name}=${variable}`,
      `"${name}". Found "${shown}". Correct the name; upper and lower case count.`,
    );
  }
  const named = [
    ...[...options.units].map(([variable, unit]) => [variable, `--units ${variable}=${unit}`] as const),
    ...[...(options.only ?? [])].map((variable) => [variable, `--variables ${variable}`] as const),
    ...[...options.blank].map(([variable, value]) => [variable, `--blank ${variable}=${value}`] as const),
  ];
  for (const [variable, option] of named) {
    if (found.has(variable)) continue;
    throw idle(
      option,
      `${variable}, only ${[...found].join(", ")}. Leave it out, or map a name to it: --map NAME=${variable}.`,
    );
  }
}
