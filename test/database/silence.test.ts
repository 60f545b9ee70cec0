// A connection that stays open and carries nothing: when it is given up, when it is not, and what becomes of its locks.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, leave, PATIENCE_MS } from "../../database/connect.ts";
import { identifySession, SILENCE_LIMITS, watchForSilence } from "../../database/silence.ts";
import { isPassing } from "../../database/troubles.ts";
import { systemClock } from "../../model/clock.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../support/databaseProxy.ts";

const LIMITS = { lookMs: 50, silentMs: 150, awayMs: 1_000 };
const LOCK = 77;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A session through the proxy that holds a lock, watched with short limits. */
async function openWatched(proxy: DatabaseProxy, second = proxy.url) {
  const client = await connect(proxy.url, { purpose: "test watched" });
  const watch = await watchForSilence(client, second, { clock: systemClock, limits: LIMITS });
  await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
  const close = async () => {
    watch[Symbol.dispose]();
    await leave(client);
  };
  return { client, [Symbol.asyncDispose]: close };
}

const isFree = async () => {
  const { rows } = await database.client.query("SELECT pg_try_advisory_lock($1) AS free", [LOCK]);
  if (rows[0].free) await database.client.query("SELECT pg_advisory_unlock($1)", [LOCK]);
  return rows[0].free;
};

test("a silent connection is given up within half a minute", () => {
  const { lookMs, silentMs } = SILENCE_LIMITS;
  expect(silentMs + 2 * lookMs).toBeLessThanOrEqual(30_000);
});

test.each(["fallSilent", "loseAnswers"] as const)(
  "%s: the statement rejects as passing, and the server's session ends with its locks",
  async (how) => {
    await using proxy = await startDatabaseProxy(database.url);
    await using watched = await openWatched(proxy);
    proxy[how]();
    // This connection stays silent; new ones are served.
    proxy.restore();
    const error = await watched.client.query("SELECT 1").then(
      () => null,
      (thrown) => thrown,
    );
    expect(error.message).toMatch(/^the connection carries nothing any more: no answer for \d+ s$/);
    expect(isPassing(error)).toBe(true);
    await eventually("the lock is free", async () => (await isFree()) || undefined);
  },
);

test("a statement that the server works on, or that waits for a lock, may take any time", async () => {
  await using proxy = await startDatabaseProxy(database.url);
  await using watched = await openWatched(proxy);
  const seconds = (8 * LIMITS.silentMs) / 1000;
  await watched.client.query("SELECT pg_sleep($1)", [seconds]);
  await database.client.query("SELECT pg_advisory_lock($1)", [LOCK + 1]);
  const waiting = watched.client.query("SELECT pg_advisory_lock($1)", [LOCK + 1]);
  await database.client.query("SELECT pg_sleep($1)", [seconds]);
  await database.client.query("SELECT pg_advisory_unlock($1)", [LOCK + 1]);
  await waiting;
  expect(await isFree()).toBe(false);
});

test("a session without a statement is left alone, however long", async () => {
  await using proxy = await startDatabaseProxy(database.url);
  await using watched = await openWatched(proxy);
  await database.client.query("SELECT pg_sleep($1)", [(8 * LIMITS.silentMs) / 1000]);
  expect((await watched.client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
});

test("where no second session can be opened, it waits as long as for a failover, and no longer", async () => {
  await using proxy = await startDatabaseProxy(database.url);
  await using other = await startDatabaseProxy(database.url);
  await using watched = await openWatched(proxy, other.url);
  const startedAt = performance.now();
  proxy.fallSilent();
  other.cut();
  await expect(watched.client.query("SELECT 1")).rejects.toThrow("carries nothing any more");
  expect(performance.now() - startedAt).toBeGreaterThan(LIMITS.awayMs);
  expect(SILENCE_LIMITS.awayMs).toBe(PATIENCE_MS);
});

test("a session is known by the server's own number for it", async () => {
  const identity = await identifySession(database.client);
  const { rows } = await database.client.query(
    "SELECT pg_backend_pid() AS pid, current_setting('tcp_keepalives_idle')",
  );
  expect(identity?.pid).toBe(rows[0].pid);
});
