// From a law of rain or sea level to bins, levels and damage, against the vectors of an independent program; and the damage
// table against the one that physrisk ships, where that lies beside the project.

import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retention } from "../../../job/indices/curveNumberRunoff.ts";
import { depthPerStorage, excessStorage, rainOfStorage } from "../../../job/indices/ponding.ts";
import {
  floodDepthOfRain,
  hackChannelLength,
  makeRiver,
  peakOfRain,
  rainOfFloodDepth,
  riverResponse,
} from "../../../job/indices/riverFlood.ts";
import { curveOf, damageAt, JRC_ASIA } from "../../../job/risks/depthDamage.ts";
import { type ExtremeLaw, exceedance, levelDeviation, levelOf } from "../../../job/risks/extremeDistribution.ts";
import { type DepthChain, floodNumbers, invertChain, makeFloodWork } from "../../../job/risks/floodDepths.ts";
import { RISK_DEFINITIONS } from "../../../job/risks/registry.ts";
import { RETURN_PERIODS } from "../../../model/results.ts";

const NEVER = Number.NEGATIVE_INFINITY;
const YEARS = 30;

function lawOf(law: ExtremeLaw) {
  return {
    exceedance: (level: number) => exceedance(law, level),
    levelOf: (T: number) => levelOf(law, T),
    deviation: (T: number) => levelDeviation(law, T),
  };
}

const law = (location: number, scale: number, shape = 0): ExtremeLaw => ({
  zeroShare: 0,
  location,
  scale,
  shape,
  values: YEARS,
});

function riverside(base: ExtremeLaw, protection: number): DepthChain {
  const slope = 0.005;
  const response = riverResponse({
    upstreamArea: 100,
    channelLength: hackChannelLength(100),
    channelSlope: slope,
    curveNumber: 70,
  });
  const river = makeRiver(peakOfRain(levelOf(base, 2), response), slope, null);
  return {
    levelOfDepth: (depth) => rainOfFloodDepth(depth, 0.3, river, response),
    depthOfLevel: (rain) => floodDepthOfRain(rain, 0.3, river, response),
    protectedLevel: protection === 0 ? NEVER : levelOf(base, protection),
    gateLevel: NEVER,
  };
}

const BASE = law(80, 30, -0.1);
const inland = makeFloodWork(RISK_DEFINITIONS.inland_flood.numbers, 0, 20);

describe("inland", () => {
  test.each([
    {
      name: "without protection",
      chain: riverside(BASE, 0),
      rain: BASE,
      probabilities: [0.834004, 0.085814, 0.067621, 0.011691, 0.000863, 0.000007],
      levels: { 10: 0.1059, 50: 0.4138, 100: 0.5422, 200: 0.6705, 500: 0.8417 },
      continuous: 0.020989,
      bins: 0.024099,
    },
    {
      name: "with dikes for 50 years",
      chain: riverside(BASE, 50),
      rain: BASE,
      probabilities: [0.98, 0, 0.007439, 0.011691, 0.000863, 0.000007],
      levels: { 10: 0, 50: 0, 100: 0.5422, 200: 0.6705, 500: 0.8417 },
      continuous: 0.007157,
      bins: 0.007008,
    },
    {
      name: "with dikes for 50 years of a drier past",
      chain: riverside(BASE, 50),
      rain: law(96, 36, -0.1),
      probabilities: [0.952616, 0, 0.016222, 0.028489, 0.002644, 0.000029],
      levels: { 10: 0, 50: 0.5903, 100: 0.7308, 200: 0.8716, 500: 1.06 },
      continuous: 0.017269,
      bins: 0.017019,
    },
  ])("$name", ({ chain, rain, probabilities, levels, continuous, bins }) => {
    invertChain(chain, inland);
    const { probability } = floodNumbers(chain, lawOf(rain), [], YEARS, 1, inland);
    expect(Math.abs(probability.probabilities.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-12);
    probability.probabilities.forEach((p, bin) => {
      expect(p).toBeCloseTo(probabilities[bin]!, 6);
    });
    for (const [years, depth] of Object.entries(levels)) {
      expect(probability.returnLevels[RETURN_PERIODS.indexOf(Number(years) as 10)]).toBeCloseTo(depth, 4);
    }
    expect(probability.damageContinuous).toBeCloseTo(continuous, 6);
    expect(probability.damageBins).toBeCloseTo(bins, 6);
  });

  test("the score is that of the 100-year depth without protection, whose interval goes through the chain", () => {
    const chain = riverside(BASE, 200);
    invertChain(chain, inland);
    const { hazard, probability } = floodNumbers(chain, lawOf(BASE), [], YEARS, 1, inland);
    expect(hazard.value).toBeCloseTo(0.5422, 4);
    expect(hazard.undefendedValue).toBe(hazard.value);
    expect(hazard.score).toBeCloseTo(41.688, 2);
    expect(probability.returnLevels[RETURN_PERIODS.indexOf(100)]).toBe(0);
    const half = 1.645 * levelDeviation(BASE, 100);
    expect(hazard.valueLow).toBe(chain.depthOfLevel(levelOf(BASE, 100) - half));
    expect(hazard.valueHigh).toBe(chain.depthOfLevel(levelOf(BASE, 100) + half));
  });

  test("more rain over the banks of a drier past never lowers probability, levels, damage or score", () => {
    const protections = fc.constantFrom(0, 2, 50, 200);
    fc.assert(
      fc.property(protections, fc.double({ min: 1, max: 3, noNaN: true }), (protection, factor) => {
        const chain = riverside(BASE, protection);
        invertChain(chain, inland);
        const less = floodNumbers(chain, lawOf(BASE), [], YEARS, 1, inland);
        const more = floodNumbers(chain, lawOf(law(80 * factor, 30 * factor, -0.1)), [], YEARS, 1, inland);
        expect(more.probability.probabilities[0]).toBeLessThanOrEqual(less.probability.probabilities[0]!);
        expect(more.hazard.score).toBeGreaterThanOrEqual(less.hazard.score);
        expect(more.probability.damageContinuous).toBeGreaterThanOrEqual(less.probability.damageContinuous!);
        more.probability.returnLevels.forEach((level, at) => {
          expect(level).toBeGreaterThanOrEqual(less.probability.returnLevels[at]!);
        });
      }),
    );
  });

  test("dikes that every second year overtops are flagged as overwhelmed", () => {
    const chain = riverside(BASE, 1.5);
    invertChain(chain, inland);
    expect(floodNumbers(chain, lawOf(BASE), [], YEARS, 1, inland).flags).toEqual(["protectionOverwhelmed"]);
  });
});

describe("urban", () => {
  const ground = { imperviousFraction: 0.7, retained: retention(80), drainage: 40 };
  const perStorage = depthPerStorage(0.005, 0.2);
  const chain: DepthChain = {
    levelOfDepth: (depth) => rainOfStorage(depth / perStorage, ground),
    depthOfLevel: (rain) => excessStorage(rain, ground) * perStorage,
    protectedLevel: NEVER,
    gateLevel: NEVER,
  };
  const urban = makeFloodWork(RISK_DEFINITIONS.urban_flood.numbers, 0.15, 3);
  invertChain(chain, urban);
  test.each([
    {
      rain: law(120, 40),
      probabilities: [0.716573, 0.270809, 0.012008, 0.000583, 0.000028, 0],
      levels: [0.0518, 0.1282, 0.161, 0.194],
      continuous: 0.001649,
      bins: 0.001942,
    },
    {
      rain: law(138, 46),
      probabilities: [0.566184, 0.401169, 0.030278, 0.002209, 0.00016, 0.000001],
      levels: [0.088, 0.177, 0.2151, 0.2533],
      continuous: 0.00444,
      bins: 0.005129,
    },
  ])("Gumbel rain at $rain.location mm", ({ rain, probabilities, levels, continuous, bins }) => {
    const { probability } = floodNumbers(chain, lawOf(rain), [], YEARS, 1, urban);
    probability.probabilities.forEach((p, bin) => {
      expect(p).toBeCloseTo(probabilities[bin]!, 6);
    });
    [10, 50, 100, 200].forEach((years, at) => {
      expect(probability.returnLevels[RETURN_PERIODS.indexOf(years as 10)]).toBeCloseTo(levels[at]!, 4);
    });
    expect(probability.damageContinuous).toBeCloseTo(continuous, 6);
    expect(probability.damageBins).toBeCloseTo(bins, 6);
  });
  test("the damage of a cell is that of its low ground times its share, in bins and by integration", () => {
    const whole = floodNumbers(chain, lawOf(law(120, 40)), [], YEARS, 1, urban).probability;
    const share = floodNumbers(chain, lawOf(law(120, 40)), [], YEARS, 0.2, urban).probability;
    expect(share.damageBins).toBeCloseTo(0.2 * whole.damageBins!, 15);
    expect(share.damageContinuous).toBeCloseTo(0.2 * whole.damageContinuous!, 15);
  });
  test("depths beyond the cap are cut and said to be", () => {
    const flooded = floodNumbers(chain, lawOf(law(2000, 400)), [], YEARS, 1, urban);
    expect(flooded.flags).toEqual(["clampedDepth"]);
    expect(flooded.hazard.value).toBe(3);
    expect(flooded.probability.returnLevels.at(-1)).toBe(3);
  });
});

describe("damage", () => {
  test("the rates of the bins are the means of the curve, which physrisk's table gives to four digits", () => {
    const mean = (name: string, from: number, to: number) => {
      const curve = curveOf(name, 0)!;
      const steps = 20_000;
      let sum = 0;
      for (let at = 0; at < steps; at++) sum += damageAt(curve, from + ((at + 0.5) / steps) * (to - from));
      return sum / steps;
    };
    const { rateSets } = RISK_DEFINITIONS.coastal_flood.numbers;
    for (const [name, { values }] of Object.entries(rateSets)) {
      const found = [
        [0, 0.15],
        [0.15, 0.5],
        [0.5, 1],
        [1, 2],
        [2, 6],
      ].map(([from, to]) => Number(mean(name, from!, to!).toFixed(4)));
      expect([0, ...found]).toEqual(values);
    }
    const urban = RISK_DEFINITIONS.urban_flood.numbers.rateSets.buildings!.values;
    expect(urban.slice(2).map((rate) => rate.toFixed(4))).toEqual(
      [
        mean("buildings", 0.15, 0.3),
        mean("buildings", 0.3, 0.5),
        mean("buildings", 0.5, 1),
        mean("buildings", 1, 3),
      ].map((rate) => rate.toFixed(4)),
    );
  });
  test("no water does no damage, six metres do all", () => {
    const curve = curveOf("residential", 0)!;
    expect([damageAt(curve, -1), damageAt(curve, 0), damageAt(curve, 9)]).toEqual([0, 0, 1]);
    expect(damageAt(curve, 0.25)).toBeCloseTo(0.1633, 4);
    expect(damageAt(curve, Number.NaN)).toBeNaN();
    expect(curveOf("ships", 0)).toBeNull();
  });
  const raw = new URL("../../../../shared/data/damage_functions/physrisk_inundation_jrc_raw.csv", import.meta.url);
  test.skipIf(!existsSync(raw))(
    "the table is physrisk's copy of the original (needs ../shared/data/damage_functions)",
    () => {
      const names: Record<string, string> = {
        "Residential buildings": "residential",
        "Commercial buildings": "commercial",
        "Industrial buildings": "industrial",
        Transport: "transport",
        "Infrastructure roads": "roads",
        Agriculture: "agriculture",
      };
      const [header, ...rows] = readFileSync(raw, "utf8")
        .trim()
        .split(/\r?\n/)
        .map((line) => line.split(","));
      const asia = header!.indexOf("Asia_Mean");
      let compared = 0;
      for (const row of rows) {
        const name = names[row[0]!];
        if (name === undefined) continue;
        const at = JRC_ASIA.depths.indexOf(Number(row[1]));
        expect(JRC_ASIA.classes[name]![at], row.join()).toBe(Number(row[asia]));
        compared++;
      }
      expect(compared).toBe(54);
    },
  );
});
