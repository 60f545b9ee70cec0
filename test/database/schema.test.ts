// The schema as the catalog reports it, against the golden file that reviewers read as a diff.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Client } from "pg";
import { expect, test } from "vitest";
import { createTestDatabase } from "../support/database.ts";

const GOLDEN = new URL("../golden/schema/schema.txt", import.meta.url);
const HOW_TO_ACCEPT =
  "the schema differs from test/golden/schema/schema.txt; if it should, run this test with UPDATE_GOLDEN=1 and review the diff";

/** Each query reports lines of one kind, in an order of its own. Names and order must not depend on the server's version. */
const QUERIES: Readonly<Record<string, string>> = {
  types: `SELECT format('%s.%s enum (%s)', n.nspname, t.typname, string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder)) AS line
    FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace JOIN pg_enum AS e ON e.enumtypid = t.oid
    WHERE n.nspname IN ('climatebatch', 'public') GROUP BY n.nspname, t.typname ORDER BY 1`,
  columns: `SELECT format('%s.%s %s: %s %s%s%s%s%s', n.nspname, c.relname, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'p' THEN 'partitioned' ELSE 'table' END,
      a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' not null' END,
      CASE a.attidentity WHEN 'a' THEN ' identity' END, ' default ' || pg_get_expr(d.adbin, d.adrelid),
      CASE WHEN a.attstorage <> t.typstorage THEN ' storage ' || a.attstorage::text END) AS line
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE n.nspname IN ('climatebatch', 'public') AND c.relkind IN ('r', 'p', 'v') ORDER BY n.nspname, c.relname, a.attnum`,
  partitions: `SELECT format('%s of %s %s', c.oid::regclass, i.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid)) AS line
    FROM pg_class AS c JOIN pg_inherits AS i ON i.inhrelid = c.oid
    WHERE c.relnamespace = 'climatebatch'::regnamespace AND c.relispartition AND c.relkind = 'r' ORDER BY 1`,
  constraints: `SELECT format('%s: %s', conrelid::regclass, pg_get_constraintdef(oid)) AS line
    FROM pg_constraint WHERE connamespace = 'climatebatch'::regnamespace AND contype <> 'n' ORDER BY conrelid::regclass::text, 1`,
  indexes: `SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'climatebatch' ORDER BY 1`,
  functions: `SELECT pg_get_functiondef(p.oid) AS line FROM pg_proc AS p
    WHERE p.pronamespace IN ('climatebatch'::regnamespace, 'public'::regnamespace) ORDER BY p.proname`,
  triggers: `SELECT pg_get_triggerdef(t.oid) AS line FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'climatebatch'::regnamespace AND NOT t.tgisinternal ORDER BY c.relname, t.tgname`,
  views: `SELECT format(E'%s.%s\\n%s', schemaname, viewname, definition) AS line FROM pg_views
    WHERE schemaname IN ('climatebatch', 'public') ORDER BY schemaname, viewname`,
  comments: `SELECT format('%s%s: %s', o.identity, '', d.description) AS line
    FROM pg_description AS d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS o
    WHERE o.schema = 'climatebatch' OR o.identity LIKE 'climatebatch.%' ORDER BY 1`,
  rows: `SELECT format('publications %s', calculation) AS line FROM climatebatch.publications
    UNION ALL SELECT format('slots %s %s', calculation, slot) FROM climatebatch.slots ORDER BY 1`,
};

async function describeSchema(client: Client): Promise<string> {
  const parts: string[] = [];
  for (const [kind, query] of Object.entries(QUERIES)) {
    const { rows } = await client.query(query);
    parts.push([`== ${kind}`, ...rows.map(({ line }) => line.trimEnd())].join("\n"));
  }
  return `${parts.join("\n\n")}\n`;
}

test("the schema after all migrations is the golden one", async () => {
  await using database = await createTestDatabase();
  const schema = await describeSchema(database.client);
  if (process.env.UPDATE_GOLDEN !== undefined) {
    await mkdir(dirname(GOLDEN.pathname), { recursive: true });
    await writeFile(GOLDEN, schema);
  }
  expect(schema, HOW_TO_ACCEPT).toBe(await readFile(GOLDEN, "utf8"));
});
