// Headers of tables about the sea, as providers write them.

/** The columns that tables about the sea may have, and the headers they go by, in lower case. */
export const HEADERS = {
  station: ["station", "name", "station_name", "site_name", "id", "station_id"],
  series: ["series", "station", "name", "location"],
  latitude: ["latitude", "lat", "y"],
  longitude: ["longitude", "lon", "long", "lng", "x"],
  location: ["location", "loc", "mu"],
  scale: ["scale", "beta", "sigma", "alpha"],
  shape: ["shape", "xi", "k", "kappa"],
  returnPeriod: ["return_period", "returnperiod", "rp", "period"],
  level: ["level", "sea_level", "sealevel", "value", "maximum", "max", "annual_maximum"],
  year: ["year"],
  referenceYear: ["reference_year", "centre_year", "center_year", "epoch"],
  recordYears: ["record_years", "years_of_record", "n_years"],
  datumOffset: ["datum_offset"],
  experiment: ["experiment", "scenario", "ssp"],
  rise: ["rise", "slr", "sea_level_rise", "sea_level_change", "value"],
  quantile: ["quantile", "percentile"],
  confidence: ["confidence"],
  process: ["process"],
} as const satisfies Record<string, readonly string[]>;
export type SeaColumn = keyof typeof HEADERS;

/** A column per return period, such as rp100. */
export const HEADER_OF_PERIOD = /^(?:rp|rl|t|esl|level)?[_ -]?(\d+(?:\.\d+)?)(?:[_ -]?(?:yr|y|years?))?$/i;
