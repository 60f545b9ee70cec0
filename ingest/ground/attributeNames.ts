// Attributes as people name them in options and headers, and values as files hold them, checked.
import { ATTRIBUTES, type Attribute, type AttributeDescription } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";

const NAMES = Object.keys(ATTRIBUTES) as readonly Attribute[];

export function describeAttributes(): string {
  return NAMES.map((name) => `${name} (${ATTRIBUTES[name].unit})`).join(", ");
}

/** The attribute of that name, whatever its case. */
export function findAttribute(text: string): Attribute | undefined {
  return NAMES.find((name) => name.toLowerCase() === text.trim().toLowerCase());
}

export function readAttributeName(text: string, option: string): Attribute {
  const found = findAttribute(text);
  if (found !== undefined) return found;
  throw new RejectedError(
    "UnknownAttribute",
    `${option}: no attribute is named "${text}"; known: ${NAMES.join(", ")}.`,
  );
}

/** Refuses what cannot be; `where` is such as "cells.csv:3". */
export function checkAttribute(name: Attribute, value: number, shown: string, where: string, remedy?: string): number {
  const { min, max, unit, whole = false }: AttributeDescription = ATTRIBUTES[name];
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const hint =
    remedy ??
    (unit === "1" && max === 1 && value > 1 && value <= 100
      ? "Is it in per cent? It must be a fraction."
      : "Correct it, leave it blank where it is not known, or, if it marks a missing value, give --missing " +
        shown.trim() +
        ".");
  throw new RejectedError(
    "InvalidAttribute",
    `${where}: expected ${name} to be a ${whole ? "whole " : ""}number from ${min} to ${max} (${unit}), found "${shown}". ${hint}`,
  );
}
