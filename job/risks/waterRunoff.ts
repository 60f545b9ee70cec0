// Water of a cell year by year: rain, evapotranspiration and runoff from the best series it has, and what is
// withdrawn.
import { daysInYear } from "../../model/calendars.ts";
import type { InputWay } from "../../model/riskInputs.ts";
import type { Frequency, Variable } from "../../model/variables.ts";
import { MONTHS_OF_YEAR, monthlyTotals } from "../indices/monthlySums.ts";
import type { TimeAxis } from "../timeAxis.ts";
import type { CellInput } from "./riskDefinition.ts";
import {
  type BalanceSource,
  type BalanceWork,
  balanceOf,
  fillEvapotranspiration,
  fillRain,
  makeBalanceWork,
  monthlyTotalsOfMeans,
} from "./waterBalance.ts";

/** Where runoff comes from: a model's own, or Fu's curve with evapotranspiration given or computed. */
export type RunoffSource =
  | { readonly kind: "mrro" | "evspsblpot"; readonly frequency: Frequency }
  | { readonly kind: "balance"; readonly balance: BalanceSource };

/** The runoff that a way of water scarcity starts from. */
export function runoffOf(way: InputWay): RunoffSource {
  const { frequency, variables } = way.series[0]!;
  if (variables.includes("mrro")) return { kind: "mrro", frequency };
  if (variables.includes("evspsblpot")) return { kind: "evspsblpot", frequency };
  return { kind: "balance", balance: balanceOf(way) };
}

/** What is worked in for all cells of one axis; rewritten by every cell. */
export interface WaterYears {
  readonly axis: TimeAxis;
  readonly water: BalanceWork;
  /** [months] */
  readonly monthly: Float64Array;
  /** [years] [mm yr-1]; `runoff` only of a model's own runoff, else NaN */
  readonly rain: Float64Array;
  readonly evapotranspiration: Float64Array;
  readonly runoff: Float64Array;
  /** [years] [m3 yr-1] */
  readonly withdrawal: Float64Array;
}

export function makeWaterYears(axis: TimeAxis): WaterYears {
  const ofYears = () => new Float64Array(axis.years);
  return {
    axis,
    water: makeBalanceWork(axis),
    monthly: new Float64Array(axis.years * MONTHS_OF_YEAR),
    rain: ofYears(),
    evapotranspiration: ofYears(),
    runoff: ofYears(),
    withdrawal: ofYears(),
  };
}

/**
 * Yearly water of one cell.
 *
 * Inputs: `input` with the series that `source` names; `work`, made for its axis.
 * Output: work.rain, work.evapotranspiration, work.runoff [mm yr-1], calendar years.
 * Definition: sums of the year's months; a model's evapotranspiration and runoff are not below 0.
 * Missing data: a month misses with more than 3 of its days, a year with one of its months.
 */
export function fillWaterYears(input: CellInput, source: RunoffSource, work: WaterYears): void {
  const { evapotranspiration, monthly, rain, runoff } = work;
  if (source.kind === "balance") {
    fillRain(input, source.balance.frequency, work.water, monthly);
    yearlySums(monthly, rain);
    fillEvapotranspiration(input, source.balance, work.water, monthly);
    yearlySums(monthly, evapotranspiration);
    runoff.fill(Number.NaN);
    return;
  }
  if (source.kind === "mrro") {
    fillYears(input, "mrro", source.frequency, work, runoff);
    rain.fill(Number.NaN);
    evapotranspiration.fill(Number.NaN);
    return;
  }
  fillYears(input, "pr", source.frequency, work, rain);
  fillYears(input, "evspsblpot", source.frequency, work, evapotranspiration);
  runoff.fill(Number.NaN);
}

/** Yearly sums [mm yr-1] of a series given per day. */
function fillYears(
  { axis, daily, monthly, yearly }: CellInput,
  variable: Variable,
  frequency: Frequency,
  work: WaterYears,
  out: Float64Array,
): void {
  if (frequency === "yearly") {
    const perDay = yearly.get(variable)!;
    for (let year = 0; year < out.length; year++) {
      out[year] = Math.max(0, perDay[year]! * daysInYear(axis.calendar, axis.firstYear + year));
    }
    return;
  }
  if (frequency === "daily") monthlyTotals(daily.get(variable)!, work.water.starts, work.monthly);
  else monthlyTotalsOfMeans(monthly.get(variable)!, axis, work.monthly);
  yearlySums(work.monthly, out);
}

function yearlySums(monthly: Float64Array, out: Float64Array): void {
  for (let year = 0; year < out.length; year++) {
    let sum = 0;
    for (let month = 0; month < MONTHS_OF_YEAR; month++) sum += monthly[year * MONTHS_OF_YEAR + month]!;
    // Math.max passes NaN on.
    out[year] = Math.max(0, sum);
  }
}

/**
 * Withdrawal of every year from that of some.
 *
 * Inputs: `known` [m3 yr-1] [years], NaN where nothing is given. Output: `out`, the same, NaN only when nothing is given at
 *   all; the first and last position known, or null.
 * Definition: linear between known years, beyond them that of the nearest. Missing data: filled so, and reported by the caller.
 */
export function fillWithdrawal(known: Float64Array, out: Float64Array): { first: number; last: number } | null {
  let before = -1;
  let first = -1;
  out.fill(Number.NaN);
  for (let year = 0; year < known.length; year++) {
    const value = known[year]!;
    if (Number.isNaN(value)) continue;
    out[year] = value;
    if (before === -1) {
      out.fill(value, 0, year);
      first = year;
    }
    for (let gap = before + 1; before !== -1 && gap < year; gap++) {
      out[gap] = known[before]! + ((value - known[before]!) * (gap - before)) / (year - before);
    }
    before = year;
  }
  if (before === -1) return null;
  out.fill(known[before]!, before + 1);
  return { first, last: before };
}
