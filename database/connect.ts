// Connections: opened with patience for a server that is full or starting, and transactions on them.
import type { Socket } from "node:net";
import type pg from "pg";
import { backoffMs, pause, systemClock, within } from "../model/clock.ts";
import { coerceError, TransientError } from "../model/errors.ts";
import { explainTls, makeClient } from "./tls.ts";
import { findConnectTrouble, isPassing } from "./troubles.ts";

/** For a connection, and for its first answer. */
export const CONNECT_TIMEOUT_MS = 10_000;
const CONNECT_RETRY = { minMs: 200, maxMs: 5_000, jitter: 0.5 };
/** How long a program that works on its own waits for its database: a failover, a restart or a new password takes less. */
export const PATIENCE_MS = 120_000;

/**
 * What statements and the reading of their answers rely on, whatever the server, the database or the role has as default.
 * default_transaction_read_only is left alone: it is how a full or maintained server asks not to be written to.
 */
export const SESSION_SETTINGS = Object.entries({
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: "1",
  bytea_output: "hex",
  array_nulls: "on",
  standard_conforming_strings: "on",
  transform_null_equals: "off",
  search_path: "pg_catalog, pg_temp",
  default_transaction_isolation: "read committed",
  default_transaction_deferrable: "off",
  // A client that is gone without a word keeps its locks for a minute, not for the two hours of most systems.
  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
})
  .map(([name, value]) => `SET ${name} = ${name === "search_path" ? value : `'${value}'`}`)
  .join("; ");

export interface ConnectOptions {
  /** Shown in pg_stat_activity after "climatebatch ". */
  readonly purpose: string;
  /** How long to wait for trouble that passes; 0 tries once. */
  readonly patienceMs?: number;
  /** Whether to wait as well for a password, user or database name to become right. */
  readonly waitsForSettings?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Where the database is: read for every try where it may change, as a rotated password does. */
export type Address = string | (() => string | Promise<string>);

/** One connection; the caller ends it. Trouble that passes is waited out with jitter, up to `patienceMs`. */
export async function connect(address: Address, options: ConnectOptions): Promise<pg.Client> {
  const { purpose, patienceMs = 30_000, waitsForSettings = false, signal } = options;
  const deadline = systemClock.monotonicMs() + patienceMs;
  for (let failures = 0; ; failures++) {
    const url = typeof address === "string" ? address : await address();
    const client = makeClient(url, {
      application_name: `climatebatch ${purpose}`,
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // A connection that dies while idle reports here; the caller's next statement fails.
    client.on("error", () => undefined);
    try {
      await client.connect();
      const silence = () => new TransientError(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s of connecting`);
      await within(systemClock, CONNECT_TIMEOUT_MS, silence, client.query(SESSION_SETTINGS));
      return client;
    } catch (thrown) {
      const error = coerceError(thrown);
      await leave(client);
      signal?.throwIfAborted();
      const { fate } = findConnectTrouble(error);
      if (fate === "final") throw explainTls(error, url);
      const delayMs = backoffMs(failures, CONNECT_RETRY, Math.random);
      const isWaiting = fate === "passing" || waitsForSettings;
      if (!isWaiting || systemClock.monotonicMs() + delayMs > deadline) throw asPassing(explainTls(error, url));
      await pause(systemClock, delayMs, signal);
    }
  }
}

const GOODBYE_MS = 2_000;

/** Ends the session; a server that is gone would never answer the good-bye. */
export async function leave(client: pg.Client): Promise<void> {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  const cancel = systemClock.after(GOODBYE_MS, () => stream.destroy());
  await client.end().catch(() => undefined);
  cancel();
}

/** An error of the network need not say that it is one. */
function asPassing(error: Error): Error {
  return isPassing(error) ? error : new TransientError(error.message, { cause: error });
}

/** Runs `work` in one transaction: commits what it returns, rolls back what it throws. */
export async function transaction<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  let value: T;
  try {
    value = await work();
  } catch (error) {
    // A broken connection cannot roll back; the server has done it already.
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
  await client.query("COMMIT");
  return value;
}
