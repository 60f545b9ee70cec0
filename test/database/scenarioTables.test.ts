// A table of series for each scenario: how an older database gets there while it is read, and that loading, reading and removing a
// scenario touches no other.
import type { Client } from "pg";
import { expect, test } from "vitest";
import { readCells, readSeriesRows } from "../../database/climateReader.ts";
import { connect } from "../../database/connect.ts";
import { migrate } from "../../database/migrate.ts";
import { remove } from "../../database/removal.ts";
import { eventually } from "../support/cli.ts";
import { GRID, writeManyCells, writePastAndFuture, writeScenario } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createDatabaseUsers } from "../support/databaseUsers.ts";
import { reportLockWaits, waitOf } from "../support/lockWaits.ts";
import { migrateUpTo } from "../support/oldDatabase.ts";

const BEFORE = 19;
const STEPS = [20, 21, 22];
const CELLS = 6;
const YEARS = 10;
const MOST_MS = 1000;

async function createOldDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ from: "empty" });
  await migrateUpTo(database.client, BEFORE);
  await writeManyCells(database.client, { cells: CELLS, years: YEARS });
  return database;
}

async function open(database: TestDatabase): Promise<Client & AsyncDisposable> {
  const client = await connect(database.url, { purpose: "test" });
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** Each table of series with its file and rows. */
async function readTables(client: Client): Promise<Record<string, { file: string; rows: number }>> {
  const { rows } = await client.query(
    `SELECT c.relname AS name, pg_relation_filepath(c.oid) AS file FROM pg_class AS c
     WHERE c.relnamespace = 'climatebatch'::regnamespace AND c.relname LIKE 'climate_data%' AND c.relkind = 'r' ORDER BY 1`,
  );
  const tables: Record<string, { file: string; rows: number }> = {};
  for (const { name, file } of rows) {
    const counted = await client.query(`SELECT count(*)::int AS rows FROM climatebatch.${name}`);
    tables[name] = { file, rows: counted.rows[0].rows };
  }
  return tables;
}

async function digest(client: Client): Promise<string> {
  const { rows } = await client.query(
    "SELECT md5(string_agg(d::text, ',' ORDER BY cell_id, scenario_id, variable, frequency, year)) AS digest FROM climatebatch.climate_data AS d",
  );
  return rows[0].digest;
}

const wanted = { daily: ["tasmax" as const] };

/** Rows that a shard reads of the scenarios. */
async function readAsShard(client: Client, scenarioIds: readonly number[], linked = false): Promise<number> {
  let rows = 0;
  await readSeriesRows(client, { firstCell: 1, lastCell: CELLS, scenarioIds, wanted, linked }, () => rows++);
  return rows;
}

/** Until the migrator has been refused a lock and sleeps. */
function isRefused(watcher: Client): Promise<true> {
  return eventually("the migrator waits for its next try", async () => {
    const { rows } = await watcher.query(
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
    );
    return rows.length > 0 || undefined;
  });
}

test("an older database is divided between two transactions of shards; readers wait for nothing, and no row moves", async () => {
  await using database = await createOldDatabase();
  const { client } = database;
  const before = await readTables(client);
  const digestBefore = await digest(client);
  await using shard = await open(database);
  await using reader = await open(database);
  await using migrator = await open(database);
  const waits: string[] = [];
  await reportLockWaits(reader, 100, waits);
  await shard.query("BEGIN");
  expect(await readAsShard(shard, [1])).toBe(CELLS * YEARS);
  let isRead = true;
  const reading = (async () => {
    let reads = 0;
    for (; isRead; reads++) {
      expect(await readAsShard(reader, [1])).toBe(CELLS * YEARS);
      const { rows } = await reader.query(
        "SELECT count(*)::int AS n FROM climatebatch.climate_values WHERE latitude = 33 AND year = 2020",
      );
      expect(rows[0].n).toBe(CELLS * 366);
    }
    return reads;
  })();

  const migrating = migrate(migrator);
  await isRefused(client);
  // The shard goes on, and begins its next transaction.
  expect(await readAsShard(shard, [1])).toBe(CELLS * YEARS);
  await shard.query("COMMIT");
  expect((await migrating).map(({ version }) => version)).toEqual(STEPS);
  await shard.query("BEGIN");
  expect(await readAsShard(shard, [1])).toBe(CELLS * YEARS);
  await shard.query("COMMIT");
  isRead = false;

  expect(await reading).toBeGreaterThan(0);
  expect(waits.map(waitOf).filter((ms) => ms > MOST_MS)).toEqual([]);
  expect(await digest(client)).toBe(digestBefore);
  expect(await readTables(client)).toEqual({ climate_data_earlier: before.climate_data });
});

test.each([
  { step: 20, lock: "ACCESS SHARE" },
  { step: 21, lock: "SHARE UPDATE EXCLUSIVE" },
  { step: 22, lock: "ACCESS SHARE" },
])("killed in step $step, it leaves what was; run again, it ends", async ({ step, lock }) => {
  await using database = await createOldDatabase();
  const { client } = database;
  await migrateUpTo(client, step - 1);
  const before = await readTables(client);
  const digestBefore = await digest(client);
  await using holder = await open(database);
  await holder.query(`BEGIN; LOCK TABLE climatebatch.climate_data IN ${lock} MODE`);
  await using migrator = await open(database);
  const { rows } = await migrator.query("SELECT pg_backend_pid() AS pid");
  const killed = expect(migrate(migrator)).rejects.toThrow();
  await eventually("the migrator waits", async () => {
    const waiting = await client.query(
      "SELECT FROM pg_stat_activity WHERE pid = $1 AND (wait_event = 'PgSleep' OR wait_event_type = 'Lock')",
      [rows[0].pid],
    );
    return waiting.rows.length > 0 || undefined;
  });

  await client.query("SELECT pg_terminate_backend($1)", [rows[0].pid]);
  await killed;

  expect(await readTables(client)).toEqual(before);
  await holder.query("COMMIT");
  expect((await migrate(client)).map(({ version }) => version)).toEqual(STEPS.filter((one) => one >= step));
  expect(await readTables(client)).toEqual({ climate_data_earlier: before.climate_data });
  expect(await digest(client)).toBe(digestBefore);
});

const OLD_SCENARIO =
  "INSERT INTO climatebatch.scenarios (name, calendar, data_first_year, data_last_year) VALUES ($1, 'standard', 2020, 2020) RETURNING scenario_id";
const OLD_ROWS = `INSERT INTO climatebatch.climate_data (cell_id, scenario_id, year, variable, frequency, values)
  SELECT at, $1::int, 2020, 'tas', 'yearly', $2::bytea FROM generate_series(1, 3) AS at
  ON CONFLICT (cell_id, scenario_id, variable, frequency, year) DO UPDATE SET values = EXCLUDED.values`;

test("the previous version's statements work: on scenarios made between two steps and after the last", async () => {
  await using database = await createOldDatabase();
  const { client } = database;
  await migrateUpTo(client, BEFORE + 2);
  const between = (await client.query(OLD_SCENARIO, ["made between"])).rows[0].scenario_id;
  await migrate(client);
  const later = (await client.query(OLD_SCENARIO, ["made after"])).rows[0].scenario_id;
  for (const scenario of [between, later]) {
    await client.query(OLD_ROWS, [scenario, "\\x00000000"]);
    await client.query(OLD_ROWS, [scenario, "\\x0000803f"]);
  }

  expect(later).toBeGreaterThan(between);
  expect(await readTables(client)).toMatchObject({
    climate_data_earlier: { rows: CELLS * YEARS + 3 },
    [`climate_data_${later}`]: { rows: 3 },
  });
  const { rows } = await client.query(
    "SELECT DISTINCT values FROM climatebatch.climate_data WHERE scenario_id = ANY ($1)",
    [[between, later]],
  );
  expect(rows).toEqual([{ values: Buffer.from("0000803f", "hex") }]);
  for (const scenario of [between, later]) {
    const removed = await client.query("DELETE FROM climatebatch.climate_data WHERE scenario_id = $1", [scenario]);
    expect(removed.rowCount).toBe(3);
    await client.query("DELETE FROM climatebatch.scenarios WHERE scenario_id = $1", [scenario]);
  }
});

test("a load makes the scenario's table, and no reader of another waits while it lasts or when it ends", async () => {
  await using database = await createTestDatabase();
  const { client } = database;
  await writeScenario(client, "past", { cells: CELLS });
  const before = await readTables(client);
  await using shard = await open(database);
  await shard.query("BEGIN");
  await readAsShard(shard, [1]);

  await writeScenario(client, "future", { cells: CELLS });

  expect(await readTables(client)).toEqual({
    ...before,
    climate_data_2: { file: expect.any(String), rows: CELLS * 40 },
  });
  expect(await readAsShard(shard, [1, 2])).toBe(CELLS * 70);
  await shard.query("COMMIT");
  const { rows } = await client.query("SELECT input, revision::int FROM climatebatch.input_revisions ORDER BY input");
  expect(rows).toMatchObject([
    { input: "climate_data/future", revision: expect.any(Number) },
    { input: "climate_data/past", revision: expect.any(Number) },
    { input: `grid/${GRID}` },
  ]);
});

test("rows of a new scenario need no vacuum: every page is known to be visible to all", async () => {
  await using database = await createTestDatabase();
  const { client } = database;
  await writeScenario(client, "past", { cells: CELLS });

  await client.query("SET enable_seqscan = off; SET enable_bitmapscan = off");
  const { rows } = await client.query(
    "EXPLAIN (ANALYZE, FORMAT JSON) SELECT cell_id FROM climatebatch.climate_data WHERE scenario_id = 1",
  );
  expect(rows[0]["QUERY PLAN"][0].Plan).toMatchObject({
    "Node Type": "Index Only Scan",
    "Actual Rows": CELLS * 30,
    "Heap Fetches": 0,
  });
});

test("a load of a new scenario does not wait for another that has not ended", async () => {
  await using database = await createTestDatabase();
  const { client } = database;
  await writeScenario(client, "past", { cells: CELLS });
  await using other = await open(database);
  await other.query("BEGIN; SELECT set_config('climatebatch.attaching', 'later', true)");
  const { scenario_id: id } = (await other.query(OLD_SCENARIO, ["slow"])).rows[0];
  await other.query(
    `INSERT INTO climatebatch.climate_data_${id} SELECT 1, ${id}, 2020, 'tas', 'yearly', '\\x00000000'`,
  );

  await writeScenario(client, "future", { cells: CELLS });

  await other.query("SELECT climatebatch.attach_scenario_table($1)", [id]);
  await other.query("COMMIT");
  const tables = Object.values(await readTables(client));
  expect(tables.map(({ rows }) => rows)).toEqual([CELLS * 30, 1, CELLS * 40, 0]);
});

test.each([false, true])("only the tables of the scenarios read are opened (links: %s)", async (linked) => {
  await using database = await createTestDatabase();
  const { client } = database;
  await writePastAndFuture(client, { cells: CELLS });
  await using shard = await open(database);
  await shard.query("BEGIN");

  const range = { grid: GRID, linked, afterCell: 0, lastCell: CELLS, limit: CELLS };
  expect(await readCells(shard, { ...range, scenarioIds: [2] })).toHaveLength(CELLS);
  expect(await readAsShard(shard, [2], linked)).toBe(CELLS * 40);

  const { rows } = await shard.query(
    `SELECT DISTINCT c.relname AS name FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
     WHERE l.pid = pg_backend_pid() AND c.relkind = 'r' AND c.relname LIKE 'climate_data%'`,
  );
  expect(rows).toEqual([{ name: "climate_data_2" }]);
});

test("removing a scenario that others are read beside touches nothing of theirs; the file is gone", async () => {
  await using database = await createTestDatabase();
  const { client } = database;
  await writePastAndFuture(client, { cells: CELLS });
  const before = await readTables(client);
  const { rows: revisions } = await client.query(
    "SELECT * FROM climatebatch.input_revisions WHERE input <> 'climate_data/future'",
  );
  await using shard = await open(database);
  await shard.query("BEGIN");
  await readAsShard(shard, [1]);

  await remove(client, "scenario", "future", false);

  // Its empty table is a part of climate_data while the shard's transaction lasts.
  const [first, second] = [before.climate_data_1!, before.climate_data_2!];
  expect(await readTables(client)).toMatchObject({ climate_data_1: first, climate_data_2: { rows: 0 } });
  const files = await client.query("SELECT pg_stat_file($1, true) AS file", [second.file]);
  expect([null, expect.stringMatching(/^\(0,/)]).toContainEqual(files.rows[0].file);
  expect(await readAsShard(shard, [1])).toBe(CELLS * 30);
  await shard.query("COMMIT");
  const { rows: revisionsAfter } = await client.query(
    "SELECT * FROM climatebatch.input_revisions WHERE input <> 'climate_data/future'",
  );
  expect(revisionsAfter).toEqual(revisions);

  await writeScenario(client, "future", { cells: CELLS });
  await remove(client, "scenario", "future", false);
  expect(await readTables(client)).toEqual({
    climate_data_earlier: before.climate_data_earlier,
    climate_data_1: first,
  });
});

test("a scenario that is read in a transaction that stays open is removed by DELETE in the end", async () => {
  await using database = await createTestDatabase();
  const { client } = database;
  await writePastAndFuture(client, { cells: CELLS });
  await using reader = await open(database);
  await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await readAsShard(reader, [2]);

  await remove(client, "scenario", "future", false);

  expect(await readAsShard(client, [2])).toBe(0);
  expect(await readAsShard(reader, [2])).toBe(CELLS * 40);
  await reader.query("COMMIT");
});

test("a scenario from before is removed by DELETE, and loaded again it has a table", async () => {
  await using database = await createOldDatabase();
  const { client } = database;
  await migrate(client);
  await client.query("UPDATE climatebatch.scenarios SET name = 'past'");
  const ofAll = "SELECT revision FROM climatebatch.input_revisions WHERE input = 'climate_data'";
  const before = (await client.query(ofAll)).rows;

  await remove(client, "scenario", "past", false);
  expect((await client.query(ofAll)).rows).toEqual(before);
  await writeScenario(client, "past", { cells: CELLS });

  expect(Object.values(await readTables(client)).map(({ rows }) => rows)).toEqual([CELLS * 30, 0]);
});

test("a new scenario's table belongs to the owners' role, whichever member loaded it; another member removes it", async () => {
  const database = await createTestDatabase();
  const users = await createDatabaseUsers(database, ["owner", "operator", "job"]);
  const as = async <T>(user: "owner" | "operator" | "job", work: (client: Client) => Promise<T>) => {
    const session = await connect(users.urlOf(user), { purpose: "test" });
    try {
      return await work(session);
    } finally {
      await session.end();
    }
  };
  await as("owner", (session) => writePastAndFuture(session, { cells: CELLS }));
  const { rows } = await database.client.query(
    "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'climatebatch' AND tablename LIKE 'climate_data%'",
  );
  expect(rows).toEqual([{ tableowner: "climatebatch_owner" }]);
  expect(await as("job", (session) => readAsShard(session, [1, 2], true))).toBe(CELLS * 70);
  for (const user of ["operator", "job"] as const)
    for (const statement of [
      "SELECT FROM climatebatch.climate_data_1",
      "TRUNCATE climatebatch.climate_data_1",
      "SELECT climatebatch.attach_scenario_table(1::smallint)",
      "INSERT INTO climatebatch.scenarios (name, calendar) VALUES ('mine', 'standard')",
    ])
      await expect(as(user, (session) => session.query(statement))).rejects.toMatchObject({ code: "42501" });
  await as("owner", (session) => remove(session, "scenario", "future", false));
  expect(Object.keys(await readTables(database.client))).toEqual(["climate_data_1", "climate_data_earlier"]);
  await database.drop();
  await users.drop();
});
