import { expect, test } from "vitest";
import { slidingSums } from "../../../job/numerics/slidingSums.ts";

function sumsOf(values: readonly number[], window: number): number[] {
  const out = new Float64Array(values.length);
  slidingSums(Float64Array.from(values), window, out);
  return [...out];
}

test("sums of twelve begin with the twelfth and miss where a value is missing", () => {
  const sums = sumsOf(
    Array.from({ length: 30 }, (_, at) => (at === 14 ? Number.NaN : 1)),
    12,
  );
  expect(sums.slice(0, 15)).toEqual([...new Array(11).fill(Number.NaN), 12, 12, 12, Number.NaN]);
  expect([sums[25], sums[26]]).toEqual([Number.NaN, 12]);
});

test.each([
  [[], 3, []],
  [[5], 1, [5]],
  [[5], 2, [Number.NaN]],
  [[1, 2, 4], 2, [Number.NaN, 3, 6]],
])("%j by %d sums to %j", (values, window, expected) => {
  expect(sumsOf(values, window)).toEqual(expected);
});
