// Return levels of yearly extremes: location and scale from 30 years around a period, shape from the whole record.
// Which variable, and which sign, is the risk's; the distribution itself stands in numerics/gev.ts.
import type { Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import { RETURN_PERIODS } from "../../model/results.ts";
import { fitGev, gevReturnLevel, gevShapeFromSkewness, LOCATION, SCALE } from "../numerics/gev.ts";
import { L1, L2, sampleLMoments, T3 } from "../numerics/lMoments.ts";
import { removeRunningMean, type TrendRemoval } from "../numerics/trendRemoval.ts";

const BLOCK_YEARS = 30;
const BLOCK_YEARS_BEFORE_CENTRE = 14;

/** Values behind a GEV and behind a Gumbel distribution, and behind a shape. */
const FEWEST_FOR_GEV = 20;
const FEWEST_FOR_GUMBEL = 10;
const FEWEST_FOR_SHAPE = 60;
const STEEPEST_SHAPE = 0.35;

/** Values whose second L-moment is this much smaller than the first do not vary. */
const CONSTANT_BELOW = 1e-9;

export interface RecordShape {
  /** k [1] of Hosking's sign; NaN where the record cannot tell. */
  readonly shape: number;
  readonly clamped: boolean;
}

export interface ExtremeLevels {
  /** [RETURN_PERIODS] in the unit of the values; NaN where there are too few. */
  readonly levels: readonly number[];
  readonly flags: readonly Flag[];
  /** Values of the block, and whether they were enough for any level. */
  readonly values: number;
  readonly fitted: boolean;
}

/** Arrays for one record of `years` values. */
export interface ExtremesScratch {
  readonly detrended: Float64Array;
  readonly sorted: Float64Array;
  readonly lMoments: Float64Array;
  readonly parameters: Float64Array;
}

export function makeExtremesScratch(years: number): ExtremesScratch {
  return {
    detrended: new Float64Array(years),
    sorted: new Float64Array(years),
    lMoments: new Float64Array(3),
    parameters: new Float64Array(2),
  };
}

/** The 30 years at a period's centre, shifted into the record's years; the whole of a shorter record. */
export function blockAround(period: Period, firstYear: number, years: number): Period {
  const length = Math.min(BLOCK_YEARS, years);
  const wanted = Math.floor((period.firstYear + period.lastYear) / 2) - BLOCK_YEARS_BEFORE_CENTRE;
  const first = Math.max(firstYear, Math.min(wanted, firstYear + years - length));
  return { firstYear: first, lastYear: first + length - 1 };
}

/**
 * GEV shape of a cell's whole record.
 *
 * Inputs: yearly [any unit] Float64Array in [0, years), NaN where a year is not valid; removal; scratch.
 * Output: shape k [1], and whether it was clamped.
 * Definition: k of the L-skewness of all values freed from their 30-year running mean (numerics/trendRemoval.ts), held
 *   inside +-0.35. One shape for the record: in samples of 30 a free shape costs more than it gives (Hosking and Wallis
 *   1997, Regional Frequency Analysis).
 * Missing data: left out; fewer than 60 values, or an L-skewness outside (-1, 1), give NaN.
 */
export function recordShape(
  yearly: Float64Array,
  years: number,
  removal: TrendRemoval,
  scratch: ExtremesScratch,
): RecordShape {
  const { detrended, lMoments, sorted } = scratch;
  removeRunningMean(yearly, years, removal, detrended);
  const n = sortFinite(detrended, 0, years, sorted);
  if (n < FEWEST_FOR_SHAPE) return { shape: Number.NaN, clamped: false };
  sampleLMoments(sorted, 0, n, lMoments);
  const shape = gevShapeFromSkewness(lMoments[T3]!);
  const clamped = Math.abs(shape) > STEEPEST_SHAPE;
  return { shape: clamped ? Math.sign(shape) * STEEPEST_SHAPE : shape, clamped };
}

/**
 * Return levels of yearly maxima.
 *
 * Inputs: yearly [any unit] Float64Array, NaN where a year is not valid, the block in [from, to); shape; scratch.
 * Output: levels for RETURN_PERIODS, in the unit of the values, and what to say of them.
 * Definition: GEV of the record's shape with location and scale by the block's L-moments (numerics/gev.ts) from 20 values;
 *   Gumbel, k = 0, from 10 values, or where the record has no shape; values that do not vary are every level.
 * Missing data: left out; fewer than 10 values give NaN.
 */
export function extremeLevels(
  yearly: Float64Array,
  from: number,
  to: number,
  record: RecordShape,
  scratch: ExtremesScratch,
): ExtremeLevels {
  const { lMoments, parameters, sorted } = scratch;
  const n = sortFinite(yearly, from, to, sorted);
  const none = RETURN_PERIODS.map(() => Number.NaN);
  if (n < FEWEST_FOR_GUMBEL) return { levels: none, flags: [], values: n, fitted: false };
  sampleLMoments(sorted, 0, n, lMoments);
  const l1 = lMoments[L1]!;
  if (lMoments[L2]! <= CONSTANT_BELOW * Math.max(1, Math.abs(l1))) {
    return { levels: RETURN_PERIODS.map(() => l1), flags: ["constantSeries"], values: n, fitted: true };
  }
  const gumbel = n < FEWEST_FOR_GEV || Number.isNaN(record.shape);
  const shape = gumbel ? 0 : record.shape;
  fitGev(l1, lMoments[L2]!, shape, parameters);
  const levels = RETURN_PERIODS.map((years) => gevReturnLevel(years, parameters[LOCATION]!, parameters[SCALE]!, shape));
  const flags: Flag[] = gumbel ? ["gumbelFallback"] : record.clamped ? ["clampedShape"] : [];
  return { levels, flags, values: n, fitted: true };
}

function sortFinite(values: Float64Array, from: number, to: number, out: Float64Array): number {
  let count = 0;
  for (let year = from; year < to; year++) if (!Number.isNaN(values[year]!)) out[count++] = values[year]!;
  out.subarray(0, count).sort();
  return count;
}
