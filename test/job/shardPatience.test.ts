// A shard, and a run, through trouble that passes: a database that is away, a password that is being rotated.
import { afterAll, beforeAll, expect, test } from "vitest";
import { PATIENCE_MS } from "../../database/connect.ts";
import { planRequest } from "../../database/planRequest.ts";
import { emptySlots } from "../../database/slots.ts";
import { newBatch, RUN, readLatestBatch } from "../support/batches.ts";
import { eventually, startCli, startShard } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type DatabaseProxy, startDatabaseProxy } from "../support/databaseProxy.ts";
import { pauseAt } from "../support/pauses.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 6 });
});
afterAll(() => database.drop());

async function plan(): Promise<string> {
  const { client } = database;
  const request = { calculation: "all", scenarios: ["future"], risks: ["high_temperature"] } as const;
  const planned = await planRequest(client, request, { parallelism: 1, parallelismSetting: "", cellsPerShard: 6 });
  const { batchId } = planned!.batch;
  await emptySlots(client, batchId);
  return batchId;
}

/** The program has been refused, and tries again. */
function triesAgain(proxy: DatabaseProxy): Promise<true> {
  const before = proxy.connections();
  return eventually("three more connections", () => (proxy.connections() >= before + 3 ? true : undefined));
}

test("patience is two minutes: longer than a failover", () => {
  expect(PATIENCE_MS).toBeGreaterThanOrEqual(120_000);
});

test("a shard waits for a database that is away", async () => {
  const batchId = await plan();
  await using proxy = await startDatabaseProxy(database.url);
  proxy.cut();
  await using shard = startShard(proxy.url, batchId, 0);
  await triesAgain(proxy);
  expect(shard.child.exitCode).toBeNull();
  proxy.restore();
  expect((await shard.ended).code).toBe(0);
});

test("a shard waits for its password to become right", async () => {
  const batchId = await plan();
  const role = `rotated_${process.pid}`;
  await database.client.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'old'`);
  try {
    await using proxy = await startDatabaseProxy(database.url);
    const url = new URL(proxy.url);
    Object.assign(url, { username: role, password: "new" });
    await using shard = startShard(url.href, batchId, 0);
    await triesAgain(proxy);
    expect(shard.child.exitCode).toBeNull();
    await database.client.query(`ALTER ROLE ${role} PASSWORD 'new'`);
    expect((await shard.ended).code).toBe(0);
  } finally {
    await database.client.query(`DROP ROLE ${role}`);
  }
});

test("a run says once that its database is gone, waits, and publishes", async () => {
  const previous = (await readLatestBatch(database.client))!.batch_id;
  await using proxy = await startDatabaseProxy(database.url);
  await using pause = await pauseAt(database, { calculation: "hazard", cell: 1 });
  await using run = startCli([...RUN, "--cells-per-shard", "1", "--workers", "2", "--database", proxy.url]);
  const batchId = await newBatch(database.client, previous);
  await pause.reached();
  proxy.cut();
  await pause.release();
  await triesAgain(proxy);
  proxy.restore();

  const { code, stderr } = await run.ended;

  expect(stderr.match(/Lost the database/g), stderr).toHaveLength(1);
  expect(code, stderr).toBe(0);
  expect(await readLatestBatch(database.client)).toMatchObject({ batch_id: batchId, state: "complete" });
});
