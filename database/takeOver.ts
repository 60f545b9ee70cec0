// A database that the predecessor used becomes ours: its result tables move aside, in one transaction, and back again when
// a user wants that. Nothing is copied, nothing is lost.
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { transaction } from "./connect.ts";
import { PREDECESSOR_TABLES } from "./migrate.ts";
import { isSqlState } from "./troubles.ts";

/** Where the predecessor's tables wait while our views have their names, and our views while its tables have them. */
export const PREDECESSOR_SCHEMA = "predecessor";
const VIEWS_SCHEMA = "climatebatch_views";
const LOCK_NOT_AVAILABLE = "55P03";
const LOCK_TIMEOUT = "10s";

/** Names of the tables that were moved; none when it was done before, or there was nothing to do. */
export async function takeOver(client: ClientBase): Promise<string[]> {
  return moveBoth(client, async () => {
    const tables = await findRelations(client, "public", ["r", "p"]);
    if (tables.length === 0) return [];
    await move(client, tables, "TABLE", "public", PREDECESSOR_SCHEMA);
    await move(client, await findRelations(client, VIEWS_SCHEMA, ["v"]), "VIEW", VIEWS_SCHEMA, "public");
    return tables;
  });
}

/** The way back: consumers read the predecessor's tables again; our views and all our data wait. */
export async function giveBack(client: ClientBase): Promise<string[]> {
  return moveBoth(client, async () => {
    const tables = await findRelations(client, PREDECESSOR_SCHEMA, ["r", "p"]);
    if (tables.length === 0) {
      throw new RejectedError(
        "NothingToGiveBack",
        `No tables of the predecessor wait in the schema "${PREDECESSOR_SCHEMA}". They are moved there by: climatebatch import-predecessor --take-over`,
      );
    }
    await move(client, await findRelations(client, "public", ["v"]), "VIEW", "public", VIEWS_SCHEMA);
    await move(client, tables, "TABLE", PREDECESSOR_SCHEMA, "public");
    return tables;
  });
}

async function moveBoth(client: ClientBase, work: () => Promise<string[]>): Promise<string[]> {
  try {
    return await transaction(client, async () => {
      await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      return work();
    });
  } catch (error) {
    if (!isSqlState(error, LOCK_NOT_AVAILABLE)) throw error;
    throw new RejectedError(
      "TablesInUse",
      `The result tables are being used in open transactions and could not be moved within ${LOCK_TIMEOUT}; nothing was changed. Stop the predecessor and long readers (see pg_stat_activity), then try again.`,
      { cause: error },
    );
  }
}

async function findRelations(client: ClientBase, schema: string, kinds: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ relname: string }>(
    `SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind = ANY ($2) AND c.relname = ANY ($3) ORDER BY c.relname`,
    [schema, kinds, PREDECESSOR_TABLES],
  );
  return rows.map(({ relname }) => relname);
}

async function move(
  client: ClientBase,
  names: readonly string[],
  kind: "TABLE" | "VIEW",
  from: string,
  to: string,
): Promise<void> {
  if (names.length === 0) return;
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${to}`);
  for (const name of names) await client.query(`ALTER ${kind} ${from}.${name} SET SCHEMA ${to}`);
}
