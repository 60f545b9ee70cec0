// `climatebatch status` names why a batch of this machine does not move.
import { afterAll, beforeAll, expect, test } from "vitest";
import { becomeRunner } from "../../database/batches.ts";
import { connect, leave } from "../../database/connect.ts";
import { planRequest } from "../../database/planRequest.ts";
import { cli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

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
