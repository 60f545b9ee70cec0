// The heaviest rain of each year, from daily rain or as a provider gives it, for one cell after the other on one
// time axis.
import type { Flag } from "../../model/reasons.ts";
import { RISK_INPUTS } from "../../model/riskInputs.ts";
import { heaviestRain } from "../indices/heaviestRain.ts";
import { markObservedYears } from "../indices/missingDays.ts";
import type { TimeAxis } from "../timeAxis.ts";
import { type ExtremesScratch, makeExtremesScratch } from "./extremes.ts";
import type { CellInput } from "./riskDefinition.ts";

/** Rain of five days over that of the heaviest, where only the latter is known. */
const FIVE_DAYS_PER_ONE = 1.2;

/** What is worked in for all cells of one axis; rewritten by every cell. */
export interface RainYears {
  readonly axis: TimeAxis;
  /** [years] mm, NaN where a year does not count */
  readonly rx1day: Float64Array;
  readonly rx5day: Float64Array;
  /** [years] the yearly level that a flood is made from */
  readonly levels: Float64Array;
  /** [years] 1 where the year counts */
  readonly valid: Uint8Array;
  readonly extremes: ExtremesScratch;
}

export function makeRainYears(axis: TimeAxis): RainYears {
  const { years } = axis;
  return {
    axis,
    rx1day: new Float64Array(years),
    rx5day: new Float64Array(years),
    levels: new Float64Array(years),
    valid: new Uint8Array(years),
    extremes: makeExtremesScratch(years),
  };
}

/** Urban floods have the first and the last of these. */
const { ways: WAYS } = RISK_INPUTS.published.inland_flood;

export interface RainRead {
  readonly used: string;
  readonly flags: readonly Flag[];
}

/**
 * Heaviest rain of each calendar year.
 *
 * Inputs: input with daily pr or yearly Rx1day; whether Rx5day is needed; work, made for its axis.
 * Output: work.rx1day, work.rx5day (of a provider: if needed) [mm] and work.valid; what was used.
 * Definition: indices/scalarHeaviestRain.ts on the calendar years with enough days; without daily rain the provider's indices, Rx5day
 *   then, where it is missing, as 1.2 Rx1day (flag).
 * Missing data: a year that does not count is NaN.
 */
export function fillRainYears(input: CellInput, needsLong: boolean, work: RainYears): RainRead {
  const rain = input.daily.get("pr");
  const { axis, rx1day, rx5day, valid } = work;
  const { years } = axis;
  if (rain !== undefined) {
    markObservedYears(rain, axis.month, axis.yearStart, years, valid);
    heaviestRain(rain, axis.yearStart, years, rx1day, rx5day);
    for (let year = 0; year < years; year++) if (valid[year] === 0) rx1day[year] = rx5day[year] = Number.NaN;
    return { used: WAYS.daily.text, flags: [] };
  }
  rx1day.set(input.yearly.get("Rx1day")!);
  for (let year = 0; year < years; year++) valid[year] = Number.isNaN(rx1day[year]!) ? 0 : 1;
  if (!needsLong) return { used: WAYS.provided.text, flags: [] };
  const provided = input.yearly.get("Rx5day");
  let estimated = false;
  for (let year = 0; year < years; year++) {
    const long = provided?.[year] ?? Number.NaN;
    const isMissing = Number.isNaN(long) && valid[year] === 1;
    rx5day[year] = isMissing ? FIVE_DAYS_PER_ONE * rx1day[year]! : long;
    estimated ||= isMissing;
  }
  const used = provided === undefined ? WAYS.provided.text : WAYS.bothProvided.text;
  return { used, flags: estimated ? ["rx5dayEstimated"] : [] };
}
