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

const FOLDERS = ["grid-files", "service-files"].map((name) => new URL(`../golden/${name}/`, import.meta.url));

interface Expected {
  readonly about: string;
  readonly words: Partial<IngestWords>;
  /** Date of the first step. */
  readonly first: string;
  /** [variable]["latitude longitude"][days] null: missing */
  readonly values: Readonly<Record<string, Readonly<Record<string, readonly (number | null)[]>>>>;
}

const readJson = (name: string, folder: URL) => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
const cases = FOLDERS.flatMap((folder) =>
  Object.entries<Expected>(readJson("expected.json", folder)).map(([name, expected]) => ({
    name,
    folder,
    ...expected,
  })),
);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test.each(FOLDERS)("the files of %s are those that their provenance describes", (folder) => {
  for (const [name, digest] of Object.entries<string>(readJson("provenance.json", folder).sha256)) {
    const found = createHash("sha256")
      .update(readFileSync(new URL(name, folder)))
      .digest("hex");
    expect({ name, digest: found }).toEqual({ name, digest });
  }
});

describe.each(cases)("$name", ({ name, folder, about, words, first, values }) => {
  test(about, async () => {
    await ingest(database.client, { [name]: await readFile(new URL(name, folder)) }, { scenario: name, ...words });
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
