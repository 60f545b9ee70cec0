// What is recorded about a cell beside its climate, from the grid's JSON to the names and units of model/attributes.ts.
import { ATTRIBUTES, type Attribute, type AttributeDescription } from "../model/attributes.ts";
import { RejectedError } from "../model/errors.ts";

interface AttributedCell {
  readonly latitude: number;
  readonly longitude: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const DESCRIPTIONS: readonly [string, AttributeDescription][] = Object.entries(ATTRIBUTES);

/** Names that no risk knows are left alone; a known one with an impossible value is refused. */
export function readAttributes({ latitude, longitude, attributes }: AttributedCell): ReadonlyMap<Attribute, number> {
  const known = new Map<Attribute, number>();
  for (const [name, { unit, min, max, whole }] of DESCRIPTIONS) {
    const value = attributes[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "number" || !(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
      throw new RejectedError(
        "InvalidAttribute",
        `The cell at ${latitude}, ${longitude} has ${name} ${JSON.stringify(value)}; expected a ${whole ? "whole " : ""}number from ${min} to ${max} (${unit}). Correct climatebatch.grid_cells.attributes.`,
      );
    }
    known.set(name as Attribute, value);
  }
  return known;
}
