// Urban flood: the ponding depth in the low ground of a town, conditional on that ground.

import type { Attribute } from "../../model/attributes.ts";
import type { Flag } from "../../model/reasons.ts";
import { RISK_INPUTS } from "../../model/riskInputs.ts";
import { retention } from "../indices/curveNumberRunoff.ts";
import { depthPerStorage, excessStorage, rainOfStorage, urbanRunoff } from "../indices/ponding.ts";
import { shareOfDay, wettestDay } from "../indices/stormRain.ts";
import { type ExtremeLaw, levelOf } from "./extremeDistribution.ts";
import { type DepthChain, makeFloodWork } from "./floodDepths.ts";
import { describeMethods, publishRisk, type RiskMethods } from "./methodSet.ts";
import { computeRainFlood, type SiteReading } from "./rainFlood.ts";
import { makeRainYears } from "./rainYears.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { SiteNumbers } from "./siteAttributes.ts";
import data from "./urbanFlood.json" with { type: "json" };
import { makeWorkPerAxis } from "./workPerAxis.ts";

/** m; below the sill water does no damage */
const DEEPEST = 3;
const SILL = 0.15;

const LEAST_URBAN = 0.05;
const DEFAULT_SLOPE = 0.005;
const DEFAULT_LOW_GROUND = 0.2;
const LEAST_LOW_GROUND = 0.05;

/** Drains are made for the base period's rain of one hour in so many years, and carry so much of it. */
const DRAINED_RETURN_PERIOD = 10;
const DRAINED_SHARE = 0.8;
const DRAINED_HOURS = 1;
/** mm h-1 that default drains carry at least [judgement]: drizzle floods no town. */
const LEAST_DRAINAGE = 10;
/** mm h-1; more is no drain. */
const LARGEST_DRAINAGE = 200;

const COMPANIONS = [
  { name: "exposedFraction", unit: "1" },
  { name: "R100", unit: "mm" },
  { name: "R100gumbel", unit: "mm" },
] as const;

const INPUTS = RISK_INPUTS.published.urban_flood;

/** Urban flood by other numbers than the product's. */
export function makeUrbanFlood(methods: RiskMethods): RiskDefinition {
  const rainFor = makeWorkPerAxis(makeRainYears);
  const work = makeFloodWork(methods, SILL, DEEPEST);
  return {
    risk: "urban_flood",
    longName: "Urban flood",
    intensity: "depth",
    unit: methods.edges.unit,
    inputs: INPUTS,
    ...describeMethods(methods),
    companions: COMPANIONS,
    returnLevelOf: "depth",
    returnLevelUnit: "m",
    compute(input) {
      const results = computeRainFlood(input, INPUTS, readSite(input.attributes), COMPANIONS.length, rainFor, work);
      return results.map((one) => {
        // Towns know no protection but their drains, which are part of the chain.
        const hazard = one.hazard === null ? null : { ...one.hazard, undefendedValue: null };
        return { ...one, hazard };
      });
    },
  };
}

export const urbanFlood = publishRisk("urban_flood", data, makeUrbanFlood);

function readSite(attributes: ReadonlyMap<Attribute, number>): SiteReading {
  const imperviousFraction = attributes.get("imperviousFraction");
  const urbanFraction = attributes.get("urbanFraction");
  if (urbanFraction !== undefined && urbanFraction < LEAST_URBAN) return "harmless";
  if (imperviousFraction === undefined) return { missing: "noImperviousFraction", flags: [] };
  const site = new SiteNumbers(attributes);
  const { flags } = site;
  const retained = retention(site.curveNumber());
  const slope = site.otherwise("slope", DEFAULT_SLOPE, "defaultSlope");
  const lowGround = site.otherwise("depressionFraction", DEFAULT_LOW_GROUND, "defaultExposedFraction");
  const drainage = attributes.get("drainageCapacity");
  const exposed = lowGround > 0 ? lowGround : LEAST_LOW_GROUND;
  if (exposed !== lowGround) site.clamped();
  if (drainage !== undefined && drainage > LARGEST_DRAINAGE) flags.push("implausibleDrainage");
  const perStorage = depthPerStorage(slope, exposed);
  return {
    flags,
    needsLongRain: false,
    rateScale: exposed,
    fillLevels: ({ levels, rx1day }) => levels.set(rx1day),
    buildChain(base: ExtremeLaw, seen: Flag[]): DepthChain {
      if (drainage === undefined) seen.push("defaultDrainage");
      const ground = {
        imperviousFraction,
        retained,
        drainage: drainage ?? defaultDrainage(levelOf(base, DRAINED_RETURN_PERIOD), imperviousFraction, retained),
      };
      return {
        levelOfDepth: (depth) => rainOfStorage(depth / perStorage, ground),
        depthOfLevel: (rain) => excessStorage(rain, ground) * perStorage,
        protectedLevel: Number.NEGATIVE_INFINITY,
        gateLevel: Number.NEGATIVE_INFINITY,
      };
    },
    companionsOf: ({ gumbel, r100 }) => [exposed, r100, gumbel],
  };
}

/**
 * What drains carry where nothing is recorded of them.
 *
 * Inputs: the heaviest day's rain of ten years [mm]; impervious fraction [1]; retention [mm] of the rest.
 * Output: runoff [mm h-1].
 * Definition: 80 % of the runoff of that rain's wettest hour, at least 10 [judgement]. Missing data: NaN gives NaN.
 */
export function defaultDrainage(rx1day: number, imperviousFraction: number, retained: number): number {
  const designed = wettestDay(rx1day) * shareOfDay(DRAINED_HOURS);
  return Math.max(LEAST_DRAINAGE, DRAINED_SHARE * urbanRunoff(designed, imperviousFraction, retained));
}
