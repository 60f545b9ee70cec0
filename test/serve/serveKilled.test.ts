// `serve` killed at seeded points of a batch, and its database stopped under it: the batch completes, once, to the same bytes.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { openEmbeddedServer } from "../../database/embeddedServer.ts";
import { migrate } from "../../database/migrate.ts";
import { CALCULATIONS } from "../../model/calculations.ts";
import { digestExports } from "../support/batches.ts";
import { cli, eventually, isAlive } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startDatabaseProxy } from "../support/databaseProxy.ts";
import { describePlace, type PausePlace, pauseAt } from "../support/pauses.ts";
import { choose, isLong, SEED } from "../support/random.ts";
import { readBatches, serving, settled, startServe } from "../support/serve.ts";

const CELLS = 12;
const CELLS_PER_SHARD = 6;
const ENV = { BATCH_SIZE: String(CELLS_PER_SHARD), PARALLEL_WORKERS: "2" };
/** `eventually` looks for a minute at most. */
const OUTAGE_MS = isLong ? 59_000 : 2_000;

let database: TestDatabase;
let reference: Record<string, string>;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS });
  for (const calculation of CALCULATIONS) expect((await cli(database.url, "run", calculation)).code).toBe(0);
  reference = await digestExports(database.client);
});
afterAll(() => database.drop());

const PLACES: readonly PausePlace[] = [
  ...(["claim", "plan", "complete"] as const).map((step) => ({ step })),
  ...[...Array(CELLS).keys()].map((cell) => ({ calculation: "probability", cell }) as const),
  ...[...Array(CELLS / CELLS_PER_SHARD).keys()].map((finishOf) => ({ finishOf })),
  // Steps are few and each has its own trouble: twice as likely.
  ...(["claim", "plan", "complete"] as const).map((step) => ({ step })),
];

test.each(choose(PLACES, 3, 20, "serve").map((place) => ({ place, where: describePlace(place) })))(
  `killed before $where (seed ${SEED}): the next start completes the batch, once, to the same bytes`,
  async ({ place }) => {
    const before = (await readBatches(database.client)).length;
    await using pause = await pauseAt(database, place);
    await using serve = await serving(database.url, ENV);
    await database.client.query("NOTIFY aiops_trigger, 'probability'");
    await pause.reached();
    serve.kill("SIGKILL");
    await serve.exited;
    await pause.release();

    await using _next = await startServe(database.url, ENV);

    const batches = await settled(database.client, before + 1);
    expect(batches.at(-1)).toMatchObject({ calculation: "probability", state: "complete" });
    expect(await digestExports(database.client)).toEqual(reference);
  },
);

test(`PostgreSQL stopped for ${OUTAGE_MS / 1000} s while a batch runs: it recovers, the batch completes, nothing is lost`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-outage-"));
  let server = await openEmbeddedServer(folder);
  try {
    let client = await connect(server.url, { purpose: "test" });
    await migrate(client);
    await writePastAndFuture(client, { cells: CELLS });
    await using proxy = await startDatabaseProxy(server.url);
    await using serve = await serving(proxy.url, ENV);
    await client.query("SELECT pg_notify('aiops_trigger', c) FROM unnest(ARRAY['probability', 'hazard']) AS c");
    await serve.logged("shardStarted");

    // As a crash: sessions are cut, nothing is finished.
    const postmaster = Number((await readFile(join(folder, "pgdata/postmaster.pid"), "utf8")).split("\n")[0]);
    process.kill(postmaster, "SIGQUIT");
    await eventually("the server is gone", () => !isAlive(postmaster) || undefined);
    const stoppedAt = performance.now();
    await eventually("it says that it is not ready", async () => {
      const { status } = await fetch(`${serve.probeUrl}/readyz`);
      return status === 503 || undefined;
    });
    await eventually("it was away for long enough", () => performance.now() - stoppedAt > OUTAGE_MS || undefined);
    await client.end().catch(() => undefined);
    server = await openEmbeddedServer(folder);
    proxy.leadTo(server.url);
    client = await connect(server.url, { purpose: "test" });

    const batches = await settled(client, 2);

    expect(batches.map(({ state }) => state)).toEqual(["complete", "complete"]);
    expect(await digestExports(client)).toEqual(reference);
    await eventually("it is ready again", async () => {
      const { status } = await fetch(`${serve.probeUrl}/readyz`);
      return status === 200 || undefined;
    });
    await client.query("NOTIFY aiops_trigger, 'hazard'");
    await settled(client, 3);
    serve.kill("SIGTERM");
    await serve.ended;
    await client.end();
  } finally {
    await server.release();
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
