// Requests by SQL: whose keys are whose, how many a user may make, and how a lost one is made again.
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordRequest, settleRequest } from "../../database/requests.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { claimOldest, emptyRequests, insertBatch, readRequestRows, requestBatch } from "../support/requests.ts";

const KEY = "yearly/probability/2028";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = database.client;
});
beforeEach(() => emptyRequests(client));
afterAll(() => database.drop());

const retry = async () =>
  (await client.query("SELECT climatebatch.retry_request($1) AS id", [KEY])).rows[0].id as string;

async function claimYearly(): Promise<string> {
  const { requestId } = await recordRequest(client, {
    calculation: "probability",
    source: "schedule",
    requestKey: KEY,
  });
  await claimOldest(client, "here", 1);
  return requestId;
}

test("a person cannot use up the schedule's key", async () => {
  await expect(requestBatch(client, "probability", "{}", KEY)).rejects.toThrow(
    /begin with yearly\/ belong to the schedule/,
  );
  expect(await readRequestRows(client)).toEqual([]);
});

test("a user makes at most 100 different requests an hour; equal ones count once", async () => {
  for (let cells = 1; cells <= 100; cells++)
    for (const _ of [1, 2]) await requestBatch(client, "hazard", JSON.stringify({ cellsPerShard: cells }));
  await expect(requestBatch(client, "hazard", '{"cellsPerShard": 101}')).rejects.toMatchObject({ code: "53400" });
  const [first] = await readRequestRows(client);
  expect(await requestBatch(client, "hazard", '{"cellsPerShard": 1}')).toBe(first!.request_id);
  expect((await readRequestRows(client)).length).toBe(100);
  await client.query("UPDATE climatebatch.batch_requests SET requested_at = requested_at - interval '61 minutes'");
  await requestBatch(client, "hazard", '{"cellsPerShard": 101}');
});

test("equal requests with 100 keys an hour; a key that was used before counts no more", async () => {
  for (let key = 1; key <= 100; key++) await requestBatch(client, "hazard", "{}", `key ${key}`);
  await expect(requestBatch(client, "hazard", "{}", "key 101")).rejects.toMatchObject({ code: "53400" });
  const [only] = await readRequestRows(client);
  expect(await requestBatch(client, "hazard", "{}", "key 100")).toBe(only!.request_id);
  expect((await client.query("SELECT FROM climatebatch.batch_request_keys")).rowCount).toBe(100);
  await client.query("UPDATE climatebatch.batch_request_keys SET requested_at = requested_at - interval '61 minutes'");
  await requestBatch(client, "hazard", "{}", "key 101");
});

test.each(["failed", "cancelled"] as const)(
  "a yearly request whose batch %s can be made again by its key",
  async (state) => {
    const requestId = await claimYearly();
    const batchId = await insertBatch(client);
    await settleRequest(client, { installation: "here", requestId }, { outcome: "batch", batchId });
    await expect(retry()).rejects.toThrow(/is not lost: it is batch \d+, running/);
    await client.query("UPDATE climatebatch.batches SET state = $1, finished_at = now()", [state]);

    expect(await retry()).toBe(requestId);

    const [claimed] = await claimOldest(client, "there", 1);
    expect(claimed).toMatchObject({ requestId, requestKeys: [KEY], batchId: null, outcome: null });
    await expect(retry()).rejects.toThrow(/is not lost: it is claimed/);
  },
);

test("made again while an equal request waits, the key belongs to that one", async () => {
  const requestId = await claimYearly();
  const why = { reason: "NoData", message: "none" };
  await settleRequest(client, { installation: "here", requestId }, { outcome: "failed", ...why });
  const other = await recordRequest(client, { calculation: "probability", source: "cli" });
  expect(await retry()).toBe(other.requestId);
});

test("a key that was never used is no request", async () => {
  await expect(retry()).rejects.toThrow(/no request has the key/);
});
