// Which rasters are refused as elevations by the range of their values, and which real elevations are not.
import { expect, test } from "vitest";
import { refuseUnlikelyElevations } from "../../ingest/ground/unlikelyElevations.ts";
import { refusalOf } from "../support/ingest.ts";
import { makeRandom } from "../support/random.ts";

/** Cells of Korea a tenth of a degree apart. */
const place = (at: number) => ({ latitude: 34 + Math.floor(at / 20) / 10, longitude: 126 + (at % 20) / 10 });

/** `values` between two bounds, by a seed. */
function between(min: number, max: number, count = 400): number[] {
  const random = makeRandom(`elevations ${min} ${max}`);
  return Array.from({ length: count }, () => min + (max - min) * random());
}

async function judge(
  values: readonly number[],
  { isByte = false, isConfirmed = false, places = values.map((_, at) => place(at)) } = {},
) {
  const outcome = await refusalOf(
    Promise.resolve().then(() => {
      const isWhole = values.every(Number.isInteger);
      refuseUnlikelyElevations({ file: "dem.tif", isByte, isWhole }, places, values, isConfirmed);
    }),
  );
  return /look like ([^.]*)/.exec(outcome)?.[1] ?? outcome;
}

test.each([
  { of: "a summer in kelvin", values: between(285.2, 305.9), is: "temperatures in kelvin" },
  { of: "a winter in Celsius", values: between(-21.5, 8.2), is: "temperatures in degrees Celsius" },
  { of: "a land mask", values: between(0, 1).map(Math.round), is: "fractions or a mask" },
  { of: "sealed ground", values: between(0, 0.97), is: "fractions or a mask" },
  { of: "mountains", values: between(12.1, 1947.3), is: "accepted" },
  { of: "a delta", values: between(-3.9, 55.2), is: "accepted" },
  { of: "a plateau in whole metres", values: between(210, 330).map(Math.round), is: "accepted" },
  { of: "land and sea", values: between(-3200, 1400), is: "accepted" },
  { of: "a few gauges", values: between(285.2, 305.9, 12), is: "accepted" },
])("$of: $is", async ({ values, is }) => {
  expect(await judge(values)).toBe(is);
});

test("a small area may have any range, and so may what is confirmed", async () => {
  const kelvin = between(285.2, 305.9);
  const near = kelvin.map((_, at) => ({ latitude: 35 + at / 1000, longitude: 127 }));
  expect(await judge(kelvin, { places: near })).toBe("accepted");
  expect(await judge(kelvin, { isConfirmed: true })).toBe("accepted");
  expect(await judge(kelvin, { isByte: true, isConfirmed: true })).toBe("accepted");
});

test("the refusal names the file, the range and what to do", async () => {
  const places = between(0, 1).map((_, at) => place(at));
  const refuse = () =>
    refuseUnlikelyElevations(
      { file: "t.tif", isByte: false, isWhole: false },
      places,
      places.map((_, at) => 290 + at / 100),
      false,
    );
  expect(refuse).toThrow(
    "t.tif: expected elevations in m, found 400 values from 290 to 293.99: they look like temperatures in kelvin. Give the raster of elevations, or, if these are elevations in m, confirm it: --unit m",
  );
});
