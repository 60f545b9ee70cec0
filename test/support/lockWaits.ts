// The server's own word on who waits for a lock and how long, whatever else the machine is busy with.
// The time of an answer would also tell of a busy processor.
import type { Client } from "pg";

/** From now on each wait of this session for a lock longer than `mostMs` is added to `waits`, in the server's words. */
export async function reportLockWaits(client: Client, mostMs: number, waits: string[]): Promise<void> {
  client.on("notice", ({ message = "" }) => {
    if (/still waiting for|acquired .* after/.test(message)) waits.push(message);
  });
  await client.query(`SET deadlock_timeout = '${mostMs}ms'; SET log_lock_waits = on; SET client_min_messages = log`);
}

/** Milliseconds in the server's words. */
export function waitOf(told: string): number {
  return Number(/after ([\d.]+) ms/.exec(told)?.[1] ?? Number.POSITIVE_INFINITY);
}
