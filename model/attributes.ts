// What may be known of a cell beside its climate, by name: unit and what values are possible.
// Which risk needs which stands in job/risks; reading them in is left to ingest.

export interface AttributeDescription {
  readonly longName: string;
  /** CF spelling; what the grid's cells store. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** A number that names something, not an amount. */
  readonly whole?: boolean;
}

export const ATTRIBUTES = {
  burnableFraction: {
    longName: "fraction of the land that carries fuel for a fire: 0 in deserts, on water and in city cores",
    unit: "1",
    min: 0,
    max: 1,
  },
  country: {
    longName: "country by its ISO 3166-1 number, such as 410 for the Republic of Korea",
    unit: "1",
    min: 1,
    max: 999,
  },
  elevation: { longName: "height of the ground above the datum of sea levels", unit: "m", min: -450, max: 9000 },
  drainageCapacity: { longName: "runoff that storm drains take away", unit: "mm h-1", min: 0, max: 2000 },
  cellArea: { longName: "area of the cell", unit: "km2", min: 1e-6, max: 1e6 },
  renewableWater: {
    longName: "renewable water of the cell in an average year (TRWR), which the method set predecessor scales",
    unit: "m3 yr-1",
    min: 0,
    max: 1e13,
  },
  basin: {
    longName: "number of the river basin, such as HYBAS_ID of HydroBASINS level 6",
    unit: "1",
    min: 0,
    max: 1e15,
    whole: true,
  },
  budykoOmega: {
    longName: "parameter of Fu's curve: how much of the rain a landscape evaporates",
    unit: "1",
    min: 1.1,
    max: 10,
  },
} as const satisfies Record<string, AttributeDescription>;

export type Attribute = keyof typeof ATTRIBUTES;
