// Why a number is absent, and what a reader should know about one that is present. Results carry these words.

/** A result without numbers says one of these. */
export const NULL_REASONS = {
  noInput: "the cell has no series that this risk can use",
  noBasePeriod: "fewer than 20 valid years in the base period, which this risk compares with",
  noStorms: "no storm tracks are known: climatebatch load storms loads them",
  tooFewYears: "fewer than 10 valid years in the period, or in the record of storms",
  noBasin: "a cell under 500 km² (or of unknown area) that belongs to no basin: rivers bring it more than its own rain",
  tooDry: "some, but fewer than 10, of the block's years have any rain: nothing can be fitted",
  noHeightAboveDrainage: "the cell's heightAboveDrainage is not known, and has no default",
  noUpstreamArea: "the cell's upstreamArea is not known, and has no default",
  noImperviousFraction: "the cell's imperviousFraction is not known, and has no default",
  noElevation: "the cell's elevation is not known",
  seaCell: "the cell is sea",
  noSeaConnection: "neither a path from the sea (climatebatch connectivity) nor the cell's distanceToCoast is known",
  noSeaLevel: "no extreme sea levels are known within 50 km",
  noSeaLevelRise: "the scenario's experiment is not known, or has no sea-level rise",
  aridCell:
    "base period under 25 mm of rain a year, or over half of its months dry: SPEI measures evapotranspiration only; read water scarcity instead",
  implausibleInput:
    "the input holds values outside the physical range, or tasmax below tasmin on over 1 % of the days; see rejected_cells",
} as const;
export type NullReason = keyof typeof NULL_REASONS;

/** A result with numbers may carry any of these. */
export const FLAGS = {
  crossedTemperatures: "days whose tasmax is more than 0.5 K below their tasmin were taken as missing in both",
  lowSample: "fewer than 15 valid years, or fewer than 80 % of the period's years",
  baseSpliced: "the base period joins the parent scenario's years and this scenario's",
  gumbelFallback:
    "return levels by Gumbel: fewer than 20 values in the block or 60 in the record, or no usable skewness",
  constantSeries: "the yearly values do not vary; the distribution is a step",
  clampedShape: "the GEV shape was clamped to ±0.35",
  notApplicable: "the hazard cannot do harm here: all years are in the lowest bin, score 0",
  clippedIndex: "some months of the period lie beyond ±3.09, where the standardised index is cut",
  thornthwaite: "evapotranspiration by Thornthwaite from the mean temperature: overreacts to warming",
  humidityProxy: "humidity of the day's highest temperature estimated from hurs, tas and tasmax",
  meanHumidity: "daily mean humidity was used for that of noon: the Fire Weather Index is too low",
  inBaseUnknown: "a ready-made index: its base period, and whether base years were judged by themselves, are unknown",
  calendarYearIndex: "a ready-made yearly index, of calendar years: a spell over New Year is cut there",
  shortRecord: "under 40 years of storms: rare ones are hardly known",
  tooFewStorms: "fewer than 5 storms of 10 m s-1 here: no level beyond the record, and the score from the largest",
  defaultRegion: "no country known: damage as in Korea, Japan and Taiwan",
  estimatedPressure: "some storm's highest wind here comes from a pressure estimated from its wind",
  extratropicalStage:
    "some storm's highest wind here comes from after it had become extratropical, where the profile is rough",
  warmingUnknown: "the scenario's name gives no experiment: as many storms as in the record",
  localOnly: "water from the cell's own runoff alone: it belongs to no basin",
  partialBasin: "some cells of the basin have no runoff or no withdrawal and are left out of its sums",
  withdrawalHeld: "withdrawal of some years is that of the nearest year known",
  defaultBudykoOmega: "the cell has no parameter of Fu's curve: 2.6 was used, 1.9 in Korea",
  aridLowUse:
    "arid and little used: under 30 mm of water a year and under 12 mm withdrawn; score 100 as Aqueduct has it",
  sixtyMillimetreDrains: "no drainage capacity known: 60 mm an hour, as the predecessor had it",
  altitudeUnknown: "no elevation known: evapotranspiration as at sea level",
  noBurnable: "the burnable fraction is missing: no damage",
  defaultCurveNumber: "no curve number known: 75",
  clampedAttribute: "an attribute outside the method's range counts as the end of the range",
  defaultChannelLength: "no channel length known: Hack's law from the upstream area",
  defaultChannelSlope: "no channel slope known: 0.002",
  defaultFloodplainWidth: "no floodplain width known: four times the channel's",
  defaultProtection: "no protection standard known: inland 100 years from 200 km2 upstream, else 50; on the coast 50",
  protectionOverwhelmed: "what the protection holds is exceeded in more than every second year",
  largeCatchment: "upstream area above 1,000 km2: the areal reduction of rain was not made for it",
  rx5dayEstimated: "five-day rain estimated as 1.2 times the heaviest day's",
  defaultDrainage:
    "no drainage capacity known: 80 % of the runoff of the base period's 10-year rain of one hour, at least 10 mm an hour",
  defaultSlope: "no slope known: 0.005",
  defaultExposedFraction: "no share of low ground known: 0.2 of the cell",
  implausibleDrainage: "drainage capacity above 200 mm an hour",
  clampedDepth: "the deepest levels were limited to the greatest depth: 20 m inland, 15 m at the coast, 3 m in towns",
  straightDistance: "no path from the sea is known: the straight distance to the coast was used",
  defaultDatumOffset: "the offset of the sea-level datum from the elevations' is not known: 0",
  defaultSeaLevelEpoch: "the years of the extreme sea levels are not known: taken as of 2005",
  defaultSeaLevelRise: "no regional sea-level rise known: the global mean of AR6",
  seaLevelHeld: "years outside the table of sea-level rise have its nearest value",
} as const;
export type Flag = keyof typeof FLAGS;
