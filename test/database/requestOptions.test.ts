// What a request may ask for: what is refused and how, and that SQL and the programs agree.
import fc from "fast-check";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readStoredRequest } from "../../database/requests.ts";
import { BATCH_REQUEST, type BatchRequest } from "../../model/batchRequest.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { SEED } from "../support/random.ts";
import { FEW_FIELDS } from "../support/requestExamples.ts";
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
  ["a scenario without a name", ["hazard", '{"scenarios": [""]}'], /"scenarios" expects a list of 1 to 64 names/],
  ["a number as scenario", ["hazard", '{"scenarios": [585]}'], /"scenarios" expects a list of 1 to 64 names/],
  [
    "unknown methods",
    ["hazard", '{"methods": "newest"}'],
    /"methods" expects "published" or "predecessor", found "newest"/,
  ],
  ["a short base period", ["hazard", '{"basePeriod": "2011-2020"}'], /"basePeriod" expects a span of 15 to 40 years/],
  ["periods that are no list", ["hazard", '{"periods": "2041-2060"}'], /"periods" expects a list of 1 to 24 spans/],
  [
    "a period backwards",
    ["hazard", '{"periods": ["2060-2041"]}'],
    /"periods" expects a list of 1 to 24 spans of 15 to 40 years/,
  ],
  [
    "a period with a third field",
    ["hazard", '{"periods": [{"firstYear": 2041, "lastYear": 2060, "x": 1}]}'],
    /"periods" expects a list of 1 to 24 spans/,
  ],
  [
    "a shard without cells",
    ["hazard", '{"cellsPerShard": 0}'],
    /"cellsPerShard" expects a whole number from 1 to 1000000, found 0/,
  ],
  [
    "half a cell",
    ["hazard", '{"maxRejectedCells": 0.5}'],
    /"maxRejectedCells" expects a whole number from 0 to 1000000000000, found 0.5/,
  ],
  ["an empty key", ["hazard", "{}", ""], /request_key expects 1 to 200 characters, found 0/],
  ["a long key", ["hazard", "{}", "k".repeat(201)], /found 201/],
  ["a very long name", ["hazard", JSON.stringify({ grid: "g".repeat(101) })], /"grid" expects the name of a grid/],
  ["the same risk twice", ["hazard", '{"risks": ["drought", "drought"]}'], /"risks" expects a list of .*, each once/],
  ["hazard by the predecessor", ["hazard", '{"methods": "predecessor"}'], /predecessor compute probability only/],
  ["two mistakes at once", ["x", '{"y": 1}'], /calculation expects .*; the option "y" expects/],
])("request_batch refuses %s and says what it expects", async (_, parameters, message) => {
  await expect(requestBatch(client, ...parameters)).rejects.toThrow(message);
  expect(await readRequestRows(client)).toEqual([]);
});

test("options are stored in one form, so that equal requests are equal; the batch program reads what SQL accepts", async () => {
  const given = {
    risks: ["wildfire", "drought"],
    periods: ["2061-2080", { firstYear: 2041, lastYear: 2060 }],
  };
  const first = await requestBatch(
    client,
    "hazard",
    JSON.stringify({ ...given, basePeriod: "1991-2020", methods: "published" }),
  );
  const other = {
    basePeriod: { firstYear: 1991, lastYear: 2020 },
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

test("SQL accepts the requests that the schema accepts, and they mean the same", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(FEW_FIELDS, async ({ calculation, ...options }) => {
      const parsed = BATCH_REQUEST.safeParse({ calculation, ...options });
      const { stored, refusal } = await check(calculation, options);
      expect(stored !== null, `schema: ${parsed.error?.message}\nSQL: ${refusal}`).toBe(parsed.success);
      if (!parsed.success) return;
      accepted++;
      const read = readStoredRequest({ requestId: "1", calculation: parsed.data.calculation, options: stored });
      expect(inOneOrder(read)).toEqual(inOneOrder(parsed.data));
    }),
    { numRuns: 1_000, seed: Number(SEED) },
  );
  expect(accepted).toBeGreaterThan(200);
});

async function check(calculation: unknown, options: object) {
  const parameters = [calculation, JSON.stringify(options)];
  return client.query("SELECT climatebatch.check_request($1, $2, NULL) AS stored", parameters).then(
    ({ rows }) => ({ stored: rows[0].stored as unknown, refusal: null }),
    ({ message }: Error) => ({ stored: null, refusal: message }),
  );
}

function inOneOrder(request: BatchRequest): unknown {
  const sorted = (items: readonly unknown[] | undefined) => items?.map((one) => JSON.stringify(one)).sort();
  const { risks, scenarios, periods, ...others } = request;
  return { ...others, risks: sorted(risks), scenarios: sorted(scenarios), periods: sorted(periods) };
}

test("the longest request that is accepted can be recorded, twice", async () => {
  const scenarios = Array.from({ length: 64 }, (_, at) => `${at}-`.padEnd(100, "서"));
  const first = await requestBatch(client, "hazard", JSON.stringify({ scenarios }));
  expect(await requestBatch(client, "hazard", JSON.stringify({ scenarios: scenarios.toReversed() }))).toBe(first);
});

test("options of a stored request that this version does not know are reported, all of them", async () => {
  const read = () => readStoredRequest({ requestId: "7", calculation: "hazard", options: { grid: 5, colour: "red" } });
  expect(read).toThrow(/Request 7 \(\{"grid":5,"colour":"red"\}\) cannot be read by this version: .*grid.*colour/s);
});
