// What serve does with requests of one calculation, with requests that fail, and with failed batches.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createDatabaseUsers } from "../support/databaseUsers.ts";
import { pauseAt } from "../support/pauses.ts";
import { insertBatch, readRequestRows, requestBatch } from "../support/requests.ts";
import { readBatches, serving, settled } from "../support/serve.ts";

const ENV = { BATCH_SIZE: "7", PARALLEL_WORKERS: "2", POLL_SECONDS: "1" };
const OPTIONS = JSON.stringify({ grid: "test-grid", scenarios: ["future"], risks: ["high_temperature"] });

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 7 });
});
afterAll(() => database.drop());
let batchesBefore = 0;
beforeEach(async () => {
  batchesBefore = (await readBatches(database.client)).length;
});

/** Raises an error before the statement, until it is dropped. */
async function breakAt(event: string, message: string) {
  const { client } = database;
  await client.query(`CREATE FUNCTION public.break_here() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${message}'; END $$;
    CREATE TRIGGER break_here BEFORE ${event} EXECUTE FUNCTION public.break_here()`);
  return { repair: () => client.query("DROP FUNCTION public.break_here() CASCADE") };
}

test("with Replace a later request cancels the batch that runs and the request that waits", async () => {
  await using pause = await pauseAt(database, { calculation: "hazard", cell: 3 });
  await using serve = await serving(database.url, { ...ENV, CONCURRENCY_POLICY: "Replace" });
  await requestBatch(database.client, "hazard", OPTIONS);
  await pause.reached();

  await requestBatch(database.client, "hazard");
  const { reason, message } = await serve.logged("batchCancelled");
  await pause.release();

  expect({ reason, message }).toEqual({
    reason: "Replaced",
    message: expect.stringMatching(/^Replaced by request \d+\.$/),
  });
  const batches = await settled(database.client, batchesBefore + 2);
  expect(batches.slice(batchesBefore).map(({ state }) => state)).toEqual(["cancelled", "complete"]);
});

test("a request waits while the user of serve lacks a right, and is answered when it was granted", async () => {
  const users = await createDatabaseUsers(database, ["operator"]);
  const { client } = database;
  await client.query(`GRANT climatebatch_job TO ${users.loginOf("operator")}`);
  await client.query("REVOKE INSERT ON climatebatch.batches FROM climatebatch_operator");
  {
    await using serve = await serving(users.urlOf("operator"), ENV);
    await requestBatch(client, "hazard", JSON.stringify({ ...JSON.parse(OPTIONS), maxRejectedCells: 5 }));
    expect(await serve.logged("requestNotAnswered")).toMatchObject({ message: "permission denied for table batches" });
    await client.query("GRANT INSERT ON climatebatch.batches TO climatebatch_operator");
    await settled(client, batchesBefore + 1);
  }
  expect((await readRequestRows(client)).at(-1)).toMatchObject({ outcome: "batch" });
  await client.query(`DROP OWNED BY ${users.loginOf("operator")}`);
  await users.drop();
});

test("a request that cannot be planned for an unforeseen reason fails, and the next of its calculation is answered", async () => {
  const fault = await breakAt("INSERT ON climatebatch.batches FOR EACH ROW", "out of order");
  await using serve = await serving(database.url, ENV);
  await requestBatch(database.client, "hazard", OPTIONS);
  await serve.logged("requestFailed");
  await fault.repair();
  await requestBatch(database.client, "hazard", OPTIONS);
  await settled(database.client, batchesBefore + 1);
  const requests = (await readRequestRows(database.client)).slice(-2);
  expect(requests).toMatchObject([{ outcome: "failed", message: "out of order" }, { outcome: "batch" }]);
});

test("without a free slot a request waits, and keeps its place", async () => {
  const { client } = database;
  const blocker = await insertBatch(client);
  await client.query(
    `UPDATE climatebatch.slots SET batch_id = $1 WHERE calculation = 'hazard'
       AND slot IS DISTINCT FROM (SELECT slot FROM climatebatch.publications WHERE calculation = 'hazard')`,
    [blocker],
  );
  await using serve = await serving(database.url, ENV);
  await requestBatch(client, "hazard", OPTIONS);
  const { message } = await serve.logged("requestNotAnswered");
  expect(message).toMatch(/slots for hazard results are in use/);
  expect((await readRequestRows(client)).at(-1)).toMatchObject({ state: "claimed" });

  await client.query("UPDATE climatebatch.batches SET state = 'cancelled', finished_at = now() WHERE batch_id = $1", [
    blocker,
  ]);

  await settled(client, batchesBefore + 2);
  expect((await readRequestRows(client)).at(-1)).toMatchObject({ outcome: "batch" });
});

test("a batch whose shards failed is tried again after ten minutes, and published", async () => {
  const fault = await breakAt("INSERT ON climatebatch.hazard_rows FOR EACH ROW", "no space in the shelf");
  await using serve = await serving(database.url, ENV);
  // Not equal to a request before, whose batch is there and only not published.
  await requestBatch(database.client, "hazard", JSON.stringify({ ...JSON.parse(OPTIONS), maxRejectedCells: 3 }));
  await serve.logged("batchFailed");
  await fault.repair();
  const { batch_id: batchId } = (await readBatches(database.client)).at(-1)!;
  const stateOf = async () => (await readBatches(database.client)).find((one) => one.batch_id === batchId)!.state;
  expect(await stateOf()).toBe("failed");

  await database.client.query(
    "UPDATE climatebatch.batches SET finished_at = finished_at - interval '10 minutes' WHERE batch_id = $1",
    [batchId],
  );

  await serve.logged("batchRetried");
  await eventually("the batch is complete", async () => ((await stateOf()) === "complete" ? true : undefined));
  await serve.logged("batchNotPublished");
});

test("probes and scrapes are answered on this machine only, by default", async () => {
  await using serve = await serving(database.url, ENV);
  const port = new URL(serve.probeUrl).port;
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  await expect(fetch(`http://127.0.0.2:${port}/healthz`)).rejects.toThrow();
});
