// Requests to judge, good and bad: each field now and then a value at or beyond its limit.
import fc from "fast-check";

const name = fc.constantFrom<unknown>(
  "a",
  "ssp5-8.5_x+",
  "서울",
  "दिल्ली",
  "n".repeat(100),
  "n".repeat(101),
  "a b",
  "a/b",
  "",
  1,
);
const risk = fc.constantFrom<unknown>("drought", "wildfire", "coastal_flood", "hail", 1);
const year = fc.constantFrom<unknown>(1850, 2041, 2055, 2060, 2080, 999, 9999, 10_000, 2041.5);
const period = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .constantFrom([1991, 2020], [2041, 2060], [2061, 2080], [2041, 2055], [2041, 2080], [1000, 1014])
      .map(span),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom([2041, 2054], [2041, 2081], [2060, 2041], [985, 999], [9990, 10_004]).map(span),
  },
  { weight: 1, arbitrary: fc.record({ firstYear: year, lastYear: year }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(null, {}, 3, { firstYear: 2041, lastYear: 2060, step: 1 }) },
);
const listOf = (item: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 6, arbitrary: fc.array(item, { maxLength: 3 }) }, fc.constantFrom<unknown>("a", null));
const wholeNumber = (most: number) => fc.constantFrom<unknown>(0, 1, 17, most, most + 1, -1, 1.5, "1", null);

function span([firstYear, lastYear]: readonly number[]): unknown {
  return { firstYear, lastYear };
}

/** As JSON could bring them, in the spelling of the schema. */
export const REQUEST_EXAMPLES = fc.record(
  {
    calculation: fc.constantFrom("probability", "hazard", "all"),
    methods: fc.constantFrom<unknown>("published", "predecessor", "newest"),
    grid: name,
    risks: fc.oneof(
      { weight: 3, arbitrary: fc.subarray(["drought", "wildfire", "typhoon"], { minLength: 1 }) },
      listOf(risk),
    ),
    scenarios: fc.oneof({ weight: 3, arbitrary: fc.subarray(["a", "b", "서울"], { minLength: 1 }) }, listOf(name)),
    basePeriod: period,
    periods: listOf(period),
    cellsPerShard: wholeNumber(1_000_000),
    parallelism: wholeNumber(1_000),
    maxRejectedCells: wholeNumber(1_000_000_000_000),
    colour: fc.constant("red"),
  },
  { requiredKeys: ["calculation"] },
);

/** A few fields at a time, so that about half of the examples are good. */
export const FEW_FIELDS = fc
  .tuple(REQUEST_EXAMPLES, fc.uniqueArray(fc.nat(10), { minLength: 1, maxLength: 2 }))
  .map(([request, kept]) => {
    const fields = Object.entries(request);
    return Object.fromEntries(fields.filter(([field], at) => field === "calculation" || kept.includes(at)));
  });
