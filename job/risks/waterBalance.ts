// Rain and potential evapotranspiration of each month of a cell, from the best of the series it has.
import { daysInMonth } from "../../model/calendars.ts";
import type { InputWay } from "../../model/riskInputs.ts";
import {
  hargreavesDaily,
  hargreavesMonthly,
  heatIndex,
  radiationByDay,
  thornthwaiteMonthly,
} from "../indices/evapotranspiration.ts";
import { MONTHS_OF_YEAR, monthlyMeans, monthlyTotals, monthStarts } from "../indices/monthlySums.ts";
import { LONGEST_YEAR_DAYS, type TimeAxis } from "../timeAxis.ts";
import { positionsIn } from "./periodYears.ts";
import type { CellInput } from "./riskDefinition.ts";

export type Evapotranspiration = "hargreaves" | "thornthwaite";

/** Which series the water balance comes from, and by which formula. */
export interface BalanceSource {
  readonly frequency: "daily" | "monthly";
  readonly evapotranspiration: Evapotranspiration;
}

/** The balance that a way of drought or of water scarcity starts from. */
export function balanceOf({ series }: InputWay): BalanceSource {
  const { frequency, variables } = series[0]!;
  return {
    frequency: frequency as BalanceSource["frequency"],
    evapotranspiration: variables.includes("tas") ? "thornthwaite" : "hargreaves",
  };
}

/** What is worked in for all cells of one axis; rewritten by every cell. */
export interface BalanceWork {
  /** [months + 1] */
  readonly starts: Int32Array;
  /** [366] extraterrestrial radiation [MJ m-2 d-1] at `latitude`, which the cells of a row of a grid share; NaN before the first */
  readonly radiation: Float64Array;
  latitude: number;
  /** [axis days] potential evapotranspiration [mm d-1] */
  readonly daily: Float64Array;
}

export function makeBalanceWork(axis: TimeAxis): BalanceWork {
  return {
    starts: monthStarts(axis),
    radiation: new Float64Array(LONGEST_YEAR_DAYS),
    latitude: Number.NaN,
    daily: new Float64Array(axis.month.length),
  };
}

/** Rain of each month [mm] [months]. */
export function fillRain(
  { axis, daily, monthly }: CellInput,
  frequency: BalanceSource["frequency"],
  { starts }: BalanceWork,
  rain: Float64Array,
): void {
  if (frequency === "daily") {
    monthlyTotals(daily.get("pr")!, starts, rain);
    return;
  }
  monthlyTotalsOfMeans(monthly.get("pr")!, axis, rain);
}

/** Sums [mm] of months whose means per day [mm d-1] are given, by the axis' calendar: [months]. NaN stays NaN. */
export function monthlyTotalsOfMeans(perDay: Float64Array, axis: TimeAxis, totals: Float64Array): void {
  for (let month = 0; month < perDay.length; month++) {
    const year = axis.firstYear + Math.floor(month / MONTHS_OF_YEAR);
    totals[month] = perDay[month]! * daysInMonth(axis.calendar, year, (month % MONTHS_OF_YEAR) + 1);
  }
}

/**
 * Potential evapotranspiration of each month.
 *
 * Inputs: `input` with the series that `source` names; `work`, made for its axis. Output: `out` [mm] [months].
 * Definition: indices/evapotranspiration.ts; Thornthwaite's heat index is that of the base period.
 * Missing data: a month misses with more than 3 of its days. Departures: from monthly series Hargreaves takes mid-month
 * radiation and the mean range.
 */
export function fillEvapotranspiration(
  input: CellInput,
  source: BalanceSource,
  work: BalanceWork,
  out: Float64Array,
): void {
  if (source.evapotranspiration === "thornthwaite") fillThornthwaite(input, source.frequency, work, out);
  else if (source.frequency === "daily") fillHargreaves(input, work, out);
  else fillMonthlyHargreaves(input, work, out);
}

function fillHargreaves(input: CellInput, work: BalanceWork, out: Float64Array): void {
  const { axis, daily, latitude } = input;
  if (latitude !== work.latitude) {
    radiationByDay(latitude, axis.calendar, work.radiation);
    work.latitude = latitude;
  }
  hargreavesDaily(daily.get("tasmax")!, daily.get("tasmin")!, work.radiation, axis.yearStart, work.daily);
  monthlyTotals(work.daily, work.starts, out);
}

function fillMonthlyHargreaves({ latitude, monthly }: CellInput, { starts }: BalanceWork, out: Float64Array): void {
  const highest = monthly.get("tasmax")!;
  const lowest = monthly.get("tasmin")!;
  for (let month = 0; month < out.length; month++) {
    const ofYear = (month % MONTHS_OF_YEAR) + 1;
    out[month] = hargreavesMonthly(highest[month]!, lowest[month]!, latitude, ofYear, daysOf(starts, month));
  }
}

/** With the heat index frozen at the base period. */
function fillThornthwaite(
  input: CellInput,
  frequency: BalanceSource["frequency"],
  { starts }: BalanceWork,
  out: Float64Array,
): void {
  const { from, to } = positionsIn(input.basePeriod, input.axis.firstYear, input.axis.years);
  if (frequency === "daily") monthlyMeans(input.daily.get("tas")!, starts, out);
  else out.set(input.monthly.get("tas")!);
  const heat = heatIndex(calendarMonthMeans(out, from, to));
  for (let month = 0; month < out.length; month++) {
    const ofYear = (month % MONTHS_OF_YEAR) + 1;
    out[month] = thornthwaiteMonthly(out[month]!, heat, input.latitude, ofYear, daysOf(starts, month));
  }
}

function daysOf(starts: Int32Array, month: number): number {
  return starts[month + 1]! - starts[month]!;
}

function calendarMonthMeans(monthly: Float64Array, from: number, to: number): Float64Array {
  const means = new Float64Array(MONTHS_OF_YEAR);
  for (let month = 0; month < MONTHS_OF_YEAR; month++) {
    let count = 0;
    for (let year = from; year < to; year++) {
      const value = monthly[year * MONTHS_OF_YEAR + month]!;
      if (Number.isNaN(value)) continue;
      means[month] = means[month]! + value;
      count++;
    }
    means[month] = means[month]! / count;
  }
  return means;
}
