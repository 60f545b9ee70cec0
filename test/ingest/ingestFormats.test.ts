// Property: ingest, then export, of any series through any format gives the same float32 values and the same missing days.
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportSeries } from "../../cli/exportSeries.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Files, ingest, readStored } from "../support/ingest.ts";
import { isLong } from "../support/random.ts";
import { dateText, LATITUDES, LONGITUDES, SERIES_FORMATS, type SmallGrid } from "../support/seriesFormats.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const value = fc.oneof(
  { weight: 6, arbitrary: fc.float({ min: -80, max: 60, noNaN: true }) },
  { weight: 2, arbitrary: fc.constant(Number.NaN) },
  { weight: 1, arbitrary: fc.constantFrom(0, 0.1, -0.1, 1e-8, 59.99999) },
);

const grid: fc.Arbitrary<SmallGrid> = fc
  .uniqueArray(fc.integer({ min: 0, max: 800 }), { minLength: 1, maxLength: 12 })
  .filter((days) => isDaily(days))
  .chain((days) =>
    fc.record({
      days: fc.constant(days.toSorted((a, b) => a - b)),
      values: fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), {
        minLength: days.length,
        maxLength: days.length,
      }),
    }),
  );

/** Most steps are of one day, as arrays that are daily have it; gaps may lie between. */
function isDaily(days: readonly number[]): boolean {
  const sorted = days.toSorted((a, b) => a - b);
  const steps = sorted.slice(1).map((day, at) => day - sorted[at]!);
  return steps.length === 0 || steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] === 1;
}

/** Runs of days with gaps between. */
const runs: fc.Arbitrary<SmallGrid> = fc
  .array(fc.record({ start: fc.integer({ min: 0, max: 800 }), length: fc.integer({ min: 3, max: 30 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) =>
    [...new Set(all.flatMap(({ start, length }) => Array.from({ length }, (_, at) => start + at)))].sort(
      (a, b) => a - b,
    ),
  )
  .chain((days) =>
    fc.record({
      days: fc.constant(days),
      values: fc.array(fc.array(value, { minLength: 4, maxLength: 4 }), {
        minLength: days.length,
        maxLength: days.length,
      }),
    }),
  );

function expected({ days, values }: SmallGrid): Map<string, number> {
  const byDay = new Map<string, number>();
  days.forEach((day, step) => {
    const date = dateText(day);
    const ofYear = (Date.parse(date) - Date.parse(`${date.slice(0, 4)}-01-01`)) / 86_400_000;
    values[step]!.forEach((one, cell) => {
      if (Number.isNaN(one)) return;
      const place = `${LATITUDES[Math.floor(cell / 2)]} ${LONGITUDES[cell % 2]}`;
      // -0 and 0 are the same number.
      byDay.set(`tasmax ${place} ${date.slice(0, 4)} ${ofYear}`, Math.fround(one) + 0);
    });
  });
  return byDay;
}

async function storedValues(scenario: string): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const [key, year] of await readStored(database.client)) {
    if (!key.startsWith(`${scenario} `)) continue;
    year.forEach(
      (one, at) => void (Number.isNaN(one) || values.set(`${key.slice(scenario.length + 1)} ${at}`, one + 0)),
    );
  }
  return values;
}

async function exported(scenario: string, format: "csv" | "netcdf"): Promise<Files> {
  const sink = new PassThrough();
  const request = { scenario, grid: "default", frequency: "daily", variables: undefined } as const;
  const [bytes] = await Promise.all([buffer(sink), exportSeries(database.client, request, format, sink)]);
  return { [`export.${format === "csv" ? "csv" : "nc"}`]: bytes };
}

let scenarios = 0;

test.each(Object.keys(SERIES_FORMATS))("%s", async (format) => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(grid, runs), async (series) => {
      fc.pre(series.values.flat().some((one) => !Number.isNaN(one)));
      const scenario = `run${scenarios++}`;
      await ingest(database.client, await SERIES_FORMATS[format]!(series), { scenario, calendar: "standard" });
      const values = expected(series);
      expect(await storedValues(scenario)).toEqual(values);
      for (const back of ["csv", "netcdf"] as const) {
        const again = `${scenario}-${back}`;
        await ingest(database.client, await exported(scenario, back), { scenario: again, calendar: "standard" });
        expect(await storedValues(again)).toEqual(values);
      }
      await database.client.query("TRUNCATE climatebatch.climate_data");
    }),
    { numRuns: isLong ? 100 : 12 },
  );
});
