// The commands about the sea, from files to what a shard reads: hours of a gauge, AR6's projections near a grid.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRises, readStations } from "../../database/seaLevels.ts";
import { cli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingest } from "../support/ingest.ts";
import { GAUGE_TEXTS, makeAr6 } from "../support/seaFiles.ts";

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-load-sea-"));
  await ingest(database.client, { "a.csv": "date,lat,lon,tas (degC)\n2020-01-01,37.4,126.7,1\n" }, { grid: "korea" });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

async function file(name: string, content: string | Buffer): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

test("hours of a gauge are stored as maxima; the report names years that are left out and the file's datum", async () => {
  const hours = Array.from({ length: 24 * 366 * 12 }, (_, at) => {
    const time = Date.UTC(1996, 0, 1) + 3_600_000 * at;
    return { time, level: Math.round(1000 * Math.sin(at / 2) + 5 * (new Date(time).getUTCFullYear() % 5)) };
  });
  const path = await file("incheon.txt", GAUGE_TEXTS["GESLA-3"]!(hours));
  const { code, stdout, stderr } = await cli(database.url, "load", "sea-levels", path, "--datum-offset", "-0.2");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /Incheon: maxima of 12 years, left out as incomplete: 2008; datum of the file: Chart Datum\n1 station stored/,
  );
  const [station] = await readStations(database.client, "korea", 0.5);
  expect(station).toMatchObject({
    name: "Incheon",
    referenceYear: 2005,
    datumOffset: -0.2,
    record: { kind: "maxima" },
  });
});

test("AR6's projections near the cells of a grid; a wrong option says which", async () => {
  const path = await file("total_ssp245_medium_confidence_values.nc", await makeAr6());
  const load = (...words: string[]) => cli(database.url, "load", "sea-level-rise", path, ...words);
  expect(await load("--grid", "korea", "--quantile", "0.83")).toMatchObject({ code: 0 });
  expect((await readRises(database.client)).map(({ series }) => series)).toEqual(["AR6 gauge 956", "AR6 grid 37, 127"]);
  for (const [words, says] of [
    [["--grid", "nowhere"], /No grid is named "nowhere"/],
    [["--quantile", "83"], /--quantile expects a number from 0 to 1/],
    [["--locations", "Incheon"], /--locations expects gauges, grid, or numbers/],
  ] as const) {
    const { code, stderr } = await load(...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
  }
  const { code, stderr } = await cli(database.url, "load", "sea-levels", path, "--epoch", "2014");
  expect({ code, says: stderr }).toMatchObject({ code: 2, says: expect.stringMatching(/--epoch expects FIRST-LAST/) });
});
