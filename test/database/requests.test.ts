// Requests as rows: what coalesces, keys, and that each is claimed exactly once.
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect, transaction } from "../../database/connect.ts";
import { readFigures } from "../../database/figures.ts";
import {
  answersNotify,
  claimRequests,
  findByKey,
  noteClimateBatch,
  readClaimedRequests,
  recordNotify,
  recordRequest,
  settleRequest,
} from "../../database/requests.ts";
import { isPassing } from "../../database/troubles.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  claimOldest,
  emptyRequests,
  insertBatch,
  readRequestRows,
  readWaitingIds,
  requestBatch,
} from "../support/requests.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = database.client;
});
beforeEach(() => emptyRequests(client));
afterAll(() => database.drop());

test("equal requests coalesce while one waits, and are a new one after its claim; other options wait beside it", async () => {
  const first = await recordNotify(client, "probability", { times: 1, heardMsAgo: 0 });
  const burst = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const session = await connect(database.url, { purpose: "test" });
      const recorded = [];
      for (let at = 0; at < 25; at++)
        recorded.push(await recordRequest(session, { calculation: "probability", source: "cli" }));
      await session.end();
      return recorded;
    }),
  );
  await requestBatch(client, "probability", '{"scenarios": ["ssp585"]}');
  await requestBatch(client, "hazard");
  const [claimed] = await claimOldest(client, "here", 1);
  const afterwards = await recordRequest(client, { calculation: "probability", source: "cli" });

  expect(first).toEqual({ requestId: "1", how: "recorded" });
  expect(new Set(burst.flat().map(({ requestId, how }) => `${requestId} ${how}`))).toEqual(new Set(["1 coalesced"]));
  expect(claimed).toMatchObject({ requestId: "1", source: "notify", coalesced: 200 });
  expect(afterwards.how).toBe("recorded");
  expect((await readRequestRows(client)).map(({ calculation, state }) => `${calculation} ${state}`)).toEqual([
    "probability claimed",
    "probability waiting",
    "hazard waiting",
    "probability waiting",
  ]);
});

test("a NOTIFY is answered by a request claimed after it was heard, and not by one claimed before", async () => {
  await requestBatch(client, "hazard");
  await claimOldest(client, "here", 1);

  const heardBefore = await recordNotify(client, "hazard", { times: 3, heardMsAgo: 60_000 });
  const heardAfter = await recordNotify(client, "hazard", { times: 3, heardMsAgo: 0 });

  expect(heardBefore).toEqual({ requestId: "1", how: "coalesced" });
  expect(heardAfter.how).toBe("recorded");
  expect(await readRequestRows(client)).toMatchObject([{ coalesced: 3 }, { coalesced: 2, source: "notify" }]);
});

test("a reported request is read again before it is believed", async () => {
  const options = await requestBatch(client, "hazard", '{"risks": ["drought"]}');
  const claimed = await requestBatch(client, "hazard");
  const result = { calculation: "hazard", claimedWithinMs: 60_000 } as const;
  const whileWaiting = await answersNotify(client, { ...result, requestId: claimed, claimedWithinMs: 0 });
  await claimOldest(client, "here", 9);

  expect(whileWaiting).toBe(true);
  expect(await answersNotify(client, { ...result, requestId: claimed })).toBe(true);
  expect(await answersNotify(client, { ...result, requestId: claimed, claimedWithinMs: 0 })).toBe(false);
  expect(await answersNotify(client, { ...result, requestId: claimed, calculation: "probability" })).toBe(false);
  expect(await answersNotify(client, { ...result, requestId: options })).toBe(false);
  expect(await answersNotify(client, { ...result, requestId: "999" })).toBe(false);
});

test("a key belongs to its first request permanently, even if that coalesced, failed or came at the same moment", async () => {
  const key = "once/probability/2028";
  const waiting = await requestBatch(client, "probability");
  const sessions = await Promise.all(Array.from({ length: 8 }, () => connect(database.url, { purpose: "test" })));
  const requested = await Promise.all(
    sessions.map((session) =>
      recordRequest(session, { calculation: "probability", source: "schedule", requestKey: key }),
    ),
  );
  await Promise.all(sessions.map((session) => session.end()));
  await claimOldest(client, "here", 1);
  await settleRequest(
    client,
    { installation: "here", requestId: waiting },
    { outcome: "failed", reason: "NoData", message: "none" },
  );

  expect(requested.map(({ requestId }) => requestId)).toEqual(Array(8).fill(waiting));
  expect(requested.map(({ how }) => how).sort()).toEqual(["coalesced", ...Array(7).fill("known")]);
  expect(await requestBatch(client, "probability", "{}", key)).toBe(waiting);
  expect(await findByKey(client, key)).toMatchObject({
    requestId: waiting,
    requestKeys: [key],
    coalesced: 1,
    outcome: "failed",
  });
  expect(await findByKey(client, "once/probability/2029")).toBeNull();
  expect(await readRequestRows(client)).toHaveLength(1);
  await expect(requestBatch(client, "hazard", "{}", key)).rejects.toThrow(
    /belongs to request 1 for probability, found calculation "hazard"/,
  );
});

test("eight sessions that claim at once get each request exactly once", async () => {
  const requests = 200;
  await client.query(
    `INSERT INTO climatebatch.batch_requests (calculation, options, source)
     SELECT 'hazard', jsonb_build_object('cellsPerShard', at), 'cli' FROM generate_series(1, ${requests}) AS at`,
  );
  const claim = async (installation: string) => {
    const session = await connect(database.url, { purpose: "test" });
    const ids: string[] = [];
    for (;;) {
      const waiting = await readWaitingIds(session, 3);
      if (waiting.length === 0) break;
      const claimed = await claimRequests(session, installation, waiting);
      ids.push(...claimed.map(({ requestId }) => requestId));
    }
    await session.end();
    return { installation, ids };
  };
  const claims = await Promise.all(Array.from({ length: 8 }, (_, at) => claim(`installation ${at}`)));

  const all = claims.flatMap(({ ids }) => ids);
  expect(new Set(all).size).toBe(requests);
  expect(all).toHaveLength(requests);
  for (const { installation, ids } of claims) {
    const stored = await readClaimedRequests(client, installation);
    expect(stored.map(({ requestId }) => requestId)).toEqual(ids.sort((a, b) => Number(a) - Number(b)));
  }
});

test("a request requested in an open transaction is neither claimed nor lost, and others do not wait for it permanently", async () => {
  await requestBatch(client, "hazard");
  const asking = await connect(database.url, { purpose: "test" });
  await asking.query("BEGIN; SELECT climatebatch.request_batch('hazard'); SELECT climatebatch.request_batch('all')");

  const claimedMeanwhile = await claimOldest(client, "here", 9);
  const refused = await recordRequest(client, { calculation: "all", source: "cli" }).catch((error: Error) => error);
  await asking.query("COMMIT");
  await asking.end();

  expect(claimedMeanwhile).toEqual([]);
  expect(refused).toMatchObject({
    message: "another session has requested all in a transaction that is still open after 5 s",
  });
  expect(isPassing(refused)).toBe(true);
  expect((await claimOldest(client, "here", 9)).map(({ calculation }) => calculation)).toEqual(["hazard", "all"]);
});

test("only who claimed a request settles it, and once", async () => {
  const requestId = await requestBatch(client, "hazard");
  await claimOldest(client, "here", 1);
  const batchId = await insertBatch(client);
  const mine = { installation: "here", requestId };

  expect(await noteClimateBatch(client, { ...mine, installation: "there", name: "b" })).toBe(false);
  expect(await noteClimateBatch(client, { ...mine, name: "request-1" })).toBe(true);
  expect(await settleRequest(client, { ...mine, installation: "there" }, { outcome: "batch", batchId })).toBe(false);
  expect(await transaction(client, () => settleRequest(client, mine, { outcome: "batch", batchId }))).toBe(true);
  expect(await settleRequest(client, mine, { outcome: "cancelled", reason: "x", message: "x" })).toBe(false);
  expect(await readRequestRows(client)).toMatchObject([
    { state: "finished", outcome: "batch", batch_id: batchId, climate_batch: "request-1" },
  ]);
});

test("how many requests wait, and how long the oldest has, is in the figures", async () => {
  await requestBatch(client, "hazard");
  await requestBatch(client, "hazard", '{"risks": ["drought"]}');
  await client.query(
    "UPDATE climatebatch.batch_requests SET requested_at = requested_at - interval '1 hour' WHERE request_id = 2",
  );

  const { waitingRequests, oldestRequestSeconds } = await readFigures(client);
  expect(waitingRequests).toBe(2);
  expect(oldestRequestSeconds).toBeCloseTo(3600, -1);
});
