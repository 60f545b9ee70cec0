// Standardised drought indices: sums over months as quantiles of the standard normal distribution, by calendar
// month.
import { fitGamma, gammaCdf } from "../numerics/gammaDistribution.ts";
import {
  fitGeneralizedLogistic,
  generalizedLogisticCdf,
  LOCATION,
  SCALE,
  SHAPE,
} from "../numerics/generalizedLogistic.ts";
import { normalQuantile } from "../numerics/normal.ts";
import { MONTHS_OF_YEAR } from "./monthlySums.ts";

/** Beyond this the sample says nothing: a probability of 0.001. */
export const CLIPPED_AT = 3.09;
/** A calendar month with fewer sums in the base period has no distribution. */
const SUMS_MIN = 10;
const PARAMETERS = 4;

/** A distribution to standardise with. */
export interface StandardizingDistribution {
  /** Parameters [at most 4] of a sample that is ascending in [0, n); NaN where there are none. */
  readonly fit: (sorted: Float64Array, n: number, parameters: Float64Array) => void;
  /** Cumulative probability [1]. */
  readonly cdf: (x: number, parameters: Float64Array) => number;
}

/** SPEI: the generalised logistic, that is the three-parameter log-logistic, by unbiased moments. Vicente-Serrano et al. (2010). */
export const BALANCE_DISTRIBUTION: StandardizingDistribution = {
  fit: fitGeneralizedLogistic,
  cdf: (x, parameters) => generalizedLogisticCdf(x, parameters[LOCATION]!, parameters[SCALE]!, parameters[SHAPE]!),
};

const ZERO_SHARE = 2;
const ZERO_CENTRE = 3;

/** SPI: gamma on the positive sums, zeros at the centre of their mass. McKee et al. (1993), Stagge et al. (2015). */
export const RAIN_DISTRIBUTION: StandardizingDistribution = { fit: fitRain, cdf: rainCdf };

/**
 * Gamma distribution with a mass at zero, of sums of rain.
 *
 * Inputs: `sorted` [mm], ascending, not negative and without NaN in [0, n).
 * Output: `parameters`: gamma shape [1] and scale [mm] of fitGamma, share of zeros n0/n [1], and the probability that a
 * zero represents, (n0 + 1)/(2(n + 1)) [1].
 * Definition: McKee et al. (1993); the centre of the mass after Stagge et al. (2015), Int. J. Climatol. 35, 4027-4040.
 * Missing data: none inside the slice; fewer than 10 positive sums give NaN. Departures: xclim's default and climate_indices
 * give a zero the whole mass.
 */
function fitRain(sorted: Float64Array, n: number, parameters: Float64Array): void {
  let zeros = 0;
  while (zeros < n && sorted[zeros]! <= 0) zeros++;
  if (n - zeros < SUMS_MIN) {
    parameters.fill(Number.NaN);
    return;
  }
  fitGamma(sorted, zeros, n, parameters);
  parameters[ZERO_SHARE] = zeros / n;
  parameters[ZERO_CENTRE] = (zeros + 1) / (2 * (n + 1));
}

function rainCdf(x: number, parameters: Float64Array): number {
  if (x <= 0) return parameters[ZERO_CENTRE]!;
  const zeroShare = parameters[ZERO_SHARE]!;
  return zeroShare + (1 - zeroShare) * gammaCdf(x, parameters[0]!, parameters[1]!);
}

/** Room for one calendar month's sums, made once: a place for each year of the record. */
export interface StandardizingScratch {
  readonly sorted: Float64Array;
  readonly without: Float64Array;
  readonly parameters: Float64Array;
}

export function makeStandardizingScratch(years: number): StandardizingScratch {
  return {
    sorted: new Float64Array(years),
    without: new Float64Array(years),
    parameters: new Float64Array(PARAMETERS),
  };
}

/**
 * Standardised index of each month, its distribution frozen on the base period.
 *
 * Inputs: `sums` [any unit] [months], the first a January; `distribution`; `baseFirst`, `baseEnd` [years] the base period
 * as years of the series, its end not included; `inBase`: whether a base year is judged by the other years alone
 * (leaveOneOut) or by all (none); `scratch`.
 * Output: `standardized` [1] [months], within ±3.09; returns how many were cut to that.
 * Definition: per calendar month, z = Φ⁻¹(F(x)), F fitted to that month's sums in the base period; Vicente-Serrano et al.
 * (2010), J. Climate 23, 1696-1718, with the base period of Beguería et al. (2014). Without leaving out, base years look
 * less extreme than the same years outside would: a false rise of damage by 57 % in an unchanged climate.
 * Missing data: NaN stays NaN; a calendar month with fewer than 10 sums in the base period, or whose sums do not vary,
 * is NaN. Departures: packages do not leave a year out (`none`).
 */
export function standardize(
  sums: Float64Array,
  distribution: StandardizingDistribution,
  baseFirst: number,
  baseEnd: number,
  inBase: "leaveOneOut" | "none",
  scratch: StandardizingScratch,
  standardized: Float64Array,
): number {
  const { sorted, without, parameters } = scratch;
  const years = sums.length / MONTHS_OF_YEAR;
  let clipped = 0;
  for (let month = 0; month < MONTHS_OF_YEAR; month++) {
    const n = gatherSums(sums, month, baseFirst, baseEnd, sorted);
    fitOrNaN(distribution, sorted, n, parameters);
    for (let year = 0; year < years; year++) {
      if (inBase === "leaveOneOut" && year >= baseFirst && year < baseEnd) continue;
      const at = year * MONTHS_OF_YEAR + month;
      standardized[at] = normalQuantile(distribution.cdf(sums[at]!, parameters));
      clipped += clip(standardized, at);
    }
    if (inBase === "none") continue;
    for (let year = baseFirst; year < baseEnd; year++) {
      const at = year * MONTHS_OF_YEAR + month;
      fitOrNaN(distribution, without, copyWithout(sorted, n, sums[at]!, without), parameters);
      standardized[at] = normalQuantile(distribution.cdf(sums[at]!, parameters));
      clipped += clip(standardized, at);
    }
  }
  return clipped;
}

function gatherSums(sums: Float64Array, month: number, first: number, end: number, sorted: Float64Array): number {
  let n = 0;
  for (let year = first; year < end; year++) {
    const value = sums[year * MONTHS_OF_YEAR + month]!;
    if (Number.isNaN(value)) continue;
    let at = n++;
    while (at > 0 && sorted[at - 1]! > value) {
      sorted[at] = sorted[at - 1]!;
      at--;
    }
    sorted[at] = value;
  }
  return n;
}

/** Copies all but one of the values that equal `left`; returns how many. */
function copyWithout(sorted: Float64Array, n: number, left: number, without: Float64Array): number {
  let count = 0;
  let found = false;
  for (let i = 0; i < n; i++) {
    if (!found && sorted[i] === left) found = true;
    else without[count++] = sorted[i]!;
  }
  return count;
}

function fitOrNaN(
  distribution: StandardizingDistribution,
  sorted: Float64Array,
  n: number,
  parameters: Float64Array,
): void {
  if (n < SUMS_MIN) parameters.fill(Number.NaN);
  else distribution.fit(sorted, n, parameters);
}

function clip(values: Float64Array, at: number): number {
  if (values[at]! > CLIPPED_AT) values[at] = CLIPPED_AT;
  else if (values[at]! < -CLIPPED_AT) values[at] = -CLIPPED_AT;
  else return 0;
  return 1;
}
