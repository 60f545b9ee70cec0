// Units that contradict their values although every value is possible: rain in metres called millimetres is never above 1.
// Judged on a year of values or more, unless --units gives the unit: then it is believed.

import { RejectedError } from "../../model/errors.ts";
import { conversionOf, convert, unitsOf, unitsOption } from "../../model/units.ts";
import { VARIABLES, type Variable } from "../../model/variables.ts";
import { shortNumber } from "../formats/numberText.ts";
import { sumTallies, type ValueTally } from "./valueTally.ts";
import type { CountedSource } from "./variableSource.ts";

/** What a year and more of values of a place must look like. */
interface Typical {
  /** The greatest value is at least this. */
  readonly greatestFrom?: number;
  readonly meanFrom?: number;
  readonly meanTo: number;
}

/**
 * Wide enough for any place on Earth: the wettest (Mawsynram) has a mean of 32 mm d-1; the warmest yearly mean of daily highs
 * is near 42 degC; the windiest coasts (Commonwealth Bay) have a mean near 20 m s-1; only a few places in the driest deserts
 * see no day above 0.5 mm in a year, and no station has a mean humidity below 5 %.
 */
const TYPICAL: Readonly<Partial<Record<Variable, Typical>>> = {
  tas: { meanFrom: -65, meanTo: 40 },
  tasmax: { meanFrom: -60, meanTo: 48 },
  tasmin: { meanFrom: -70, meanTo: 38 },
  pr: { greatestFrom: 0.5, meanTo: 60 },
  hurs: { greatestFrom: 5, meanTo: 102 },
  hursmin: { greatestFrom: 3, meanTo: 102 },
  sfcWind: { meanTo: 25, meanFrom: 0.05 },
};
/** Fewer values may be of an odd season. */
const VALUES_AT_LEAST = { daily: 360, monthly: 12, yearly: Number.POSITIVE_INFINITY } as const;
/** Of a step, for amounts. */
const DAYS = { daily: 1, monthly: 30, yearly: 365 } as const;

export function checkTypicalValues(sources: readonly CountedSource[]): void {
  refuseSwapped(sources);
  for (const { where, variable, conversion, isUnitSaid, isUnitAssumed, tally, frequency } of sources) {
    const unit = conversion.from;
    const typical = TYPICAL[variable];
    if (typical === undefined || isUnitSaid || tally.values < VALUES_AT_LEAST[frequency]) continue;
    const expected = expectation(typical, tally, variable);
    if (expected === undefined) continue;
    throw new RejectedError(
      "UnitsContradictValues",
      `${where} ${isUnitAssumed ? `says no unit, so it is taken to be ${unit}` : `says ${unit}`}, but its ${tally.values.toLocaleString("en")} values go from ${shortNumber(tally.least, 4)} to ${shortNumber(tally.greatest, 4)} ${VARIABLES[variable].unit} with a mean of ${shortNumber(tally.mean, 4)}; ${expected}. ` +
        `${describeFitting(variable, unit, typical, tally, DAYS[frequency])}If the values are right, say so: ${unitsOption(variable, unit)}.`,
    );
  }
}

function expectation(
  { greatestFrom, meanFrom, meanTo }: Typical,
  tally: ValueTally,
  variable: Variable,
): string | undefined {
  const { unit } = VARIABLES[variable];
  // Nothing but zeros is nothing in any unit.
  if (greatestFrom !== undefined && tally.greatest > 0 && tally.greatest < greatestFrom)
    return `expected some ${variable} above ${greatestFrom} ${unit}`;
  if (meanFrom !== undefined && tally.mean < meanFrom) return `expected a mean of at least ${meanFrom} ${unit}`;
  return tally.mean > meanTo ? `expected a mean of at most ${meanTo} ${unit}` : undefined;
}

/** The unit that would make them usual. */
function describeFitting(variable: Variable, unit: string, typical: Typical, tally: ValueTally, days: number): string {
  const said = conversionOf(variable, unit, "");
  const back = (value: number) => ((said.perStep ? value * days : value) - said.offset) / said.factor;
  const { plausibleMin, plausibleMax } = VARIABLES[variable];
  const fitting = unitsOf(variable).find((other) => {
    if (other === said.from) return false;
    const conversion = conversionOf(variable, other, "");
    const as = sumTallies([]);
    as.values = tally.values;
    as.least = convert(back(tally.least), conversion, days);
    as.greatest = convert(back(tally.greatest), conversion, days);
    as.sum = convert(back(tally.mean), conversion, days) * tally.values;
    const isPossible = as.least >= plausibleMin && as.greatest <= plausibleMax;
    return (
      isPossible && as.greatest > 2 * (typical.greatestFrom ?? 0) && expectation(typical, as, variable) === undefined
    );
  });
  return fitting === undefined ? "" : `If they are in ${fitting}, give ${unitsOption(variable, fitting)}. `;
}

/** Coverage may differ by this share before means cannot be compared. */
const ALIKE = 0.02;

/** Refuses highs that are below the lows on the whole: their columns are swapped. */
function refuseSwapped(sources: readonly CountedSource[]): void {
  const of = (variable: Variable) => sources.filter((source) => source.variable === variable);
  const [highs, lows] = [of("tasmax"), of("tasmin")];
  const [high, low] = [highs, lows].map((own) => sumTallies(own.map(({ tally }) => tally)));
  if (high!.values === 0 || low!.values === 0 || !(high!.mean < low!.mean)) return;
  if (Math.abs(high!.values / low!.values - 1) > ALIKE) return;
  throw new RejectedError(
    "SwappedTemperatures",
    `${highs[0]!.where} is read as tasmax and ${lows[0]!.where} as tasmin, but the mean of tasmax (${shortNumber(high!.mean, 4)} degC) is below that of tasmin (${shortNumber(low!.mean, 4)} degC). ` +
      `If they are swapped, say so: --map "${highs[0]!.name}=tasmin,${lows[0]!.name}=tasmax".`,
  );
}
