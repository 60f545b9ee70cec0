// The climate variables the product knows, by CMIP short name or ETCCDI spelling: canonical unit, how often they are
// reported, what values are physically possible.

export const FREQUENCIES = ["daily", "monthly", "yearly"] as const;
export type Frequency = (typeof FREQUENCIES)[number];

export interface VariableDescription {
  readonly longName: string;
  /** CF spelling; what climate_data stores. */
  readonly unit: string;
  /** How often it may be given; a monthly or yearly value of a daily variable is the mean of its days. */
  readonly frequencies: readonly Frequency[];
  /** Values outside are no measurement of this variable in this unit. */
  readonly plausibleMin: number;
  readonly plausibleMax: number;
}

const MONTHLY_TOO = ["daily", "monthly"] as const;

export const VARIABLES = {
  tas: {
    longName: "daily mean near-surface air temperature",
    unit: "degC",
    frequencies: FREQUENCIES,
    plausibleMin: -95,
    plausibleMax: 60,
  },
  tasmax: {
    longName: "daily maximum near-surface air temperature",
    unit: "degC",
    frequencies: FREQUENCIES,
    plausibleMin: -90,
    plausibleMax: 65,
  },
  tasmin: {
    longName: "daily minimum near-surface air temperature",
    unit: "degC",
    frequencies: FREQUENCIES,
    // Above -99 and -99.9, which mark missing values; the coldest measured is -89.2.
    plausibleMin: -98,
    plausibleMax: 55,
  },
  pr: { longName: "precipitation", unit: "mm d-1", frequencies: FREQUENCIES, plausibleMin: 0, plausibleMax: 2000 },
  hurs: {
    longName: "near-surface relative humidity",
    unit: "%",
    frequencies: FREQUENCIES,
    plausibleMin: 0,
    plausibleMax: 110,
  },
  hursmin: {
    longName: "daily minimum near-surface relative humidity",
    unit: "%",
    frequencies: MONTHLY_TOO,
    plausibleMin: 0,
    plausibleMax: 110,
  },
  sfcWind: {
    longName: "near-surface wind speed",
    unit: "m s-1",
    frequencies: FREQUENCIES,
    plausibleMin: 0,
    plausibleMax: 120,
  },
  tdps: {
    longName: "near-surface dew point temperature",
    unit: "degC",
    frequencies: FREQUENCIES,
    plausibleMin: -98,
    plausibleMax: 45,
  },
  huss: {
    longName: "near-surface specific humidity",
    unit: "1",
    frequencies: FREQUENCIES,
    plausibleMin: 0,
    plausibleMax: 0.06,
  },
  ps: {
    longName: "surface air pressure",
    unit: "hPa",
    frequencies: FREQUENCIES,
    plausibleMin: 300,
    plausibleMax: 1100,
  },
  rsds: {
    longName: "surface downwelling shortwave radiation",
    unit: "W m-2",
    frequencies: MONTHLY_TOO,
    plausibleMin: 0,
    plausibleMax: 600,
  },
  // Dew and frost may make a model's evaporation and runoff slightly negative.
  evspsblpot: {
    longName: "potential evapotranspiration",
    unit: "mm d-1",
    frequencies: FREQUENCIES,
    plausibleMin: -5,
    plausibleMax: 60,
  },
  mrro: { longName: "total runoff", unit: "mm d-1", frequencies: FREQUENCIES, plausibleMin: -5, plausibleMax: 2000 },
  zos: {
    longName: "sea surface height above the geoid",
    unit: "m",
    frequencies: MONTHLY_TOO,
    plausibleMin: -10,
    plausibleMax: 10,
  },
  SPEI12: {
    longName: "standardised precipitation evapotranspiration index over 12 months",
    unit: "1",
    frequencies: ["monthly"],
    plausibleMin: -10,
    plausibleMax: 10,
  },
  WSDI: {
    longName: "warm spell duration index",
    unit: "d",
    frequencies: ["yearly"],
    plausibleMin: 0,
    plausibleMax: 366,
  },
  CSDI: {
    longName: "cold spell duration index",
    unit: "d",
    frequencies: ["yearly"],
    plausibleMin: 0,
    plausibleMax: 366,
  },
  Rx1day: {
    longName: "highest rain of a day in the year",
    unit: "mm",
    frequencies: ["yearly"],
    plausibleMin: 0,
    plausibleMax: 2000,
  },
  Rx5day: {
    longName: "highest rain of five days in the year",
    unit: "mm",
    frequencies: ["yearly"],
    plausibleMin: 0,
    plausibleMax: 6000,
  },
  RAIN80: {
    longName: "rain that urban drains are judged by in the method set predecessor",
    unit: "mm",
    frequencies: ["yearly"],
    plausibleMin: 0,
    plausibleMax: 2000,
  },
  withdrawal: {
    longName: "water withdrawn in the cell by all sectors",
    unit: "m3 yr-1",
    frequencies: ["yearly"],
    plausibleMin: 0,
    plausibleMax: 1e12,
  },
  inflow: {
    longName: "water that reaches the cell from upstream, consumption there taken off",
    unit: "m3 yr-1",
    frequencies: ["yearly"],
    plausibleMin: 0,
    plausibleMax: 1e13,
  },
} as const satisfies Record<string, VariableDescription>;

export type Variable = keyof typeof VARIABLES;
export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly Variable[];

/** Variables by how often they are given; a frequency left out has none. */
export type VariablesByFrequency = Readonly<Partial<Record<Frequency, readonly Variable[]>>>;

export function isVariable(name: string): name is Variable {
  return Object.hasOwn(VARIABLES, name);
}

/** A variable by its CMIP short name, whatever its case. */
export function findVariable(name: string): Variable | undefined {
  const lower = name.toLowerCase();
  return VARIABLE_NAMES.find((variable) => variable.toLowerCase() === lower);
}

export function existsAt(variable: Variable, frequency: Frequency): boolean {
  return (VARIABLES[variable].frequencies as readonly Frequency[]).includes(frequency);
}
