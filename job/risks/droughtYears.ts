// The yearly values that drought is judged by, for one cell after the other on one time axis.
import type { Period } from "../../model/periods.ts";
import { MONTHS_OF_YEAR } from "../indices/monthlySums.ts";
import {
  BALANCE_DISTRIBUTION,
  CLIPPED_AT,
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
import {
  type BalanceSource,
  type BalanceWork,
  fillEvapotranspiration,
  fillRain,
  makeBalanceWork,
} from "./waterBalance.ts";

const WINDOW_MONTHS = 12;
const EXTREME_DROUGHT = -2;
const SEVERE_DROUGHT = -1.5;
/** A base period with less rain, or with a larger share of dry months, says nothing of rain. */
const ARID_BELOW_MM_PER_YEAR = 25;
const DRY_MONTHS_SHARE = 0.5;

/** What is worked in for all cells of one axis; rewritten by every cell. */
export interface DroughtYears {
  readonly axis: TimeAxis;
  readonly water: BalanceWork;
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
  const ofMonths = () => new Float64Array(axis.years * MONTHS_OF_YEAR);
  const ofYears = () => new Float64Array(axis.years);
  return {
    axis,
    water: makeBalanceWork(axis),
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

/**
 * Yearly drought values of one cell.
 *
 * Inputs: `input` with the series that `source` names; `inBase` as in indices/standardizedIndex.ts; `work`, made for its axis.
 * Output: `work`: see DroughtYears.
 * Definition: balance of rain and potential evapotranspiration by month, summed over 12 months, standardised on the base
 * period (SPEI-12); rain alone likewise (SPI-12).
 * Missing data: a month misses with more than 3 of its days, a sum with one of its months, a year with one of its sums.
 * Departures: from monthly series Hargreaves takes mid-month radiation and the mean range (evapotranspiration.ts).
 */
export function fillDroughtYears(
  input: CellInput,
  source: BalanceSource,
  inBase: "leaveOneOut" | "none",
  work: DroughtYears,
): void {
  const { lowestSpi, spi, sums, valid } = work;
  fillRain(input, source.frequency, work.water, work.rain);
  fillSpei(input, source, inBase, work);
  markWholeYears(sums, valid);
  fillSpeiYears(work);
  fillSpi(input, inBase, work);
  lowestMonths(spi, lowestSpi);
}

/**
 * Yearly drought values of a provider's SPEI-12.
 *
 * Inputs: `provided` [1] [months]; `work`, made for their axis.
 * Output: `work`: see DroughtYears; SPI-12 is NaN, for it is not known.
 * Definition: the provided values, held at +-3.09 as ours are. Missing data: a year with a missing month is not valid.
 */
export function fillProvidedYears(provided: Float64Array, work: DroughtYears): void {
  const { lowestSpi, spei, valid } = work;
  // Math.min and Math.max pass NaN on.
  for (let month = 0; month < spei.length; month++) {
    spei[month] = Math.min(CLIPPED_AT, Math.max(-CLIPPED_AT, provided[month]!));
  }
  markWholeYears(spei, valid);
  fillSpeiYears(work);
  lowestSpi.fill(Number.NaN);
}

function fillSpeiYears({ lowestSpei, m15, m2, spei }: DroughtYears): void {
  lowestMonths(spei, lowestSpei);
  monthsAtMost(spei, EXTREME_DROUGHT, m2);
  monthsAtMost(spei, SEVERE_DROUGHT, m15);
}

/** SPEI-12 of each month into `work.spei` from the rain in `work.rain`, the balances it standardises into `work.sums`. */
export function fillSpei(
  input: CellInput,
  source: BalanceSource,
  inBase: "leaveOneOut" | "none",
  work: DroughtYears,
): void {
  const { balance, rain, scratch, spei, sums } = work;
  const base = positionsIn(input.basePeriod, input.axis.firstYear, input.axis.years);
  fillEvapotranspiration(input, source, work.water, balance);
  for (let month = 0; month < rain.length; month++) balance[month] = rain[month]! - balance[month]!;
  slidingSums(balance, WINDOW_MONTHS, sums);
  standardize(sums, BALANCE_DISTRIBUTION, base.from, base.to, inBase, scratch, spei);
}

/** SPI-12 of each month into `work.spi` from the rain in `work.rain`, the rain it standardises into `work.sums`. */
export function fillSpi(input: CellInput, inBase: "leaveOneOut" | "none", work: DroughtYears): void {
  const { rain, scratch, spi, sums } = work;
  const base = positionsIn(input.basePeriod, input.axis.firstYear, input.axis.years);
  slidingSums(rain, WINDOW_MONTHS, sums);
  standardize(sums, RAIN_DISTRIBUTION, base.from, base.to, inBase, scratch, spi);
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

/** Whether the base period is too dry for a rain index: SPEI then describes evapotranspiration only. */
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
