// Two processes at work on one shard: the fence lets one of them write, whichever is late.
import { afterAll, beforeAll, expect, test } from "vitest";
import { finishBatch } from "../../database/batches.ts";
import { transaction } from "../../database/connect.ts";
import { planBatch } from "../../database/plan.ts";
import { emptySlots } from "../../database/slots.ts";
import { METHODS_VERSIONS } from "../../model/calculations.ts";
import { EXIT_CODES } from "../../model/podContract.ts";
import { RISKS } from "../../model/risks.ts";
import type { BatchSpecification } from "../../model/specification.ts";
import { digestExports, RUN, readSeen, readShards } from "../support/batches.ts";
import { cli, eventually, startShard } from "../support/cli.ts";
import { GRID, writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { pauseAt } from "../support/pauses.ts";

const CELLS = 12;
const PERIODS = [
  { firstYear: 1991, lastYear: 2020 },
  { firstYear: 2021, lastYear: 2040 },
];
const SPECIFICATION: BatchSpecification = {
  calculation: "all",
  methods: "published",
  grid: GRID,
  risks: RISKS,
  scenarios: ["future"],
  basePeriod: PERIODS[0]!,
  periods: PERIODS,
  methodsVersion: METHODS_VERSIONS.published,
};
let database: TestDatabase;
let reference: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS });
  expect((await cli(database.url, ...RUN)).code).toBe(0);
  reference = await digestExports(database.client);
});
afterAll(() => database.drop());

async function planOneShard(): Promise<string> {
  const options = { cellsPerShard: CELLS, parallelism: 1, maxRejectedCells: null };
  const { batchId } = await transaction(database.client, () => planBatch(database.client, SPECIFICATION, options));
  await emptySlots(database.client, batchId);
  return batchId;
}

function claimed(batchId: string, attempt: number): Promise<true> {
  return eventually(`attempt ${attempt} is claimed`, async () => {
    const [shard] = await readShards(database.client, batchId);
    return shard!.attempt === attempt || undefined;
  });
}

async function expectOneResult(batchId: string): Promise<void> {
  const rows = CELLS * RISKS.length;
  expect(await readShards(database.client, batchId)).toMatchObject([
    { state: "done", attempt: 2, error_reason: null, result_rows: String(rows * PERIODS.length * 2) },
  ]);
  const options = { replaceGrid: false, allowFewer: false, goBack: false };
  expect(await finishBatch(database.client, batchId, options)).toEqual({ state: "published" });
  expect((await readSeen(database.client)).probability).toEqual([{ batch: batchId, rows }]);
  expect(await digestExports(database.client)).toEqual(reference);
}

test("a twin that comes to its end after a later attempt has claimed the shard writes nothing", async () => {
  const batchId = await planOneShard();
  await using pause = await pauseAt(database, { calculation: "hazard", cell: CELLS - 1 });
  await using late = startShard(database.url, batchId, 0);
  await pause.reached();
  await using second = startShard(database.url, batchId, 0);
  await claimed(batchId, 2);
  await pause.release();

  expect(await late.ended).toMatchObject({ code: EXIT_CODES.retry, stdout: expect.stringContaining('"stopped"') });
  expect(await second.ended).toMatchObject({ code: EXIT_CODES.done });
  await expectOneResult(batchId);
});

test("a twin that wakes up after a later attempt has finished writes nothing and takes nothing back", async () => {
  const batchId = await planOneShard();
  await using late = startShard(database.url, batchId, 0);
  await claimed(batchId, 1);
  late.kill("SIGSTOP");
  await using second = startShard(database.url, batchId, 0);
  expect(await second.ended).toMatchObject({ code: EXIT_CODES.done });
  late.kill("SIGCONT");

  expect(await late.ended).toMatchObject({ code: EXIT_CODES.retry, stdout: expect.stringContaining('"stopped"') });
  await expectOneResult(batchId);
});

test("a shard that is done is not computed again", async () => {
  const batchId = await planOneShard();
  await startShard(database.url, batchId, 0).ended;
  const done = await readShards(database.client, batchId);

  const again = await startShard(database.url, batchId, 0).ended;

  expect(again).toMatchObject({ code: EXIT_CODES.done, stdout: expect.stringContaining('"alreadyDone"') });
  expect(await readShards(database.client, batchId)).toEqual(done);
});
