// Water scarcity of one cell: by hand where the answer can be read, and how it answers to more rain and more use.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillWithdrawal } from "../../../job/risks/waterRunoff.ts";
import { stressReturnLevels, waterScarcity } from "../../../job/risks/waterScarcity.ts";
import { BasinSums, makeCellWater } from "../../../job/risks/waterSupply.ts";
import { formatPeriod } from "../../../model/periods.ts";
import type { PeriodResult } from "../../../model/results.ts";
import { CellBuilder } from "../../support/dailyWeather.ts";

const BASE = { firstYear: 1991, lastYear: 2010 };
const FUTURE = { firstYear: 2011, lastYear: 2030 };
const AREA_KM2 = 1000;
const DAYS = 365;

const bare = () => new CellBuilder("noleap", 1991, 2030, BASE).periods(BASE, FUTURE).attribute("cellArea", AREA_KM2);
/** 1000 m3 of each mm and km2: a withdrawal of `ratio` of the runoff of `mm` a year. */
const volumeOf = (mm: number, ratio: number) => mm * 1000 * AREA_KM2 * ratio;

function numbers(result: PeriodResult) {
  if (result.probability === null || result.hazard === null) throw new Error(`no numbers: ${result.reason}`);
  return { ...result.probability, ...result.hazard, flags: result.flags };
}

describe("a large cell by itself", () => {
  test.each([
    [0.05, 0],
    [0.1, 20],
    [0.2, 40],
    [0.4, 60],
    [0.8, 80],
    [1.6, 100],
    [0.3, 20 * (Math.log2(3) + 1)],
    [5, 100],
  ])("a ratio of %d scores %d: twenty times Aqueduct's score", (ratio, score) => {
    const cell = bare()
      .yearly("mrro", () => 400 / DAYS)
      .yearly("withdrawal", () => volumeOf(400, ratio));
    const [base] = waterScarcity.compute(cell.build());
    expect(numbers(base!).value).toBeCloseTo(ratio, 9);
    expect(numbers(base!).score).toBeCloseTo(score, 6);
    expect(base!.input).toBe("mrro yearly; withdrawal yearly");
    expect(base!.flags).toEqual(["localOnly", "constantSeries"]);
  });

  test("supply is Fu's runoff of the period's means, whatever single years give", () => {
    const rain = (year: number) => (year % 2 === 0 ? 900 : 1500);
    const cell = bare()
      .yearly("pr", (year) => rain(year) / DAYS)
      .yearly("evspsblpot", () => 800 / DAYS)
      .yearly("withdrawal", () => volumeOf(1, 100));
    const [base] = waterScarcity.compute(cell.build());
    const phi = 800 / 1200;
    const runoff = 1200 * ((1 + phi ** 2.6) ** (1 / 2.6) - phi);
    expect(numbers(base!).value).toBeCloseTo(100 / runoff, 9);
    expect(base!.flags).toEqual(["localOnly", "defaultBudykoOmega"]);
    const korean = { ...cell.build(), attributes: new Map([...cell.build().attributes, ["country", 410] as const]) };
    const fuller = 1200 * ((1 + phi ** 1.9) ** (1 / 1.9) - phi);
    expect(numbers(waterScarcity.compute(korean)[0]!).value).toBeCloseTo(100 / fuller, 9);
    const [known] = waterScarcity.compute(cell.attribute("budykoOmega", 1.9).build());
    expect(known!.flags).toEqual(["localOnly"]);
    expect(numbers(known!).value).toBeLessThan(numbers(base!).value);
  });

  test("withdrawal times 1.2 and rain times 1.2 move stress and score by what the formulas say", () => {
    const future = (year: number, factor: number) => (year >= 20 ? factor : 1);
    const cell = (use: number, wetter: number) =>
      bare()
        .yearly("pr", (year) => ((1100 + 40 * (year % 5)) * future(year, wetter)) / DAYS)
        .yearly("evspsblpot", () => 900 / DAYS)
        .yearly("withdrawal", (year) => volumeOf(80, future(year, use)));
    const value = (use: number, wetter: number) => waterScarcity.compute(cell(use, wetter).build()).map(numbers);
    const [before, same] = value(1, 1);
    expect(same!.value).toBeCloseTo(before!.value, 12);
    const [, thirsty] = value(1.2, 1);
    expect(thirsty!.value / before!.value).toBeCloseTo(1.2, 9);
    expect(thirsty!.score - before!.score).toBeCloseTo(20 * Math.log2(1.2), 9);
    const [, wet] = value(1, 1.2);
    const runoff = (rain: number) => rain * ((1 + (900 / rain) ** 2.6) ** (1 / 2.6) - 900 / rain);
    expect(before!.value / wet!.value).toBeCloseTo(runoff(1180 * 1.2) / runoff(1180), 9);
  });

  test("inflow from upstream adds to the supply", () => {
    const cell = bare()
      .yearly("mrro", () => 400 / DAYS)
      .yearly("inflow", () => volumeOf(400, 3))
      .yearly("withdrawal", () => volumeOf(400, 0.8));
    const [base] = waterScarcity.compute(cell.build());
    expect(numbers(base!).value).toBeCloseTo(0.2, 9);
    expect(base!.input).toBe("mrro yearly; withdrawal, inflow yearly");
    expect(Object.keys(waterScarcity.inputs.ways)).toContain(base!.input);
  });

  test("days and months give the runoff that years give", () => {
    const use = () => volumeOf(400, 0.5);
    const yearly = bare()
      .yearly("mrro", () => 400 / DAYS)
      .yearly("withdrawal", use);
    const monthly = bare()
      .monthly("mrro", () => 400 / DAYS)
      .yearly("withdrawal", use);
    const daily = bare()
      .weather(1)
      .change("pr", () => 400 / DAYS)
      .yearly("withdrawal", use);
    const value = (cell: CellBuilder) => numbers(waterScarcity.compute(cell.build())[0]!).value;
    expect(value(monthly)).toBeCloseTo(value(yearly), 12);
    const [fromDays] = waterScarcity.compute(daily.build());
    expect(fromDays!.input).toBe("pr, tasmin, tasmax daily; withdrawal yearly");
    expect(fromDays!.reason).toBeNull();
  });

  test("a dry place that is hardly used scores 100 and says why; a place that uses nothing scores 0", () => {
    const dry = bare()
      .yearly("mrro", () => 20 / DAYS)
      .yearly("withdrawal", () => volumeOf(2, 1));
    expect(numbers(waterScarcity.compute(dry.build())[0]!)).toMatchObject({ score: 100, scoreLow: 100 });
    expect(waterScarcity.compute(dry.build())[0]!.flags).toContain("aridLowUse");
    const unused = bare()
      .yearly("mrro", () => 400 / DAYS)
      .yearly("withdrawal", () => 0);
    expect(numbers(waterScarcity.compute(unused.build())[0]!)).toMatchObject({
      value: 0,
      score: 0,
      probabilities: [1, 0, 0, 0, 0],
      damageBins: 0,
    });
  });

  test("years with and without water keep their shares in the end bins", () => {
    const ratios = [0, 0, 0.12, 0.15, 0.22, 0.25, 0.3, 0.33, 0.5, 20];
    const cell = bare()
      .yearly("mrro", () => 400 / DAYS)
      .yearly("withdrawal", (year) => volumeOf(400, ratios[year % 10]!));
    const { counts, probabilities } = numbers(waterScarcity.compute(cell.build())[0]!);
    expect(counts).toEqual([4, 4, 8, 2, 2]);
    expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
    // The zeros' 0.2 and the cap's 0.1 are exact; what the kernel smears of 0.12 and 0.5 comes on top.
    expect(probabilities[0]).toBeGreaterThan(0.2);
    expect(probabilities[0]).toBeLessThan(0.3);
    expect(probabilities[4]).toBeGreaterThan(0.1);
    expect(probabilities[4]).toBeLessThan(0.15);
  });

  test("stress never falls with more use, nor rises with more rain", () => {
    const amount = fc.double({ min: 200, max: 3000, noNaN: true });
    const value = (rain: number, use: number) => {
      const cell = bare()
        .yearly("pr", () => rain / DAYS)
        .yearly("evspsblpot", () => 1000 / DAYS)
        .yearly("withdrawal", () => volumeOf(use, 1));
      return numbers(waterScarcity.compute(cell.build())[0]!).value;
    };
    fc.assert(
      fc.property(amount, amount, (rain, use) => {
        const present = value(rain, use);
        expect(value(rain + 50, use)).toBeLessThanOrEqual(present);
        expect(value(rain, use + 50)).toBeGreaterThanOrEqual(present);
      }),
      { numRuns: 30 },
    );
  });
});

describe("when a cell says little", () => {
  const whole = () =>
    bare()
      .yearly("mrro", () => 1)
      .yearly("withdrawal", () => volumeOf(1, 10));
  test.each([
    ["no withdrawal", bare().yearly("mrro", () => 1), "noInput"],
    ["no runoff", bare().yearly("withdrawal", () => 1), "noInput"],
    ["a small cell", whole().attribute("cellArea", 499), "noBasin"],
    [
      "a cell of unknown size",
      new CellBuilder("noleap", 1991, 2030, BASE)
        .periods(BASE)
        .yearly("mrro", () => 1)
        .yearly("withdrawal", () => 1),
      "noBasin",
    ],
    ["a basin without sums", whole().attribute("basin", 7), "noInput"],
    [
      "nine years",
      bare()
        .yearly("mrro", (year) => (year % 20 < 9 ? 1 : Number.NaN))
        .yearly("withdrawal", () => 1),
      "tooFewYears",
    ],
  ])("%s is reported as such", (_, cell, reason) => {
    expect(waterScarcity.compute(cell.build())[0]).toMatchObject({ reason, probability: null, hazard: null });
  });

  test("withdrawal of single years is joined by lines and held beyond them, with a flag", () => {
    const out = new Float64Array(8);
    const known = Float64Array.of(Number.NaN, 10, Number.NaN, Number.NaN, Number.NaN, 30, Number.NaN, Number.NaN);
    expect(fillWithdrawal(known, out)).toEqual({ first: 1, last: 5 });
    expect([...out]).toEqual([10, 10, 15, 20, 25, 30, 30, 30]);
    expect(fillWithdrawal(new Float64Array(3).fill(Number.NaN), new Float64Array(3))).toBeNull();
    const until2010 = bare()
      .yearly("mrro", () => 1)
      .yearly("withdrawal", (year) => (year < 20 ? volumeOf(1, 10) : Number.NaN));
    const [base, future] = waterScarcity.compute(until2010.build());
    expect([base!.flags, future!.flags].map((flags) => flags.includes("withdrawalHeld"))).toEqual([false, true]);
  });
});

test("return levels are quantiles of log2 WS up to half the years", () => {
  const stress = Float64Array.from({ length: 20 }, (_, at) => 2 ** (at - 10));
  const levels = stressReturnLevels(stress);
  // Type 8, p = 0.5 and 0.8 of 20 values: positions 10.5 and 16.6.
  expect(levels[0]).toBeCloseTo(2 ** -0.5, 12);
  expect(levels[1]).toBeCloseTo(2 ** 5.6, 9);
  expect(levels[2]).toBeCloseTo(2 ** (20 * 0.9 + 1.9 / 3 - 11), 9);
  expect(levels.slice(3)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
});

describe("a basin", () => {
  const cells = [
    { runoff: 800, use: 10, area: 300 },
    { runoff: 100, use: 60, area: 700 },
  ];
  const read = makeCellWater();
  const cellOf = ({ runoff, use, area }: (typeof cells)[0]) =>
    bare()
      .attribute("cellArea", area)
      .attribute("basin", 7)
      .yearly("mrro", () => runoff / DAYS)
      .yearly("withdrawal", () => use * 1000 * area)
      .build();
  const basinOf = (order: readonly (typeof cells)[0][]) => {
    const sums = new BasinSums();
    for (const cell of order) sums.add(read(cellOf(cell)), [BASE, FUTURE]);
    return sums;
  };

  test("has the supply and the use of its cells, and every cell has its stress", () => {
    const water = new Map(
      basinOf(cells)
        .records()
        .map((record) => [formatPeriod(record.period), record]),
    );
    const [base] = waterScarcity.compute({ ...cellOf(cells[1]!), basin: water });
    expect(numbers(base!).value).toBeCloseTo((10 * 300 + 60 * 700) / (800 * 300 + 100 * 700), 9);
    expect(base!.flags).not.toContain("localOnly");
    expect(water.get("1991-2010")!.area).toBe(1000);
  });

  test("says so when a cell is left out", () => {
    const sums = basinOf(cells);
    sums.add("noInput", [BASE, FUTURE]);
    expect([sums.cells, sums.records()[0]!.flags]).toEqual([2, ["partialBasin"]]);
  });
});
