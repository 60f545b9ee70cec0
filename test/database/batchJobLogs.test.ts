// The view with the predecessor's columns: batches and the requests that are none; replaced while people read it.
import { readFile } from "node:fs/promises";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { migrate } from "../../database/migrate.ts";
import { settleRequest } from "../../database/requests.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { claimOldest, emptyRequests, insertBatch, requestBatch } from "../support/requests.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = database.client;
});
beforeEach(() => emptyRequests(client));
afterAll(() => database.drop());

test("batch_job_logs shows batches and the requests that are none, newest first, with the predecessor's columns", async () => {
  const batchId = await insertBatch(client);
  const [planned, failed, starting] = [
    await requestBatch(client, "hazard"),
    await requestBatch(client, "all"),
    await requestBatch(client, "probability"),
  ];
  await claimOldest(client, "here", 9);
  await settleRequest(client, { installation: "here", requestId: planned }, { outcome: "batch", batchId });
  const why = { reason: "NoData", message: "No scenario has data" };
  await settleRequest(client, { installation: "here", requestId: failed }, { outcome: "failed", ...why });
  const waiting = await requestBatch(client, "all");

  const { rows, fields } = await client.query("SELECT * FROM public.batch_job_logs ORDER BY started_at DESC LIMIT 10");
  expect(fields.map(({ name }) => name)).toEqual([
    ...["id", "job_type", "status", "started_at", "completed_at", "error_message", "error_reason"],
    ...["total_cells", "processed_cells", "rejected_cells", "published", "request_id", "source"],
  ]);
  expect(rows).toMatchObject([
    { id: `-${waiting}`, job_type: "all", status: "waiting" },
    { id: `-${starting}`, job_type: "probability", status: "starting" },
    {
      id: `-${failed}`,
      job_type: "all",
      status: "failed",
      error_message: why.message,
      error_reason: why.reason,
      published: false,
    },
    { id: batchId, job_type: "hazard", status: "running", source: "function", request_id: planned },
  ]);
});

test("the view is replaced while people read it: new readers read on, and so does the one with an open transaction", async () => {
  await using old = await createTestDatabase({ from: "empty" });
  await applyFirst(old.client, 3);
  const reader = await connect(old.url, { purpose: "test" });
  await reader.query("BEGIN; SELECT FROM public.batch_job_logs");
  const migrator = await connect(old.url, { purpose: "test" });
  let isMigrated = false;
  const migration = migrate(migrator).finally(() => {
    isMigrated = true;
  });

  // A reader that had to wait for the migration would wait until the open transaction ends, which it does not here.
  for (let reads = 0; reads < 300; reads++) await old.client.query("SELECT count(*) FROM public.batch_job_logs");
  const wasMigratedEarly = isMigrated;
  await reader.query("COMMIT");
  await reader.end();

  expect((await migration).map(({ version }) => version)).toContain(4);
  await migrator.end();
  expect(wasMigratedEarly).toBe(false);
});

async function applyFirst(session: Client, count: number): Promise<void> {
  await session.query(
    "CREATE SCHEMA climatebatch; CREATE TABLE climatebatch.schema_migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
  );
  const names = ["0001_inputs.sql", "0002_batches.sql", "0003_results.sql"].slice(0, count);
  for (const [at, name] of names.entries()) {
    await session.query(await readFile(new URL(`../../database/migrations/${name}`, import.meta.url), "utf8"));
    await session.query("INSERT INTO climatebatch.schema_migrations (version, name) VALUES ($1, $2)", [at + 1, name]);
  }
}
