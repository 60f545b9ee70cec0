// The explorer: answers keep to their own document, no query makes it fail, each answer is of one publication, nothing can
// be written.
import { existsSync } from "node:fs";
import fc from "fast-check";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Sessions } from "../../database/sessions.ts";
import { systemClock } from "../../model/clock.ts";
import { RISKS } from "../../model/risks.ts";
import { OPERATIONS } from "../../report/explorer/api.ts";
import { startExplorer } from "../../report/explorer/server.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { loadBatch, specification, writePlaces } from "../support/loadedBatch.ts";
import { createSampleResults } from "../support/sampleResults.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
let database: TestDatabase;
let explorer: Started;

beforeAll(async () => {
  database = await createSampleResults();
  explorer = await explore(database);
});

afterAll(async () => {
  await explorer?.[Symbol.asyncDispose]();
  await database?.drop();
});

// biome-ignore lint/suspicious/noExplicitAny: the answers of a server are checked by the tests themselves.
async function fetchJson(url: string): Promise<any> {
  return (await fetch(url)).json();
}

interface Started extends AsyncDisposable {
  readonly url: string;
}

async function explore({ url }: TestDatabase): Promise<Started> {
  const sessions = new Sessions({
    purpose: "explorer",
    readUrl: () => url,
    most: 4,
    limitMs: 30_000,
    clock: systemClock,
  });
  const started = await startExplorer({
    ...{ host: "127.0.0.1", port: 0, version: "test", maxCells: 1000 },
    withClient: (work) => sessions.withClient(work),
  });
  return {
    url: `http://127.0.0.1:${started.port}`,
    async [Symbol.asyncDispose]() {
      await started[Symbol.asyncDispose]();
      await sessions.close();
    },
  };
}

const QUERIES: Readonly<Record<string, string>> = {
  "/api/place": "?latitude=37.57&longitude=126.98&scenario=sample-ssp585",
  "/api/cells": "?risk=drought&scenario=sample-ssp585&period=2041-2060&limit=7",
  "/api/results": "",
  "/api/words": "",
  "/api/batches": "?limit=5",
};

test.each(Object.keys(OPERATIONS))("%s answers as its document says", async (path) => {
  const response = await fetch(`${explorer.url}${path}${QUERIES[path]}`);
  const answer = await response.json();
  expect(response.status).toBe(200);
  expect(OPERATIONS[path]!.answer.parse(answer)).toEqual(answer);
  const document = await fetchJson(`${explorer.url}/api/openapi.json`);
  expect(document.paths[path].get.responses["200"].content["application/json"].schema).toBeDefined();
});

test("the OpenAPI document names each operation and its parameters", async () => {
  const document = await fetchJson(`${explorer.url}/api/openapi.json`);
  expect(Object.keys(document.paths)).toEqual(Object.keys(OPERATIONS));
  const parameters = document.paths["/api/place"].get.parameters;
  expect(parameters.map(({ name, required, schema: { type } }: Parameter) => [name, required, type])).toEqual([
    ["latitude", true, "number"],
    ["longitude", true, "number"],
    ["scenario", false, "string"],
    ["period", false, "string"],
  ]);
});

interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: { readonly type: string };
}

test("no query makes the API fail: answers are 200, 304, 400 or 404", async () => {
  const value = fc.oneof(
    fc.double().map(String),
    fc.integer().map(String),
    fc.constantFrom(...RISKS, "sample-ssp585", "2041-2060", "1-2", "", "null", "'; DROP TABLE x; --", "9e999"),
    fc.string(),
  );
  const name = fc.constantFrom("latitude", "longitude", "scenario", "period", "risk", "limit", "after", "west", "x");
  const query = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => new URLSearchParams(pairs).toString());
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(OPERATIONS)), query, async (path, search) => {
      const { status } = await fetch(`${explorer.url}${path}?${search}`);
      expect([200, 304, 400, 404]).toContain(status);
    }),
    { numRuns: 150 },
  );
});

test("pages of cells are whole and do not overlap", async () => {
  const seen: string[] = [];
  let after = 0;
  for (;;) {
    const query = `risk=drought&scenario=sample-ssp585&period=2041-2060&limit=7&after=${after}`;
    const { cells, next } = await fetchJson(`${explorer.url}/api/cells?${query}`);
    seen.push(...cells.map(({ latitude, longitude }: Record<string, number>) => `${latitude} ${longitude}`));
    if (next === null) break;
    after = next;
  }
  const { rows } = await database.client.query(
    "SELECT count(DISTINCT cell_id)::int AS cells FROM climatebatch.hazard_results",
  );
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toHaveLength(rows[0].cells);
});

test("an ETag that still holds gives 304, and nothing but GET and HEAD is answered", async () => {
  const url = `${explorer.url}/api/results`;
  const etag = (await fetch(url)).headers.get("etag")!;
  expect((await fetch(url, { headers: { "if-none-match": etag } })).status).toBe(304);
  for (const method of ["POST", "PUT", "DELETE", "PATCH"]) expect((await fetch(url, { method })).status).toBe(405);
  expect((await fetch(`${explorer.url}/etc/passwd`)).status).toBe(404);
});

test("readers see one publication in each answer while batches publish", async () => {
  await using made = await createTestDatabase();
  await writePlaces(made.client, 40);
  // The score of every cell is the number of its batch.
  const first = await loadBatch(made.client, specification());
  await using live = await explore(made);
  const query = "risk=cold_wave&scenario=future&period=2021-2040";
  let isOver = false;
  const mixed: unknown[] = [];
  const seen = new Set<string>();
  const read = async () => {
    while (!isOver) {
      const { batches = [], cells = [] } = await fetchJson(`${live.url}/api/cells?${query}`);
      const [batch] = batches;
      const isWhole = cells.length === 40 && cells.every(({ score }: { score: number }) => String(score) === batch);
      if (!isWhole || new Set(batches).size !== 1) mixed.push({ batches, cells });
      seen.add(batch);
    }
  };
  const readers = Array.from({ length: 8 }, read);
  // Within four slots: the published one is never loaded.
  const published = [first.batchId];
  for (let i = 0; i < 2; i++) published.push((await loadBatch(made.client, specification())).batchId);
  isOver = true;
  await Promise.all(readers);
  expect(mixed).toEqual([]);
  expect(seen.size).toBeGreaterThan(1);
  for (const batch of seen) expect(published).toContain(batch);
});

test("a database without results is a 404 that says what to do", async () => {
  await using empty = await createTestDatabase();
  await using live = await explore(empty);
  const response = await fetch(`${live.url}/api/results`);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    reason: "NoResults",
    message: "No results are published yet. Compute some: climatebatch run all",
  });
});

test.skipIf(CHROMIUM === undefined)("the live page shows the map and a place (apt-get install chromium)", async () => {
  await using release = new AsyncDisposableStack();
  const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox"] });
  release.defer(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto(`${explorer.url}/#risk=drought&period=2041-2060&at=37.5,127&language=en`);
  await page.waitForSelector("html[data-ready]");
  expect(await page.textContent("#line")).toContain("Hazard Score of Drought");
  expect(await page.textContent(".nine li.open .number b")).toMatch(/^\d/);
  expect(complaints).toEqual([]);
});
