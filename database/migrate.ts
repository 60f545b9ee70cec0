// Brings the schema to this program's version: numbered SQL files, each in a transaction, one migrator at a time.
import { readdir, readFile } from "node:fs/promises";
import type { ClientBase } from "pg";
import { RejectedError } from "../model/errors.ts";
import { OWNER_ROLE } from "./roles.ts";

const MIGRATIONS = new URL("migrations/", import.meta.url);
/** Any number, the same for all who migrate. */
const MIGRATION_LOCK = 4_211_871_001;
/**
 * Expand, then contract: code of the version before works on a schema that was only added to. A migration that takes something
 * away is named so, and programs that do not know it refuse its schema; its first statement must refuse while batches are
 * unfinished, because their shards are such programs.
 */
const CONTRACTING = ".contract.sql";
/** Names in `public` that the predecessor used for tables and this product uses for views. */
export const PREDECESSOR_TABLES = ["probability_results", "hazard_results", "batch_job_logs"];

export interface Migration {
  readonly version: number;
  readonly name: string;
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith(".sql")).sort();
  return names.map((name, at) => {
    const version = Number(name.slice(0, 4));
    if (version !== at + 1) throw new Error(`expected migration ${at + 1} next, found database/migrations/${name}`);
    return { version, name };
  });
}

/** Applies what is missing and returns it. Safe to run at the same time from many processes. */
export async function migrate(client: ClientBase): Promise<Migration[]> {
  const migrations = await readMigrations();
  await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
  try {
    await refuseTablesOfThePredecessor(client);
    await refuseForeignSchema(client);
    await client.query("CREATE SCHEMA IF NOT EXISTS climatebatch");
    await client.query(`CREATE TABLE IF NOT EXISTS climatebatch.schema_migrations (
      version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const applied = await appliedVersion(client);
    await refuseContractedSchema(client, migrations);
    const missing = migrations.filter(({ version }) => version > applied);
    for (const migration of missing) await apply(client, migration);
    return missing;
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [MIGRATION_LOCK]);
  }
}

async function apply(client: ClientBase, { version, name }: Migration): Promise<void> {
  const sql = await readFile(new URL(name, MIGRATIONS), "utf8");
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await client.query("INSERT INTO climatebatch.schema_migrations (version, name) VALUES ($1, $2)", [version, name]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw new Error(`migration ${name} failed and left nothing behind`, { cause: error });
  }
}

/** Whether a newer program migrated the database: then its rights are that program's to give. */
export async function isSchemaNewer(client: Pick<ClientBase, "query">): Promise<boolean> {
  return (await appliedVersion(client)) > (await readMigrations()).length;
}

/** Refuses a database whose schema this program cannot work with: an older one, or a newer one that has lost something. */
export async function checkSchemaVersion(client: Pick<ClientBase, "query">): Promise<void> {
  const migrations = await readMigrations();
  const exists = await client.query("SELECT to_regclass('climatebatch.schema_migrations') IS NOT NULL AS exists");
  const applied = exists.rows[0].exists ? await appliedVersion(client) : 0;
  if (applied > migrations.length) return refuseContractedSchema(client, migrations);
  if (applied < migrations.length) {
    throw new RejectedError(
      "SchemaTooOld",
      `This program needs schema version ${migrations.length}, but the database has ${applied === 0 ? "none" : `version ${applied}`}. Run: climatebatch migrate`,
    );
  }
}

async function appliedVersion(client: Pick<ClientBase, "query">): Promise<number> {
  const { rows } = await client.query(
    "SELECT coalesce(max(version), 0) AS version FROM climatebatch.schema_migrations",
  );
  return rows[0].version;
}

async function refuseContractedSchema(
  client: Pick<ClientBase, "query">,
  migrations: readonly Migration[],
): Promise<void> {
  const { rows } = await client.query(
    "SELECT max(version) AS version FROM climatebatch.schema_migrations WHERE version > $1 AND name LIKE $2",
    [migrations.length, `%${CONTRACTING}`],
  );
  if (rows[0].version === null) return;
  throw new RejectedError(
    "SchemaTooNew",
    `This program knows schema versions up to ${migrations.length}, but the database has version ${rows[0].version}, which took away what this program needs: a newer climatebatch migrated it. Use that version of the program.`,
  );
}

/** The owner of the schema can put anything into the functions that this program calls with its own rights. */
async function refuseForeignSchema(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ object: string; owner: string }>(
    `SELECT o.object, r.rolname AS owner
     FROM (SELECT 'the schema climatebatch' AS object, nspowner AS owner FROM pg_namespace WHERE nspname = 'climatebatch'
       UNION ALL SELECT 'the table climatebatch.schema_migrations', relowner FROM pg_class
         WHERE oid = to_regclass('climatebatch.schema_migrations')) AS o
     JOIN pg_roles AS r ON r.oid = o.owner
     WHERE NOT r.rolsuper AND r.rolname <> current_user
       AND NOT EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND datdba = r.oid)
       AND NOT EXISTS (SELECT FROM pg_auth_members AS m JOIN pg_roles AS u ON u.oid = m.member
         WHERE m.roleid = r.oid AND u.rolname = current_user)
       AND r.rolname <> $1 ORDER BY 1`,
    [OWNER_ROLE],
  );
  const [foreign] = rows;
  if (foreign === undefined) return;
  throw new RejectedError(
    "ForeignSchema",
    `${foreign.object} belongs to the role "${foreign.owner}", of which this user is no member. Give it to this user (ALTER … OWNER TO), or drop it if it holds nothing of yours.`,
  );
}

async function refuseTablesOfThePredecessor(client: ClientBase): Promise<void> {
  const { rows } = await client.query(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
     AND relname = ANY ($1) ORDER BY relname`,
    [PREDECESSOR_TABLES],
  );
  if (rows.length === 0) return;
  const tables = rows.map(({ relname }) => `public.${relname}`).join(", ");
  throw new RejectedError(
    "PredecessorTables",
    `The database already has ${tables} of the predecessor, where climatebatch puts views of the same names. ` +
      "Give climatebatch a database of its own, or run: climatebatch import-predecessor --take-over, which moves them aside, reversibly.",
  );
}
