// The sea of a cell, under one scenario: its station, its rise and its path.
import type { SeaLevelLaw } from "./extremeSeaLevels.ts";
import { globalRise, type SeaLevelRise } from "./seaLevelRise.ts";

export interface CellSeaLevel {
  /** The nearest station within reach; null where there is none. */
  readonly station: {
    readonly found: SeaLevelLaw;
    /** m, from the station's datum to that of the elevations; null where not known */
    readonly datumOffset: number | null;
  } | null;
  readonly rise: SeaLevelRise;
  /** The lowest way from the sea: the level [m] it needs, its length [km]; null where none was looked for or found. */
  readonly connection: { readonly level: number; readonly distance: number } | null;
}

/** Of a cell without any record of the sea. */
export const UNKNOWN_SEA: CellSeaLevel = { station: null, rise: globalRise(undefined), connection: null };
