import { expect, test } from "vitest";
import { frequencyFactors, globalWarming, intensityFactor, warmingSince } from "../../../job/risks/stormClimate.ts";
import { futureOf } from "../../../model/experiments.ts";

test("warming goes in straight lines through the known periods, that of 2061-2080 in the middle of its neighbours", () => {
  expect(globalWarming("ssp245", 1995.5)).toBe(0.69);
  expect(globalWarming("ssp245", 2000)).toBeCloseTo(0.69 + (4.5 / 9) * 0.16, 12);
  const futures = ["ssp126", "ssp245", "ssp370", "ssp585"] as const;
  expect(futures.map((future) => Number(globalWarming(future, 2070.5).toFixed(9)))).toEqual([1.75, 2.35, 2.85, 3.4]);
  expect(globalWarming("ssp585", 1900)).toBe(0.36);
  expect(globalWarming("ssp585", 2100)).toBe(4.4);
});

test("a period is warmer by its centre than the mean of the record's years", () => {
  // 2004 and 2005 lie half a year on either side of 2004.5, on slopes of 0.16 K in 9 and 0.24 K in 11 years.
  const record = { firstYear: 2004, lastYear: 2005 };
  const mean = (0.85 - (0.5 * 0.16) / 9 + 0.85 + (0.5 * 0.24) / 11) / 2;
  expect(warmingSince(record, { firstYear: 2081, lastYear: 2100 }, "ssp585")).toBeCloseTo(4.4 - mean, 12);
  expect(warmingSince(record, { firstYear: 1991, lastYear: 2020 }, "ssp585")).toBeCloseTo(0.85 + 0.24 / 11 - mean, 12);
});

test("without a future the past has results and later periods have none", () => {
  const record = { firstYear: 1991, lastYear: 2020 };
  expect(warmingSince(record, record, undefined)).toBeCloseTo(warmingSince(record, record, "ssp245")!, 12);
  expect(warmingSince(record, { firstYear: 2041, lastYear: 2060 }, undefined)).toBeNull();
});

test("two kelvin change the storms of the western Pacific as Knutson et al. (2020) say", () => {
  const { moderate, strong } = frequencyFactors("WP", 2, { moderate: 80, strong: 20 });
  expect(strong).toBeCloseTo(1 - 0.0475, 12);
  expect(80 * moderate + 20 * strong).toBeCloseTo(100 * (1 - 0.1027), 10);
  expect(intensityFactor("WP", 2)).toBeCloseTo(1.05328, 12);
});

test("one kelvin has the medians of beta", () => {
  expect(Math.log(frequencyFactors("WP", 1, { moderate: 0, strong: 1 }).strong)).toBeCloseTo(-0.02433, 5);
  expect(Math.log(frequencyFactors("WP", 1, { moderate: 1, strong: 0 }).moderate)).toBeCloseTo(-0.05418, 5);
  expect(Math.log(intensityFactor("WP", 1))).toBeCloseTo(0.02595, 5);
});

test("an unknown basin changes nothing, and no frequency is negative", () => {
  expect(frequencyFactors(null, 3, { moderate: 5, strong: 5 })).toEqual({ moderate: 1, strong: 1 });
  expect(frequencyFactors("SA", 3, { moderate: 5, strong: 5 })).toEqual({ moderate: 1, strong: 1 });
  expect(intensityFactor("SA", 3)).toBe(1);
  // Strong storms of the eastern Pacific grow: among nearly only strong ones the others cannot make up for it.
  expect(frequencyFactors("EP", 4, { moderate: 1, strong: 50 }).moderate).toBe(0);
});

test("no warming changes no storms", () => {
  const { moderate, strong } = frequencyFactors("WP", 0, { moderate: 80, strong: 20 });
  expect([moderate, strong]).toEqual([1, 1]);
});

test.each([
  { name: "sample-ssp585", experiment: null, future: "ssp585" },
  { name: "SSP5-8.5", experiment: null, future: "ssp585" },
  { name: "ssp1", experiment: null, future: "ssp126" },
  { name: "ssp1_26_kma", experiment: null, future: "ssp126" },
  { name: "run 7", experiment: "ssp370", future: "ssp370" },
  { name: "ssp119", experiment: null, future: undefined },
  { name: "ssp534", experiment: null, future: undefined },
  { name: "historical", experiment: null, future: undefined },
  { name: "observed", experiment: null, future: undefined },
])("the scenario $name ($experiment) follows $future", ({ name, experiment, future }) => {
  expect(futureOf({ name, experiment })).toBe(future);
});
