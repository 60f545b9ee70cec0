// The listening session through everything that ends or silences one: on a real server, through a proxy that misbehaves,
// through a real pooler, on a standby.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { openEmbeddedServer } from "../../database/embeddedServer.ts";
import { Listener, type ListenerOptions, type ListenerState } from "../../database/listener.ts";
import { type Clock, systemClock } from "../../model/clock.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase, databaseUrl, type TestDatabase } from "../support/database.ts";
import { startDatabaseProxy } from "../support/databaseProxy.ts";
import { freePort, hasPgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { isLong, makeRandom, SEED } from "../support/random.ts";

const CHANNEL = "test_channel";
/** Answers may take long on a busy machine. */
const SHORT = {
  heartbeatMs: 300,
  answerTimeoutMs: 30_000,
  probeTimeoutMs: 30_000,
  backoff: { minMs: 50, maxMs: 200, jitter: 0.5 },
};
/** Where no answer comes. */
const IMPATIENT = { ...SHORT, answerTimeoutMs: 300, probeTimeoutMs: 300 };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

interface Heard {
  readonly listener: Listener;
  readonly payloads: string[];
  readonly catchUps: string[];
  readonly log: { level: string; event: string; message?: string; retryInMs?: number }[];
  until(state: ListenerState): Promise<true>;
  [Symbol.asyncDispose](): Promise<void>;
}

function listen(options: Partial<ListenerOptions> = {}): Heard {
  const payloads: string[] = [];
  const catchUps: string[] = [];
  const log: Heard["log"] = [];
  const note = (level: string) => (line: object) => void log.push({ level, ...(line as { event: string }) });
  const listener = new Listener({
    channels: [CHANNEL],
    readUrl: () => database.url,
    onConnected: (why) => void catchUps.push(why),
    onNotification: (_, payload) => void payloads.push(payload),
    pollIntervalMs: 60_000,
    limits: SHORT,
    clock: systemClock,
    random: makeRandom(`${SEED} ${performance.now()}`),
    log: { info: note("info"), warn: note("warn"), error: note("error") } as ListenerOptions["log"],
    signal: new AbortController().signal,
    ...options,
  });
  const until = (state: ListenerState) =>
    eventually(`the listener is ${state}`, () => listener.status.state === state || undefined);
  return { listener, payloads, catchUps, log, until, [Symbol.asyncDispose]: () => listener.stop() };
}

const notify = (payload: string) => database.client.query("SELECT pg_notify($1, $2)", [CHANNEL, payload]);

async function listenerPids(): Promise<number[]> {
  const { rows } = await database.client.query(
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'climatebatch listener' AND datname = current_database()",
  );
  return rows.map(({ pid }) => pid);
}

/** Returns when the session is gone, and with it what it listened to. */
async function terminateListeners(): Promise<void> {
  const pids = await listenerPids();
  await database.client.query("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", [pids]);
  await eventually("the listeners' sessions are gone", async () => {
    const left = await listenerPids();
    return !left.some((pid) => pids.includes(pid)) || undefined;
  });
}

test("it hears, says since when, and leaves nothing behind when stopped", async () => {
  const heard = listen();
  await heard.until("connected");
  await notify("one");
  await notify("two");
  await eventually("both are heard", () => heard.payloads.length === 2 || undefined);
  const { status } = heard.listener;
  await heard.listener.stop();

  expect(heard.payloads).toEqual(["one", "two"]);
  expect(heard.catchUps).toEqual(["connected"]);
  expect(status).toMatchObject({ state: "connected", reason: null, reconnects: 0, lastHeardAt: expect.any(Date) });
  expect(heard.listener.status).toMatchObject({ state: "disconnected", reason: "stopped" });
  await eventually("its session is gone", async () => (await listenerPids()).length === 0 || undefined);
});

test(`${isLong ? 20 : 5} times terminated it listens again each time, and catches up after each LISTEN`, async () => {
  const rounds = isLong ? 20 : 5;
  await using heard = listen();
  await heard.until("connected");
  for (let round = 1; round <= rounds; round++) {
    await terminateListeners();
    await eventually("it is connected again", () => {
      const { state, reconnects } = heard.listener.status;
      return (state === "connected" && reconnects === round) || undefined;
    });
    await notify(`after ${round}`);
    await eventually("it is heard", () => heard.payloads.length === round || undefined);
  }

  expect(heard.payloads).toEqual(Array.from({ length: rounds }, (_, at) => `after ${at + 1}`));
  expect(heard.catchUps).toEqual(Array(rounds + 1).fill("connected"));
  const losses = heard.log.filter(({ event }) => event === "listenerDisconnected");
  expect(losses).toHaveLength(rounds);
  expect(losses[0]?.message).toMatch(/terminating connection/);
  for (const { retryInMs } of losses) expect(retryInMs).toBeLessThanOrEqual(SHORT.backoff.maxMs);
});

test("a connection that has fallen silent is given up within heartbeat and answer timeout, and catch-up follows the next", async () => {
  await using proxy = await startDatabaseProxy(database.url);
  await using heard = listen({ readUrl: () => proxy.url, limits: IMPATIENT });
  await heard.until("connected");

  proxy.fallSilent();
  // Timers of this process, as late as the listener's own on a busy machine.
  let isLate = false;
  const control = (async () => {
    for (const limitMs of [IMPATIENT.heartbeatMs, IMPATIENT.answerTimeoutMs, 400]) await sleep(limitMs);
    isLate = true;
  })();
  await heard.until("disconnected");
  const wasNoticedInTime = !isLate;
  await control;
  const { reason } = heard.listener.status;
  await notify("into the void");
  proxy.restore();
  await eventually("it hears again", async () => {
    await notify("heard again");
    return heard.payloads.length > 0 || undefined;
  });

  expect(wasNoticedInTime).toBe(true);
  expect(reason).toMatch(/the heartbeat got no answer within 0.3 s/);
  expect([...new Set(heard.payloads)]).toEqual(["heard again"]);
  expect(heard.catchUps.length).toBeGreaterThanOrEqual(2);
});

test.each(["at once", "while it connects"])(
  "a server that accepts and says nothing does not hold up a listener that is stopped %s",
  async (when) => {
    await using proxy = await startDatabaseProxy(database.url);
    proxy.fallSilent();
    const heard = listen({ readUrl: () => proxy.url });
    if (when !== "at once") await eventually("it connects", () => proxy.connections() > 0 || undefined);
    // A connection of the same kind, given up when its time is over.
    let isGivenUp = false;
    connect(proxy.url, { purpose: "test control", patienceMs: 0 }).catch(() => {
      isGivenUp = true;
    });
    await heard.listener.stop();
    expect(isGivenUp).toBe(false);
  },
);

test("where notifications do not come through it says degraded and why, polls, and recovers", async () => {
  await using proxy = await startDatabaseProxy(database.url);
  proxy.swallowNotifications(true);
  const limits = { ...SHORT, probeTimeoutMs: IMPATIENT.probeTimeoutMs };
  await using heard = listen({ readUrl: () => proxy.url, pollIntervalMs: 200, limits });
  await heard.until("degraded");
  const { reason } = heard.listener.status;
  const polls = heard.catchUps.length;
  await eventually("it polls on", () => heard.catchUps.length > polls + 2 || undefined);
  const couldHear = await heard.listener.probe();
  proxy.swallowNotifications(false);
  await heard.until("connected");

  expect(reason).toMatch(
    /did not arrive within 0.3 s: is there a connection pooler in transaction mode in between\? Give/,
  );
  expect(couldHear).toBe(false);
  expect(heard.catchUps).toContain("poll");
  await eventually("a probe comes through", async () => (await heard.listener.probe()) || undefined);
  expect(heard.listener.status.reconnects).toBe(0);
});

test.skipIf(!hasPgBouncer).each([
  { mode: "transaction", state: "degraded" },
  { mode: "session", state: "connected" },
] as const)("PgBouncer in $mode mode: $state (skipped where pgbouncer is not installed)", async ({ mode, state }) => {
  await using bouncer = await startPgBouncer(database.url, mode);
  await using heard = listen({ readUrl: () => bouncer.url, pollIntervalMs: 200 });
  await heard.until(state);
  await eventually("it polls", () => heard.catchUps.includes("poll") || undefined);
  expect(await heard.listener.probe()).toBe(state === "connected");
});

test("a standby is waited for until it is promoted", async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-standby-"));
  try {
    await (await openEmbeddedServer(folder)).release();
    await writeFile(join(folder, "pgdata", "standby.signal"), "");
    const server = await openEmbeddedServer(folder);
    try {
      const heard = listen({ readUrl: () => server.url });
      await eventually(
        "it has tried",
        () => heard.log.some(({ event }) => event === "listenerDisconnected") || undefined,
      );
      const { reason } = heard.listener.status;
      const admin = await connect(server.url, { purpose: "test" });
      await admin.query("SELECT pg_promote()");
      await heard.until("connected");
      await admin.end();
      await heard.listener.stop();
      expect(reason).toMatch(/expected a primary server, found a standby \(cannot execute LISTEN during recovery\)/);
    } finally {
      await server.release();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("credentials are read again at each connect", async () => {
  const role = `listener_${Math.floor(Math.random() * 1e9)}`;
  const readUrl = (password: string) => {
    const url = new URL(databaseUrl(database.url, new URL(database.url).pathname.slice(1)));
    url.username = role;
    url.password = password;
    return url.href;
  };
  await database.client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'first'`);
  try {
    let password = "first";
    await using heard = listen({ readUrl: () => readUrl(password) });
    await heard.until("connected");
    await database.client.query(`ALTER ROLE ${role} PASSWORD 'second'`);
    await terminateListeners();
    await eventually(
      "it is refused",
      () => /password authentication/.test(heard.listener.status.reason ?? "") || undefined,
    );
    password = "second";
    await heard.until("connected");
  } finally {
    await database.client.query(`DROP ROLE ${role}`);
  }
});

test("tries come later and later, up to the cap, each shortened by chance; LISTEN resets them", async () => {
  const port = await freePort();
  const delays: number[] = [];
  let random = 0;
  const limits = {
    heartbeatMs: 400,
    backoff: { minMs: 300, maxMs: 30_000, jitter: 0.5 },
    answerTimeoutMs: 99_000,
    probeTimeoutMs: 99_000,
  };
  // Pauses of the backoff pass at once, others take as long as they are.
  const clock: Clock = {
    ...systemClock,
    after(delayMs, call) {
      const isBackoff = delayMs % 75 === 0 && delayMs <= limits.backoff.maxMs;
      if (isBackoff) delays.push(delayMs);
      return systemClock.after(isBackoff ? 0 : delayMs, call);
    },
  };
  let url = `postgres://anyone@127.0.0.1:${port}/none`;
  await using heard = listen({ readUrl: () => url, clock, limits, random: () => random, pollIntervalMs: 3_600_000 });
  await eventually("it has tried ten times", () => delays.length >= 10 || undefined);
  expect(delays.slice(0, 10)).toEqual([300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 30_000, 30_000, 30_000]);

  url = database.url;
  await heard.until("connected");
  delays.length = 0;
  random = 0.5;
  await terminateListeners();
  await eventually("it has waited once more", () => delays.length >= 1 || undefined);
  expect(delays[0]).toBe(300 * 0.75);
});

test("a failing catch-up is logged and tried again at the next poll, never twice at once", async () => {
  let running = 0;
  let most = 0;
  let calls = 0;
  await using heard = listen({
    pollIntervalMs: 60,
    async onConnected() {
      most = Math.max(most, ++running);
      calls++;
      await database.client.query("SELECT pg_sleep(0.1)");
      running--;
      if (calls === 1) throw new Error("the database was busy");
    },
  });
  for (let at = 0; at < 5; at++) heard.listener.nudge();
  await eventually("it was called again", () => calls >= 4 || undefined);
  expect(most).toBe(1);
  expect(heard.log).toContainEqual(
    expect.objectContaining({ event: "catchUpFailed", message: "the database was busy" }),
  );
});

test("a channel that PostgreSQL would cut is refused at once", () => {
  expect(() => listen({ channels: ["c".repeat(64)] })).toThrow(/1 to 63 bytes, but got "ccc.*Set NOTIFY_CHANNEL/);
});
