// Why a number is absent, and what a reader should know about one that is present. Results carry these words.

/** A result without numbers says one of these. */
export const NULL_REASONS = {
  notImplemented: "this version does not compute this risk yet",
  noInput: "the cell has no series that this risk can use",
  noBasePeriod: "fewer than 20 valid years in the base period, which this risk compares with",
  noStorms: "no storm tracks are known: climatebatch ingest-storms loads them",
  tooFewYears: "fewer than 10 valid years in the period, or in the record of storms",
  noBasin: "a cell under 500 km² (or of unknown area) that belongs to no basin: rivers bring it more than its own rain",
  implausibleInput: "the input holds values outside the physical range; see rejected_cells",
} as const;
export type NullReason = keyof typeof NULL_REASONS;

/** A result with numbers may carry any of these. */
export const FLAGS = {
  lowSample: "fewer than 15 valid years, or fewer than 80 % of the period's years",
  baseSpliced: "the base period joins the parent scenario's years and this scenario's",
  gumbelFallback:
    "return levels by Gumbel: fewer than 20 values in the block or 60 in the record, or no usable skewness",
  constantSeries: "the yearly values do not vary; the distribution is a step",
  clampedShape: "the GEV shape was clamped to ±0.35",
  notApplicable: "the hazard cannot do harm here: all years are in the lowest bin, score 0",
  clippedIndex: "some months of the period lie beyond ±3.09, where the standardised index is cut",
  thornthwaite: "evapotranspiration by Thornthwaite from the mean temperature: overreacts to warming",
  aridCell:
    "base period under 25 mm of rain a year, or over half of its months dry: SPEI tells evapotranspiration only",
  humidityProxy: "humidity of the day's highest temperature estimated from hurs, tas and tasmax",
  meanHumidity: "daily mean humidity stood in for that of noon: the Fire Weather Index is too low",
  inBaseUnknown: "a ready-made index: nobody says its base period, nor whether base years were judged by themselves",
  calendarYearIndex: "a ready-made yearly index, of calendar years: a spell over New Year is cut there",
  shortRecord: "under 40 years of storms: rare ones are hardly known",
  tooFewStorms: "fewer than 5 storms of 10 m s-1 here: no level beyond the record, and the score from the largest",
  defaultRegion: "no country known: damage as in Korea, Japan and Taiwan",
  estimatedPressure: "some storm's highest wind here comes from a pressure estimated from its wind",
  extratropicalStage:
    "some storm's highest wind here comes from after it had become extratropical, where the profile is rough",
  warmingUnknown: "the scenario's name tells no future: as many storms as in the record",
  localOnly: "water from the cell's own runoff alone: it belongs to no basin",
  partialBasin: "some cells of the basin have no runoff or no withdrawal and are left out of its sums",
  withdrawalHeld: "withdrawal of some years is that of the nearest year known",
  defaultBudykoOmega: "no parameter of Fu's curve is known of the cell: 2.6 stood in, 1.9 in Korea",
  aridLowUse:
    "arid and little used: under 30 mm of water a year and under 12 mm withdrawn; score 100 as Aqueduct has it",
  sixtyMillimetreDrains: "no drainage capacity known: 60 mm an hour, as the predecessor had it",
  altitudeUnknown: "no elevation known: evapotranspiration as at sea level",
  noBurnable: "no burnable fraction known: no damage is told",
} as const;
export type Flag = keyof typeof FLAGS;
