// Property: what was ingested is what is read back, to the float32, whatever the order of rows, the layout and the number of files.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { daysInMonth } from "../../model/calendars.ts";
import type { Variable } from "../../model/variables.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Files, ingest, readStored } from "../support/ingest.ts";

interface KnownValue {
  readonly latitude: number;
  readonly variable: Variable;
  readonly date: string;
  /** Missing when null. */
  readonly value: number | null;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const two = (part: number) => String(part).padStart(2, "0");

const date = fc
  .record({
    year: fc.integer({ min: 2019, max: 2021 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
  })
  .filter(({ year, month, day }) => day <= daysInMonth("standard", year, month))
  .map(({ year, month, day }) => `${year}-${two(month)}-${two(day)}`);

const knownValue: fc.Arbitrary<KnownValue> = fc.record({
  latitude: fc.constantFrom(33.5, 37.57, -12.25),
  variable: fc.constantFrom<Variable>("tas", "pr", "sfcWind"),
  date,
  value: fc.option(fc.double({ min: 0, max: 59, noNaN: true })),
});

const series = fc.uniqueArray(knownValue, {
  minLength: 1,
  maxLength: 60,
  selector: ({ latitude, variable, date }) => `${latitude} ${variable} ${date}`,
});

function writeLong(values: readonly KnownValue[]): string {
  const rows = values.map(
    ({ latitude, variable, date, value }) => `${variable},${value ?? ""},${date},${latitude},127`,
  );
  return `${["variable,value,date,lat,lon", ...rows].join("\n")}\n`;
}

function writeWide(values: readonly KnownValue[]): string {
  const rows = new Map<string, Partial<Record<Variable, number | null>>>();
  for (const { latitude, variable, date, value } of values) {
    const place = `${date},${latitude},127`;
    rows.set(place, { ...rows.get(place), [variable]: value });
  }
  const lines = [...rows].map(
    ([place, { tas, pr, sfcWind }]) => `${place},${tas ?? ""},${pr ?? "NA"},${sfcWind ?? ""}`,
  );
  return `${["date,lat,lon,tas,pr,sfcWind", ...lines].join("\n")}\n`;
}

function expectedValues(values: readonly KnownValue[]): Map<string, number> {
  const known = values.filter(({ value }) => value !== null);
  return new Map(
    known.map(({ latitude, variable, date, value }) => {
      const days = (Date.parse(date) - Date.parse(`${date.slice(0, 4)}-01-01`)) / 86_400_000;
      return [`${variable} ${latitude} 127 ${date.slice(0, 4)} ${days}`, Math.fround(value! + 0)];
    }),
  );
}

async function storedValues(scenario: string): Promise<Map<string, number>> {
  const values = new Map<string, number>();
  for (const [key, year] of await readStored(database.client)) {
    if (!key.startsWith(`${scenario} `)) continue;
    year.forEach(
      (value, at) => void (Number.isNaN(value) || values.set(`${key.slice(scenario.length + 1)} ${at}`, value)),
    );
  }
  return values;
}

test("ingest, then read back", async () => {
  let runs = 0;
  const shape = fc.record({
    cuts: fc.integer({ min: 1, max: 3 }),
    layout: fc.constantFrom("long", "wide", "mixed"),
    atOnce: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(series, shape, async (values, { cuts, layout, atOnce }) => {
      fc.pre(values.some(({ value }) => value !== null));
      const scenario = `run${runs++}`;
      const size = Math.ceil(values.length / cuts);
      const files: Record<string, string> = {};
      for (let first = 0; first < values.length; first += size) {
        const isWide = layout === "wide" || (layout === "mixed" && first > 0);
        files[`${first}.csv`] = (isWide ? writeWide : writeLong)(values.slice(first, first + size));
      }
      await ingestAll(files, scenario, atOnce).catch((error) => {
        // A day of each of twelve months is refused, as it should be.
        fc.pre(error.reason !== "MonthsAsDays");
        throw error;
      });
      expect(await storedValues(scenario)).toEqual(expectedValues(values));
    }),
    { numRuns: 100 },
  );
});

/** In one ingest, or file after file, so that stored years are merged with new ones. A file all missing is refused by itself. */
async function ingestAll(files: Files, scenario: string, atOnce: boolean): Promise<void> {
  if (atOnce) {
    await ingest(database.client, files, { scenario });
    return;
  }
  for (const [name, content] of Object.entries(files)) {
    await ingest(database.client, { [name]: content }, { scenario }).catch((error) => {
      if (error.reason !== "NoValues") throw error;
    });
  }
}
