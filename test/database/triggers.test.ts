// NOTIFY becomes a batch's request, at least once after each and never by the dozen: one replica or two, either of which leads, whose
// session is cut, whatever is sent. The claim of a request here represents the making of a batch.
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { Triggers } from "../../database/triggers.ts";
import { CALCULATIONS } from "../../model/calculations.ts";
import { systemClock } from "../../model/clock.ts";
import { DEFAULT_TRIGGER_CHANNEL } from "../../model/requests.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startDatabaseProxy } from "../support/databaseProxy.ts";
import { isLong, makeRandom, SEED } from "../support/random.ts";
import {
  GRACE_MS,
  isConnected,
  LIMITS,
  type Replica,
  randomPayload,
  startReplica,
  stopReplicas,
} from "../support/replicas.ts";
import { claimOldest } from "../support/requests.ts";

const ROUNDS = isLong ? 20 : 5;

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = database.client;
});
beforeEach(async () => {
  await client.query("TRUNCATE climatebatch.batch_requests, climatebatch.batch_request_keys RESTART IDENTITY CASCADE");
});
afterEach(stopReplicas);
afterAll(() => database.drop());

const notify = (payload: string) => client.query("SELECT pg_notify($1, $2)", [DEFAULT_TRIGGER_CHANNEL, payload]);

const countRequests = async () =>
  (await client.query("SELECT count(*)::int AS n FROM climatebatch.batch_requests")).rows[0].n as number;

const claimedBy = (...replicas: Replica[]) => replicas.flatMap(({ claimed }) => claimed);

/** As long as a standby would take to write what it thinks no session has written. */
const graceHasPassed = () => {
  const begin = performance.now();
  return eventually("the grace has passed", () => performance.now() - begin > 2 * GRACE_MS || undefined);
};

async function listenerPids(name = ""): Promise<number[]> {
  const { rows } = await client.query(
    "SELECT pid FROM pg_stat_activity WHERE starts_with(application_name, $1) AND datname = current_database()",
    [`climatebatch listener ${name}`],
  );
  return rows.map(({ pid }) => pid);
}

/** Returns when the sessions are gone, and with them what they listened to. */
async function terminate(pids: readonly number[]): Promise<void> {
  await client.query("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", [pids]);
  await eventually("the sessions are gone", async () => {
    const left = await listenerPids();
    return !left.some((pid) => pids.includes(pid)) || undefined;
  });
}

test("a NOTIFY becomes one request although two replicas hear it, each time again", async () => {
  const [leader, standby] = [await startReplica(database.url, true), await startReplica(database.url, false)];
  for (let round = 1; round <= 10; round++) {
    await notify("hazard");
    await eventually("it is claimed", () => leader.claimed.length === round || undefined);
  }
  await graceHasPassed();

  expect(await countRequests()).toBe(10);
  expect(claimedBy(leader, standby)).toEqual(Array(10).fill("hazard"));
  expect(standby.written.filter(({ event }) => event === "notifyWritten")).toEqual([]);
});

test(`a bare NOTIFY is not lost while one replica's session is cut, ${ROUNDS} times over, and makes one request`, async () => {
  const [leader, standby] = [await startReplica(database.url, true), await startReplica(database.url, false)];
  for (let round = 1; round <= ROUNDS; round++) {
    const cut = round % 2 === 1 ? leader : standby;
    const before = cut.triggers.status.reconnects;
    await terminate(await listenerPids(cut.name));
    await notify("hazard");
    await eventually("it is claimed", () => leader.claimed.length === round || undefined);
    await eventually("it listens again", () => cut.triggers.status.reconnects > before || undefined);
    await isConnected(cut);
  }
  await graceHasPassed();

  expect(leader.claimed).toEqual(Array(ROUNDS).fill("hazard"));
  expect(await countRequests()).toBe(ROUNDS);
});

test(`request_batch() is not lost while no session listens, ${ROUNDS} times over`, async () => {
  const leader = await startReplica(database.url, true);
  for (let round = 1; round <= ROUNDS; round++) {
    await terminate(await listenerPids());
    await client.query("SELECT climatebatch.request_batch('probability')");
    await eventually("it is claimed", () => leader.claimed.length === round || undefined);
    await isConnected(leader);
  }
  expect(await countRequests()).toBe(ROUNDS);
});

test("request_batch() without any replica is found by the next one that starts", async () => {
  await client.query("SELECT climatebatch.request_batch('hazard')");
  const leader = await startReplica(database.url, true);
  await eventually("it is claimed", () => leader.claimed.length === 1 || undefined);
});

test("a leader killed before it wrote leaves the NOTIFY to the one that takes over, at once", async () => {
  const [leader, standby] = [await startReplica(database.url, true), await startReplica(database.url, false)];
  leader.leads = false;
  await notify("hazard");
  await eventually("both have heard it", () => standby.triggers.status.lastHeardAt !== null || undefined);
  await leader.kill();
  standby.leads = true;
  await standby.triggers.takeOver();
  await eventually("it is claimed", () => standby.claimed.length === 1 || undefined);
  await graceHasPassed();
  expect(await countRequests()).toBe(1);
});

test("a replica that stops first records what it heard, even if no other replica has heard it", async () => {
  const standby = await startReplica(database.url, false);
  await notify("hazard");
  await eventually("it has heard it", () => standby.triggers.status.lastHeardAt !== null || undefined);
  await standby.triggers.stop();
  expect(await countRequests()).toBe(1);
});

test("a leader and a standby that stop right after a NOTIFY make one request of it", async () => {
  const replicas = [await startReplica(database.url, true), await startReplica(database.url, false)];
  await notify("hazard");
  const heard = () => replicas.every(({ triggers }) => triggers.status.lastHeardAt !== null) || undefined;
  await eventually("both have heard it", heard);
  await Promise.all(replicas.map(({ triggers }) => triggers.stop()));
  expect(await countRequests()).toBe(1);
});

test("a leader killed right after it wrote or claimed leaves nothing to do twice", async () => {
  for (const wasClaimed of [false, true]) {
    await client.query("TRUNCATE climatebatch.batch_requests, climatebatch.batch_request_keys CASCADE");
    const [leader, standby] = [await startReplica(database.url, true), await startReplica(database.url, false)];
    await notify("hazard");
    await eventually(
      "it is written",
      async () => ((await countRequests()) === 1 && (!wasClaimed || leader.claimed.length === 1)) || undefined,
    );
    await leader.kill();
    standby.leads = true;
    await standby.triggers.takeOver();
    await eventually("it is claimed", () => claimedBy(leader, standby).length === 1 || undefined);
    await graceHasPassed();
    expect(claimedBy(leader, standby)).toEqual(["hazard"]);
    expect(await countRequests()).toBe(1);
    await standby.kill();
  }
});

test("a burst is one request that runs and one that waits; the rest is counted", async () => {
  const leader = await startReplica(database.url, true);
  await notify("hazard");
  await eventually("the first is claimed", () => leader.claimed.length === 1 || undefined);
  leader.claims = false;
  for (let at = 0; at < 200; at++) await notify("hazard");
  await eventually("all are written", async () => {
    const { rows } = await client.query(
      "SELECT coalesce(sum(coalesced + 1), 0)::int AS n FROM climatebatch.batch_requests WHERE state = 'waiting'",
    );
    return rows[0].n === 200 || undefined;
  });
  expect(await countRequests()).toBe(2);
});

test("a request that cannot be written is kept and written when the database takes it", async () => {
  const leader = await startReplica(database.url, true);
  await client.query("BEGIN; LOCK TABLE climatebatch.batch_requests");
  await client.query("SELECT pg_notify($1, 'hazard')", [DEFAULT_TRIGGER_CHANNEL]);
  await client.query("ALTER TABLE climatebatch.batch_requests RENAME TO away; COMMIT");
  await eventually(
    "it has failed",
    () => leader.written.some(({ event }) => event === "notifyNotWritten") || undefined,
  );
  await client.query("ALTER TABLE climatebatch.away RENAME TO batch_requests");
  await eventually("it is claimed", () => leader.claimed.length === 1 || undefined);
});

test(`of ${isLong ? 10_000 : 500} random payloads only the two legal ones make requests; the others are logged, shortened`, async () => {
  const leader = await startReplica(database.url, true);
  leader.claims = false;
  const random = makeRandom(`${SEED} payloads`);
  const payloads = Array.from({ length: isLong ? 10_000 : 500 }, () => randomPayload(random));
  const legal = payloads.filter((payload) => (CALCULATIONS as readonly string[]).includes(payload));
  for (const payload of payloads) await notify(payload);
  await notify("the end");
  await eventually("all are heard", () => leader.unknown.includes('"the end"') || undefined);
  leader.claims = true;
  await leader.triggers.takeOver();
  await eventually("all are claimed", () => leader.claimed.length === new Set(legal).size || undefined);

  const { rows } = await client.query(
    "SELECT calculation, sum(coalesced + 1)::int AS n FROM climatebatch.batch_requests GROUP BY calculation ORDER BY 1",
  );
  const times = (one: string) => legal.filter((payload) => payload === one).length;
  expect(legal.length).toBeGreaterThan(10);
  expect(rows).toEqual([
    { calculation: "hazard", n: times("hazard") },
    { calculation: "probability", n: times("probability") },
  ]);
  expect(leader.unknown).toHaveLength(payloads.length - legal.length + 1);
  expect(Math.max(...leader.unknown.map(({ length }) => length))).toBeLessThan(800);
});

test("through a pooler that keeps notifications back, requests are found by polling", async () => {
  await using proxy = await startDatabaseProxy(database.url);
  proxy.swallowNotifications(true);
  const session = await connect(database.url, { purpose: "test replica" });
  const claimed: string[] = [];
  await using triggers = new Triggers({
    readUrl: () => proxy.url,
    withClient: (work) => work(session),
    isLeader: () => true,
    async onRequests() {
      claimed.push(...(await claimOldest(session, "here", 10)).map(({ calculation }) => calculation));
    },
    onUnknownPayload: () => undefined,
    pollIntervalMs: 200,
    limits: { ...LIMITS, probeTimeoutMs: 500 },
    clock: systemClock,
    random: Math.random,
    log: { info() {}, warn() {}, error() {} },
    signal: new AbortController().signal,
  });
  await eventually("it knows", () => triggers.status.state === "degraded" || undefined);
  await client.query("SELECT climatebatch.request_batch('hazard')");
  await eventually("it is claimed", () => claimed.length === 1 || undefined);
  await triggers.stop();
  await session.end();
});
