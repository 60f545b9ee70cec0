// A database whose defaults, schemas and roles belong to someone else: sessions and functions rely on their own settings.
import { createHash } from "node:crypto";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { migrate } from "../../database/migrate.ts";
import { CALCULATIONS } from "../../model/calculations.ts";
import { exportTo } from "../../report/exportFormats.ts";
import { cli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { requestBatch } from "../support/requests.ts";

const HOSTILE: Readonly<Record<string, string>> = {
  DateStyle: "'German, DMY'",
  IntervalStyle: "'sql_standard'",
  TimeZone: "'Asia/Seoul'",
  extra_float_digits: "-15",
  bytea_output: "'escape'",
  search_path: "public, pg_catalog",
  default_transaction_isolation: "'serializable'",
  default_transaction_deferrable: "on",
  array_nulls: "off",
  standard_conforming_strings: "off",
  transform_null_equals: "on",
};
/** Found before those of pg_catalog in the hostile search_path. */
const TRAPS = `
  CREATE FUNCTION public.jsonb_typeof(jsonb) RETURNS text LANGUAGE sql AS $$ SELECT 'trapped' $$;
  CREATE FUNCTION public.json_agg(anyelement) RETURNS json LANGUAGE sql AS $$ SELECT '["trapped"]'::json $$;
  CREATE FUNCTION public.pg_notify(text, text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped'; END $$;
  CREATE FUNCTION public.lower_than(double precision, integer) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
  CREATE OPERATOR public.< (FUNCTION = public.lower_than, LEFTARG = double precision, RIGHTARG = integer)`;

async function digestResults(database: TestDatabase): Promise<string> {
  const client = await connect(database.url, { purpose: "test" });
  const hash = createHash("sha256");
  for (const calculation of CALCULATIONS)
    for (const format of ["csv", "json"] as const) {
      const sink = new Writable({
        write(chunk: Buffer, _, done) {
          hash.update(chunk);
          done();
        },
      });
      await exportTo(client, format, { calculation, nested: true, provenance: false }, sink);
    }
  await client.end();
  return hash.digest("hex");
}

async function runOn(database: TestDatabase): Promise<string> {
  await writePastAndFuture(database.client, { cells: 3 });
  const { code, stderr } = await cli(database.url, "run", "all", "--scenario", "future", "--workers", "1");
  expect(code, stderr).toBe(0);
  return digestResults(database);
}

test("the same results on a database with hostile defaults and a writable public schema", async () => {
  await using usual = await createTestDatabase();
  await using hostile = await createTestDatabase();
  const { rows } = await hostile.client.query<{ name: string }>("SELECT current_database() AS name");
  for (const [name, value] of Object.entries(HOSTILE))
    await hostile.client.query(`ALTER DATABASE "${rows[0]!.name}" SET ${name} = ${value}`);
  await hostile.client.query(TRAPS);

  expect(await runOn(hostile)).toBe(await runOn(usual));
  const client = await connect(hostile.url, { purpose: "test" });
  await client.query("SET search_path = public, pg_catalog");
  await requestBatch(client, "hazard", '{"scenarios": ["future"]}');
  const { rows: levels } = await client.query("SELECT DISTINCT climatebatch.hazard_level(90) AS level");
  await client.end();
  expect(levels).toEqual([{ level: "Very High" }]);
});

test("every setting of a session wins over a hostile default", async () => {
  await using hostile = await createTestDatabase();
  const { rows } = await hostile.client.query<{ name: string }>("SELECT current_database() AS name");
  for (const [name, value] of Object.entries(HOSTILE))
    await hostile.client.query(`ALTER DATABASE "${rows[0]!.name}" SET ${name} = ${value}`);
  const client = await connect(hostile.url, { purpose: "test" });
  const { rows: settings } = await client.query<{ name: string; setting: string; hostile: string }>(
    "SELECT name, setting, reset_val AS hostile FROM pg_settings WHERE lower(name) = ANY ($1)",
    [Object.keys(HOSTILE).map((name) => name.toLowerCase())],
  );
  const { rows: values } = await client.query("SELECT $1::float8[] AS numbers, 'a\\b' AS text", [[1, null]]);
  await client.end();
  expect(settings).toHaveLength(Object.keys(HOSTILE).length);
  expect(settings.filter(({ setting, hostile }) => setting === hostile)).toEqual([]);
  expect(values).toEqual([{ numbers: [1, null], text: "a\\b" }]);
});

test("migrate refuses a schema, and a table of migrations, that another role has made before", async () => {
  await using database = await createTestDatabase({ from: "empty" });
  const { client } = database;
  const role = `intruder_${process.pid}`;
  await client.query(`CREATE ROLE ${role}`);
  try {
    await client.query(`CREATE SCHEMA climatebatch AUTHORIZATION ${role}`);
    await expect(migrate(client)).rejects.toMatchObject({
      reason: "ForeignSchema",
      message: expect.stringContaining(role),
    });
    await client.query(`ALTER SCHEMA climatebatch OWNER TO CURRENT_USER`);
    await client.query("CREATE TABLE climatebatch.schema_migrations (version integer, name text)");
    await client.query(`ALTER TABLE climatebatch.schema_migrations OWNER TO ${role}`);
    await expect(migrate(client)).rejects.toMatchObject({ reason: "ForeignSchema" });
  } finally {
    await client.query(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
  }
});
