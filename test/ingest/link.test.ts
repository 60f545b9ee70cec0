// Grids that use series of other grids: which source each cell gets, and that results are those of the source's own series.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { prepareReading, readSeriesRows } from "../../database/climateReader.ts";
import { type LinkOptions, linkGrids } from "../../ingest/link/linkGrids.ts";
import { cli } from "../support/cli.ts";
import { writeScenario } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { ingest, refusalOf } from "../support/ingest.ts";

let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-link-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  database = await createTestDatabase();
  // Two districts, 0.1 degrees of latitude apart, a year of days each.
  await ingest(
    database.client,
    { "a.csv": daily(37, 127, 10) + daily(37.1, 127, 20).split("\n").slice(1).join("\n") },
    { grid: "districts" },
  );
  return () => database.drop();
});

const TARGETS = "latitude,longitude,code\n37.01,127,A\n37.09,127,A\n37.06,127,B\n39,127,\n";

function daily(latitude: number, longitude: number, tasmax: number): string {
  const rows = Array.from({ length: 366 }, (_, day) => {
    const date = new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10);
    return `${date},${latitude},${longitude},${tasmax + (day % 7)}`;
  });
  return `${["date,latitude,longitude,tasmax (degC)", ...rows].join("\n")}\n`;
}

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

async function link(options: Partial<LinkOptions>) {
  const usual: LinkOptions = {
    grid: "cells",
    from: "districts",
    variables: undefined,
    rule: { rule: "nearest", withinKm: 30 },
    cells: await file("cells.csv", TARGETS),
    keepTarget: false,
    failRunningBatches: false,
  };
  return linkGrids(database.client, { ...usual, ...options }, new AbortController().signal);
}

/** "latitude of the cell ← latitude of its source" in order. */
async function readLinks(): Promise<string[]> {
  const { rows } = await database.client.query<{ link: string }>(
    `SELECT format('%s ← %s %s %s', c.latitude, o.latitude, s.frequency, s.variable) AS link FROM climatebatch.cell_sources AS s
     JOIN climatebatch.grid_cells AS c USING (cell_id) JOIN climatebatch.grid_cells AS o ON o.cell_id = s.source_cell_id ORDER BY c.latitude, s.variable`,
  );
  return rows.map((row) => row.link);
}

test("each cell gets the nearest source within the distance, and none beyond it", async () => {
  const report = await link({});
  expect(report).toMatchObject({ cells: 4, cellsAdded: 4, linked: 3, sources: 2, sourcesUsed: 2 });
  expect(report.farthestKm).toBeCloseTo(4.448, 2);
  expect(await readLinks()).toEqual([
    "37.01 ← 37 daily tasmax",
    "37.06 ← 37.1 daily tasmax",
    "37.09 ← 37.1 daily tasmax",
  ]);
});

test("a code that both have decides over distance", async () => {
  const codes = [
    await file("cell-codes.csv", TARGETS),
    await file("district-codes.csv", "lat,lon,code\n37,127,A\n37.1,127,B\n"),
  ];
  await link({ rule: { rule: "code", codes } });
  expect(await readLinks()).toEqual([
    "37.01 ← 37 daily tasmax",
    "37.06 ← 37.1 daily tasmax",
    "37.09 ← 37 daily tasmax",
  ]);
});

test("a polygon that both lie in decides over distance; its hole is outside", async () => {
  const square = (south: number, north: number) => [
    [126, south],
    [128, south],
    [128, north],
    [126, north],
    [126, south],
  ];
  const hole = [
    [126.9, 37.085],
    [127.1, 37.085],
    [127.1, 37.095],
    [126.9, 37.095],
    [126.9, 37.085],
  ];
  const feature = (...rings: number[][][]) => ({
    type: "Feature",
    properties: {},
    geometry: { type: "MultiPolygon", coordinates: [rings] },
  });
  const polygons = await file(
    "p.geojson",
    JSON.stringify({
      type: "FeatureCollection",
      features: [feature(square(36, 37.055)), feature(square(37.055, 38), hole)],
    }),
  );
  await link({ rule: { rule: "polygon", polygons } });
  expect(await readLinks()).toEqual(["37.01 ← 37 daily tasmax", "37.06 ← 37.1 daily tasmax"]);
});

test("linking again replaces the links of the same variables, and raises the revision that batches pin", async () => {
  const revision = async () =>
    (await database.client.query("SELECT revision FROM climatebatch.input_revisions WHERE input = 'grid/cells'"))
      .rows[0].revision;
  await link({});
  const before = Number(await revision());
  await link({ rule: { rule: "nearest", withinKm: 2 } });
  expect(await readLinks()).toEqual(["37.01 ← 37 daily tasmax", "37.09 ← 37.1 daily tasmax"]);
  expect(Number(await revision())).toBeGreaterThan(before);
});

test("a cell's own series goes before a source's, by variable and frequency", async () => {
  await link({});
  await ingest(database.client, { "own.csv": daily(37.06, 127, 1) }, { grid: "cells" });
  const { client } = database;
  const { rows } = await client.query<{ cell_id: number; latitude: number }>(
    "SELECT cell_id, latitude FROM climatebatch.grid_cells JOIN climatebatch.grids USING (grid_id) WHERE name = 'cells' ORDER BY cell_id",
  );
  const { rows: scenarios } = await client.query("SELECT scenario_id FROM climatebatch.scenarios");
  await prepareReading(client);
  const range = {
    firstCell: rows[0]!.cell_id,
    lastCell: rows.at(-1)!.cell_id,
    scenarioIds: [scenarios[0].scenario_id],
    wanted: { daily: ["tasmax"] },
    linked: true,
  } as const;
  const first: [number, number][] = [];
  await readSeriesRows(client, range, (cellId, _, __, ___, ____, bytes, offset) => {
    first.push([rows.find((row) => row.cell_id === cellId)!.latitude, bytes.readFloatLE(offset)]);
  });
  expect(first).toEqual([
    [37.01, 10],
    [37.06, 1],
    [37.09, 20],
  ]);
});

describe("refused", () => {
  const refusals: readonly (readonly [string, Partial<LinkOptions>, string])[] = [
    [
      "a grid that is not there",
      { from: "nowhere" },
      'UnknownGrid: No grid is named "nowhere"; known: cells, districts.',
    ],
    ["a grid from itself", { from: "cells" }, 'InvalidOption: --grid and --from both are "cells"'],
    [
      "a variable that the source has not",
      { variables: ["pr"] },
      'NoData: The grid "districts" has tasmax, but not pr.',
    ],
    [
      "too small a distance",
      { rule: { rule: "nearest", withinKm: 0.5 } },
      'NothingLinked: Of the 2 cells of "districts" none serves any of the 4 cells of "cells": none is near enough.',
    ],
  ];
  test.each(refusals)("%s, and no link is made", async (_, options, refusal) => {
    expect(await refusalOf(link(options))).toContain(refusal);
    expect(await readLinks()).toEqual([]);
  });
});

test("results through links are those of the source's own series", async () => {
  await using own = await createTestDatabase();
  const { client, url } = own;
  for (const name of ["past", "future"] as const) await writeScenario(client, name, { cells: 2, grid: "districts" });
  const run = async (grid: string) => {
    const { code, stderr } = await cli(
      url,
      "run",
      "all",
      "--grid",
      grid,
      "--scenario",
      "future",
      "--risk",
      "high_temperature",
      "--period",
      "2021-2040",
      "--replace-grid",
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { rows } = await client.query(
      "SELECT longitude, first_year, hazard_score_100, value FROM climatebatch.hazard_results ORDER BY longitude, first_year",
    );
    return rows;
  };
  const direct = await run("districts");
  const cells = await file("far.csv", "latitude,longitude\n33,126.01\n33,126.09\n");
  await linkGrids(
    client,
    {
      grid: "cells",
      from: "districts",
      variables: undefined,
      rule: { rule: "nearest", withinKm: 5 },
      cells,
      keepTarget: false,
      failRunningBatches: false,
    },
    new AbortController().signal,
  );
  const linked = await run("cells");
  const nameless = (rows: readonly Record<string, unknown>[]) => rows.map(({ longitude: _, ...facts }) => facts);
  expect(direct).not.toHaveLength(0);
  expect(nameless(linked)).toEqual(nameless(direct));
});
