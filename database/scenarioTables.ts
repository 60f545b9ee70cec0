// The table of a scenario's series, a partition of climate_data: emptied at once whatever its size, then dropped. Scenarios that
// are older than these tables share one, and lose their rows by DELETE.
import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBase } from "pg";
import { tryWithLock } from "./shortLock.ts";

const VACUUM_TIMEOUT_MS = 5000;
const RETRY_MS = 100;
/** Some five seconds; then rows are deleted, which needs no lock. */
const EMPTY_TRIES = 40;
/** An empty table costs nothing: who reads climate_data in a long transaction keeps it until another scenario is removed. */
const DROP_TRIES = 5;

export const scenarioTable = (scenarioId: number) => `climatebatch.climate_data_${Number(scenarioId)}`;

export interface ScenarioTable {
  readonly name: string;
  /** Of rows and index. */
  readonly bytes: number;
}

/** null: the scenario is older than these tables. */
export async function findScenarioTable(client: ClientBase, scenarioId: number): Promise<ScenarioTable | null> {
  const { rows } = await client.query<{ name: string; bytes: string }>(
    "SELECT $1::text AS name, pg_total_relation_size(to_regclass($1)) AS bytes WHERE to_regclass($1) IS NOT NULL",
    [scenarioTable(scenarioId)],
  );
  return rows[0] === undefined ? null : { name: rows[0].name, bytes: Number(rows[0].bytes) };
}

/**
 * Removes the series of a scenario, in the caller's transaction, which should end at once: from then on who reads this scenario
 * waits. Others do not.
 */
export async function removeSeries(client: ClientBase, scenarioId: number, table: ScenarioTable | null): Promise<void> {
  if (table !== null) {
    const savepoint = { begin: "SAVEPOINT emptying", undo: "ROLLBACK TO SAVEPOINT emptying" };
    // Autovacuum gives way to who waits for a second. Readers do not wait behind this lock.
    const lock = `LOCK TABLE ${table.name} IN SHARE UPDATE EXCLUSIVE MODE`;
    await tryWithLock(client, { ...savepoint, work: lock, lockMs: VACUUM_TIMEOUT_MS });
    if (await repeat(EMPTY_TRIES, () => tryWithLock(client, { ...savepoint, work: `TRUNCATE ${table.name}` }))) return;
  }
  await client.query("DELETE FROM climatebatch.climate_data WHERE scenario_id = $1", [scenarioId]);
}

/** Drops tables without a byte whose scenario is no more, unless climate_data is read in a transaction that lasts. */
export async function dropUnusedTables(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ table: string }>(
    `SELECT c.oid::regclass::text AS "table" FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'climatebatch.climate_data'::regclass AND pg_relation_size(c.oid) = 0
       AND substring(c.relname FROM '^climate_data_([0-9]+)$')::int NOT IN (SELECT scenario_id FROM climatebatch.scenarios)
     ORDER BY c.oid`,
  );
  for (const { table } of rows) {
    const drop = { begin: "BEGIN", work: `DROP TABLE IF EXISTS ${table}; COMMIT`, undo: "ROLLBACK" };
    await repeat(DROP_TRIES, () => tryWithLock(client, drop));
  }
}

async function repeat(tries: number, work: () => Promise<boolean>): Promise<boolean> {
  for (let at = 1; at <= tries; at++) {
    if (await work()) return true;
    await sleep(RETRY_MS * (0.5 + Math.random()));
  }
  return false;
}
