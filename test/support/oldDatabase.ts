// The schema as an earlier version made it: the first migrations, and no others.
import { readdir, readFile } from "node:fs/promises";
import type { Client } from "pg";

const MIGRATIONS = new URL("../../database/migrations/", import.meta.url);

/** Applies those of the first `version` migrations that an empty or an older database lacks. */
export async function migrateUpTo(client: Client, version: number): Promise<void> {
  await client.query("CREATE SCHEMA IF NOT EXISTS climatebatch");
  await client.query(
    "CREATE TABLE IF NOT EXISTS climatebatch.schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
  );
  const { rows } = await client.query("SELECT count(*)::int AS applied FROM climatebatch.schema_migrations");
  for (const name of (await readdir(MIGRATIONS)).sort().slice(rows[0].applied, version)) {
    await client.query(await readFile(new URL(name, MIGRATIONS), "utf8"));
    await client.query("INSERT INTO climatebatch.schema_migrations (version, name) VALUES ($1, $2)", [
      Number(name.slice(0, 4)),
      name,
    ]);
  }
}
