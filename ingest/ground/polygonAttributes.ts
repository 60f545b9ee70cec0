// One attribute from polygons: a mask (inside or outside), or a number that each feature carries, such as a basin's id.
import type { Place } from "../../database/gridCells.ts";
import type { Attribute } from "../../model/attributes.ts";
import { RejectedError } from "../../model/errors.ts";
import { readNumberText } from "../formats/numberText.ts";
import type { Polygons } from "../formats/polygons.ts";
import { checkAttribute } from "./attributeNames.ts";

export interface PolygonOptions {
  /** Property of each feature that holds the value; null: a mask. */
  readonly property: string | null;
  readonly inside: number;
  /** Value of cells in no polygon; null: none. */
  readonly outside: number | null;
}

/** [places] NaN without a value; where polygons overlap, the first in the file has the cell. */
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
  const found = Object.hasOwn(properties, property) ? properties[property] : undefined;
  const value =
    typeof found === "number" ? found : typeof found === "string" ? (readNumberText(found) ?? Number.NaN) : Number.NaN;
  if (!Number.isNaN(value)) return checkAttribute(attribute, value, String(found), `${file}, feature ${at + 1}`);
  throw new RejectedError(
    "InvalidAttribute",
    `${file}, feature ${at + 1}: expected a number in its property "${property}", found ${JSON.stringify(found)}; it has ${Object.keys(properties).join(", ") || "none"}.`,
  );
}
