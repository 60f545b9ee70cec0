// The climate variables the product knows, by CMIP short name: canonical unit, what values are physically possible.
// Conversions from other units stand in job/units.ts.

export interface VariableDescription {
  readonly longName: string;
  /** CF spelling; what climate_data stores. */
  readonly unit: string;
  /** Values outside are no measurement of this variable in this unit. */
  readonly plausibleMin: number;
  readonly plausibleMax: number;
}

export const VARIABLES = {
  tas: { longName: "daily mean near-surface air temperature", unit: "degC", plausibleMin: -95, plausibleMax: 60 },
  tasmax: { longName: "daily maximum near-surface air temperature", unit: "degC", plausibleMin: -90, plausibleMax: 65 },
  tasmin: {
    longName: "daily minimum near-surface air temperature",
    unit: "degC",
    // Above -99 and -99.9, which mark missing values; the coldest measured is -89.2.
    plausibleMin: -98,
    plausibleMax: 55,
  },
  pr: { longName: "precipitation", unit: "mm d-1", plausibleMin: 0, plausibleMax: 2000 },
  hurs: { longName: "near-surface relative humidity", unit: "%", plausibleMin: 0, plausibleMax: 110 },
  hursmin: { longName: "daily minimum near-surface relative humidity", unit: "%", plausibleMin: 0, plausibleMax: 110 },
  sfcWind: { longName: "near-surface wind speed", unit: "m s-1", plausibleMin: 0, plausibleMax: 120 },
} as const satisfies Record<string, VariableDescription>;

export type Variable = keyof typeof VARIABLES;
export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly Variable[];

export function isVariable(name: string): name is Variable {
  return Object.hasOwn(VARIABLES, name);
}
