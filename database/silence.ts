// A connection that is open and carries nothing any more: the server does not work for it, and no answer comes. It is found by
// a second session, given up, and ended on the server as well, so that its locks are free.
import type { Socket } from "node:net";
import type { Client } from "pg";
import { type Clock, within } from "../model/clock.ts";
import { TransientError } from "../model/errors.ts";
import { type Address, CONNECT_TIMEOUT_MS, connect, leave, PATIENCE_MS } from "./connect.ts";

/** A silent connection is given up after silentMs and two looks: 25 s. Where nothing answers the second session either, after `awayMs`. */
export const SILENCE_LIMITS = { lookMs: 5_000, silentMs: 15_000, awayMs: PATIENCE_MS };

/** A session as the server counts it; no other has the same two. */
export interface SessionIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** null: a pooler is in between, whose sessions are not the server's. */
export async function identifySession(client: Client): Promise<SessionIdentity | null> {
  const { rows } = await client.query<{ pid: number; startedAt: string }>(
    `SELECT pid, backend_start::text AS "startedAt" FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
  );
  const { processID } = client as unknown as { processID: number | null };
  return rows[0] !== undefined && rows[0].pid === processID ? rows[0] : null;
}

/** Frees what a lost session holds. Harmless when it has ended. */
export async function endSession(client: Client, { pid, startedAt }: SessionIdentity): Promise<void> {
  await client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2 AND usename = current_user",
    [pid, startedAt],
  );
}

export interface SilenceOptions {
  readonly clock: Clock;
  readonly limits?: typeof SILENCE_LIMITS;
}

/**
 * Watches the statements of a session until disposed. A statement that the server works on may take any time; one that the
 * server waits with, or does not know, rejects as passing. Not for a COPY whose rows come slowly.
 */
export async function watchForSilence(
  client: Client,
  address: Address,
  { clock, limits = SILENCE_LIMITS }: SilenceOptions,
): Promise<Disposable> {
  const silence = () => new TransientError(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s of connecting`);
  const identity = await within(clock, CONNECT_TIMEOUT_MS, silence, identifySession(client));
  if (identity === null) return { [Symbol.dispose]: () => undefined };
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  const state = { isEnded: false, bytes: -1, heardMs: clock.monotonicMs(), idleLooks: 0 };
  let cancel = () => {};
  const end = () => {
    state.isEnded = true;
    cancel();
  };
  client.once("end", end);
  const look = async () => {
    const bytes = stream.bytesRead + stream.bytesWritten;
    const silentMs = () => clock.monotonicMs() - state.heardMs;
    if (bytes !== state.bytes || isReady(client))
      Object.assign(state, { bytes, heardMs: clock.monotonicMs(), idleLooks: 0 });
    if (silentMs() >= limits.silentMs) {
      const answer = await readWork(address, identity);
      state.idleLooks = answer === "idle" ? state.idleLooks + 1 : 0;
      const isLost = state.idleLooks > 1 || (answer === "away" && silentMs() >= limits.awayMs);
      const isSame = stream.bytesRead + stream.bytesWritten === bytes;
      if (isLost && isSame && !state.isEnded) {
        const seconds = Math.round(silentMs() / 1000);
        stream.destroy(new TransientError(`the connection carries nothing any more: no answer for ${seconds} s`));
        if (answer === "idle") await giveUp(address, identity);
        return;
      }
    }
    if (!state.isEnded) cancel = clock.after(limits.lookMs, () => void look());
  };
  await look();
  return { [Symbol.dispose]: end };
}

/** No statement waits for an answer. */
function isReady(client: Client): boolean {
  return (client as unknown as { readyForQuery: boolean }).readyForQuery;
}

/** working: it computes, or waits for a lock. idle: it waits for its client, or is gone. away: no answer. */
async function readWork(address: Address, identity: SessionIdentity): Promise<"working" | "idle" | "away"> {
  try {
    return await withSecondSession(address, async (client) => {
      const { rows } = await client.query<{ isWorking: boolean }>(
        `SELECT state = 'active' AND wait_event_type IS DISTINCT FROM 'Client' AS "isWorking"
         FROM pg_stat_activity WHERE pid = $1 AND backend_start::text = $2`,
        [identity.pid, identity.startedAt],
      );
      return rows[0]?.isWorking === true ? "working" : "idle";
    });
  } catch {
    return "away";
  }
}

async function giveUp(address: Address, identity: SessionIdentity): Promise<void> {
  // The server notices by itself as well, by the keepalive of the session.
  await withSecondSession(address, (client) => endSession(client, identity)).catch(() => undefined);
}

async function withSecondSession<T>(address: Address, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(address, { purpose: "silence check", patienceMs: 0 });
  try {
    return await work(client);
  } finally {
    await leave(client);
  }
}
