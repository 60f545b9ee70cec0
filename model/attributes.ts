// What may be known of a cell beside its climate, by name: unit and what values are possible.
// Which risk needs which stands in job/risks; reading them in is left to ingest.

export interface AttributeDescription {
  readonly longName: string;
  /** CF spelling; what the grid's cells store. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
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
} as const satisfies Record<string, AttributeDescription>;

export type Attribute = keyof typeof ATTRIBUTES;
