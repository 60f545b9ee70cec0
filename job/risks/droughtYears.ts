// The yearly values that drought is judged by, for one cell after the other on one time axis.
// The statistics of a period's years stand in drought.ts.
import type { Period } from "../../model/periods.ts";
import { hargreavesDaily, heatIndex, radiationByDay, thornthwaiteMonthly } from "../indices/evapotranspiration.ts";
import { MONTHS_OF_YEAR, monthlyMeans, monthlyTotals, monthStarts } from "../indices/monthlySums.ts";
import {
  BALANCE_DISTRIBUTION,
  makeStandardizingScratch,
  RAIN_DISTRIBUTION,
  type StandardizingScratch,
  standardize,
} from "../indices/standardizedIndex.ts";
import { lowestMonths, monthsAtMost } from "../indices/standardizedYears.ts";
import { slidingSums } from "../numerics/slidingSums.ts";
import type { TimeAxis } from "../timeAxis.ts";
import { positionsIn } from "./periodYears.ts";
import type { CellInput } from "./riskDefinition.ts";

const WINDOW_MONTHS = 12;
const EXTREME_DROUGHT = -2;
const SEVERE_DROUGHT = -1.5;
const LONGEST_YEAR_DAYS = 366;
/** A base period with less rain, or with a larger share of dry months, says nothing of rain. */
const ARID_BELOW_MM_PER_YEAR = 25;
const DRY_MONTHS_SHARE = 0.5;

/** What is worked in for all cells of one axis; rewritten by every cell. */
export interface DroughtYears {
  readonly axis: TimeAxis;
  /** [months + 1] */
  readonly starts: Int32Array;
  /** [366] extraterrestrial radiation [MJ m-2 d-1] */
  readonly radiation: Float64Array;
  /** [axis days] potential evapotranspiration [mm d-1] */
  readonly daily: Float64Array;
  /** [months] [mm] */
  readonly rain: Float64Array;
  readonly balance: Float64Array;
  readonly sums: Float64Array;
  /** [months] standardised indices over 12 months [1] */
  readonly spei: Float64Array;
  readonly spi: Float64Array;
  readonly scratch: StandardizingScratch;
  /** [years] 1 where all twelve balances over 12 months are there */
  readonly valid: Uint8Array;
  /** [years] lowest SPEI-12 [1], months of -2 and of -1.5 or less [month], lowest SPI-12 [1] */
  readonly lowestSpei: Float64Array;
  readonly m2: Float64Array;
  readonly m15: Float64Array;
  readonly lowestSpi: Float64Array;
  /** [years] room to sort a period's values in, and to turn their sign */
  readonly sorted: Float64Array;
  readonly dryness: Float64Array;
}

export function makeDroughtYears(axis: TimeAxis): DroughtYears {
  const starts = monthStarts(axis);
  const ofMonths = () => new Float64Array(starts.length - 1);
  const ofYears = () => new Float64Array(axis.years);
  return {
    axis,
    starts,
    radiation: new Float64Array(LONGEST_YEAR_DAYS),
    daily: new Float64Array(axis.month.length),
    rain: ofMonths(),
    balance: ofMonths(),
    sums: ofMonths(),
    spei: ofMonths(),
    spi: ofMonths(),
    scratch: makeStandardizingScratch(axis.years),
    valid: new Uint8Array(axis.years),
    lowestSpei: ofYears(),
    m2: ofYears(),
    m15: ofYears(),
    lowestSpi: ofYears(),
    sorted: ofYears(),
    dryness: ofYears(),
  };
}

export type DroughtSource = "hargreaves" | "thornthwaite";

/** The input that evapotranspiration is computed from, the better first; null when the cell has none. */
export function droughtSource(daily: CellInput["daily"]): DroughtSource | null {
  if (!daily.has("pr")) return null;
  if (daily.has("tasmin") && daily.has("tasmax")) return "hargreaves";
  return daily.has("tas") ? "thornthwaite" : null;
}

/**
 * Yearly drought values of one cell.
 *
 * Inputs: `input` with the series that `source` names; `inBase` as in indices/standardizedIndex.ts; `work`, made for its axis.
 * Output: `work`: see DroughtYears.
 * Definition: balance of rain and potential evapotranspiration by month, summed over 12 months, standardised on the base
 * period (SPEI-12); rain alone likewise (SPI-12).
 * Missing data: a month misses with more than 3 of its days, a sum with one of its months, a year with one of its sums.
 */
export function fillDroughtYears(
  input: CellInput,
  source: DroughtSource,
  inBase: "leaveOneOut" | "none",
  work: DroughtYears,
): void {
  const { lowestSpei, lowestSpi, m15, m2, spei, spi, sums, valid } = work;
  fillRain(input, work);
  fillSpei(input, source, inBase, work);
  markWholeYears(sums, valid);
  lowestMonths(spei, lowestSpei);
  monthsAtMost(spei, EXTREME_DROUGHT, m2);
  monthsAtMost(spei, SEVERE_DROUGHT, m15);
  fillSpi(input, inBase, work);
  lowestMonths(spi, lowestSpi);
}

/** Rain by month [mm] into `work.rain`, which fillSpei and fillSpi read. */
export function fillRain({ daily }: CellInput, { rain, starts }: DroughtYears): void {
  monthlyTotals(daily.get("pr")!, starts, rain);
}

/** SPEI-12 of each month into `work.spei`, the balances it standardises into `work.sums`. */
export function fillSpei(
  input: CellInput,
  source: DroughtSource,
  inBase: "leaveOneOut" | "none",
  work: DroughtYears,
): void {
  const { balance, rain, scratch, spei, sums } = work;
  const base = positionsIn(input.basePeriod, input.axis.firstYear, input.axis.years);
  if (source === "hargreaves") fillHargreaves(input, work);
  else fillThornthwaite(input, base.from, base.to, work);
  for (let month = 0; month < rain.length; month++) balance[month] = rain[month]! - balance[month]!;
  slidingSums(balance, WINDOW_MONTHS, sums);
  standardize(sums, BALANCE_DISTRIBUTION, base.from, base.to, inBase, scratch, spei);
}

/** SPI-12 of each month into `work.spi`, the rain it standardises into `work.sums`. */
export function fillSpi(input: CellInput, inBase: "leaveOneOut" | "none", work: DroughtYears): void {
  const { rain, scratch, spi, sums } = work;
  const base = positionsIn(input.basePeriod, input.axis.firstYear, input.axis.years);
  slidingSums(rain, WINDOW_MONTHS, sums);
  standardize(sums, RAIN_DISTRIBUTION, base.from, base.to, inBase, scratch, spi);
}

/** Potential evapotranspiration by month [mm] into `work.balance`. */
function fillHargreaves(input: CellInput, work: DroughtYears): void {
  const { axis, daily } = input;
  radiationByDay(input.latitude, axis.calendar, work.radiation);
  hargreavesDaily(daily.get("tasmax")!, daily.get("tasmin")!, work.radiation, axis.yearStart, work.daily);
  monthlyTotals(work.daily, work.starts, work.balance);
}

/** The same from the mean temperature, its heat index frozen at the base years [from, to). */
function fillThornthwaite(input: CellInput, from: number, to: number, work: DroughtYears): void {
  const { balance, starts } = work;
  monthlyMeans(input.daily.get("tas")!, starts, balance);
  const heat = heatIndex(calendarMonthMeans(balance, from, to));
  for (let month = 0; month < balance.length; month++) {
    const days = starts[month + 1]! - starts[month]!;
    const ofYear = (month % MONTHS_OF_YEAR) + 1;
    balance[month] = thornthwaiteMonthly(balance[month]!, heat, input.latitude, ofYear, days);
  }
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

/** Marks the years whose twelve sums are all there. */
export function markWholeYears(sums: Float64Array, valid: Uint8Array): void {
  for (let year = 0; year < valid.length; year++) {
    valid[year] = 1;
    for (let month = 0; month < MONTHS_OF_YEAR; month++) {
      if (Number.isNaN(sums[year * MONTHS_OF_YEAR + month]!)) valid[year] = 0;
    }
  }
}

/** Whether the base period is too dry for a rain index: SPEI then tells evapotranspiration only. */
export function isArid(work: DroughtYears, basePeriod: Period): boolean {
  const { from, to } = positionsIn(basePeriod, work.axis.firstYear, work.axis.years);
  let sum = 0;
  let dry = 0;
  let months = 0;
  for (let month = from * MONTHS_OF_YEAR; month < to * MONTHS_OF_YEAR; month++) {
    const rain = work.rain[month]!;
    if (Number.isNaN(rain)) continue;
    sum += rain;
    months++;
    if (rain === 0) dry++;
  }
  return sum * MONTHS_OF_YEAR < ARID_BELOW_MM_PER_YEAR * months || dry > DRY_MONTHS_SHARE * months;
}
