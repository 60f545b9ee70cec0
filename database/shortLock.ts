// Work that needs a lock which readers would queue behind: tried for a moment, and undone when the lock is not granted.
import type { ClientBase } from "pg";
import { isSqlState } from "./troubles.ts";

const LOCK_NOT_AVAILABLE = "55P03";
/** Readers queue behind a lock that waits: it must give up before anyone notices. */
const SHORT_LOCK_MS = 20;

export interface LockedWork {
  /** Opens a transaction or a savepoint, and does what needs no such lock. */
  readonly begin: string;
  readonly work: string;
  /** After any failure. */
  readonly undo: string;
  /** Longer for a lock that readers do not wait behind. */
  readonly lockMs?: number;
}

/** False where the lock was not granted. In one message, so that no reader waits for a slow client between its statements. */
export async function tryWithLock(
  client: ClientBase,
  { begin, work, undo, lockMs = SHORT_LOCK_MS }: LockedWork,
): Promise<boolean> {
  try {
    await client.query(`${begin}; SET LOCAL lock_timeout = ${lockMs}; ${work}`);
    return true;
  } catch (error) {
    await client.query(undo);
    if (isSqlState(error, LOCK_NOT_AVAILABLE)) return false;
    throw error;
  }
}
