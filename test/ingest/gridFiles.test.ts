// Files on the grids of regional models and services, made by xarray: stored are its values, at the places that pyproj computes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { IngestWords } from "../../ingest/series/options.ts";
import { dayOfYear } from "../../model/calendars.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { closeToFloat32 } from "../support/floats.ts";
import { ingest, readStored } from "../support/ingest.ts";

const FOLDER = new URL("../golden/grid-files/", import.meta.url);

interface Expected {
  readonly about: string;
  readonly words: Partial<IngestWords>;
  /** Date of the first step. */
  readonly first: string;
  /** [variable]["latitude longitude"][days] null: missing */
  readonly values: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;
}

const { sha256 } = JSON.parse(readFileSync(new URL("provenance.json", FOLDER), "utf8")) as {
  sha256: Readonly<Record<string, string>>;
};
const expected = JSON.parse(readFileSync(new URL("expected.json", FOLDER), "utf8")) as Readonly<
  Record<string, Expected>
>;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test("the files are those that their provenance describes", () => {
  for (const [name, digest] of Object.entries(sha256)) {
    const found = createHash("sha256")
      .update(readFileSync(new URL(name, FOLDER)))
      .digest("hex");
    expect({ name, digest: found }).toEqual({ name, digest });
  }
});

describe.each(Object.entries(expected))("%s", (name, { about, words, first, values }) => {
  test(about, async () => {
    await ingest(database.client, { [name]: await readFile(new URL(name, FOLDER)) }, { scenario: name, ...words });
    const stored = await readStored(database.client);
    const year = Number(first.slice(0, 4));
    const day = dayOfYear("standard", year, Number(first.slice(5, 7)), Number(first.slice(8, 10)));
    const keys = Object.entries(values).flatMap(([variable, places]) =>
      Object.keys(places).map((place) => `${name} ${variable} ${place} ${year}`),
    );
    expect([...stored.keys()].filter((key) => key.startsWith(`${name} `)).sort()).toEqual(keys.sort());
    for (const [variable, places] of Object.entries(values)) {
      for (const [place, own] of Object.entries(places)) {
        const found = stored.get(`${name} ${variable} ${place} ${year}`)!;
        expect([...found].filter((value) => !Number.isNaN(value))).toHaveLength(
          own.filter((value) => value !== null).length,
        );
        const wrong = own.findIndex((value, at) => !closeToFloat32(found[day + at]!, value));
        expect(wrong === -1 ? null : { variable, place, expected: own[wrong], found: found[day + wrong] }).toBeNull();
      }
    }
  });
});
