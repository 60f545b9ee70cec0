// The group roles, tried by real users: what each must do, what each must not, and a batch planned and published by the
// operator's user, computed by the real shard program as the job's.
import { readFile } from "node:fs/promises";
import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { finishBatch, readOpenShards, reopenBatch } from "../../database/batches.ts";
import { readBatch } from "../../database/batchReports.ts";
import { connect } from "../../database/connect.ts";
import { migrate } from "../../database/migrate.ts";
import { planRequest } from "../../database/planRequest.ts";
import { GRANTS, grantRoles, OWNER_ROLE } from "../../database/roles.ts";
import { emptySlots } from "../../database/slots.ts";
import type { BatchRequest } from "../../model/batchRequest.ts";
import { startShard } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createDatabaseUsers, type DatabaseUsers, GROUPS, ROLES_SQL } from "../support/databaseUsers.ts";
import { claimOldest } from "../support/requests.ts";

const CELLS = 6;
const INSUFFICIENT_PRIVILEGE = "42501";
const USERS = ["owner", "operator", "job", "reader", "requester", "stranger"] as const;
type User = (typeof USERS)[number];

let database: TestDatabase;
let users: DatabaseUsers<User>;
const sessions = new Map<User, Client>();
const urlOf = (user: User, of: TestDatabase) => users.urlOf(user, of);

beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS });
  users = await createDatabaseUsers(database, USERS);
  for (const user of USERS) sessions.set(user, await connect(urlOf(user, database), { purpose: "test" }));
});

afterAll(async () => {
  for (const session of sessions.values()) await session.end();
  await database.drop();
  await users.drop();
});

/** null when it may; else the SQLSTATE. Nothing stays. */
async function tryAs(user: User, statement: string): Promise<string | null> {
  const session = sessions.get(user)!;
  await session.query("BEGIN");
  try {
    await session.query(statement);
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await session.query("ROLLBACK");
  }
}

const READ_INPUTS =
  "SELECT count(*) FROM climatebatch.climate_data, climatebatch.grid_cells, climatebatch.grids, climatebatch.scenarios, climatebatch.input_revisions, climatebatch.extreme_sea_levels, climatebatch.sea_level_rise, climatebatch.sea_connections, climatebatch.derived_inputs";
const READ_RESULTS =
  "SELECT count(*) FROM public.probability_results, public.hazard_results, climatebatch.probability_results, climatebatch.hazard_results";
const INSERT_RESULT =
  "INSERT INTO climatebatch.hazard_rows_2 (slot, cell_id, scenario_id, first_year, last_year, years_used, risk) VALUES (2, 1, 1, 1991, 2020, 30, 'drought')";
const INSERT_BATCH =
  "INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id) SELECT 'hazard', '{}', '', grid_id FROM climatebatch.grids";
const INSERT_REQUEST = "INSERT INTO climatebatch.batch_requests (calculation, source) VALUES ('hazard', 'cli')";
const REQUEST = "SELECT climatebatch.request_batch('hazard', '{\"risks\": [\"drought\"]}')";
const CHANGE_PROGRAM =
  "CREATE OR REPLACE FUNCTION climatebatch.hazard_level(double precision) RETURNS text LANGUAGE sql RETURN 'x'";

test.each<[User, string]>([
  ["owner", "CREATE TABLE climatebatch.next_migration (a integer)"],
  ["owner", "ALTER TABLE climatebatch.batches ADD COLUMN more text"],
  ["owner", "CREATE VIEW public.climatebatch_next AS SELECT * FROM climatebatch.batches"],
  ["owner", "UPDATE climatebatch.grid_cells SET attributes = '{}'"],
  ["owner", "DELETE FROM climatebatch.climate_data"],
  ["owner", "DELETE FROM climatebatch.storms"],
  ["owner", REQUEST],
  ["operator", READ_INPUTS],
  ["operator", READ_RESULTS],
  [
    "operator",
    "SELECT FROM climatebatch.probability_all_batches, climatebatch.hazard_all_batches, public.batch_job_logs",
  ],
  ["operator", INSERT_BATCH],
  ["operator", "UPDATE climatebatch.batches SET state = 'cancelled'"],
  ["operator", "UPDATE climatebatch.publications SET shown_first_year = 2041"],
  ["operator", "SELECT FROM climatebatch.probability_rows_1"],
  ["operator", "TRUNCATE climatebatch.probability_rows_1"],
  ["operator", "DELETE FROM climatebatch.hazard_rows_4"],
  ["operator", "SELECT FROM climatebatch.input_revisions FOR SHARE"],
  ["operator", INSERT_REQUEST],
  ["operator", "SELECT climatebatch.record_request('hazard', '{}', 'schedule', 'a key')"],
  ["operator", "SELECT FROM climatebatch.rejected_cells, climatebatch.rejected_counts, climatebatch.batch_inputs"],
  ["job", READ_INPUTS],
  ["job", "SELECT FROM climatebatch.storm_records, climatebatch.storms, climatebatch.storm_points"],
  ["job", INSERT_RESULT],
  ["job", "SELECT FROM climatebatch.batches FOR SHARE"],
  ["job", "SELECT FROM climatebatch.input_revisions FOR SHARE"],
  ["job", "UPDATE climatebatch.batch_shards SET state = 'running', attempt = attempt + 1"],
  ["reader", READ_RESULTS],
  ["reader", "SELECT probability, bin_data, return_levels FROM climatebatch.probability_results"],
  ["reader", "SELECT hazard_score, hazard_level, indicators FROM public.hazard_results"],
  ["reader", "SELECT * FROM public.batch_job_logs ORDER BY started_at DESC LIMIT 10"],
  ["reader", "SELECT value FROM climatebatch.climate_values WHERE latitude = 33 AND longitude = 126 LIMIT 1"],
  ["reader", "SELECT FROM climatebatch.hazard_all_batches, climatebatch.publications, climatebatch.slots"],
  ["reader", "SELECT FROM climatebatch.batches, climatebatch.batch_shards, climatebatch.batch_requests"],
  ["reader", "SELECT FROM climatebatch.rejected_cells, climatebatch.grid_cells, climatebatch.scenarios"],
  ["requester", REQUEST],
  ["requester", "SELECT climatebatch.request_batch('probability', request_key => 'mine')"],
])("%s may: %s", async (user, statement) => {
  expect(await tryAs(user, statement)).toBeNull();
});

test.each<[User, string]>([
  ["owner", "CREATE ROLE another"],
  ["operator", "CREATE TABLE climatebatch.mine (a integer)"],
  ["operator", "DROP TABLE climatebatch.rejected_cells"],
  ["operator", INSERT_RESULT],
  ["operator", "INSERT INTO climatebatch.grids (name) VALUES ('mine')"],
  ["operator", "UPDATE climatebatch.climate_data SET values = values"],
  ["operator", "DELETE FROM climatebatch.grid_cells"],
  ["operator", "UPDATE climatebatch.input_revisions SET revision = 0"],
  ["operator", "DELETE FROM climatebatch.batches"],
  ["operator", "DELETE FROM climatebatch.batch_request_keys"],
  ["operator", "TRUNCATE climatebatch.climate_data"],
  ["operator", "TRUNCATE climatebatch.batch_shards"],
  ["operator", "INSERT INTO climatebatch.schema_migrations (version, name) VALUES (99, 'x')"],
  ["operator", CHANGE_PROGRAM],
  ["job", "UPDATE climatebatch.batches SET state = 'complete'"],
  ["job", "UPDATE climatebatch.batches SET max_rejected_cells = NULL"],
  ["job", "UPDATE climatebatch.batch_shards SET first_cell = 0"],
  ["job", "UPDATE climatebatch.input_revisions SET revision = 0"],
  ["job", "UPDATE climatebatch.publications SET slot = 1"],
  ["job", "UPDATE climatebatch.slots SET batch_id = NULL"],
  ["job", "SELECT FROM climatebatch.publications"],
  ["job", "SELECT FROM climatebatch.hazard_rows_1"],
  ["job", "UPDATE climatebatch.hazard_rows_1 SET score = 0"],
  ["job", "DELETE FROM climatebatch.hazard_rows_1"],
  ["job", "TRUNCATE climatebatch.hazard_rows_1"],
  ["job", "INSERT INTO climatebatch.climate_data VALUES (1, 1, 2000, 'tas', 'yearly', '\\x00000000')"],
  ["job", "DELETE FROM climatebatch.storms"],
  ["job", INSERT_BATCH],
  [
    "job",
    "INSERT INTO climatebatch.batch_shards (batch_id, shard, first_cell, last_cell, cells, job_index) VALUES (1, 99, 1, 1, 1, 99)",
  ],
  ["job", "DELETE FROM climatebatch.rejected_cells"],
  ["job", INSERT_REQUEST],
  ["job", REQUEST],
  ["job", "SELECT FROM public.hazard_results"],
  ["reader", "SELECT FROM climatebatch.hazard_rows"],
  ["reader", "SELECT FROM climatebatch.hazard_rows_1"],
  ["reader", "SELECT FROM climatebatch.climate_data"],
  ["reader", "SELECT FROM climatebatch.storm_points"],
  ["reader", "INSERT INTO climatebatch.batches (calculation) VALUES ('hazard')"],
  ["reader", "DELETE FROM climatebatch.batch_requests"],
  ["reader", "SELECT FROM climatebatch.batch_request_keys"],
  ["reader", "UPDATE climatebatch.publications SET shown_first_year = 2041"],
  ["reader", "CREATE VIEW public.mine AS SELECT 1"],
  ["reader", REQUEST],
  ["requester", "SELECT FROM climatebatch.batch_requests"],
  ["requester", INSERT_REQUEST],
  ["requester", "SELECT climatebatch.record_request('hazard', '{}', 'schedule')"],
  ["requester", "SELECT FROM public.batch_job_logs"],
  ["requester", "SELECT FROM climatebatch.climate_data"],
  ["stranger", REQUEST],
  ["stranger", "SELECT FROM climatebatch.grids"],
  ["stranger", "SELECT FROM public.hazard_results"],
])("%s must not: %s", async (user, statement) => {
  expect(await tryAs(user, statement)).toBe(INSUFFICIENT_PRIVILEGE);
});

test("the right to lock a row is no right to change it", async () => {
  for (const table of ["batches", "input_revisions"]) {
    expect(await tryAs("job", `UPDATE climatebatch.${table} SET row_lock = NULL`)).toBeNull();
  }
  expect(await tryAs("job", "UPDATE climatebatch.input_revisions SET row_lock = true")).toBe("23514");
});

test("the operator sees which snapshots are open, the job does not", async () => {
  for (const [user, sees] of [
    ["operator", true],
    ["job", false],
  ] as const) {
    const { rows } = await sessions
      .get(user)!
      .query("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees");
    expect(rows[0].sees).toBe(sees);
  }
});

test("the operator's user plans, empties, settles and publishes what the shard program computes as the job's user", async () => {
  const operator = sessions.get("operator")!;
  await sessions.get("requester")!.query("SELECT climatebatch.request_batch('all')");
  const [request] = await claimOldest(operator, "here", 1);
  const [baseFirst, first] = [1991, 2021];
  const wanted: BatchRequest = {
    calculation: request!.calculation,
    scenarios: ["future"],
    basePeriod: { firstYear: baseFirst, lastYear: baseFirst + 29 },
    periods: [{ firstYear: first, lastYear: first + 19 }],
  };
  const options = { parallelism: 1, parallelismSetting: "workers" };
  const answers = { installation: "here", requestId: request!.requestId };
  const planned = await planRequest(operator, wanted, { ...options, cellsPerShard: 3, answers });
  const { batchId } = planned!.batch;
  await emptySlots(operator, batchId);
  // The first shard fails first, for a reason that is the database's.
  await database.client.query("REVOKE INSERT ON climatebatch.hazard_rows_1 FROM climatebatch_job");
  const failed = await startShard(urlOf("job", database), batchId, 0).ended;
  await grantRoles(database.client);
  const outcomeOfFailure = await finishBatch(operator, batchId, null);
  const { shards } = await reopenBatch(operator, batchId);
  for (const shard of await readOpenShards(operator, batchId)) {
    const { code, stdout } = await startShard(urlOf("job", database), batchId, shard.completionIndex, shard.jobAttempt)
      .ended;
    expect({ code, stdout }).toMatchObject({ code: 0 });
  }
  const outcome = await finishBatch(operator, batchId, { replaceGrid: false, allowFewer: false, goBack: false });

  expect(failed).toMatchObject({
    code: 20,
    stdout: expect.stringContaining("permission denied for table hazard_rows_1"),
  });
  expect(outcomeOfFailure.state).toBe("failed");
  expect(shards).toBe(2);
  expect(outcome).toEqual({ state: "published" });
  expect(await readBatch(operator, batchId)).toMatchObject({
    cells: CELLS,
    cellsDone: CELLS,
    published: ["hazard", "probability"],
  });
  const { rows } = await sessions
    .get("reader")!
    .query(
      "SELECT count(DISTINCT (latitude, longitude))::int AS places, count(bin_data)::int > 0 AS has_bins FROM public.probability_results",
    );
  expect(rows).toEqual([{ places: CELLS, has_bins: true }]);
  const logs = await sessions.get("reader")!.query("SELECT status, source FROM public.batch_job_logs");
  expect(logs.rows).toEqual([{ status: "completed", source: "function" }]);

  const { batch: over } = (await planRequest(operator, wanted, { ...options, cellsPerShard: CELLS }))!;
  await emptySlots(operator, over.batchId);
  expect((await startShard(urlOf("job", database), over.batchId, 0).ended).code).toBe(0);
  const exceptions = { replaceGrid: false, allowFewer: false, goBack: false };
  expect(await finishBatch(operator, over.batchId, exceptions)).toEqual({ state: "published" });
});

test("every table and view is given to a role or deliberately to none", async () => {
  const toNone = ["probability_rows", "hazard_rows", "predecessor_imports"];
  const { rows } = await database.client.query(
    // Who may read climate_data need not have a right on its parts.
    `SELECT relname FROM pg_class WHERE relnamespace = 'climatebatch'::regnamespace AND relkind IN ('r', 'p', 'v')
       AND oid NOT IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'climatebatch.climate_data'::regclass) ORDER BY relname`,
  );
  const given = new Set(
    Object.values(GRANTS)
      .flat()
      .flatMap((grant) => grant.match(/(?<=climatebatch\.)\w+/g) ?? []),
  );
  expect(rows.map(({ relname }) => relname).filter((name) => !given.has(name))).toEqual(toNone.sort());
});

test("rights are granted again without a change, and what was added to a group role is revoked", async () => {
  const rights = async () =>
    (
      await database.client.query(
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'climatebatch'::regnamespace ORDER BY 1",
      )
    ).rows;
  const before = await rights();
  await database.client.query("GRANT ALL ON climatebatch.climate_data TO climatebatch_reader");
  const result = await grantRoles(database.client);
  expect(result).toEqual({ granted: GROUPS, missing: [] });
  expect(sortRights(await rights())).toEqual(sortRights(before));
});

test("readers do not notice that rights are granted again", async () => {
  const reader = sessions.get("reader")!;
  let isDone = false;
  const giving = (async () => {
    for (let at = 0; at < 20; at++) await grantRoles(database.client);
    isDone = true;
  })();
  let reads = 0;
  for (; !isDone; reads++) await reader.query("SELECT count(*) FROM public.hazard_results");
  await giving;
  expect(reads).toBeGreaterThan(5);
});

/** The order of entries says nothing. */
const sortRights = (rows: { relname: string; relacl: string | null }[]) =>
  rows.map(({ relname, relacl }) => `${relname} ${relacl?.slice(1, -1).split(",").sort().join()}`);

test("a member of the owner role migrates an empty database; everything is the role's, not the member's", async () => {
  await using empty = await createTestDatabase({ from: "empty" });
  await empty.client.query(await readFile(ROLES_SQL, "utf8"));
  const owner = await connect(urlOf("owner", empty), { purpose: "test" });
  const applied = await migrate(owner);
  const { granted } = await grantRoles(owner);
  const again = await grantRoles(owner);
  await owner.end();

  expect(applied.length).toBeGreaterThanOrEqual(5);
  expect(granted).toEqual(GROUPS);
  expect(again).toEqual({ granted: GROUPS, missing: [] });
  const { rows } = await empty.client.query(
    `SELECT DISTINCT pg_get_userbyid(owner) AS owner FROM (
       SELECT relowner AS owner FROM pg_class WHERE relnamespace = 'climatebatch'::regnamespace OR relname IN ('hazard_results', 'batch_job_logs')
       UNION ALL SELECT proowner FROM pg_proc WHERE pronamespace = 'climatebatch'::regnamespace
       UNION ALL SELECT typowner FROM pg_type WHERE typnamespace = 'climatebatch'::regnamespace
       UNION ALL SELECT nspowner FROM pg_namespace WHERE nspname = 'climatebatch') AS owners`,
  );
  expect(rows).toEqual([{ owner: OWNER_ROLE }]);
});

test("a user who does not own the tables cannot grant rights, and the message says how to", async () => {
  await expect(grantRoles(sessions.get("operator")!)).rejects.toThrow(
    /by their owner or a superuser, but this is "test_operator_.*GRANT climatebatch_owner TO/s,
  );
});

test("where the roles do not exist nothing happens", async () => {
  await using other = await createTestDatabase();
  await other.client.query("BEGIN");
  for (const group of GROUPS) await other.client.query(`ALTER ROLE ${group} RENAME TO renamed_${group}`);
  expect(await grantRoles(other.client)).toEqual({ granted: [], missing: GROUPS });
  await other.client.query("ROLLBACK");
});
