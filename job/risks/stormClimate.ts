// How many storms a warmer world has: the numbers of stormClimate.json, checked at load, and the factors made of them.
// Which storms a record holds is stormRecord.ts's.
import { z } from "zod";
import { FUTURES, type Future } from "../../model/experiments.ts";
import type { Period } from "../../model/periods.ts";
import { BASINS, type Basin } from "../../model/storms.ts";
import { piecewiseLinear } from "../numerics/piecewiseLinear.ts";
import numbers from "./stormClimate.json" with { type: "json" };

const provenance = { source: z.string().min(1), judgement: z.boolean() };
const increasing = (values: readonly number[]) => values.every((value, at) => at === 0 || value > values[at - 1]!);
const years = z.array(z.number()).min(1).refine(increasing, "expected years that increase");
const percent = z.number().gt(-100);

const STORM_CLIMATE = z
  .strictObject({
    frequency: z.strictObject({
      ...provenance,
      basins: z.partialRecord(z.enum(BASINS), z.strictObject({ all: percent, strong: percent, intensity: percent })),
    }),
    warming: z.strictObject({
      ...provenance,
      past: z.strictObject({ years, kelvin: z.array(z.number()) }),
      futureYears: years,
      future: z.record(z.enum(FUTURES), z.array(z.number())),
    }),
  })
  .parse(numbers);

const { frequency: FREQUENCY, warming: WARMING } = STORM_CLIMATE;
/** The percentages are for this much warming. */
const PERCENT_FOR_KELVIN = 2;
/** Years already past were warmed alike in all futures; this one represents those of a scenario that follows none. */
const FUTURE_OF_THE_PAST: Future = "ssp245";

const KNOWN_YEARS = [...WARMING.past.years, ...WARMING.futureYears];
const KELVIN = new Map(FUTURES.map((future) => [future, [...WARMING.past.kelvin, ...WARMING.future[future]]]));

/**
 * Global warming.
 *
 * Inputs: future; year, or the centre of some years. Output: warming above 1850-1900 [K].
 * Definition: broken line through stormClimate.json, held before 1965.5 and after 2090.5. Missing data: none.
 */
export function globalWarming(future: Future, year: number): number {
  return piecewiseLinear(year, KNOWN_YEARS, KELVIN.get(future)!);
}

/**
 * Warming of a period against the mean of a record's years.
 *
 * Inputs: future, undefined where the scenario follows none; period; record, the storms' years. Output: difference [K]; null for a
 *   period after the known past of a scenario without a future.
 * Definition: warming at the period's centre minus the mean of the warming of the record's years.
 */
export function warmingSince(record: Period, period: Period, future: Future | undefined): number | null {
  const centre = (period.firstYear + period.lastYear) / 2;
  if (future === undefined && centre > WARMING.past.years.at(-1)!) return null;
  const followed = future ?? FUTURE_OF_THE_PAST;
  let sum = 0;
  for (let year = record.firstYear; year <= record.lastYear; year++) sum += globalWarming(followed, year);
  return globalWarming(followed, centre) - sum / (record.lastYear - record.firstYear + 1);
}

/** Storms of a basin by strength, as yearly numbers or as factors on them. */
export interface ByStrength {
  /** Highest wind of their lives from 34 kt; from 113 kt: categories 4 and 5. */
  readonly moderate: number;
  readonly strong: number;
}

/**
 * Factors on the frequencies of a basin's storms.
 *
 * Inputs: basin; warming dT [K]; numbers of the record's storms, moderate N_03 (categories 0 to 3) and strong N_45. Output: factors [1].
 * Definition: beta = ln(1 + K/100) / 2 K, factor exp(beta dT), K the change of stormClimate.json: Jewson (2021), eqs. 3 and 6,
 *   doi:10.1175/JAMC-D-21-0102.1, on Knutson et al. (2020). Strong storms by their own K; moderate ones so that all together
 *   follow theirs: max(0, (f_05 (N_03 + N_45) - f_45 N_45) / N_03). Missing data: a basin without numbers, null or no storms: 1.
 */
export function frequencyFactors(basin: Basin | null, warming: number, { moderate, strong }: ByStrength): ByStrength {
  const changes = basin === null ? undefined : FREQUENCY.basins[basin];
  if (changes === undefined) return { moderate: 1, strong: 1 };
  const ofStrong = scaling(changes.strong, warming);
  if (moderate === 0) return { moderate: 1, strong: ofStrong };
  const all = scaling(changes.all, warming) * (moderate + strong);
  return { moderate: Math.max(0, (all - ofStrong * strong) / moderate), strong: ofStrong };
}

/** Factor [1] on the winds of a basin's storms after so many kelvin; 1 for a basin without numbers. Instead of frequencyFactors. */
export function intensityFactor(basin: Basin | null, warming: number): number {
  const changes = basin === null ? undefined : FREQUENCY.basins[basin];
  return changes === undefined ? 1 : scaling(changes.intensity, warming);
}

function scaling(percentChange: number, warming: number): number {
  return Math.exp((Math.log1p(percentChange / 100) / PERCENT_FOR_KELVIN) * warming);
}
