// Rows that are too many for memory: whatever is held, the series are the same.
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SeriesTable, variableNumber } from "../../ingest/series/seriesTable.ts";
import { daysInMonth } from "../../model/calendars.ts";
import { highestMemory, startCli } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-table-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const PLACES = [
  { latitude: 37, longitude: 128 },
  { latitude: 36, longitude: 127 },
  { latitude: 37, longitude: 127 },
];
const VARIABLES = ["tas", "pr"] as const;

const put = fc.record({
  place: fc.nat({ max: PLACES.length - 1 }),
  year: fc.integer({ min: 2001, max: 2004 }),
  variable: fc.constantFrom(...VARIABLES),
  step: fc
    .nat({ max: 31 * 12 - 1 })
    .filter((step) => (step % 31) + 1 <= daysInMonth("noleap", 2001, Math.floor(step / 31) + 1)),
  value: fc.float({ min: 0, max: 50, noNaN: true }).map((value) => value + 0),
});

function seriesOf(
  puts: readonly { place: number; year: number; variable: (typeof VARIABLES)[number]; step: number; value: number }[],
  mostBytes: number,
) {
  const table = new SeriesTable("daily", (steps) => new Float32Array(steps), folder, mostBytes);
  try {
    for (const { place, year, variable, step, value } of puts) {
      expect(table.put(place, year, variableNumber(variable), step, value)).toBeNaN();
    }
    const series = table.toSeries(PLACES, "noleap");
    const read = series.places.map((place, at) => ({
      place,
      years: [...series.yearsOf(at)].map(({ variable, year, values }) => [variable, year, [...values]]),
    }));
    const { variables, firstYear, lastYear } = series;
    return {
      variables,
      firstYear,
      lastYear,
      read: read.toSorted((a, b) => a.place.latitude - b.place.latitude || a.place.longitude - b.place.longitude),
    };
  } finally {
    table.close();
  }
}

test("spilled after every few years or held whole, the series are the same, and no file is left", async () => {
  const distinct = fc.uniqueArray(put, {
    minLength: 1,
    maxLength: 80,
    selector: ({ place, year, variable, step }) => `${place} ${year} ${variable} ${step}`,
  });
  fc.assert(
    fc.property(distinct, fc.integer({ min: 0, max: 6000 }), (puts, mostBytes) => {
      expect(seriesOf(puts, mostBytes)).toEqual(seriesOf(puts, Number.POSITIVE_INFINITY));
    }),
    { numRuns: 60 },
  );
  expect(await readdir(folder)).toEqual([]);
});

test("two rows that differ are refused also when the first is spilled already; two that agree are one", () => {
  const table = new SeriesTable("daily", (steps) => new Float32Array(steps), folder, 0);
  const tas = variableNumber("tas");
  table.put(0, 2001, tas, 3, 5);
  table.put(1, 2001, tas, 3, 6);
  table.put(0, 2001, tas, 3, 5);
  table.put(1, 2001, tas, 3, 7);
  const series = table.toSeries(PLACES, "noleap");
  expect([...series.yearsOf(1)][0]!.values[3]).toBe(5);
  expect(() => [...series.yearsOf(0)]).toThrow(
    "The files have two rows of tas at 36, 127 on 2001-01-04: 6 degC and 7 degC. Remove one of them.",
  );
  table.close();
});

const MOST_MIB = 512;
const CELLS = 400;

test.skipIf(process.platform !== "linux")(
  `a day of all places at a time, many years: below ${MOST_MIB} MiB although the arrays would fill more than is held`,
  async () => {
    const file = join(folder, "days.csv");
    const lines = ["date,latitude,longitude,tas (degC),pr (mm)\n"];
    for (let year = 1; year <= 200; year++) {
      for (let cell = 0; cell < CELLS; cell++) {
        lines.push(
          `${1800 + year}-01-0${1 + (cell % 9)},${33 + (cell % 20) / 10},${126 + Math.floor(cell / 20) / 10},${cell % 30},${year % 7}\n`,
        );
      }
    }
    await writeFile(file, lines.join(""));
    await using database = await createTestDatabase();
    await using program = startCli([
      "ingest",
      file,
      "--scenario",
      "long",
      "--spool",
      folder,
      "--database",
      database.url,
    ]);
    const [highest, { code, stderr }] = await Promise.all([highestMemory(program), program.ended]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    console.log(
      `measured: ingest of ${CELLS * 200 * 2} years of which a day is known: ${highest.toFixed(0)} MiB at its highest`,
    );
    expect(highest).toBeLessThan(MOST_MIB);
    const { rows } = await database.client.query("SELECT count(*)::int AS rows FROM climatebatch.climate_data");
    expect(rows[0].rows).toBe(CELLS * 200 * 2);
    expect((await readdir(folder)).filter((name) => name !== "days.csv")).toEqual([]);
  },
);
