// Series that no file has but that follow from others: the daily mean temperature, the relative humidity. Only on request
// (--derive), and reported wherever the series are.

import { RejectedError } from "../../model/errors.ts";
import type { Variable } from "../../model/variables.ts";
import type { Series, SeriesArray, SeriesYear } from "./seriesTable.ts";

export const DERIVABLE = ["tas", "hurs"] as const;
export type Derivable = (typeof DERIVABLE)[number];

interface Derivation {
  readonly variable: Derivable;
  readonly from: readonly Variable[];
  /** Read for this alone, so not stored. */
  readonly auxiliary: readonly Variable[];
  readonly rule: string;
  /** Of one step; NaN when any value is. */
  compute(...values: readonly number[]): number;
}

/** Rules in the order of preference. */
const DERIVATIONS: readonly Derivation[] = [
  {
    variable: "tas",
    from: ["tasmax", "tasmin"],
    auxiliary: [],
    rule: "mean of tasmax and tasmin",
    compute: (high, low) => (high! + low!) / 2,
  },
  {
    variable: "hurs",
    from: ["tas", "tdps"],
    auxiliary: ["tdps"],
    rule: "from tas and the dew point tdps, by Magnus over water",
    compute: (mean, dewPoint) => relativeHumidity(saturationVapourPressure(dewPoint!), mean!),
  },
  {
    variable: "hurs",
    from: ["tas", "huss", "ps"],
    auxiliary: ["huss", "ps"],
    rule: "from tas, the specific humidity huss and the pressure ps, by Magnus over water",
    compute: (mean, specific, pressure) => relativeHumidity(vapourPressure(specific!, pressure!), mean!),
  },
];

/** Ratio of the molar masses of water and dry air [1]. */
const WATER_TO_AIR = 0.62198;
const SATURATED = 100;

/**
 * Saturation vapour pressure over water [hPa] at `t` [degC]: ew = 6.112 exp(17.62 t / (243.12 + t)), WMO-No. 8 (2018), Volume I,
 * Annex 4.B, equation 4.B.1, from -45 to 60 degC.
 */
export function saturationVapourPressure(t: number): number {
  return 6.112 * Math.exp((17.62 * t) / (243.12 + t));
}

/** Vapour pressure [hPa] of air with the specific humidity q [1] at the pressure p [hPa]: e = r p / (0.62198 + r), r = q / (1 - q); ibid., 4.A. */
export function vapourPressure(q: number, p: number): number {
  const mixingRatio = q / (1 - q);
  return (mixingRatio * p) / (WATER_TO_AIR + mixingRatio);
}

/** Relative humidity [%] of the vapour pressure e [hPa] at t [degC] over water; what is above saturation is saturated. */
export function relativeHumidity(e: number, t: number): number {
  const percent = (100 * e) / saturationVapourPressure(t);
  return percent > SATURATED ? SATURATED : percent;
}

export interface Derived<Values extends SeriesArray> {
  readonly series: Series<Values>;
  /** Rule by derived variable. */
  readonly rules: ReadonlyMap<Variable, string>;
}

/** The series with the requested variables derived; refused when they are there already or nothing they follow from is. */
export function deriveSeries<Values extends SeriesArray>(
  series: Series<Values>,
  requested: readonly Derivable[],
): Derived<Values> {
  const chosen: Derivation[] = [];
  for (const variable of DERIVABLE.filter((one) => requested.includes(one))) {
    const known = [...series.variables, ...chosen.map((one) => one.variable)];
    if (known.includes(variable)) {
      throw new RejectedError(
        "NotDerived",
        `--derive ${variable}: the files have ${variable} itself. Leave the option out.`,
      );
    }
    const ways = DERIVATIONS.filter((one) => one.variable === variable);
    const way = ways.find(({ from }) => from.every((one) => known.includes(one)));
    if (way === undefined) {
      throw new RejectedError(
        "NotDerived",
        `--derive ${variable} needs ${ways.map(({ from }) => from.join(", ")).join("; or ")}; the files have ${series.variables.join(", ")}. Give the files that have them together with these.`,
      );
    }
    chosen.push(way);
  }
  const hidden = new Set(chosen.flatMap(({ auxiliary }) => auxiliary));
  const variables = [...series.variables.filter((one) => !hidden.has(one)), ...chosen.map((one) => one.variable)];
  return {
    series: { ...series, variables, yearsOf: (at) => withDerived(series.yearsOf(at), chosen, hidden) },
    rules: new Map(chosen.map(({ variable, rule }) => [variable, rule])),
  };
}

function* withDerived<Values extends SeriesArray>(
  years: Iterable<SeriesYear<Values>>,
  chosen: readonly Derivation[],
  hidden: ReadonlySet<Variable>,
): Generator<SeriesYear<Values>> {
  const byVariable = new Map<Variable, Map<number, Values>>();
  for (const { variable, year, values } of years) {
    const own = byVariable.get(variable) ?? new Map<number, Values>();
    byVariable.set(variable, own.set(year, values));
  }
  for (const { variable, from, compute } of chosen) {
    const sources = from.map((one) => byVariable.get(one) ?? new Map<number, Values>());
    const derived = new Map<number, Values>();
    for (const year of sources[0]!.keys()) {
      const given = sources.map((own) => own.get(year));
      if (!given.every((values) => values !== undefined)) continue;
      const values = given[0]!.map((_, step) => compute(...given.map((own) => own[step]!))) as Values;
      if (values.some((value) => !Number.isNaN(value))) derived.set(year, values);
    }
    byVariable.set(variable, derived);
  }
  for (const [variable, own] of byVariable) {
    if (hidden.has(variable)) continue;
    for (const [year, values] of own) yield { variable, year, values };
  }
}
