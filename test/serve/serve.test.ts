// `serve` as people use it: a NOTIFY becomes published results, bursts become one more batch, it stops on request and says how
// it is.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CALCULATIONS } from "../../model/calculations.ts";
import { RISKS } from "../../model/risks.ts";
import { readLatestBatch, readSeen } from "../support/batches.ts";
import { cli, eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createDatabaseUsers } from "../support/databaseUsers.ts";
import { pauseAt } from "../support/pauses.ts";
import { readBatches, serving, settled, startServe } from "../support/serve.ts";

const CELLS = 21;
const ENV = { BATCH_SIZE: "7", PARALLEL_WORKERS: "2" };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS, implausible: [3] });
});
afterAll(() => database.drop());
let batchesBefore = 0;
beforeEach(async () => {
  batchesBefore = (await readBatches(database.client)).length;
});

const notify = (payload: string) => database.client.query(`NOTIFY aiops_trigger, '${payload}'`);

test("a NOTIFY becomes a batch of shard processes, published, with a log line for each shard and each rejected cell", async () => {
  await using serve = await serving(database.url, ENV);

  await notify("probability");
  await settled(database.client, batchesBefore + 1);
  await serve.logged("batchPublished");

  expect((await readSeen(database.client)).probability).toMatchObject([{ rows: CELLS * RISKS.length }]);
  const lines = serve.lines();
  const started = lines.filter(({ event }) => event === "shardStarted");
  expect(started.map(({ shard }) => shard).sort()).toEqual([0, 1, 2]);
  const progress = lines.filter(({ event, cells }) => event === "shardProgress" && cells === 7);
  expect(progress.map(({ of }) => of)).toEqual([7, 7, 7]);
  expect(lines.filter(({ event }) => event === "shardDone")).toHaveLength(3);
  expect(lines).toContainEqual(
    expect.objectContaining({
      event: "shardCellRejected",
      risk: "high_temperature",
      latitude: 33,
      longitude: 126.3,
      detail: expect.stringContaining("999"),
    }),
  );
  const logs = await database.client.query(
    "SELECT job_type, status, error_message, total_cells, processed_cells, source FROM batch_job_logs ORDER BY started_at DESC LIMIT 10",
  );
  expect(logs.rows[0]).toEqual({
    job_type: "probability",
    status: "completed",
    error_message: null,
    total_cells: String(CELLS),
    processed_cells: String(CELLS),
    source: "notify",
  });
});

test("200 notifications in a burst during a run: one runs and one waits per calculation, the rest are counted", async () => {
  await using pause = await pauseAt(database, { finishOf: 0 });
  await using serve = await serving(database.url, { ...ENV, PARALLEL_WORKERS: "4" });
  for (const calculation of CALCULATIONS) await notify(calculation);
  await serve.logged("batchRunning", 2);
  await pause.reached();

  for (let sent = 0; sent < 100; sent++) for (const calculation of CALCULATIONS) await notify(calculation);

  const counted = await eventually("all are counted", async () => {
    const { rows } = await database.client.query(
      "SELECT calculation, coalesced FROM climatebatch.batch_requests WHERE state = 'waiting' ORDER BY calculation",
    );
    return rows.length === 2 && rows.every(({ coalesced }) => coalesced === 99) ? rows : undefined;
  });
  expect(counted.map(({ calculation }) => calculation)).toEqual(["hazard", "probability"]);
  const running = (await readBatches(database.client)).filter(({ state }) => state === "running");
  expect(running.map(({ calculation }) => calculation).sort()).toEqual(["hazard", "probability"]);

  await pause.release();
  await settled(database.client, batchesBefore + 4);
});

test("SIGTERM stops the shards, ends with 0 and leaves the batch to the next start, which says that it goes on", async () => {
  await using pause = await pauseAt(database, { calculation: "hazard", cell: 15 });
  await using serve = await serving(database.url, ENV);
  await notify("hazard");
  await pause.reached();

  serve.kill("SIGTERM");
  await pause.release();

  expect(await serve.ended).toMatchObject({ code: 0 });
  expect(serve.lines().at(-1)).toMatchObject({ event: "stopped" });
  expect(await readLatestBatch(database.client)).toMatchObject({ state: "running" });
  await using next = await serving(database.url, ENV);
  const [, resumed] = [await settled(database.client, batchesBefore + 1), await next.logged("batchResumed")];
  expect(resumed).toMatchObject({ calculation: "hazard" });
});

test("a second process of the installation is on standby, and takes over when the first is killed", async () => {
  await using first = await serving(database.url, ENV);
  await using second = await startServe(database.url, ENV);
  await second.logged("standby");
  await expect.poll(async () => (await fetch(`${second.probeUrl}/readyz`)).text()).toBe("standby\n");

  first.kill("SIGKILL");
  await second.logged("leading");
  await notify("hazard");

  await settled(database.client, batchesBefore + 1);
});

test("a request that no batch can be made of fails with its reason where people look for it", async () => {
  await using serve = await serving(database.url, ENV);
  await database.client.query(`SELECT climatebatch.request_batch('hazard', '{"scenarios": ["nowhere"]}')`);

  const result = await serve.logged("requestFailed");

  expect(result).toMatchObject({ reason: "UnknownScenario", calculation: "hazard" });
  const { rows } = await database.client.query("SELECT * FROM batch_job_logs ORDER BY started_at DESC LIMIT 1");
  expect(rows).toMatchObject([{ status: "failed", error_message: result.message }]);
});

test("an unknown payload is a warning with the valid words, and starts nothing", async () => {
  await using serve = await serving(database.url, ENV);
  await notify("probablity");
  expect(await serve.logged("unknownPayload")).toMatchObject({
    level: "warn",
    message: `NOTIFY aiops_trigger expects probability or hazard, found "probablity": nothing is started.`,
  });
  expect(await readBatches(database.client)).toHaveLength(batchesBefore);
});

test("a user with the rights of docs/roles.md is enough, and doctor says so", async () => {
  const own = await createTestDatabase();
  await writePastAndFuture(own.client, { cells: 2 });
  const users = await createDatabaseUsers(own, ["operator"]);
  try {
    await own.client.query(`GRANT climatebatch_job TO ${users.loginOf("operator")}`);
    await using serve = await serving(users.urlOf("operator"), ENV);
    await own.client.query("NOTIFY aiops_trigger, 'probability'");
    await serve.logged("batchPublished");
    const { stdout, code } = await cli(users.urlOf("operator"), "doctor");
    expect(stdout).toMatch(/^ok +permissions +the user may plan batches, .*, write results/m);
    expect(code).toBe(0);
    serve.kill("SIGTERM");
    await serve.ended;
  } finally {
    await own.drop();
    await users.drop();
  }
});

test("health is what is: ready while it works, not ready with the reason while the database is away", async () => {
  const own = await createTestDatabase();
  await using serve = await serving(own.url, ENV);
  const ask = (path: string) => fetch(`${serve.probeUrl}${path}`);
  expect(await ask("/health")).toMatchObject({ status: 200 });
  expect(await (await ask("/health")).json()).toMatchObject({ status: "ok", leadership: "leading", running: [] });
  expect(await (await ask("/metrics")).text()).toMatch(/^climatebatch_database_up 1$/m);

  await own.drop();

  const away = await eventually("it is not ready", async () => {
    const response = await ask("/readyz");
    return response.status === 503 ? response : undefined;
  });
  expect(await away.text()).toContain("the database does not answer");
  expect(await ask("/healthz")).toMatchObject({ status: 200 });
  expect(await (await ask("/metrics")).text()).toMatch(/^climatebatch_database_up 0$/m);
});
