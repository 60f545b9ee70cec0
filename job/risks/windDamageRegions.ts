// Which wind halves the value of buildings where: the regions of windDamageRegions.json, checked at load.
import { z } from "zod";
import { HARMLESS_WIND } from "../indices/windDamage.ts";
import numbers from "./windDamageRegions.json" with { type: "json" };

const REGIONS = z
  .strictObject({
    source: z.string().min(1),
    judgement: z.boolean(),
    defaultRegion: z.string(),
    regions: z.array(
      z.strictObject({
        region: z.string().min(1),
        /** m s-1, one minute */
        halfDamageWind: z.number().gt(HARMLESS_WIND),
        places: z.string().min(1),
        /** ISO 3166-1 numbers; none: everywhere else */
        countries: z.array(z.int().min(1).max(999)),
      }),
    ),
  })
  .parse(numbers);

export type WindDamageRegion = (typeof REGIONS.regions)[number];
export const WIND_DAMAGE_REGIONS: readonly WindDamageRegion[] = REGIONS.regions;

const DEFAULT_REGION = regionNamed(REGIONS.defaultRegion);
const ELSEWHERE = WIND_DAMAGE_REGIONS.find(({ countries }) => countries.length === 0)!;
const REGION_OF_COUNTRY = new Map(
  WIND_DAMAGE_REGIONS.flatMap((region) => region.countries.map((country) => [country, region] as const)),
);

/** The region of a country by its ISO 3166-1 number; without one the default. */
export function windDamageRegion(country: number | undefined): WindDamageRegion {
  return country === undefined ? DEFAULT_REGION : (REGION_OF_COUNTRY.get(country) ?? ELSEWHERE);
}

function regionNamed(name: string): WindDamageRegion {
  const found = REGIONS.regions.find(({ region }) => region === name);
  if (found === undefined) throw new Error(`windDamageRegions.json has no region "${name}"`);
  return found;
}
