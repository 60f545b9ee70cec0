// Mean sea level year by year: a series that the user has, or the global mean of AR6.
import { z } from "zod";
import { FUTURES, type Future } from "../../model/experiments.ts";
import ar6 from "./ar6SeaLevel.json" with { type: "json" };

const table = z.strictObject({
  source: z.string().min(1),
  unit: z.literal("m above the mean of 1995-2014"),
  years: z.array(z.int()),
  experiments: z.record(z.enum(FUTURES), z.array(z.number())),
});
const AR6 = table.parse(ar6);

/** Middle of 1995-2014, which rises are relative to. */
export const RISE_EPOCH = 2005;
/** Up to here the experiments agree. */
const LAST_COMMON_YEAR = 2020;

/** Rise [m] above the mean of 1995-2014 at ascending years. */
export interface SeaLevelRise {
  readonly name: string;
  readonly years: readonly number[];
  readonly rises: readonly number[];
  /** The table for places without a regional series. */
  readonly isDefault: boolean;
  /** Without an experiment no year beyond the table's last is given. */
  readonly endsWithTable: boolean;
}

/** AR6's global mean of an experiment; of none, the years that all experiments share. */
export function globalRise(future: Future | undefined): SeaLevelRise {
  const { experiments, years } = AR6;
  const common = { isDefault: true, endsWithTable: future === undefined };
  if (future !== undefined) return { name: "AR6 global mean", years, rises: experiments[future], ...common };
  const shared = years.filter((year) => year <= LAST_COMMON_YEAR);
  return { name: "AR6 global mean", years: shared, rises: experiments.ssp245.slice(0, shared.length), ...common };
}

/** A user's series; what it lacks of the past is the global mean's, which is 0 in 2005 as any series here. */
export function regionalRise(name: string, years: readonly number[], rises: readonly number[]): SeaLevelRise {
  const past = AR6.years.filter((year) => year <= RISE_EPOCH && year < years[0]!);
  return {
    name,
    years: [...past, ...years],
    rises: [...AR6.experiments.ssp245.slice(0, past.length), ...rises],
    isDefault: false,
    endsWithTable: false,
  };
}

/**
 * Mean sea level of a year.
 *
 * Inputs: rise; year.
 * Output: [m] above the mean of 1995-2014.
 * Definition: linear between the years of the series, its nearest value outside.
 * Missing data: none in a series.
 */
export function riseIn({ rises, years }: SeaLevelRise, year: number): number {
  if (year <= years[0]!) return rises[0]!;
  for (let at = 1; at < years.length; at++) {
    if (year > years[at]!) continue;
    const along = (year - years[at - 1]!) / (years[at]! - years[at - 1]!);
    return rises[at - 1]! + along * (rises[at]! - rises[at - 1]!);
  }
  return rises.at(-1)!;
}
