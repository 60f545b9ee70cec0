// What a request may ask for: what is refused and how, and that SQL and the programs agree.
import fc from "fast-check";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readStoredRequest } from "../../database/requests.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { SEED } from "../support/random.ts";
import { claimOldest, emptyRequests, readRequestRows, requestBatch } from "../support/requests.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = database.client;
});
beforeEach(() => emptyRequests(client));
afterAll(() => database.drop());

test.each([
  ["an unknown calculation", ["drought"], /calculation expects probability, hazard or all, found "drought"/],
  ["a calculation in capitals", ["HAZARD"], /found "HAZARD"/],
  ["no calculation", [null], /found null/],
  ["options that are a list", ["hazard", "[]"], /options expects a JSON object such as .*found \[\]/],
  ["options that are JSON's null", ["hazard", "null"], /options expects a JSON object.*found null/],
  [
    "an unknown option",
    ["hazard", '{"scenario": "ssp585"}'],
    /the option "scenario" expects one of the fields .*scenarios, found "ssp585"/,
  ],
  [
    "an unknown risk",
    ["hazard", '{"risks": ["flood"]}'],
    /"risks" expects a list of coastal_flood, .*found \["flood"\]/,
  ],
  ["a risk that is no list", ["hazard", '{"risks": "drought"}'], /"risks" expects a list/],
  ["no risk", ["hazard", '{"risks": []}'], /"risks" expects a list/],
  ["a scenario without a name", ["hazard", '{"scenarios": [""]}'], /"scenarios" expects a list of names/],
  ["a number as scenario", ["hazard", '{"scenarios": [585]}'], /"scenarios" expects a list of names/],
  [
    "unknown methods",
    ["hazard", '{"methods": "newest"}'],
    /"methods" expects "published" or "predecessor", found "newest"/,
  ],
  ["a short base period", ["hazard", '{"basePeriod": "2011-2020"}'], /"basePeriod" expects a span of 15 to 40 years/],
  ["periods that are no list", ["hazard", '{"periods": "2041-2060"}'], /"periods" expects a list of spans/],
  ["a period backwards", ["hazard", '{"periods": ["2060-2041"]}'], /"periods" expects spans of 15 to 40 years/],
  [
    "a period with a third field",
    ["hazard", '{"periods": [{"firstYear": 2041, "lastYear": 2060, "x": 1}]}'],
    /"periods" expects spans/,
  ],
  [
    "a shard without cells",
    ["hazard", '{"cellsPerShard": 0}'],
    /"cellsPerShard" expects a whole number from 1, found 0/,
  ],
  [
    "half a cell",
    ["hazard", '{"maxRejectedCells": 0.5}'],
    /"maxRejectedCells" expects a whole number from 0, found 0.5/,
  ],
  ["an empty key", ["hazard", "{}", ""], /request_key expects 1 to 200 characters, found 0/],
  ["a long key", ["hazard", "{}", "k".repeat(201)], /found 201/],
  ["very long options", ["hazard", JSON.stringify({ grid: "g".repeat(3000) })], /options expects at most 2000 bytes/],
  ["two mistakes at once", ["x", '{"y": 1}'], /calculation expects .*; the option "y" expects/],
])("request_batch refuses %s and says what it expects", async (_, parameters, message) => {
  await expect(requestBatch(client, ...parameters)).rejects.toThrow(message);
  expect(await readRequestRows(client)).toEqual([]);
});

test("options are stored in one form, so that equal requests are equal; the batch program reads what SQL accepts", async () => {
  const given = {
    risks: ["wildfire", "drought", "drought"],
    periods: ["2061-2080", { firstYear: 2041, lastYear: 2060 }],
  };
  const first = await requestBatch(
    client,
    "hazard",
    JSON.stringify({ ...given, basePeriod: "1991-2020", methods: "published" }),
  );
  const other = {
    basePeriod: { firstYear: "1991", lastYear: 2020 },
    methods: "published",
    risks: ["drought", "wildfire"],
  };
  const second = await requestBatch(
    client,
    "hazard",
    JSON.stringify({ ...other, periods: ["2041-2060", "2061-2080"] }),
  );

  expect(second).toBe(first);
  const [row] = await claimOldest(client, "here", 9);
  expect(row).toMatchObject({
    requestId: first,
    source: "function",
    coalesced: 1,
    state: "claimed",
    claimedBy: "here",
  });
  expect(readStoredRequest(row!)).toEqual({
    calculation: "hazard",
    risks: ["drought", "wildfire"],
    periods: [
      { firstYear: 2041, lastYear: 2060 },
      { firstYear: 2061, lastYear: 2080 },
    ],
    basePeriod: { firstYear: 1991, lastYear: 2020 },
    methods: "published",
  });
});

test("what SQL accepts, the programs read, and what SQL refuses, they refuse", async () => {
  const period = fc.constantFrom<unknown>({ firstYear: 2041, lastYear: 2060 }, { firstYear: 2041 }, 3, {});
  const names = fc.constantFrom<unknown>(["a"], ["drought"], [], "a", [""], [1], null);
  const options = fc.record(
    {
      methods: fc.constantFrom<unknown>("published", "predecessor", "x", 1),
      grid: fc.constantFrom<unknown>("g", "", 1, null),
      risks: names,
      scenarios: names,
      basePeriod: period,
      periods: fc.array(period, { maxLength: 2 }),
      cellsPerShard: fc.constantFrom<unknown>(0, 1, 17, "1", -1, 1.5),
      maxRejectedCells: fc.constantFrom<unknown>(0, 17, null, -1),
      more: fc.constant(1),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(options, async (given) => {
      const isAccepted = await client
        .query("SELECT climatebatch.check_request('probability', $1, NULL)", [JSON.stringify(given)])
        .then(() => true)
        .catch(() => false);
      const read = () => readStoredRequest({ requestId: "1", calculation: "probability", options: given });
      if (isAccepted) read();
      else expect(read).toThrow(/cannot be read by this version/);
    }),
    { numRuns: 300, seed: Number(SEED) },
  );
});

test("options of a stored request that this version does not know are told, all of them", async () => {
  const read = () => readStoredRequest({ requestId: "7", calculation: "hazard", options: { grid: 5, colour: "red" } });
  expect(read).toThrow(/Request 7 \(\{"grid":5,"colour":"red"\}\) cannot be read by this version: .*grid.*colour/s);
});
