// Laws and return levels of yearly extremes: location and scale from 30 years around a period, shape from the whole
// record.
import type { Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import { RETURN_PERIODS } from "../../model/results.ts";
import { fitGev, gevShapeFromSkewness, LOCATION, SCALE } from "../numerics/gev.ts";
import { L1, L2, sampleLMoments, T3 } from "../numerics/lMoments.ts";
import { removeRunningMean, type TrendRemoval } from "../numerics/trendRemoval.ts";
import { type ExtremeLaw, levelOf } from "./extremeDistribution.ts";

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
  /** k [1] of Hosking's sign; NaN where the record is too short. */
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

export interface FittedExtremes {
  /** null where there are too few values. */
  readonly law: ExtremeLaw | null;
  readonly flags: readonly Flag[];
  /** Values of the block, those at 0 included. */
  readonly values: number;
}

/**
 * Law of yearly maxima.
 *
 * Inputs: yearly [any unit] Float64Array, NaN where a year is not valid, the block in [from, to); shape; scratch.
 * Output: the law, and what to say of it.
 * Definition: GEV of the record's shape with location and scale by the block's L-moments (numerics/gev.ts) from 20 values;
 *   Gumbel, k = 0, from 10 values, or where the record has no shape; values that do not vary are a step.
 * Missing data: left out; fewer than 10 values give no law.
 */
export function fitExtremes(
  yearly: Float64Array,
  from: number,
  to: number,
  record: RecordShape,
  scratch: ExtremesScratch,
): FittedExtremes {
  const values = sortFinite(yearly, from, to, scratch.sorted);
  return fitSorted(0, values, record, scratch);
}

/**
 * Law of yearly maxima that are 0 in years without any.
 *
 * Inputs: as fitExtremes, values >= 0. Output: as there.
 * Definition: the share of zeros as counted; the law of fitExtremes for the positive values, with the same counts needed of
 *   those, as the mixed law of Guttman, Hosking and Wallis 1993, J. Climate 6, 2309-2325. A block of zeros alone is a step at 0.
 * Missing data: left out; fewer than 10 values, or some but fewer than 10 positive ones, give no law.
 */
export function fitRainExtremes(
  yearly: Float64Array,
  from: number,
  to: number,
  record: RecordShape,
  scratch: ExtremesScratch,
): FittedExtremes {
  const values = sortFinite(yearly, from, to, scratch.sorted);
  let zeros = 0;
  while (zeros < values && scratch.sorted[zeros]! <= 0) zeros++;
  return fitSorted(zeros === values ? 0 : zeros, values, record, scratch);
}

/** `scratch.sorted` holds the values, ascending; the first `zeros` are those without any. */
function fitSorted(zeros: number, values: number, record: RecordShape, scratch: ExtremesScratch): FittedExtremes {
  const { lMoments, parameters, sorted } = scratch;
  const n = values - zeros;
  if (n < FEWEST_FOR_GUMBEL) return { law: null, flags: [], values };
  sampleLMoments(sorted, zeros, values, lMoments);
  const zeroShare = zeros / values;
  const l1 = lMoments[L1]!;
  if (lMoments[L2]! <= CONSTANT_BELOW * Math.max(1, Math.abs(l1))) {
    const law = { zeroShare, location: l1, scale: 0, shape: 0, values };
    return { law, flags: ["constantSeries"], values };
  }
  const gumbel = n < FEWEST_FOR_GEV || Number.isNaN(record.shape);
  const shape = gumbel ? 0 : record.shape;
  fitGev(l1, lMoments[L2]!, shape, parameters);
  const flags: Flag[] = gumbel ? ["gumbelFallback"] : record.clamped ? ["clampedShape"] : [];
  return {
    law: { zeroShare, location: parameters[LOCATION]!, scale: parameters[SCALE]!, shape, values },
    flags,
    values,
  };
}

/** The Gumbel law of the values that fitExtremes or fitRainExtremes has just fitted, for comparison. */
export function gumbelOfSame({ scale, zeroShare, values }: ExtremeLaw, { lMoments, parameters }: ExtremesScratch) {
  if (scale > 0) fitGev(lMoments[L1]!, lMoments[L2]!, 0, parameters);
  const [location, spread] = scale > 0 ? [parameters[LOCATION]!, parameters[SCALE]!] : [lMoments[L1]!, 0];
  return { zeroShare, location, scale: spread, shape: 0, values } satisfies ExtremeLaw;
}

/**
 * Return levels of yearly maxima.
 *
 * Inputs: as fitExtremes.
 * Output: levels for RETURN_PERIODS, in the unit of the values, and what to say of them.
 * Definition: levelOf the law of fitExtremes.
 * Missing data: left out; fewer than 10 values give NaN.
 */
export function extremeLevels(
  yearly: Float64Array,
  from: number,
  to: number,
  record: RecordShape,
  scratch: ExtremesScratch,
): ExtremeLevels {
  const { law, flags, values } = fitExtremes(yearly, from, to, record, scratch);
  const levels = RETURN_PERIODS.map((years) => (law === null ? Number.NaN : levelOf(law, years)));
  return { levels, flags, values, fitted: law !== null };
}

function sortFinite(values: Float64Array, from: number, to: number, out: Float64Array): number {
  let count = 0;
  for (let year = from; year < to; year++) if (!Number.isNaN(values[year]!)) out[count++] = values[year]!;
  out.subarray(0, count).sort();
  return count;
}
