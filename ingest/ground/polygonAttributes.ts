// One attribute from polygons: a mask (inside or outside), or a number that each feature carries, such as a basin's id.
import type { Place } from "../../database/gridCells.ts";
import type { Attribute } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import type { Polygons } from "../formats/polygons.ts";
import { checkAttribute } from "./attributeNames.ts";

export interface PolygonOptions {
  /** The features' own number; null: a mask. */
  readonly property: string | null;
  readonly inside: number;
  /** Of cells in no polygon; null: nothing is told of them. */
  readonly outside: number | null;
}

/** [places] NaN where nothing is told; where polygons overlap, the first in the file has the cell. */
export function samplePolygons(
  file: string,
  { properties, find }: Polygons,
  attribute: Attribute,
  places: readonly Place[],
  options: PolygonOptions,
): Float64Array {
  const values = new Map(
    [...properties].map(([feature, known]) => [feature, readValue(file, feature, attribute, options, known)]),
  );
  return Float64Array.from(places, (place) => values.get(find(place)) ?? options.outside ?? Number.NaN);
}

function readValue(
  file: string,
  at: number,
  attribute: Attribute,
  { inside, property }: PolygonOptions,
  properties: Readonly<Record<string, unknown>>,
): number {
  if (property === null) return inside;
  const told = properties[property];
  const text = typeof told === "string" ? told.trim() : told;
  const value = text === "" || text === null || text === undefined ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return checkAttribute(attribute, value, String(told), `${file}, feature ${at + 1}`);
  throw new RejectedError(
    "InvalidAttribute",
    `${file}, feature ${at + 1}: expected a number in its property "${property}", found ${JSON.stringify(told)}; it has ${Object.keys(properties).join(", ") || "none"}.`,
  );
}
