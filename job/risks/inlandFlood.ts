// Inland flood: the depth of a river at a cell, from the rain of its catchment's critical duration.

import type { Attribute } from "../../model/attributes.ts";
import { RISK_INPUTS } from "../../model/riskInputs.ts";
import {
  floodDepthOfRain,
  hackChannelLength,
  makeRiver,
  peakOfRain,
  rainOfFloodDepth,
  riverResponse,
} from "../indices/riverFlood.ts";
import { criticalRain, isWithinDay } from "../indices/stormRain.ts";
import { type ExtremeLaw, levelOf } from "./extremeDistribution.ts";
import { type DepthChain, makeFloodWork, protectedLevel } from "./floodDepths.ts";
import data from "./inlandFlood.json" with { type: "json" };
import { describeMethods, publishRisk, type RiskMethods } from "./methodSet.ts";
import { computeRainFlood, type SiteReading } from "./rainFlood.ts";
import { makeRainYears } from "./rainYears.ts";
import type { RiskDefinition } from "./riskDefinition.ts";
import { SiteNumbers } from "./siteAttributes.ts";
import { makeWorkPerAxis } from "./workPerAxis.ts";

const INPUTS = RISK_INPUTS.published.inland_flood;
/** m */
const DEEPEST = 20;
/** No river drains less than this [km2], and none reaches higher than this [m] above its banks. */
const SMALLEST_CATCHMENT = 1;
const HIGHEST_REACHED = 30;
/** km2; the areal reduction of rain was made up to here. */
const LARGEST_REDUCED = 1000;
const MOSTLY_WATER = 0.5;

const DEFAULT_CHANNEL_SLOPE = 0.002;
const FLATTEST_CHANNEL = 1e-4;
const STEEPEST_CHANNEL = 0.2;

/** Years that dikes hold by default: of national rivers, which drain so many km2, and of local ones. */
const NATIONAL_RIVER = { upstreamArea: 200, protection: 100 };
const LOCAL_PROTECTION = 50;
/** Banks are full in every second year. */
const BANKFULL_RETURN_PERIOD = 2;

const COMPANIONS = [
  { name: "D100defended", unit: "m" },
  { name: "R100", unit: "mm" },
  { name: "R100gumbel", unit: "mm" },
] as const;

/** Inland flood by other numbers than the product's. */
export function makeInlandFlood(methods: RiskMethods): RiskDefinition {
  const rainFor = makeWorkPerAxis(makeRainYears);
  const work = makeFloodWork(methods, 0, DEEPEST);
  return {
    risk: "inland_flood",
    longName: "Inland flood",
    intensity: "depth",
    unit: methods.edges.unit,
    inputs: INPUTS,
    ...describeMethods(methods),
    companions: COMPANIONS,
    returnLevelOf: "depth",
    returnLevelUnit: "m",
    compute(input) {
      return computeRainFlood(input, INPUTS, readSite(input.attributes), COMPANIONS.length, rainFor, work);
    },
  };
}

export const inlandFlood = publishRisk("inland_flood", data, makeInlandFlood);

function readSite(attributes: ReadonlyMap<Attribute, number>): SiteReading {
  const heightAboveDrainage = attributes.get("heightAboveDrainage");
  const upstreamArea = attributes.get("upstreamArea");
  if ((attributes.get("permanentWater") ?? 0) > MOSTLY_WATER) return "harmless";
  if (heightAboveDrainage !== undefined && heightAboveDrainage > HIGHEST_REACHED) return "harmless";
  if (upstreamArea !== undefined && upstreamArea < SMALLEST_CATCHMENT) return "harmless";
  if (heightAboveDrainage === undefined) return { missing: "noHeightAboveDrainage", flags: [] };
  if (upstreamArea === undefined) return { missing: "noUpstreamArea", flags: [] };
  const ground = new SiteNumbers(attributes);
  const { flags } = ground;
  const length = ground.otherwise("channelLength", hackChannelLength(upstreamArea), "defaultChannelLength");
  const slope = ground.otherwise("channelSlope", DEFAULT_CHANNEL_SLOPE, "defaultChannelSlope");
  const curveNumber = ground.curveNumber();
  const floodplain = attributes.get("floodplainWidth") ?? null;
  if (floodplain === null) flags.push("defaultFloodplainWidth");
  const national = upstreamArea >= NATIONAL_RIVER.upstreamArea;
  const usual = national ? NATIONAL_RIVER.protection : LOCAL_PROTECTION;
  const protection = ground.otherwise("riverProtection", usual, "defaultProtection");
  if (upstreamArea > LARGEST_REDUCED) flags.push("largeCatchment");
  const channelSlope = Math.min(STEEPEST_CHANNEL, Math.max(FLATTEST_CHANNEL, slope));
  if (channelSlope !== slope) ground.clamped();
  const response = riverResponse({ upstreamArea, channelLength: length, channelSlope, curveNumber });
  return {
    flags,
    needsLongRain: !isWithinDay(response.stormHours),
    rateScale: 1,
    fillLevels: ({ axis, levels, rx1day, rx5day }) =>
      criticalRain(rx1day, rx5day, axis.years, response.stormHours, levels),
    buildChain(base: ExtremeLaw): DepthChain | null {
      const bankfull = peakOfRain(levelOf(base, BANKFULL_RETURN_PERIOD), response);
      if (!(bankfull > 0)) return null;
      const river = makeRiver(bankfull, channelSlope, floodplain);
      return {
        levelOfDepth: (depth) => rainOfFloodDepth(depth, heightAboveDrainage, river, response),
        depthOfLevel: (rain) => floodDepthOfRain(rain, heightAboveDrainage, river, response),
        protectedLevel: protectedLevel(base, protection),
        gateLevel: Number.NEGATIVE_INFINITY,
      };
    },
    companionsOf: ({ defended, gumbel, r100 }) => [defended, r100, gumbel],
  };
}
