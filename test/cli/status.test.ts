// `climatebatch status` names why a batch of this machine does not move, or why it moves no more.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { becomeRunner } from "../../database/batches.ts";
import { connect, leave } from "../../database/connect.ts";
import { planRequest } from "../../database/planRequest.ts";
import { newBatch, readLatestBatch, readShards, workerPid } from "../support/batches.ts";
import { cli, isAlive, startCli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createDatabaseUsers, type DatabaseUsers } from "../support/databaseUsers.ts";
import { pauseAt } from "../support/pauses.ts";

let database: TestDatabase;
let batchId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 2 });
  const options = { parallelism: 1, parallelismSetting: "--workers" };
  const planned = await planRequest(database.client, { calculation: "hazard", cellsPerShard: 1 }, options);
  batchId = planned!.batch.batchId;
});
afterAll(() => database.drop());

const status = async (...words: string[]) => (await cli(database.url, "status", ...words)).stdout;

test("a batch that no process runs, in the list and alone", async () => {
  const words = "No process runs it. Resume it: climatebatch run with the same options";
  expect(await status()).toContain(`batch ${batchId} (NoRunner): ${words}`);
  expect(await status(batchId)).toContain(`why          NoRunner: ${words}`);
});

test("a batch that is run has no obstacle, until a shard fails: then that", async () => {
  const runner = await connect(database.url, { purpose: "test runner" });
  await becomeRunner(runner, batchId);
  expect(JSON.parse(await status(batchId, "--json"))).toMatchObject({ state: "running", obstacle: null });
  await database.client.query(
    `UPDATE climatebatch.batch_shards SET state = 'failed', error_reason = 'NoGrant', error_message = 'permission denied'
     WHERE batch_id = $1 AND shard = 1`,
    [batchId],
  );
  expect(await status()).toContain(`batch ${batchId} (NoGrant): Shard 1 failed: permission denied`);
  await leave(runner);
});

test("a read-only database, in the words of the operator", async () => {
  const name = new URL(database.url).pathname.slice(1);
  await database.client.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
  expect(await status()).toContain(
    `batch ${batchId} (DatabaseReadOnly): The server is read-only: a standby, or a primary with default_transaction_read_only.`,
  );
  await database.client.query(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
});

test("a batch that has ended has none, and one of a cluster leads to its ClimateBatch", async () => {
  await database.client.query(
    "UPDATE climatebatch.batches SET installation = 'here', climate_batch = 'sample', climate_batch_uid = 'uid' WHERE batch_id = $1",
    [batchId],
  );
  expect(await status()).toContain("The operator runs it for the ClimateBatch sample.");
  await database.client.query("UPDATE climatebatch.batches SET state = 'cancelled', finished_at = now()");
  expect(JSON.parse(await status("--json"))).toMatchObject([{ state: "cancelled", obstacle: null }]);
});

describe("on real causes", () => {
  let cause: TestDatabase;
  let users: DatabaseUsers<"operator" | "stranger">;
  beforeAll(async () => {
    cause = await createTestDatabase();
    await writePastAndFuture(cause.client, { cells: 2 });
    users = await createDatabaseUsers(cause, ["operator", "stranger"]);
    await cause.client.query(`GRANT climatebatch_job TO ${users.loginOf("operator")}`);
  });
  afterAll(async () => {
    await cause.drop();
    await users.drop();
  });

  const RUN = ["run", "hazard", "--period", "2021-2040", "--new"];

  test("a user without any right: which one, where they are described, and no bug", async () => {
    const ended = await cli(users.urlOf("stranger"), "status");
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(
      /^The database user lacks a right: permission denied for schema climatebatch\. .*climatebatch doctor.*docs\/roles\.md/,
    );
  });

  test.each([
    ["too old", "DELETE FROM climatebatch.schema_migrations WHERE version > 11", /Run: climatebatch migrate/],
    [
      "too new",
      "INSERT INTO climatebatch.schema_migrations (version, name) VALUES (999, '999.contract.sql')",
      /has version 999, .*Use that version of the program/,
    ],
  ])("a schema that is %s", async (_, statement, words) => {
    await cause.client.query(
      `CREATE TABLE public.migrated AS SELECT * FROM climatebatch.schema_migrations; ${statement}`,
    );
    const { code, stderr } = await cli(cause.url, "status");
    await cause.client.query(`DELETE FROM climatebatch.schema_migrations; INSERT INTO climatebatch.schema_migrations
      SELECT * FROM public.migrated; DROP TABLE public.migrated`);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(words) });
  });

  test("a grant that its shards lack: in the list with what to do, alone, and in the doctor", async () => {
    await cause.client.query("REVOKE INSERT ON climatebatch.batch_risks FROM climatebatch_job");
    const user = users.urlOf("operator");
    expect((await cli(user, ...RUN)).code).toBe(1);
    const [list, one, doctor] = [await cli(user, "status"), await cli(user, "status", "1"), await cli(user, "doctor")];
    await cause.client.query("GRANT INSERT ON climatebatch.batch_risks TO climatebatch_job");
    const words = /\(ShardsFailed\): .*permission denied for table batch_risks/;
    expect(list.stdout).toMatch(new RegExp(`batch 1 ${words.source}\\n.*climatebatch retry 1`));
    expect(one.stdout).toMatch(words);
    expect(doctor.stdout).toMatch(/PROBLEM {2}permissions +the user may not write results: INSERT on batch_risks/);
    expect(doctor.stdout).toMatch(words);
  });

  test("a shard whose process is killed again and again, as by a kernel without memory", async () => {
    const previous = (await readLatestBatch(cause.client))!.batch_id;
    await using pause = await pauseAt(cause, { calculation: "hazard", cell: 1 });
    await using running = startCli([...RUN, "--database", cause.url]);
    const batchId = await newBatch(cause.client, previous);
    let isOver = false;
    void running.exited.then(() => {
      isOver = true;
    });
    while (!isOver) {
      const [shard] = await readShards(cause.client, batchId);
      if (shard!.state === "running" && isAlive(workerPid(shard!))) process.kill(workerPid(shard!), "SIGKILL");
    }
    await pause.release();
    const words = /\(ShardsFailed\): .*killed by SIGKILL/;
    expect((await cli(cause.url, "status")).stdout).toMatch(words);
    expect((await cli(cause.url, "doctor")).stdout).toMatch(words);
  });

  test("a row count that does not match: in the list with what to do, alone, and in the doctor", async () => {
    await cause.client.query(`
      CREATE FUNCTION one_less() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.result_rows := NEW.result_rows - 1; RETURN NEW; END $$;
      CREATE TRIGGER one_less BEFORE UPDATE OF result_rows ON climatebatch.batch_shards
        FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION one_less()`);
    expect((await cli(cause.url, ...RUN)).code).toBe(3);
    await cause.client.query("DROP FUNCTION one_less() CASCADE");
    const [list, doctor] = [await cli(cause.url, "status"), await cli(cause.url, "doctor")];
    const words =
      /\(RowCountMismatch\): .*shards report \d+ result rows, but it must have \d+\..*run CALCULATION --new/;
    expect(list.stdout).toMatch(words);
    expect(doctor.stdout).toMatch(
      new RegExp(`PROBLEM {2}batches +last hazard: .* is complete, but not published ${words.source}`),
    );
  });

  test("a server that may only be read: a command that writes says so", async () => {
    const name = new URL(cause.url).pathname.slice(1);
    await cause.client.query(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`);
    const { code, stderr } = await cli(cause.url, "retry", "1");
    await cause.client.query(`ALTER DATABASE "${name}" RESET default_transaction_read_only`);
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringMatching(
        /^The server is read-only: a standby, .*: cannot execute .* in a read-only transaction/,
      ),
    });
  });
});
