// The pages and the read API beside `serve`: they show a batch while it runs, the queue behind it, and what it published.
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { pauseAt } from "../support/pauses.ts";
import { serving, settled, startServe } from "../support/serve.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 4 });
});
afterAll(() => database.drop());

test("serve shows the batch that runs, the request that waits, and then what was published", async () => {
  await using pause = await pauseAt(database, { finishOf: 0 });
  await using serve = await serving(database.url, { BATCH_SIZE: "2", PARALLEL_WORKERS: "1" });
  const read = async (path: string) => (await fetch(`${serve.exploreUrl}${path}`)).json();
  expect((await fetch(`${serve.exploreUrl}/`)).status).toBe(404);
  await database.client.query("NOTIFY aiops_trigger, 'hazard'");
  await pause.reached();
  await database.client.query("SELECT climatebatch.request_batch('hazard')");

  expect(await read("/api/batches")).toMatchObject({
    batches: [{ calculation: "hazard", state: "running", shards: 2, shardsDone: 0, remedy: null }],
  });
  expect(await read("/api/batch?batch=1")).toMatchObject({ shards: [{ state: "running" }, {}] });
  expect(await read("/api/requests")).toMatchObject([
    { state: "waiting", calculation: "hazard", source: "function" },
    { state: "finished", outcome: "batch", source: "notify" },
  ]);

  await pause.release();
  await settled(database.client, 2);
  expect(await (await fetch(`${serve.exploreUrl}/`)).text()).toContain("<title>Climate risks of ");
  const { stdout } = await cli(database.url, "status", "--json");
  expect(await read("/api/batches")).toEqual({ batches: JSON.parse(stdout), next: null });
});

test("a port that is taken is refused with the settings that name it", async () => {
  await using first = await startServe(database.url);
  await first.logged("exploring");
  const port = new URL(first.exploreUrl).port;
  await using second = await startServe(database.url, { EXPLORE_PORT: port });
  const { code, stderr } = await second.ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/EXPLORE_HOST, EXPLORE_PORT: Cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
});
