// Connections: who is asking, how to wait out a full or starting server, and what kind of trouble an error is.
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { coerceError, TransientError } from "../model/errors.ts";
import { explainTls, makeClient } from "./tls.ts";

/** SQLSTATEs of trouble that passes by itself, with what each means. */
const TRANSIENT_SQLSTATES: ReadonlySet<string> = new Set([
  "08000", // connection exception
  "08001", // could not establish a connection
  "08003", // connection does not exist
  "08006", // connection failure
  "40001", // serialization failure
  "40P01", // deadlock detected
  "53300", // too many connections
  "55P03", // lock not available within lock_timeout
  "57P01", // terminated by an administrator
  "57P02", // crash shutdown
  "57P03", // cannot connect now: starting up or shutting down
]);
const TRANSIENT_SYSTEM_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
const CONNECT_RETRY_MIN_MS = 200;
const CONNECT_RETRY_MAX_MS = 5_000;

export function isTransient(error: unknown): boolean {
  if (error instanceof TransientError) return true;
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isTransient);
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && (TRANSIENT_SQLSTATES.has(code) || TRANSIENT_SYSTEM_CODES.has(code))) return true;
  return isLostConnection(error.message) || isTransient(error.cause);
}

/** What the driver says without a code: of the connection that is lost, and of each statement after that. */
function isLostConnection(message: string): boolean {
  return message.startsWith("Connection terminated") || message.endsWith("and is not queryable");
}

export function isSqlState(error: unknown, state: string): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === state;
}

export interface ConnectOptions {
  /** Shown in pg_stat_activity after "climatebatch ". */
  readonly purpose: string;
  /** How long to wait for a server that is full or starting; 0 tries once. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** One connection; the caller ends it. Trouble that passes is waited out with jitter, up to `patienceMs`. */
export async function connect(url: string, options: ConnectOptions): Promise<pg.Client> {
  const { purpose, patienceMs = 30_000, signal } = options;
  const deadline = performance.now() + patienceMs;
  for (let delayMs = CONNECT_RETRY_MIN_MS; ; delayMs = Math.min(delayMs * 2, CONNECT_RETRY_MAX_MS)) {
    const client = makeClient(url, {
      application_name: `climatebatch ${purpose}`,
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    });
    // A connection that dies while idle reports here; the next statement tells the caller.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return client;
    } catch (thrown) {
      const error = coerceError(thrown);
      await client.end().catch(() => undefined);
      signal?.throwIfAborted();
      if (!isTransient(error) || performance.now() + delayMs > deadline) throw explainTls(error, url);
      await sleep(delayMs * (0.5 + Math.random()), undefined, { signal });
    }
  }
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
