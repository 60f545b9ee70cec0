// What may be known of a cell beside its climate, by name: unit and what values are possible.

export interface AttributeDescription {
  readonly longName: string;
  /** CF spelling; what the grid's cells store. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** A number that names something, not an amount. */
  readonly whole?: boolean;
  /** What a cell takes of the pixels in its area; by default their mean. */
  readonly ofPixels?: OfPixels;
}

/** centre: the pixel at the cell's centre; majority: the value of the largest part of its area. */
export const OF_PIXELS = ["mean", "majority", "highest", "centre"] as const;
export type OfPixels = (typeof OF_PIXELS)[number];

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
    ofPixels: "majority",
  },
  landFraction: {
    longName: "fraction of the cell that is land; below one half the cell is sea",
    unit: "1",
    min: 0,
    max: 1,
  },
  elevation: { longName: "height of the ground above the datum of sea levels", unit: "m", min: -450, max: 9000 },
  distanceToCoast: { longName: "straight distance to the sea", unit: "km", min: 0, max: 5000 },
  seaProtection: {
    longName: "return period that sea dikes hold; 0 where there are none",
    unit: "yr",
    min: 0,
    max: 100_000,
    ofPixels: "majority",
  },
  subsidence: { longName: "sinking of the land, positive downward", unit: "mm yr-1", min: -100, max: 500 },
  waveSetup: { longName: "rise of the water at an open coast by breaking waves", unit: "m", min: 0, max: 5 },
  heightAboveDrainage: {
    longName: "height above the nearest drainage (HAND), counted from the banks",
    unit: "m",
    min: 0,
    max: 9000,
  },
  upstreamArea: {
    longName: "area that drains to the cell's river",
    unit: "km2",
    min: 0,
    max: 8_000_000,
    ofPixels: "highest",
  },
  channelLength: {
    longName: "length of the river from its source",
    unit: "km",
    min: 0.01,
    max: 8000,
    ofPixels: "highest",
  },
  channelSlope: { longName: "slope of the river, rise over run (not per cent)", unit: "1", min: 0, max: 1 },
  curveNumber: { longName: "runoff curve number at average moisture (AMC II)", unit: "1", min: 1, max: 100 },
  floodplainWidth: { longName: "width of the floodplain beside the channel", unit: "m", min: 0, max: 200_000 },
  riverProtection: {
    longName: "return period that river dikes hold; 0 where there are none",
    unit: "yr",
    min: 0,
    max: 100_000,
    ofPixels: "majority",
  },
  permanentWater: { longName: "fraction of the cell under permanent water", unit: "1", min: 0, max: 1 },
  imperviousFraction: { longName: "fraction of sealed ground", unit: "1", min: 0, max: 1 },
  urbanFraction: { longName: "fraction of built-up ground", unit: "1", min: 0, max: 1 },
  drainageCapacity: { longName: "runoff that storm drains take away", unit: "mm h-1", min: 0, max: 2000 },
  slope: { longName: "slope of the ground, rise over run (not per cent)", unit: "1", min: 0, max: 1 },
  depressionFraction: { longName: "share of the built-up ground that lies low", unit: "1", min: 0, max: 1 },
  cellArea: { longName: "area of the cell", unit: "km2", min: 1e-6, max: 1e6, ofPixels: "centre" },
  renewableWater: {
    longName: "renewable water of the cell in an average year (TRWR), which the method set predecessor scales",
    unit: "m3 yr-1",
    min: 0,
    max: 1e13,
    ofPixels: "centre",
  },
  basin: {
    longName: "number of the river basin, such as HYBAS_ID of HydroBASINS level 6",
    unit: "1",
    min: 0,
    max: 1e15,
    whole: true,
    ofPixels: "majority",
  },
  budykoOmega: {
    longName: "parameter of Fu's curve: how much of the rain a landscape evaporates",
    unit: "1",
    min: 1.1,
    max: 10,
  },
} as const satisfies Record<string, AttributeDescription>;

export type Attribute = keyof typeof ATTRIBUTES;
