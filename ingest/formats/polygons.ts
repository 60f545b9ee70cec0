// What the formats of polygons have in common: numbered features, and which of them holds a place.
import type { Place } from "../../database/gridCells.ts";

export interface Polygons {
  /** Of each feature that is a polygon or several, by its number in the file. */
  readonly properties: ReadonlyMap<number, Readonly<Record<string, unknown>>>;
  /** Number of the feature that holds the place, -1 for none; of several that overlap the first. */
  find(place: Place): number;
}
