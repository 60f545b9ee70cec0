// Files of every format and trait, made by xarray and its libraries: what is stored is what xarray decodes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Calendar, dayOfYear } from "../../model/calendars.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { closeToFloat32 } from "../support/floats.ts";
import { ingest, readStored } from "../support/ingest.ts";

const FOLDER = new URL("../golden/array-files/", import.meta.url);

interface Expected {
  readonly about: string;
  /** First and last date, how many. */
  readonly dates: readonly [string, string, number];
  /** [variable]["latitude longitude"][steps] null: missing */
  readonly values: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;
}

const { sha256 } = JSON.parse(readFileSync(new URL("provenance.json", FOLDER), "utf8")) as {
  sha256: Readonly<Record<string, string>>;
};
const expected = JSON.parse(readFileSync(new URL("expected.json", FOLDER), "utf8")) as Readonly<
  Record<string, Expected>
>;

const CALENDARS: Readonly<Record<string, Calendar>> = {
  "records.nc": "noleap",
  "chunked.nc": "360_day",
  "curvilinear.nc": "noleap",
  "zarr2.zarr.zip": "noleap",
};

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.each(Object.entries(sha256))("%s is the file that its provenance describes", (name, digest) => {
  expect(
    createHash("sha256")
      .update(readFileSync(new URL(name, FOLDER)))
      .digest("hex"),
  ).toBe(digest);
});

describe.each(Object.entries(expected))("%s", (name, { about, dates, values }) => {
  test(`${about.split(":")[0]}: every value and every gap is stored as xarray decodes it`, async () => {
    const calendar = CALENDARS[name] ?? "standard";
    const report = await ingest(database.client, { [name]: await readFile(new URL(name, FOLDER)) }, { scenario: name });
    expect(report).toMatchObject({ calendar, cells: Object.keys(Object.values(values)[0]!).length });
    const stored = await readStored(database.client);
    for (const [variable, places] of Object.entries(values)) {
      for (const [place, expected] of Object.entries(places)) {
        expect(expected).toHaveLength(dates[2]);
        const found = joined(stored, `${name} ${variable} ${place}`, dates, calendar);
        expect(found).toHaveLength(dates[2]);
        const wrong = expected.findIndex((value, at) => !closeToFloat32(found[at]!, value));
        expect(
          wrong === -1 ? null : { variable, place, at: wrong, expected: expected[wrong], found: found[wrong] },
        ).toBeNull();
      }
    }
  });
});

/** Stored years from the first date to the last, one after the other. */
function joined(
  stored: ReadonlyMap<string, Float32Array>,
  key: string,
  [first, last, steps]: Expected["dates"],
  calendar: Calendar,
): readonly number[] {
  const all: number[] = [];
  for (let year = Number(first.slice(0, 4)); year <= Number(last.slice(0, 4)); year++) {
    all.push(...stored.get(`${key} ${year}`)!);
  }
  if (steps < 100) return all.slice(0, steps);
  const [month, day] = first.slice(5).split("-").map(Number);
  const from = dayOfYear(calendar, Number(first.slice(0, 4)), month!, day!);
  return all.slice(from, from + steps);
}
