// Processes killed at seeded points of a batch: what is done is kept, what is missing is computed, the bytes are the same.
import { afterAll, beforeAll, expect, test } from "vitest";
import { CALCULATIONS } from "../../model/calculations.ts";
import { RISKS } from "../../model/risks.ts";
import {
  digestExports,
  newBatch,
  RUN,
  readLatestBatch,
  readSeen,
  readShards,
  waitsForLock,
  workerPid,
  workersGone,
} from "../support/batches.ts";
import { cli, isAlive, startCli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { describePlace, type PausePlace, pauseAt } from "../support/pauses.ts";
import { choose, SEED } from "../support/random.ts";

const CELLS = 21;
const CELLS_PER_SHARD = 7;
const SHARDS = CELLS / CELLS_PER_SHARD;
const CUT = [...RUN, "--cells-per-shard", String(CELLS_PER_SHARD), "--workers", "2"];

let database: TestDatabase;
let reference: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS });
  expect((await cli(database.url, ...RUN)).code).toBe(0);
  reference = await digestExports(database.client);
});
afterAll(() => database.drop());

const previousBatch = async () => (await readLatestBatch(database.client))!.batch_id;
const isDone = ({ state }: { state: string }) => state === "done";

type ShardPlace = Exclude<PausePlace, { readonly step: string }>;
const CELL_PLACES: readonly ShardPlace[] = [...Array(CELLS).keys()].flatMap((cell) =>
  CALCULATIONS.map((calculation) => ({ calculation, cell })),
);
const END_PLACES: readonly ShardPlace[] = [...Array(SHARDS).keys()].map((finishOf) => ({ finishOf }));
const shardAt = (place: ShardPlace) => ("cell" in place ? Math.floor(place.cell / CELLS_PER_SHARD) : place.finishOf);
const points = (word: string) =>
  [...choose(CELL_PLACES, 2, 27, word), ...choose(END_PLACES, 1, 3, word)].map((place, number) => ({
    place,
    where: describePlace(place),
    number,
  }));

test.each(points("shard"))(
  `a shard killed before $where (seed ${SEED}) is computed again to the same bytes`,
  async ({ place }) => {
    const previous = await previousBatch();
    await using pause = await pauseAt(database, place);
    await using run = startCli([...CUT, "--database", database.url]);
    const batchId = await newBatch(database.client, previous);
    await pause.reached();
    const killed = shardAt(place);
    process.kill(workerPid((await readShards(database.client, batchId))[killed]!), "SIGKILL");
    await pause.release();

    const { code, stderr } = await run.ended;

    expect(stderr).toContain(
      `shard process ${killed} was killed by SIGKILL (as a system without free memory does: try fewer workers); trying again (1 of 3)`,
    );
    expect(code).toBe(0);
    const shards = await readShards(database.client, batchId);
    expect(shards.map(({ attempt }) => attempt)).toEqual(shards.map(({ shard }) => (shard === killed ? 2 : 1)));
    expect(await digestExports(database.client)).toEqual(reference);
  },
);

test.each(points("runner"))(
  `a runner killed before $where (seed ${SEED}): the next run computes only what is missing`,
  async ({ place, number }) => {
    const previous = await previousBatch();
    const before = await readSeen(database.client);
    await using pause = await pauseAt(database, place);
    await using run = startCli([...CUT, "--database", database.url]);
    const batchId = await newBatch(database.client, previous);
    await pause.reached();
    run.kill("SIGKILL");
    await run.exited;
    const done = (await readShards(database.client, batchId)).filter(isDone);
    expect(await readSeen(database.client)).toEqual(before);

    // Every other time the shards that lost their runner are still at work when the next one starts.
    if (number % 2 === 0) {
      await pause.release();
      await workersGone(database.client, batchId);
    }
    await using resumed = startCli([...CUT, "--database", database.url]);
    if (number % 2 === 1) {
      await waitsForLock(database.client, `shard ${batchId}/${shardAt(place)}`, 2);
      await pause.release();
    }
    const { code, stderr } = await resumed.ended;

    expect(stderr).toContain(`resuming batch ${batchId} of the same request and inputs`);
    expect(code).toBe(0);
    const shards = await readShards(database.client, batchId);
    expect(shards.filter(({ shard }) => done.some((one) => one.shard === shard))).toEqual(done);
    expect(shards.every(isDone)).toBe(true);
    expect(await digestExports(database.client)).toEqual(reference);
    expect((await readSeen(database.client)).hazard).toEqual([{ batch: batchId, rows: CELLS * RISKS.length }]);
    await workersGone(database.client, batchId);
  },
);

test("killed between computing and publishing: consumers keep the batch before, the next run only publishes", async () => {
  const previous = await previousBatch();
  const before = await readSeen(database.client);
  await using pause = await pauseAt(database, { finishOf: SHARDS - 1 });
  await using run = startCli([...CUT, "--database", database.url]);
  const batchId = await newBatch(database.client, previous);
  await pause.reached();
  await database.client.query("BEGIN; SELECT FROM climatebatch.publications FOR UPDATE");
  await pause.release();
  await waitsForLock(database.client, "run");
  run.kill("SIGKILL");
  await run.exited;
  await database.client.query("ROLLBACK");

  const computed = await readShards(database.client, batchId);
  expect(computed.every(isDone)).toBe(true);
  expect(await readSeen(database.client)).toEqual(before);
  expect(await cli(database.url, "publish", batchId)).toMatchObject({ code: 2 });

  const { code, stderr } = await cli(database.url, ...CUT);

  expect(stderr).toContain(`${SHARDS} of ${SHARDS} shards are done`);
  expect(code).toBe(0);
  expect(await readShards(database.client, batchId)).toEqual(computed);
  expect((await readSeen(database.client)).probability).toEqual([{ batch: batchId, rows: CELLS * RISKS.length }]);
  expect(await digestExports(database.client)).toEqual(reference);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s stops the run and its shards with exit code 130; it can be resumed",
  async (signal) => {
    const previous = await previousBatch();
    await using pause = await pauseAt(database, { calculation: "probability", cell: 15 });
    await using run = startCli([...CUT, "--database", database.url]);
    const batchId = await newBatch(database.client, previous);
    await pause.reached();
    run.kill(signal);
    await pause.release();

    const stopped = await run.ended;

    expect(stopped).toMatchObject({
      code: 130,
      stdout: expect.stringContaining("finished shards are kept. Resume: climatebatch run "),
    });
    const shards = await readShards(database.client, batchId);
    expect(
      shards
        .filter(({ worker }) => worker !== null)
        .map(workerPid)
        .filter(isAlive),
    ).toEqual([]);
    expect(shards.map(({ error_reason }) => error_reason)).toEqual(Array(SHARDS).fill(null));
    expect(await readLatestBatch(database.client)).toMatchObject({ batch_id: batchId, state: "running", reason: null });
    expect((await cli(database.url, ...CUT)).code).toBe(0);
    expect(await readLatestBatch(database.client)).toMatchObject({ batch_id: batchId, state: "complete" });
    expect(await digestExports(database.client)).toEqual(reference);
  },
);
