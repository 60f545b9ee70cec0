// Days whose highest temperature is below their lowest one: missing in both, or the cell's temperatures are refused.
import type { Variable, VariablesByFrequency } from "../model/variables.ts";
import { VARIABLES } from "../model/variables.ts";

const CROSSED_PAIR = ["tasmax", "tasmin"] as const satisfies readonly Variable[];
/** Rounding and homogenisation cross by less [K]. */
const TOLERANCE = 0.5;
/** Of the days that have both. */
const MOST_CROSSED = 0.01;

export interface CrossedDays {
  readonly days: number;
  /** The cell's days with both temperatures. */
  readonly of: number;
  /** Position of the first; -1 where there is none. */
  readonly first: number;
  /** Over 1 % of the days: neither series is to be believed. */
  readonly tooMany: boolean;
}

/** A daily temperature is read with the other one, so that a result does not depend on which risks were requested. */
export function withCrossedPair(wanted: VariablesByFrequency): VariablesByFrequency {
  const { daily = [] } = wanted;
  if (!CROSSED_PAIR.some((one) => daily.includes(one))) return wanted;
  return { ...wanted, daily: [...new Set([...daily, ...CROSSED_PAIR])].sort() };
}

/**
 * Makes crossed days missing in both series, in place.
 *
 * Inputs: `tasmax`, `tasmin` [degC] [days], NaN where missing.
 * Output: how many days are crossed, of how many, the first one, and whether they are too many.
 * Definition: crossed where tasmax < tasmin - 0.5 K; too many above 1 % of the days that have both.
 * Missing data: a day without one of them, or with a value outside the plausible range, is not compared.
 */
export function dropCrossedDays(tasmax: Float64Array, tasmin: Float64Array): CrossedDays {
  const { plausibleMin: highMin, plausibleMax: highMax } = VARIABLES.tasmax;
  const { plausibleMin: lowMin, plausibleMax: lowMax } = VARIABLES.tasmin;
  let of = 0;
  let days = 0;
  let first = -1;
  for (let day = 0; day < tasmax.length; day++) {
    const high = tasmax[day]!;
    const low = tasmin[day]!;
    // False for NaN.
    if (!(high >= highMin && high <= highMax && low >= lowMin && low <= lowMax)) continue;
    of++;
    if (high >= low - TOLERANCE) continue;
    if (first === -1) first = day;
    days++;
    tasmax[day] = Number.NaN;
    tasmin[day] = Number.NaN;
  }
  return { days, of, first, tooMany: days > MOST_CROSSED * of };
}
