// `run` from beginning to end: how the work is cut does not show in the results, and who may run what.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CALCULATIONS } from "../../model/calculations.ts";
import { RISKS } from "../../model/risks.ts";
import { digest, digestExports, newBatch, RUN, readLatestBatch, readSeen, readShards } from "../support/batches.ts";
import { cli, startCli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { pauseAt } from "../support/pauses.ts";
import { isLong } from "../support/random.ts";

const CELLS = 21;
let database: TestDatabase;
let reference: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS });
  const { code, stderr } = await cli(database.url, ...RUN, "--cells-per-shard", "21", "--workers", "1");
  expect({ code, stderr }).toMatchObject({ code: 0 });
  reference = await digestExports(database.client);
});
afterAll(() => database.drop());

const latestBatch = async () => (await readLatestBatch(database.client))!;

test("a run publishes a row per cell and risk, with numbers for what this version computes", async () => {
  const { batch_id: batch } = await latestBatch();
  const seen = [{ batch, rows: CELLS * RISKS.length }];
  expect(await readSeen(database.client)).toEqual({ probability: seen, hazard: seen });
  const { rows } = await database.client.query(
    `SELECT count(probability)::int AS probabilities, count(DISTINCT hazard_score)::int AS scores
     FROM public.probability_results JOIN public.hazard_results USING (latitude, longitude, risk_type)
     WHERE risk_type = 'high_temperature'`,
  );
  expect(rows[0].probabilities).toBe(CELLS);
  expect(rows[0].scores).toBeGreaterThan(CELLS / 2);
});

const CUTS = [
  { shards: 2, cellsPerShard: 11, workers: 1 },
  { shards: 7, cellsPerShard: 3, workers: 2 },
];
const MORE_CUTS = [
  { shards: 1, cellsPerShard: 21, workers: 2 },
  { shards: 2, cellsPerShard: 11, workers: 2 },
  { shards: 7, cellsPerShard: 3, workers: 1 },
];

test.each(isLong ? [...CUTS, ...MORE_CUTS] : CUTS)(
  "$shards shards on $workers workers give the same bytes",
  async ({ shards, cellsPerShard, workers }) => {
    const cut = ["--cells-per-shard", String(cellsPerShard), "--workers", String(workers)];
    const { code, stderr } = await cli(database.url, ...RUN, ...cut);
    expect({ code, stderr }).toMatchObject({ code: 0 });

    const { batch_id } = await latestBatch();
    const rows = await readShards(database.client, batch_id);
    expect(rows.map(({ state, attempt }) => ({ state, attempt }))).toEqual(
      Array(shards).fill({ state: "done", attempt: 1 }),
    );
    expect(await digestExports(database.client)).toEqual(reference);
  },
);

test("export writes these bytes to a file and to standard output", async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-export-"));
  try {
    for (const calculation of CALCULATIONS) {
      const file = join(folder, `${calculation}.json`);
      await cli(database.url, "export", calculation, "--format", "json", "--nested", "--output", file);
      const { stdout } = await cli(database.url, "export", calculation, "--nested", "--output", "-");

      expect(digest(await readFile(file))).toBe(reference[`${calculation}.json`]);
      expect(JSON.parse(await readFile(file, "utf8"))).toHaveLength(CELLS * RISKS.length * 2);
      expect(digest(stdout)).toBe(reference[`${calculation}.csv`]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a second run of a batch that is being run is refused and named; --new starts another one beside it", async () => {
  const previous = await latestBatch();
  await using pause = await pauseAt(database, { calculation: "hazard", cell: 10 });
  await using first = startCli([...RUN, "--database", database.url]);
  const batchId = await newBatch(database.client, previous.batch_id);
  await pause.reached();

  const second = await cli(database.url, ...RUN);
  const retry = await cli(database.url, "retry", batchId);
  await using another = startCli([...RUN, "--new", "--no-publish", "--database", database.url]);
  const anotherId = await newBatch(database.client, batchId);
  await pause.release();

  const refusal = `Batch ${batchId} is being run by another process now. Watch it: climatebatch status ${batchId}\n`;
  expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining(refusal) });
  expect(retry).toMatchObject({ code: 2, stderr: refusal });
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(await another.ended).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("not published (AsRequested)"),
  });
  expect((await readSeen(database.client)).hazard).toEqual([{ batch: batchId, rows: CELLS * RISKS.length }]);
  expect(Number(anotherId)).toBeGreaterThan(Number(batchId));
});

test("a batch that finishes after a later one was published stays unpublished and says how to go back", async () => {
  const previous = await latestBatch();
  await using pause = await pauseAt(database, { finishOf: 1 });
  await using early = startCli([...RUN, "--cells-per-shard", "11", "--database", database.url]);
  const earlyId = await newBatch(database.client, previous.batch_id);
  await pause.reached();

  const late = await cli(database.url, ...RUN, "--new", "--cells-per-shard", "21");
  await pause.release();

  expect(late).toMatchObject({ code: 0 });
  const result = await early.ended;
  expect(result.code).toBe(3);
  expect(result.stdout).toContain("not published (Superseded)");
  expect(result.stdout).toContain(`To go back on purpose: climatebatch publish ${earlyId}`);
  expect(await cli(database.url, "publish", earlyId)).toMatchObject({ code: 0 });
  expect((await readSeen(database.client)).probability).toMatchObject([{ batch: earlyId }]);
  expect(await digestExports(database.client)).toEqual(reference);
});
