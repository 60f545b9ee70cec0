// The compiled kernel gives the heaviest rain of the scalar definition.
import fc from "fast-check";
import { expect, test } from "vitest";
import { scalarHeaviestRain } from "../../../job/indices/scalarHeaviestRain.ts";
import { loadHeaviestRainKernel } from "../../../job/kernels/heaviestRain.ts";
import { makeTimeAxis } from "../../../job/timeAxis.ts";
import { CALENDARS } from "../../../model/calendars.ts";

const kernel = loadHeaviestRainKernel();

test("this engine runs the compiled kernel", () => {
  expect(kernel).not.toBeNull();
});

const rain = fc.oneof(
  { weight: 20, arbitrary: fc.double({ min: 0, max: 500, noNaN: true }) },
  { weight: 5, arbitrary: fc.constantFrom(0, -0, -1e-12, 1e-310, Number.MIN_VALUE, Number.NaN) },
);
/** Whole series repeat a stretch of days, which may be missing or the same throughout. */
const stretch = fc.oneof(
  fc.array(rain, { minLength: 1, maxLength: 400 }),
  fc.constantFrom([Number.NaN], [0], [-0], [3.3]),
);

test("kernel and scalar definition agree in every bit, over ordinary and hostile series", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CALENDARS),
      fc.array(fc.tuple(stretch, stretch, fc.nat(2000)), { minLength: 1, maxLength: 3 }),
      (calendar, cells) => {
        const { month, years, yearStart } = makeTimeAxis(calendar, 1999, 2004);
        for (const [first, second, until] of cells) {
          const series = Float64Array.from(month, (_, day) =>
            day < until ? first[day % first.length]! : second[day % second.length]!,
          );
          expect(heaviest(kernel!, series, yearStart, years)).toEqual(
            heaviest(scalarHeaviestRain, series, yearStart, years),
          );
        }
      },
    ),
    { numRuns: 200, seed: 20261201 },
  );
});

test("years of any length, from none to nine days, agree", () => {
  const years = fc.array(fc.array(rain, { maxLength: 9 }), { maxLength: 8 });
  fc.assert(
    fc.property(years, (all) => {
      const yearStart = new Int32Array(all.length + 1);
      for (const [year, days] of all.entries()) yearStart[year + 1] = yearStart[year]! + days.length;
      const series = Float64Array.from(all.flat());
      expect(heaviest(kernel!, series, yearStart, all.length)).toEqual(
        heaviest(scalarHeaviestRain, series, yearStart, all.length),
      );
    }),
    { numRuns: 500, seed: 20261201 },
  );
});

test("a series that the kernel has no room for has its heaviest rain too", () => {
  const { month, years, yearStart } = makeTimeAxis("noleap", 1850, 2100);
  const series = Float64Array.from(month, (_, day) => (day % 365) + Math.floor(day / 365) / 8);
  const [oneDay, fiveDays] = heaviest(kernel!, series, yearStart, years);
  expect(oneDay![250]).toBe(364 + 250 / 8);
  expect(fiveDays![250]).toBe(5 * (362 + 250 / 8));
});

function heaviest(of: typeof scalarHeaviestRain, rain: Float64Array, yearStart: Int32Array, years: number) {
  const found = [new Float64Array(years), new Float64Array(years)] as const;
  of(rain, yearStart, years, ...found);
  return found;
}
