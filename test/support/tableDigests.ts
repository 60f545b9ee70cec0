// The content of every table as digests, to show that something left the database as it was.
import type { Client } from "pg";

export async function digestTables(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'climatebatch'::regnamespace AND relkind = 'r' ORDER BY relname`,
  );
  const digests: Record<string, string> = {};
  for (const { name } of rows) {
    const result = await client.query(
      `SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) AS digest FROM climatebatch.${name} AS t`,
    );
    digests[name] = result.rows[0].digest;
  }
  return digests;
}
