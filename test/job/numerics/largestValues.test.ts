import fc from "fast-check";
import { expect, test } from "vitest";
import { largestValues } from "../../../job/numerics/largestValues.ts";

function largest(values: readonly number[], count: number): number[] {
  const out = new Float64Array(count);
  largestValues(Float64Array.from(values), values.length, count, out);
  return [...out];
}

test.each([
  [[], 0, []],
  [[5], 1, [5]],
  [[3, 1, 2], 2, [2, 3]],
  [[2, 2, 2, 2], 3, [2, 2, 2]],
  [[1, 2, 3, 4, 5], 5, [1, 2, 3, 4, 5]],
])("of %j the %d largest are %j", (values, count, expected) => {
  expect(largest(values, count)).toEqual(expected);
});

/** Without -0, which sorting puts before 0 and which is the same value to a comparison. */
const numbers = fc.double({ noNaN: true }).map((value) => value + 0);

test("the largest values are the end of the sorted slice", () => {
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 60 }), fc.nat(), (values, some) => {
      const count = (some % values.length) + 1;
      expect(largest(values, count)).toEqual([...Float64Array.from(values).sort()].slice(-count));
    }),
  );
});
