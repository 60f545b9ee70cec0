// The law of a year's highest sea level at a station, from any of the three shapes that providers publish.
import type { Period } from "../../model/periods.ts";
import type { Flag } from "../../model/reasons.ts";
import type { SeaLevelStation, StationLevels } from "../../model/seaLevels.ts";
import type { ExtremeLaw } from "./extremeDistribution.ts";
import { blockAround, fitExtremes, makeExtremesScratch, recordShape } from "./extremes.ts";
import { RISE_EPOCH } from "./seaLevelRise.ts";

/** Rarer levels than this are a year's highest; more frequent ones are not given by the law of maxima. */
const SHORTEST_RETURN_PERIOD = 2;

export interface SeaLevelLaw {
  readonly kind: StationLevels["kind"];
  readonly law: ExtremeLaw;
  /** Year whose mean sea level the law refers to. */
  readonly referenceYear: number;
  /** Years behind the law; null where not known. */
  readonly years: number | null;
  readonly flags: readonly Flag[];
}

/**
 * Law of a year's highest sea level.
 *
 * Inputs: station; basePeriod.
 * Output: law [m above the station's datum], and what to say of it; null for fewer than 10 maxima, and for a scale that is not positive.
 * Definition: parameters as they are; a table of levels by the Gumbel law of least squares on y = -ln(-ln(1 - 1/T)), T >= 2;
 *   maxima by extremes.ts: location and scale of the 30 years at the base period's centre, shape of the whole record. Without a reference
 *   year of their own they refer to the middle of those years.
 * Missing data: missing maxima are left out.
 */
export function seaLevelLaw(station: SeaLevelStation, basePeriod: Period): SeaLevelLaw | null {
  const { recordYears, referenceYear, record } = station;
  if (record.kind === "maxima") return lawOfMaxima(record, referenceYear, basePeriod);
  const values = recordYears ?? Number.NaN;
  const law =
    record.kind === "parameters"
      ? { zeroShare: 0, location: record.location, scale: record.scale, shape: record.shape, values }
      : { zeroShare: 0, ...gumbelOfLevels(record.returnPeriods, record.levels), shape: 0, values };
  if (!(law.scale > 0)) return null;
  return {
    kind: record.kind,
    law,
    referenceYear: referenceYear ?? RISE_EPOCH,
    years: recordYears,
    flags: referenceYear === null ? ["defaultSeaLevelEpoch"] : [],
  };
}

function lawOfMaxima(
  { maxima, years }: Extract<StationLevels, { kind: "maxima" }>,
  referenceYear: number | null,
  basePeriod: Period,
): SeaLevelLaw | null {
  const firstYear = Math.min(...years);
  const length = Math.max(...years) - firstYear + 1;
  const record = new Float64Array(length).fill(Number.NaN);
  years.forEach((year, at) => {
    record[year - firstYear] = maxima[at]!;
  });
  const scratch = makeExtremesScratch(length);
  const block = blockAround(basePeriod, firstYear, length);
  const shape = recordShape(record, length, "subtract", scratch);
  const from = block.firstYear - firstYear;
  const { flags, law, values } = fitExtremes(record, from, block.lastYear + 1 - firstYear, shape, scratch);
  if (law === null) return null;
  // Maxima without their trend all refer to one year.
  const centre = referenceYear ?? (block.firstYear + block.lastYear) / 2;
  return { kind: "maxima", law, referenceYear: centre, years: values, flags };
}

/** Location and scale [m] of the Gumbel law nearest to the levels of return periods. */
export function gumbelOfLevels(
  returnPeriods: readonly number[],
  levels: readonly number[],
): { location: number; scale: number } {
  let n = 0;
  let sumY = 0;
  let sumLevel = 0;
  let sumYY = 0;
  let sumYLevel = 0;
  returnPeriods.forEach((years, at) => {
    if (years < SHORTEST_RETURN_PERIOD) return;
    const y = -Math.log(-Math.log1p(-1 / years));
    n++;
    sumY += y;
    sumLevel += levels[at]!;
    sumYY += y * y;
    sumYLevel += y * levels[at]!;
  });
  const scale = (n * sumYLevel - sumY * sumLevel) / (n * sumYY - sumY * sumY);
  return { location: (sumLevel - scale * sumY) / n, scale };
}
