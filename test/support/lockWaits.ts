// Which sessions wait for locks and for how long, as the server reports it: the time of an answer would include a busy processor.
import type { Client } from "pg";

/** From now on each wait of this session for a lock longer than `mostMs` is added to `waits`, as the server logs it. */
export async function reportLockWaits(client: Client, mostMs: number, waits: string[]): Promise<void> {
  client.on("notice", ({ message = "" }) => {
    if (/still waiting for|acquired .* after/.test(message)) waits.push(message);
  });
  await client.query(`SET deadlock_timeout = '${mostMs}ms'; SET log_lock_waits = on; SET client_min_messages = log`);
}

/** How long the logged wait was [ms]. */
export function waitOf(logged: string): number {
  return Number(/after ([\d.]+) ms/.exec(logged)?.[1] ?? Number.POSITIVE_INFINITY);
}
