// Coastal flood from the law of the sea to what is result of each period, against the vectors of an independent program.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CellSeaLevel, UNKNOWN_SEA } from "../../../job/risks/cellSeaLevel.ts";
import { coastalFlood } from "../../../job/risks/coastalFlood.ts";
import { levelOf } from "../../../job/risks/extremeDistribution.ts";
import { gumbelOfLevels, seaLevelLaw } from "../../../job/risks/extremeSeaLevels.ts";
import { globalRise, riseIn, type SeaLevelRise } from "../../../job/risks/seaLevelRise.ts";
import type { Attribute } from "../../../model/attributes.ts";
import type { PeriodResult } from "../../../model/results.ts";
import type { StationLevels } from "../../../model/seaLevels.ts";
import { CellBuilder } from "../../support/dailyWeather.ts";

const BASE = { firstYear: 1991, lastYear: 2020 };
const FUTURE = { firstYear: 2041, lastYear: 2060 };
const PARAMETERS: StationLevels = { kind: "parameters", location: 1.2, scale: 0.15, shape: 0 };

/** The sea of the vectors: a Gumbel law of 2005, and a rise that is 0 until then and `future` [m] from 2041 on. */
function seaOf(future: number, more: Partial<CellSeaLevel> = {}, record: StationLevels = PARAMETERS): CellSeaLevel {
  const rise: SeaLevelRise = {
    name: "test",
    years: [1980, 2005, 2041, 2100],
    rises: [0, 0, future, future],
    isDefault: false,
    endsWithTable: false,
  };
  const station = {
    name: "here",
    latitude: 35,
    longitude: 129,
    record,
    referenceYear: 2005,
    recordYears: 40,
    datumOffset: 0,
  };
  return { station: { found: seaLevelLaw(station, BASE)!, datumOffset: 0 }, rise, connection: null, ...more };
}

type Attributes = Partial<Record<Attribute, number>>;
const SHORE: Attributes = { elevation: 1, distanceToCoast: 1.5, seaProtection: 0 };

function computeFor(seaLevel: CellSeaLevel, attributes: Attributes, latest = FUTURE): PeriodResult[] {
  const builder = new CellBuilder("noleap", 1991, 1992, BASE).periods(BASE, latest).sea(seaLevel);
  for (const [name, value] of Object.entries(attributes)) builder.attribute(name as Attribute, value);
  return coastalFlood.compute(builder.build());
}

describe("one metre of ground, 1.5 km inland, Gumbel(1.2, 0.15)", () => {
  test.each([
    { rise: 0, p: [0.598447, 0.229442, 0.153962, 0.017496, 0.000652, 0.000001], d100: 0.590022, bins: 0.051912 },
    { rise: 0.2, p: [0.142597, 0.345847, 0.444432, 0.064649, 0.002473, 0.000003], d100: 0.790022, bins: 0.140511 },
    { rise: 0.5, p: [0.000001, 0.005019, 0.593428, 0.383404, 0.018126, 0.000023], d100: 1.090022, bins: 0.298175 },
    { rise: 0.77, p: [0, 0, 0.04478, 0.850335, 0.104744, 0.000141], d100: 1.360022, bins: 0.429622 },
  ])("with a rise of $rise m", ({ rise, p, d100, bins }) => {
    const [, future] = computeFor(seaOf(rise), SHORE);
    expect(future!.reason).toBeNull();
    future!.probability!.probabilities.forEach((found, bin) => {
      expect(found).toBeCloseTo(p[bin]!, 6);
    });
    expect(future!.hazard!.value).toBeCloseTo(d100, 6);
    expect(future!.hazard!.companions[2]).toBeCloseTo(1.890022 + rise, 6);
    expect(future!.hazard!.companions[3]).toBeCloseTo(rise, 12);
    expect(future!.probability!.damageBins).toBeCloseTo(bins, 6);
    expect(future!.flags).toEqual(["straightDistance"]);
    expect(future!.yearsUsed).toBe(40);
  });
  test.each([
    [2, 1.254977],
    [5, 1.424991],
    [10, 1.537555],
    [25, 1.67978],
    [50, 1.785291],
    [100, 1.890022],
    [250, 2.027919],
    [500, 2.132041],
    [1000, 2.236088],
  ])("the level of %d years is %f m", (years, level) => {
    expect(levelOf(seaOf(0).station!.found.law, years)).toBeCloseTo(level, 6);
  });
});

test("0.3 m more of sea are 0.3 m more of water, and as much rarer to stay dry as the law says by hand", () => {
  const [, base] = computeFor(seaOf(0), SHORE);
  const [, future] = computeFor(seaOf(0.3), SHORE);
  expect(future!.hazard!.value - base!.hazard!.value).toBeCloseTo(0.3, 9);
  // Dry up to 1 m of ground and 0.3 m of fall.
  const dry = (rise: number) => Math.exp(-Math.exp(-(1.3 - rise - 1.2) / 0.15));
  expect(base!.probability!.probabilities[0]).toBeCloseTo(dry(0), 9);
  expect(future!.probability!.probabilities[0]).toBeCloseTo(dry(0.3), 12);
});

describe("the law of the sea", () => {
  test("a table of levels gives its Gumbel law back, levels of a year and less left out", () => {
    const { law } = seaOf(0).station!.found;
    const returnPeriods = [1, 2, 5, 10, 100, 1000];
    const levels = returnPeriods.map((years) => (years < 2 ? 0 : levelOf(law, years)));
    const found = gumbelOfLevels(returnPeriods, levels);
    expect(found.location).toBeCloseTo(1.2, 12);
    expect(found.scale).toBeCloseTo(0.15, 12);
  });
  test("yearly maxima have the law of the 30 years at the base period's centre, which says from when it is", () => {
    const years = Array.from({ length: 61 }, (_, at) => 1960 + at);
    const maxima = years.map((year) => 1 + 0.003 * (year - 1960) + 0.1 * Math.sin(12.9898 * year) ** 2);
    const record: StationLevels = { kind: "maxima", years, maxima };
    const few = { kind: "maxima", years: years.slice(0, 9), maxima: maxima.slice(0, 9) } as const;
    const station = {
      name: "few",
      latitude: 0,
      longitude: 0,
      referenceYear: null,
      recordYears: null,
      datumOffset: null,
    };
    expect(seaLevelLaw({ ...station, record }, BASE)).toMatchObject({ referenceYear: 2005.5, years: 30 });
    // Maxima without their trend say themselves to which year they refer.
    expect(seaLevelLaw({ ...station, referenceYear: 1998, record }, BASE)).toMatchObject({
      referenceYear: 1998,
      years: 30,
    });
    expect(seaLevelLaw({ ...station, record: few }, BASE)).toBeNull();
    expect(seaLevelLaw({ ...station, record: PARAMETERS }, BASE)!.flags).toEqual(["defaultSeaLevelEpoch"]);
    const falling = { kind: "levels", returnPeriods: [2, 10, 100], levels: [2, 1.5, 1] } as const;
    expect(seaLevelLaw({ ...station, record: falling }, BASE)).toBeNull();
  });
  test("land sinks from 2005 on, whatever the years of the gauge", () => {
    for (const referenceYear of [1985, 2005, 2012]) {
      const sea = seaOf(0);
      const station = { ...sea.station!, found: { ...sea.station!.found, referenceYear } };
      const levelOf100 = (subsidence: number) =>
        computeFor({ ...sea, station }, { elevation: 1, distanceToCoast: 0, subsidence }).at(-1)!.hazard!
          .companions[2]!;
      const { firstYear, lastYear } = FUTURE;
      const sunk = 0.01 * ((firstYear + lastYear) / 2 - 2005);
      expect(levelOf100(10) - levelOf100(0)).toBeCloseTo(sunk, 1);
      expect(Math.abs(levelOf100(10) - levelOf100(0) - sunk)).toBeLessThan(0.02);
    }
  });
  test("the global rise of AR6 is linear between its years and held outside them", () => {
    const rise = globalRise("ssp585");
    expect([1980, 1990, 2005, 2025, 2100, 2150].map((year) => Number(riseIn(rise, year).toFixed(6)))).toEqual([
      -0.04, -0.04, 0, 0.075, 0.77, 0.77,
    ]);
  });
});

describe("attributes between the sea and the land", () => {
  const dCompanion = 0;
  test("dikes keep out what they are made for and nothing more; the score sees them not", () => {
    const [open] = computeFor(seaOf(0), SHORE);
    const [diked] = computeFor(seaOf(0), { ...SHORE, seaProtection: 50 });
    expect(diked!.probability!.probabilities[0]).toBeCloseTo(0.98, 9);
    expect(diked!.probability!.returnLevels.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(diked!.probability!.returnLevels[5]).toBe(open!.probability!.returnLevels[5]);
    expect(diked!.hazard!.score).toBe(open!.hazard!.score);
    expect(diked!.hazard!.undefendedValue).toBe(open!.hazard!.value);
    expect(diked!.hazard!.companions[dCompanion]).toBe(diked!.probability!.returnLevels[5]);
  });
  test("dikes of the past are overwhelmed by a risen sea", () => {
    const [, future] = computeFor(seaOf(0.8), { ...SHORE, seaProtection: 50 });
    expect(future!.flags).toContain("protectionOverwhelmed");
  });
  test("without a standard the coast has 50 years, said so", () => {
    const [base] = computeFor(seaOf(0), { elevation: 1, distanceToCoast: 1.5 });
    expect(base!.flags).toContain("defaultProtection");
    expect(base!.probability!.probabilities[0]).toBeCloseTo(0.98, 9);
  });
  test("ground below the sea floods only over the ridge, and then deeper than the open shore", () => {
    const connection = { level: 1.7, distance: 3 };
    const [base] = computeFor(seaOf(0, { connection }), { elevation: -1, seaProtection: 0 });
    const above = 1 - Math.exp(-Math.exp(-(1.7 - 1.2) / 0.15));
    const { probabilities, returnLevels } = base!.probability!;
    expect(1 - probabilities[0]!).toBeCloseTo(above, 12);
    expect(probabilities.slice(1, 4)).toEqual([0, 0, 0]);
    expect(returnLevels[0]).toBe(0);
    expect(returnLevels[5]).toBeCloseTo(1.890022 + 1 - 0.6, 6);
    expect(base!.flags).toEqual([]);
  });
  test("the integral of damage over a ridge is that of the law, to what four nodes a piece can resolve", () => {
    const connection = { level: 1.7, distance: 3 };
    const [base] = computeFor(seaOf(0, { connection }), { elevation: -1, seaProtection: 0 });
    const depthAt = (level: number) => level + 1 - 0.6;
    const curve = [0, 0.328843, 0.504449, 0.635043, 0.733599, 0.869851, 0.927306, 0.97323, 1];
    const depths = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6];
    const damage = (depth: number) => {
      const at = Math.max(
        1,
        depths.findIndex((one) => one >= depth),
      );
      const along = (depth - depths[at - 1]!) / (depths[at]! - depths[at - 1]!);
      return curve[at - 1]! + along * (curve[at]! - curve[at - 1]!);
    };
    const law = (level: number) => Math.exp(-Math.exp(-(level - 1.2) / 0.15));
    let sum = 0;
    for (let level = 1.7; level < 4; level += 1e-4)
      sum += damage(depthAt(level + 5e-5)) * (law(level + 1e-4) - law(level));
    expect(base!.probability!.damageContinuous).toBeCloseTo(sum, 6);
  });
});

describe("missing results", () => {
  test.each([
    { name: "a cell of the sea", sea: seaOf(0), attributes: { ...SHORE, landFraction: 0.2 }, reason: "seaCell" },
    { name: "no elevation", sea: seaOf(0), attributes: { distanceToCoast: 1 }, reason: "noElevation" },
    { name: "no way from the sea", sea: seaOf(0), attributes: { elevation: 1 }, reason: "noSeaConnection" },
    { name: "no station", sea: seaOf(0, { station: null }), attributes: SHORE, reason: "noSeaLevel" },
    { name: "no experiment", sea: seaOf(0, { rise: UNKNOWN_SEA.rise }), attributes: SHORE, reason: "noSeaLevelRise" },
  ] as const)("$name", ({ sea, attributes, reason }) => {
    const [, future] = computeFor(sea, attributes);
    expect([future!.reason, future!.probability, future!.hazard]).toEqual([reason, null, null]);
  });
  test("a scenario without experiment still has the past", () => {
    const [base] = computeFor(seaOf(0, { rise: UNKNOWN_SEA.rise }), SHORE);
    expect(base!.reason).toBeNull();
    expect(base!.flags).toContain("defaultSeaLevelRise");
  });
  test("without the years behind the law there are no intervals", () => {
    const sea = seaOf(0);
    const unknown = { ...sea, station: { datumOffset: null, found: { ...sea.station!.found, years: null } } };
    const [base] = computeFor(unknown, SHORE);
    expect(base!.probability!.probabilitiesLow.every(Number.isNaN)).toBe(true);
    expect([base!.hazard!.valueLow, base!.hazard!.scoreHigh, base!.probability!.damageLow]).toEqual([
      Number.NaN,
      Number.NaN,
      null,
    ]);
    expect(base!.flags).toContain("defaultDatumOffset");
    expect(base!.yearsUsed).toBe(0);
  });
  test.each([
    ["far from the coast", { elevation: 1, distanceToCoast: 51 }],
    ["high above it", { elevation: 11, distanceToCoast: 1 }],
  ])("%s the sea does no harm", (_name, attributes) => {
    for (const result of computeFor(UNKNOWN_SEA, attributes, { firstYear: 2001, lastYear: 2020 })) {
      expect(result).toMatchObject({ reason: null, flags: ["notApplicable"], hazard: { value: 0, score: 0 } });
      expect(result.probability!.probabilities).toEqual([1, 0, 0, 0, 0, 0]);
      expect(result.probability!.damageContinuous).toBe(0);
    }
  });
});

test("a higher sea never lowers depths, damage or score, and probabilities sum to 1", () => {
  const metres = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  const cells = fc.record({
    elevation: metres(-3, 8),
    distanceToCoast: metres(0, 20),
    seaProtection: fc.constantFrom(0, 20, 100),
    subsidence: metres(0, 20),
  });
  fc.assert(
    fc.property(cells, metres(0, 1.5), metres(0, 1.5), (attributes, one, other) => {
      const [, low] = computeFor(seaOf(Math.min(one, other)), attributes);
      const [, high] = computeFor(seaOf(Math.max(one, other)), attributes);
      const sum = (result: PeriodResult) => result.probability!.probabilities.reduce((total, p) => total + p, 0);
      for (const result of [low!, high!]) expect(Math.abs(sum(result) - 1)).toBeLessThan(1e-12);
      expect(high!.hazard!.value).toBeGreaterThanOrEqual(low!.hazard!.value - 1e-9);
      expect(high!.hazard!.score).toBeGreaterThanOrEqual(low!.hazard!.score - 1e-9);
      expect(high!.probability!.damageContinuous!).toBeGreaterThanOrEqual(low!.probability!.damageContinuous! - 1e-12);
      high!.probability!.returnLevels.forEach((level, at) => {
        expect(level).toBeGreaterThanOrEqual(low!.probability!.returnLevels[at]! - 1e-9);
      });
    }),
    { numRuns: 60 },
  );
});
