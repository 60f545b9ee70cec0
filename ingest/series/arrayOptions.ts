// Options that bear on files of arrays, and those that fit none of them: refused rather than quietly idle.
import { RejectedError } from "../../model/errors.ts";
import type { ArrayLayout } from "./arrayLayout.ts";
import type { ReadingOptions } from "./readingOptions.ts";

export function checkArrayOptions(layouts: readonly ArrayLayout[], options: ReadingOptions): void {
  const parts = layouts.flatMap((layout) => layout.parts);
  const found = new Set(parts.map(({ variable }) => variable));
  const shown = [...found].join(", ");
  for (const [name, variable] of options.map) {
    if (parts.some(({ mappedName }) => mappedName === name)) continue;
    const names = [
      ...new Set(layouts.flatMap(({ parts: own, ignored }) => [...own.map(({ array }) => array.name), ...ignored])),
    ];
    throw idle(
      `--map ${name}=${variable}: no file has "${name}" along time. Found "${names.join('", "')}". Correct the name; upper and lower case count.`,
    );
  }
  for (const [variable, unit] of options.units) {
    if (!found.has(variable))
      throw idle(
        `--units ${variable}=${unit}: no file has ${variable}, only ${shown}. Leave it out, or map an array to it: --map NAME=${variable}.`,
      );
  }
  for (const variable of options.only ?? []) {
    if (!found.has(variable))
      throw idle(
        `--variables ${variable}: no file has ${variable}, only ${shown}. Leave it out, or map an array to it: --map NAME=${variable}.`,
      );
  }
  const [blank] = options.blank;
  if (blank !== undefined)
    throw idle(
      `--blank ${blank[0]}=${blank[1]} is for tables. Arrays have no blanks: their _FillValue is missing. Leave it out.`,
    );
  if (options.missingNumbers.size > 0) {
    throw idle(
      `--missing ${[...options.missingNumbers].join()} is for tables. Arrays say what is missing by their attribute _FillValue: ncatted -a _FillValue,NAME,o,f,VALUE FILE. Leave it out.`,
    );
  }
}

function idle(message: string): RejectedError {
  return new RejectedError("UnusedOption", message);
}
