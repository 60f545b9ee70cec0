// The read API: answers keep to their own document and to what commands print, no query makes it fail, nothing can be written.

import { networkInterfaces } from "node:os";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Explorer, openExplorer } from "../../cli/openExplorer.ts";
import { restrictToReading } from "../../database/readerSession.ts";
import { RISKS } from "../../model/risks.ts";
import { OPERATIONS } from "../../report/explorer/operations.ts";
import { cli, startCli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createDatabaseUsers } from "../support/databaseUsers.ts";
import { explore } from "../support/explorer.ts";
import { createSampleResults } from "../support/sampleResults.ts";

let database: TestDatabase;
let explorer: Explorer;

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

const QUERIES: Readonly<Record<string, string>> = {
  "/api/place": "?latitude=37.57&longitude=126.98&scenario=sample-ssp585",
  "/api/cells": "?risk=drought&scenario=sample-ssp585&period=2041-2060&limit=7",
  "/api/results": "",
  "/api/scenarios": "",
  "/api/risks": "",
  "/api/words": "",
  "/api/batches": "?limit=5",
  "/api/batch": "?batch=1",
  "/api/requests": "",
};

test.each(Object.keys(OPERATIONS))("%s answers as its document says", async (path) => {
  const response = await fetch(`${explorer.url}${path}${QUERIES[path]}`);
  const answer = await response.json();
  expect(response.status).toBe(200);
  expect(OPERATIONS[path]!.answer.parse(answer)).toEqual(answer);
  const document = await fetchJson(`${explorer.url}/api/openapi.json`);
  expect(document.paths[path].get.responses["200"].content["application/json"].schema).toBeDefined();
});

test.each(Object.keys(OPERATIONS))("%s has a table too, with as many columns in each line", async (path) => {
  const response = await fetch(`${explorer.url}${path}${QUERIES[path] || "?"}&format=csv`);
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
  // The parser refuses ragged lines.
  const rows = parse(await response.text(), { columns: true });
  if (path !== "/api/requests") expect(rows.length).toBeGreaterThan(0);
});

test.each([
  { command: ["place", "37.57", "126.98"], query: "/api/place?latitude=37.57&longitude=126.98" },
  { command: ["status", "1"], query: "/api/batch?batch=1", pick: "batch" },
  { command: ["status"], query: "/api/batches?limit=10", pick: "batches" },
  { command: ["explain", "drought"], query: "/api/risks?risk=drought", pick: 0 },
  { command: ["explain", "lowSample"], query: "/api/words", find: "lowSample" },
])("$query returns what climatebatch $command --json prints", async ({ command, query, pick, find }) => {
  const { stdout } = await startCli([...command, "--json"], { env: { DATABASE_URL: database.url } }).ended;
  const answer = await fetchJson(`${explorer.url}${query}`);
  const part = find === undefined ? answer : answer.find(({ word }: { word: string }) => word === find);
  expect(pick === undefined ? part : part[pick]).toEqual(JSON.parse(stdout));
});

test("the facts of a batch are the lines that climatebatch status prints", async () => {
  const { stdout } = await cli(database.url, "status", "1");
  const { facts } = await fetchJson(`${explorer.url}/api/batch?batch=1`);
  const lines = facts.map(({ name, value }: Record<string, string>) => `${name!.padEnd(12)} ${value}`);
  expect(lines.join("\n")).toBe(stdout.trimEnd());
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
    ["format", false, "string"],
  ]);
});

interface CellsPage {
  readonly cells: readonly { readonly latitude: number; readonly longitude: number }[];
  readonly next: number | null;
}

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
    const response = await fetch(`${explorer.url}/api/cells?${query}`);
    const { cells, next } = (await response.json()) as CellsPage;
    seen.push(...cells.map(({ latitude, longitude }) => `${latitude} ${longitude}`));
    const link = response.headers.get("link");
    if (next === null) {
      expect(link).toBeNull();
      break;
    }
    expect(link).toContain(`after=${next}>; rel="next"`);
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
  expect((await fetch(url, { headers: { "if-none-match": `"other", W/${etag}` } })).status).toBe(304);
  expect((await fetch(`${explorer.url}/etc/passwd`)).status).toBe(404);
});

test.each([
  ["/api/place?latitude=&longitude=1", 400, 'latitude: expected a number, found ""'],
  ["/api/place?latitude=0x10&longitude=1", 400, 'latitude: expected a number, found "0x10"'],
  ["/api/place?latitude=91&longitude=1&x=2", 400, "Parameters: latitude, longitude, scenario, period, format"],
  ["/api/place?latitude=37&longitude=127&scenario=rcp45", 404, 'no scenario "rcp45". They have: sample-'],
  ["/api/cells?risk=drought&scenario=sample-ssp585&period=1901-1930", 404, 'no period "1901-1930". They have: 1991-'],
  ["/api/cells?risk=flood&scenario=a&period=2041-2060", 400, "risk: "],
  ["/api/batch?batch=99", 404, "There is no batch 99."],
  ["/api/nothing", 404, "There is: /, /batches, /api/openapi.json, /api/place"],
])("%s is %i and says why", async (path, status, words) => {
  const response = await fetch(`${explorer.url}${path}`);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ message: expect.stringContaining(words) });
});

test("a box across the date line holds the cells on both sides of it", async () => {
  const query = "risk=drought&scenario=sample-ssp585&period=2041-2060&limit=10000";
  const count = async (box: string) => (await fetchJson(`${explorer.url}/api/cells?${query}&${box}`)).cells.length;
  const [all, east, rest] = [await count(""), await count("west=127.5&east=180"), await count("west=180&east=127.49")];
  expect(east).toBeGreaterThan(0);
  expect(rest).toBeGreaterThan(0);
  expect(east + rest).toBe(all);
});

test("a session of the explorer cannot write, even as a superuser, and has the rights of readers where it may", async () => {
  await using users = await madeUsers(["reader"]);
  const { client } = database;
  await restrictToReading(client, 5_000);
  try {
    const { rows } = await client.query("SELECT current_user AS user, current_setting('statement_timeout') AS most");
    expect(rows).toEqual([{ user: "climatebatch_reader", most: "5s" }]);
    await expect(client.query("SELECT climatebatch.request_batch('hazard')")).rejects.toThrow(/permission denied/);
    await client.query("RESET ROLE");
    const write = client.query("UPDATE climatebatch.batches SET reason = 'x'");
    await expect(write).rejects.toThrow(/cannot execute UPDATE in a read-only transaction/);
  } finally {
    await client.query("RESET ALL; RESET ROLE");
  }
  // A user who is in the role for readers and in no other is enough for every answer.
  await using live = await explore({ url: users.urlOf("reader") });
  for (const path of Object.keys(OPERATIONS)) {
    const response = await fetch(`${live.url}${path}${QUERIES[path]}`);
    expect({ path, status: response.status }).toEqual({ path, status: 200 });
  }
  expect((await fetch(live.url)).status).toBe(200);
  expect((await fetch(`${live.url}/readyz`)).status).toBe(200);
});

async function madeUsers(names: readonly ["reader"]) {
  const users = await createDatabaseUsers(database, names);
  return {
    ...users,
    async [Symbol.asyncDispose]() {
      await database.client.query(`DROP OWNED BY ${users.loginOf("reader")}`);
      await users.drop();
    },
  };
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === "IPv6"));

test.skipIf(!hasIpv6)("it says where it is at an IPv6 address, too", async () => {
  await using live = await openExplorer({ host: "::1", port: 0, readUrl: () => database.url });
  expect(live.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await fetch(`${live.url}/healthz`)).status).toBe(200);
});

test("without its database it is alive, not ready, and says why", async () => {
  await using live = await openExplorer({ host: "127.0.0.1", port: 0, readUrl: () => "postgres://127.0.0.1:1/none" });
  const { url } = live;
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  const response = await fetch(`${url}/api/results`);
  expect({ status: response.status, retry: response.headers.get("retry-after") }).toEqual({ status: 503, retry: "2" });
  expect(await response.json()).toMatchObject({ message: expect.stringContaining("ECONNREFUSED") });
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
