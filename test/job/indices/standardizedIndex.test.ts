import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BALANCE_DISTRIBUTION,
  CLIPPED_AT,
  makeStandardizingScratch,
  RAIN_DISTRIBUTION,
  type StandardizingDistribution,
  standardize,
} from "../../../job/indices/standardizedIndex.ts";
import { normalCdf } from "../../../job/numerics/normal.ts";
import { slidingSums } from "../../../job/numerics/slidingSums.ts";
import { readGolden } from "../../support/golden.ts";

const TOLERANCE = 1e-9;

interface SpeiCase {
  readonly balance: readonly number[];
  readonly calibrationMonths: number;
}

interface SpeiResults {
  readonly spei: readonly (number | null)[];
  readonly parametersByMonth: readonly (readonly number[])[];
}

function indexOf(
  sums: ArrayLike<number>,
  baseYears: number,
  inBase: "leaveOneOut" | "none" = "none",
  distribution: StandardizingDistribution = BALANCE_DISTRIBUTION,
) {
  const values = Float64Array.from(sums);
  const out = new Float64Array(values.length);
  const scratch = makeStandardizingScratch(values.length / 12);
  const clipped = standardize(values, distribution, 0, baseYears, inBase, scratch, out);
  return { out, clipped };
}

/** Independent pseudo-random numbers in (0, 1) that every run repeats. */
function noise(seed: number, n: number): number[] {
  let state = seed;
  return Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  });
}

test("SPEI-12 and its parameters are those of the reference", () => {
  const { input, expected } = readGolden<SpeiCase, SpeiResults>("spei12");
  const { balance, calibrationMonths } = input;
  const sums = new Float64Array(balance.length);
  slidingSums(Float64Array.from(balance), 12, sums);
  const { out } = indexOf(sums, calibrationMonths / 12);
  for (const [month, value] of expected.spei.entries()) {
    if (value === null) expect(out[month]).toBeNaN();
    else if (Math.abs(value) < CLIPPED_AT) expect(Math.abs(out[month]! - value)).toBeLessThan(TOLERANCE);
  }
  const parameters = new Float64Array(4);
  for (const [month, wanted] of expected.parametersByMonth.entries()) {
    const sample = sums.slice(0, calibrationMonths).filter((value, at) => at % 12 === month && !Number.isNaN(value));
    BALANCE_DISTRIBUTION.fit(sample.sort(), sample.length, parameters);
    for (const [at, value] of wanted.entries()) expect(Math.abs(parameters[at]! - value)).toBeLessThan(TOLERANCE);
  }
});

test("in the base period as many months lie at or below -1, -1.5 and -2 as in a normal distribution", () => {
  const years = 400;
  const { out } = indexOf(
    noise(7, 12 * years).map((p) => Math.log(p) - Math.log(1 - p)),
    years,
  );
  const share = (limit: number) => out.filter((value) => value <= limit).length / out.length;
  expect(share(-1)).toBeCloseTo(normalCdf(-1), 2);
  expect(share(-1.5)).toBeCloseTo(normalCdf(-1.5), 2);
  expect(share(-2)).toBeCloseTo(normalCdf(-2), 2);
});

test("leaving a year out judges it by the other years alone", () => {
  const sums = noise(3, 12 * 30);
  const { out } = indexOf(sums, 30, "leaveOneOut");
  const others = sums.filter((_, at) => Math.floor(at / 12) !== 4);
  const judged = sums.slice(48, 60);
  const { out: expected } = indexOf([...others, ...judged], 29);
  expect([...out.subarray(48, 60)]).toEqual([...expected.subarray(29 * 12)]);
});

test("years outside the base period are the same whether base years are left out or not", () => {
  const sums = noise(5, 12 * 40);
  const { out } = indexOf(sums, 30, "leaveOneOut");
  expect([...out.subarray(360)]).toEqual([...indexOf(sums, 30, "none").out.subarray(360)]);
});

test("values beyond 3.09 are cut to it and counted", () => {
  const sums = [...noise(11, 12 * 30), ...new Array(12).fill(-50), ...new Array(12).fill(50)];
  const { out, clipped } = indexOf(sums, 30);
  expect([out[360], out[372]]).toEqual([-CLIPPED_AT, CLIPPED_AT]);
  expect(clipped).toBeGreaterThanOrEqual(24);
});

test("a missing sum stays missing and the others are judged without it", () => {
  const sums = noise(13, 12 * 30);
  sums[24] = Number.NaN;
  const { out } = indexOf(sums, 30);
  expect(out[24]).toBeNaN();
  expect(out[36]).not.toBeNaN();
});

test.each([
  ["no month", []],
  ["one year", noise(1, 12)],
  ["all missing", new Array(240).fill(Number.NaN)],
  ["constant sums", new Array(240).fill(5)],
  ["nine years", noise(2, 108)],
])("%s has no index", (_, sums) => {
  expect(indexOf(sums, sums.length / 12).out.every(Number.isNaN)).toBe(true);
});

test("SPI gives a dry month the centre of the zeros' mass and the rest the gamma distribution above it", () => {
  const sums = noise(17, 12 * 40).map((p) => (p < 0.25 ? 0 : -Math.log(p)));
  const { out } = indexOf(sums, 40, "none", RAIN_DISTRIBUTION);
  const january = sums.filter((_, at) => at % 12 === 0);
  const zeros = january.filter((rain) => rain === 0).length;
  const dry = sums.findIndex((rain, at) => at % 12 === 0 && rain === 0);
  expect(normalCdf(out[dry]!)).toBeCloseTo((zeros + 1) / 82, 10);
  for (const [at, rain] of sums.entries()) {
    if (at % 12 === 0 && rain > 0) expect(normalCdf(out[at]!)).toBeGreaterThan(zeros / 40);
  }
});

test("a drier month never has a higher SPEI", () => {
  const base = noise(19, 12 * 30).map((p) => 400 * p - 200);
  fc.assert(
    fc.property(
      fc.double({ min: -500, max: 500, noNaN: true }),
      fc.double({ min: 0, max: 300, noNaN: true }),
      (sum, by) => {
        const year = new Array(12).fill(sum);
        const drier = new Array(12).fill(sum - by);
        const { out } = indexOf([...base, ...year, ...drier], 30);
        for (let month = 360; month < 372; month++) expect(out[month + 12]).toBeLessThanOrEqual(out[month]! + 1e-12);
      },
    ),
    { numRuns: 50 },
  );
});
