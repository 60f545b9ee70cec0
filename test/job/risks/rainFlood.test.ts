// Inland and urban flood from rain and attributes to what is result of each period.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scoreOf } from "../../../job/risks/hazardScore.ts";
import { inlandFlood } from "../../../job/risks/inlandFlood.ts";
import { RISK_DEFINITIONS } from "../../../job/risks/registry.ts";
import type { RiskDefinition } from "../../../job/risks/riskDefinition.ts";
import { urbanFlood } from "../../../job/risks/urbanFlood.ts";
import type { Attribute } from "../../../model/attributes.ts";
import type { PeriodResult } from "../../../model/results.ts";
import { CellBuilder, makeRandom } from "../../support/dailyWeather.ts";

const BASE = { firstYear: 1991, lastYear: 2020 };
const FUTURE = { firstYear: 2041, lastYear: 2060 };
const ALL_ATTRIBUTES: Partial<Record<Attribute, number>> = {
  heightAboveDrainage: 0.3,
  upstreamArea: 100,
  channelLength: 20.128144,
  channelSlope: 0.005,
  curveNumber: 70,
  floodplainWidth: 380,
  riverProtection: 0,
  imperviousFraction: 0.7,
  drainageCapacity: 40,
  slope: 0.005,
  depressionFraction: 0.2,
};

/** Rx1day [mm] of a Gumbel law, the future's times `factor`. */
function rx1dayOf(seed: number, factor = 1): (year: number) => number {
  const random = makeRandom(seed);
  return (year) => (138 - 46 * Math.log(-Math.log(random()))) * (year >= 30 ? factor : 1);
}

function yearlyCell(rx1day: (year: number) => number, attributes: Partial<Record<Attribute, number>>): CellBuilder {
  const builder = new CellBuilder("noleap", 1991, 2100, BASE).periods(BASE, FUTURE).yearly("Rx1day", rx1day);
  for (const [name, value] of Object.entries(attributes)) builder.attribute(name as Attribute, value);
  return builder;
}

const fraction = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const PLACES = fc.record({
  heightAboveDrainage: fraction(0, 3),
  upstreamArea: fraction(1, 3000),
  curveNumber: fraction(50, 98),
  riverProtection: fc.constantFrom(0, 30, 100),
  imperviousFraction: fraction(0, 1),
  drainageCapacity: fraction(0, 120),
  depressionFraction: fraction(0.01, 1),
});

const sumOf = ({ probability }: PeriodResult) => probability!.probabilities.reduce((sum, p) => sum + p, 0);
const without = (...names: Attribute[]) =>
  Object.fromEntries(Object.entries(ALL_ATTRIBUTES).filter(([name]) => !names.includes(name as Attribute)));

test.each([
  ["inland_flood", 0.75, 50],
  ["inland_flood", 0.5422, 41.688],
  ["urban_flood", 0.161, 26.1],
  ["coastal_flood", 7, 100],
  ["coastal_flood", 0, 0],
] as const)("%s of %f m scores %f", (risk, depth, score) => {
  expect(scoreOf(depth, RISK_DEFINITIONS[risk].numbers.anchors.values)).toBeCloseTo(score, 3);
});

describe.each([inlandFlood, urbanFlood])("$risk", (risk: RiskDefinition) => {
  test("numbers, counts and intervals of both periods, without a flag when everything is known", () => {
    const results = risk.compute(yearlyCell(rx1dayOf(7), ALL_ATTRIBUTES).build());
    for (const result of results) {
      expect([result.reason, result.flags, result.input]).toEqual([null, [], "Rx1day yearly"]);
      expect(Math.abs(sumOf(result) - 1)).toBeLessThan(1e-12);
      expect(result.probability!.counts.reduce((sum, n) => sum + n, 0)).toBe(result.yearsUsed);
      expect(result.hazard!.valueLow).toBeLessThanOrEqual(result.hazard!.value);
      expect(result.hazard!.valueHigh).toBeGreaterThan(result.hazard!.value);
      expect(result.probability!.damageContinuous).toBeGreaterThan(0);
    }
    expect(results.map(({ yearsUsed, block }) => [yearsUsed, block])).toEqual([
      [30, { firstYear: 1991, lastYear: 2020, values: 30 }],
      [20, { firstYear: 2036, lastYear: 2065, values: 30 }],
    ]);
  });

  test("daily rain gives the same as its yearly maxima of a provider", () => {
    const daily = new CellBuilder("noleap", 1991, 2100, BASE).weather(3).periods(BASE, FUTURE);
    daily.change("pr", (value) => 4 * value);
    for (const [name, value] of Object.entries(ALL_ATTRIBUTES)) daily.attribute(name as Attribute, value);
    const cell = daily.build();
    const rain = cell.daily.get("pr")!;
    const highest = (year: number) => Math.max(...rain.subarray(365 * year, 365 * (year + 1)));
    const ofDays = risk.compute(cell);
    const ofYears = risk.compute(yearlyCell(highest, ALL_ATTRIBUTES).build());
    expect(ofDays.map(({ input }) => input)).toEqual(["pr daily", "pr daily"]);
    expect(ofDays.map(({ probability, hazard }) => [probability, hazard])).toEqual(
      ofYears.map(({ probability, hazard }) => [probability, hazard]),
    );
  });

  test("probabilities sum to 1 and are never negative, whatever the place", () => {
    fc.assert(
      fc.property(PLACES, fc.integer({ min: 1, max: 1e6 }), fraction(0.5, 3), (place, seed, factor) => {
        for (const result of risk.compute(yearlyCell(rx1dayOf(seed, factor), place).build())) {
          expect(Math.abs(sumOf(result) - 1)).toBeLessThan(1e-12);
          expect(Math.min(...result.probability!.probabilities)).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("every default that is used has its flag", () => {
    const few = risk.risk === "inland_flood" ? ["heightAboveDrainage", "upstreamArea"] : ["imperviousFraction"];
    const known = Object.fromEntries(Object.entries(ALL_ATTRIBUTES).filter(([name]) => few.includes(name)));
    const [result] = risk.compute(yearlyCell(rx1dayOf(7), known).build());
    expect(result!.flags).toEqual(
      risk.risk === "inland_flood"
        ? [
            "defaultChannelLength",
            "defaultChannelSlope",
            "defaultCurveNumber",
            "defaultFloodplainWidth",
            "defaultProtection",
          ]
        : ["defaultCurveNumber", "defaultSlope", "defaultExposedFraction", "defaultDrainage"],
    );
  });

  test("values outside the method's range count as its end, and are flagged", () => {
    const [result] = risk.compute(yearlyCell(rx1dayOf(7), { ...ALL_ATTRIBUTES, curveNumber: 100 }).build());
    const [end] = risk.compute(yearlyCell(rx1dayOf(7), { ...ALL_ATTRIBUTES, curveNumber: 98 }).build());
    expect([result!.flags, end!.flags]).toEqual([["clampedAttribute"], []]);
    expect(result!.probability).toEqual(end!.probability);
  });

  test("no rain, no base period, too few years: null, and why", () => {
    const dry = new CellBuilder("noleap", 1991, 2100, BASE).periods(BASE);
    expect(risk.compute(dry.build()).map(({ reason }) => reason)).toEqual(["noInput"]);
    const late = yearlyCell((year) => (year < 25 ? Number.NaN : 100 + year), ALL_ATTRIBUTES);
    expect(risk.compute(late.build()).map(({ reason }) => reason)).toEqual(["noBasePeriod", "noBasePeriod"]);
    const gap = yearlyCell((year) => (year > 55 ? Number.NaN : rx1dayOf(year)(0)), ALL_ATTRIBUTES);
    expect(risk.compute(gap.build()).map(({ reason }) => reason)).toEqual([null, "tooFewYears"]);
  });

  test("where it never rains nothing floods; where it hardly rains the result is empty", () => {
    const never = risk.compute(yearlyCell(() => 0, ALL_ATTRIBUTES).build());
    expect(never.map(({ probability }) => probability!.probabilities[0])).toEqual([1, 1]);
    const hardly = risk.compute(yearlyCell((year) => (year % 12 === 0 ? 20 : 0), ALL_ATTRIBUTES).build());
    expect(hardly.map(({ reason }) => reason)).toEqual(["tooDry", "tooDry"]);
  });
});

describe("a fifth more rain in every year of the future", () => {
  const LATER = { firstYear: 2021, lastYear: 2050 };
  const rain = rx1dayOf(11);
  const past = Array.from({ length: 30 }, (_, year) => rain(year));
  const wetter = new CellBuilder("noleap", 1991, 2050, BASE)
    .periods(BASE, LATER)
    .yearly("Rx1day", (year) => (year < 30 ? past[year]! : 1.2 * past[year - 30]!));
  for (const [name, value] of Object.entries(ALL_ATTRIBUTES)) wetter.attribute(name as Attribute, value);
  test("the 100-year rain is a fifth more, and ponds as the chain says by hand", () => {
    const [base, later] = urbanFlood.compute(wetter.build()).map(({ hazard }) => hazard!);
    const [, r100] = base!.companions as [number, number];
    expect(later!.companions[1]! / r100).toBeCloseTo(1.2, 12);
    // The hour has (1/24)^0.4 of 8/7 of the day; 70 % sealed but 2 mm, 30 % of curve number 70; drains take 40 mm; a fifth lies low.
    const hour = (rainfall: number) => {
      const fallen = (8 / 7) * rainfall * (1 / 24) ** 0.4;
      const retained = 25400 / 70 - 254;
      const open = fallen > 0.2 * retained ? (fallen - 0.2 * retained) ** 2 / (fallen + 0.8 * retained) : 0;
      return Math.max(0, 0.7 * (fallen - 2) + 0.3 * open - 40);
    };
    const depth = (rainfall: number) => ((hour(rainfall) / 1000) * Math.exp(-0.005 / 0.02)) / 0.2;
    expect(base!.value).toBeCloseTo(depth(r100), 12);
    expect(later!.value).toBeCloseTo(depth(1.2 * r100), 12);
  });
  test("a river full at the old 2-year rain rises over its banks more often, by the law's own scaling", () => {
    const [base, later] = inlandFlood.compute(wetter.build());
    expect(later!.hazard!.companions[1]! / base!.hazard!.companions[1]!).toBeCloseTo(1.2, 12);
    expect(later!.probability!.probabilities[0]).toBeLessThan(base!.probability!.probabilities[0]!);
    expect(later!.hazard!.value).toBeGreaterThan(base!.hazard!.value);
  });
});

describe("inland", () => {
  test.each([
    ["heightAboveDrainage", "noHeightAboveDrainage"],
    ["upstreamArea", "noUpstreamArea"],
  ] as const)("without %s the result is empty, and no zero made up", (name, reason) => {
    const [result] = inlandFlood.compute(yearlyCell(rx1dayOf(7), without(name)).build());
    expect([result!.reason, result!.probability, result!.hazard]).toEqual([reason, null, null]);
  });
  test.each([
    ["above the reach of rivers", { heightAboveDrainage: 31 }],
    ["on a brook that drains less than 1 km2", { upstreamArea: 0.5 }],
    ["under permanent water", { permanentWater: 0.9 }],
  ])("%s it does not apply", (_name, more) => {
    const [result] = inlandFlood.compute(yearlyCell(rx1dayOf(7), { ...ALL_ATTRIBUTES, ...more }).build());
    expect(result).toMatchObject({
      reason: null,
      flags: ["notApplicable"],
      yearsUsed: 30,
      hazard: { value: 0, score: 0 },
    });
    expect(result!.probability!.probabilities).toEqual([1, 0, 0, 0, 0, 0]);
  });
  test("dikes take the frequent floods away and leave score and rare ones", () => {
    const [open] = inlandFlood.compute(yearlyCell(rx1dayOf(7), ALL_ATTRIBUTES).build());
    const [diked] = inlandFlood.compute(yearlyCell(rx1dayOf(7), { ...ALL_ATTRIBUTES, riverProtection: 50 }).build());
    expect(diked!.probability!.probabilities[0]).toBeCloseTo(0.98, 9);
    expect(diked!.hazard!.score).toBe(open!.hazard!.score);
    expect(diked!.hazard!.undefendedValue).toBe(open!.hazard!.undefendedValue);
    expect(diked!.hazard!.companions[0]).toBe(diked!.probability!.returnLevels[5]);
    expect(diked!.probability!.damageContinuous).toBeLessThan(open!.probability!.damageContinuous!);
  });
  test("a large catchment asks for five days of rain, and estimates them where they are missing", () => {
    const large = { ...ALL_ATTRIBUTES, upstreamArea: 5000, channelLength: 150, channelSlope: 0.0005 };
    const builder = yearlyCell(rx1dayOf(7), large);
    const [estimated] = inlandFlood.compute(builder.build());
    expect(estimated!.flags).toEqual(["largeCatchment", "rx5dayEstimated"]);
    const rx1day = builder.build().yearly.get("Rx1day")!;
    const [result] = inlandFlood.compute(builder.yearly("Rx5day", (year) => 1.2 * rx1day[year]!).build());
    expect([result!.input, result!.flags]).toEqual(["Rx1day, Rx5day yearly", ["largeCatchment"]]);
    expect(result!.probability).toEqual(estimated!.probability);
  });
  test("the default protection is 100 years on national rivers, 50 on local ones", () => {
    for (const [upstreamArea, dry] of [
      [199, 0.98],
      [200, 0.99],
    ] as const) {
      const place = { ...without("riverProtection"), upstreamArea };
      const [result] = inlandFlood.compute(yearlyCell(rx1dayOf(7), place).build());
      expect(result!.probability!.probabilities[0]).toBeCloseTo(dry, 9);
    }
  });
});

describe("urban", () => {
  test("damage is that of the low ground times its share, which is reported", () => {
    const [result] = urbanFlood.compute(yearlyCell(rx1dayOf(7), ALL_ATTRIBUTES).build());
    const { damageBins, probabilities, rateScale } = result!.probability!;
    const rates = urbanFlood.rateSets.buildings!;
    expect(rateScale).toBe(0.2);
    expect(result!.hazard!.companions[0]).toBe(0.2);
    expect(damageBins).toBeCloseTo(0.2 * probabilities.reduce((sum, p, bin) => sum + p * rates[bin]!, 0), 15);
    expect(result!.hazard!.undefendedValue).toBeNull();
  });
  test("default drains carry at least 10 mm an hour, so that drizzle floods no town", () => {
    const drizzle = (year: number) => 4 + (year % 5);
    const open = { ...without("drainageCapacity"), imperviousFraction: 0.9, slope: 0.0005 };
    const [result] = urbanFlood.compute(yearlyCell(drizzle, open).build());
    expect(result!.flags).toContain("defaultDrainage");
    expect(result!.probability!.probabilities).toEqual([1, 0, 0, 0, 0, 0]);
  });
  test("without the sealed share the result is empty; hardly built up it does not apply", () => {
    const [nothing] = urbanFlood.compute(yearlyCell(rx1dayOf(7), without("imperviousFraction")).build());
    expect(nothing!.reason).toBe("noImperviousFraction");
    const [rural] = urbanFlood.compute(yearlyCell(rx1dayOf(7), { ...ALL_ATTRIBUTES, urbanFraction: 0.04 }).build());
    expect(rural).toMatchObject({ reason: null, flags: ["notApplicable"], hazard: { score: 0 } });
  });
  test("drains by default carry 80 % of the base period's ten-year hour, so a wetter future ponds more often", () => {
    const [base, future] = urbanFlood.compute(yearlyCell(rx1dayOf(7, 1.2), without("drainageCapacity")).build());
    expect(base!.flags).toEqual(["defaultDrainage"]);
    expect(1 - base!.probability!.probabilities[0]!).toBeGreaterThan(0.1);
    expect(future!.probability!.probabilities[0]).toBeLessThan(base!.probability!.probabilities[0]!);
  });
  test("more rain never lowers probability, depth, damage or score", () => {
    fc.assert(
      fc.property(PLACES, fc.integer({ min: 1, max: 1e6 }), fraction(1, 2), (place, seed, factor) => {
        const rain = rx1dayOf(seed);
        const years = Array.from({ length: 110 }, (_, year) => rain(year));
        const [less] = urbanFlood.compute(yearlyCell((year) => years[year]!, place).build());
        const [more] = urbanFlood.compute(yearlyCell((year) => factor * years[year]!, place).build());
        expect(more!.probability!.probabilities[0]).toBeLessThanOrEqual(less!.probability!.probabilities[0]! + 1e-12);
        expect(more!.hazard!.value).toBeGreaterThanOrEqual(less!.hazard!.value - 1e-9);
        expect(more!.hazard!.score).toBeGreaterThanOrEqual(less!.hazard!.score - 1e-9);
        expect(more!.probability!.damageContinuous!).toBeGreaterThanOrEqual(
          less!.probability!.damageContinuous! - 1e-12,
        );
      }),
      { numRuns: 40 },
    );
  });
  test("drains beyond belief are flagged", () => {
    const [result] = urbanFlood.compute(yearlyCell(rx1dayOf(7), { ...ALL_ATTRIBUTES, drainageCapacity: 250 }).build());
    expect(result!.flags).toEqual(["implausibleDrainage"]);
  });
});
