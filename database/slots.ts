// Slots: which of the four tables of a calculation a batch may load, and emptying it without making readers wait.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBase } from "pg";
import type { Calculation } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { tryWithLock } from "./shortLock.ts";

const EMPTY_RETRY_MS = 250;
/** After this many tries rows are deleted instead: slower, but no open transaction blocks it. */
const EMPTY_TRIES = 40;

export function slotTable(calculation: Calculation, slot: number): string {
  return `climatebatch.${calculation}_rows_${slot}`;
}

/** The view of all batches' results, where `slot` chooses the batch. */
export function rowsView(calculation: Calculation): string {
  return `climatebatch.${calculation}_all_batches`;
}

/**
 * Reserves a slot for the batch, inside the caller's transaction. Never the published one; not the one before it for a
 * day; not one that an unfinished batch loads or that a snapshot older than its release may still read.
 */
export async function reserveSlot(client: ClientBase, calculation: Calculation, batchId: string): Promise<number> {
  await client.query("SELECT FROM climatebatch.publications WHERE calculation = $1 FOR UPDATE", [calculation]);
  const { rows } = await client.query<{ slot: number }>(
    `UPDATE climatebatch.slots SET batch_id = $2, emptied = false, released_at = NULL, released_xid = NULL
     WHERE calculation = $1 AND slot = (
       SELECT k.slot FROM climatebatch.slots AS k
       JOIN climatebatch.publications AS p USING (calculation)
       LEFT JOIN climatebatch.batches AS b ON b.batch_id = k.batch_id
       WHERE k.calculation = $1 AND k.slot IS DISTINCT FROM p.slot
         AND (k.slot IS DISTINCT FROM p.previous_slot OR k.released_at < now() - interval '1 day')
         AND b.state IS DISTINCT FROM 'running'
         AND (k.released_xid IS NULL OR k.released_at < now() - interval '1 day' OR (
           pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AND NOT EXISTS (
             SELECT FROM pg_stat_activity AS a
             WHERE a.backend_xmin IS NOT NULL AND a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker' AND a.application_name NOT LIKE 'climatebatch shard%'
               AND a.datname = current_database() AND age(a.backend_xmin) >= age(k.released_xid::xid))))
       ORDER BY k.batch_id NULLS FIRST, k.slot LIMIT 1)
     RETURNING slot`,
    [calculation, batchId],
  );
  const slot = rows[0]?.slot;
  if (slot === undefined) {
    throw new RejectedError(
      "NoFreeSlot",
      `All four slots for ${calculation} results are in use: published, published before, being loaded by unfinished batches, ` +
        "or still read by a long transaction. See climatebatch status; finish or cancel a batch, or end that transaction, and try again.",
    );
  }
  return slot;
}

export interface EmptyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when readers' open transactions make it wait. */
  readonly onWait?: (table: string) => void;
}

/** Empties the slots that the batch reserved and has not loaded yet. Safe to repeat. */
export async function emptySlots(client: ClientBase, batchId: string, options: EmptyOptions = {}): Promise<void> {
  const { rows } = await client.query<{ calculation: Calculation; slot: number }>(
    "SELECT calculation, slot FROM climatebatch.slots WHERE batch_id = $1 AND NOT emptied ORDER BY calculation",
    [batchId],
  );
  for (const { calculation, slot } of rows) {
    const table = slotTable(calculation, slot);
    for (let tries = 1; !(await tryToEmpty(client, calculation, slot, tries > EMPTY_TRIES)); tries++) {
      if (tries === 4) options.onWait?.(table);
      await sleep(EMPTY_RETRY_MS * (0.5 + Math.random()), undefined, { signal: options.signal });
    }
  }
}

async function tryToEmpty(
  client: ClientBase,
  calculation: Calculation,
  slot: number,
  byDelete: boolean,
): Promise<boolean> {
  const table = slotTable(calculation, slot);
  const begin = `BEGIN; UPDATE climatebatch.slots SET emptied = true WHERE calculation = '${calculation}' AND slot = ${slot}`;
  if (!byDelete) return tryWithLock(client, { begin, work: `TRUNCATE ${table}; COMMIT`, undo: "ROLLBACK" });
  try {
    await client.query(`${begin}; DELETE FROM ${table}; COMMIT`);
    return true;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
