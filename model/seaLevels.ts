// The sea as providers describe it: extreme levels of a station, and the rise of the mean.

/** Law of a year's highest level [m] above the station's datum, in one of three shapes. */
export type StationLevels =
  /** GEV shape of Hosking's sign (negative: heavy tail), 0 for Gumbel. */
  | { readonly kind: "parameters"; readonly location: number; readonly scale: number; readonly shape: number }
  | { readonly kind: "levels"; readonly returnPeriods: readonly number[]; readonly levels: readonly number[] }
  | { readonly kind: "maxima"; readonly years: readonly number[]; readonly maxima: readonly number[] };

export interface SeaLevelStation {
  readonly name: string;
  /** degrees north, degrees east */
  readonly latitude: number;
  readonly longitude: number;
  readonly record: StationLevels;
  /** Middle of the years behind parameters, levels and maxima without their trend; null where not known, or each maximum's own year. */
  readonly referenceYear: number | null;
  /** How many years are behind them; null where not known. */
  readonly recordYears: number | null;
  /** m to add, from the station's datum to that of the elevations; null where not known */
  readonly datumOffset: number | null;
}

/** Mean sea level of an experiment, at a place or everywhere. */
export interface RiseSeries {
  readonly series: string;
  /** Such as ssp245. */
  readonly experiment: string;
  /** null: holds wherever no series of a place is near. */
  readonly place: { readonly latitude: number; readonly longitude: number } | null;
  /** Ascending. */
  readonly years: readonly number[];
  /** [years] m above the mean of 1995-2014 */
  readonly rises: readonly number[];
}

/** A series of sea-level rise applies within this distance [km]. */
export const RISE_REACH_KM = 200;

/** Maxima that a law needs. */
export const FEWEST_MAXIMA = 10;

/** Fall of the water's surface on its way inland [m km-1]: Pielke and Pielke 1997, Hurricanes, as CLIMADA petals uses it. */
export const ATTENUATION = 0.2;

/** A cell with less land is sea. */
export const LEAST_LAND_FRACTION = 0.5;
