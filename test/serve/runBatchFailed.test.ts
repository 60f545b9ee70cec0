// Batches that fail: changed input, faults outside the data, too many rejected cells. What is reported, kept and repaired.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXIT_CODES } from "../../model/podContract.ts";
import { RISKS } from "../../model/risks.ts";
import { digestExports, newBatch, RUN, readLatestBatch, readSeen, readShards } from "../support/batches.ts";
import { cli, startCli, startShard } from "../support/cli.ts";
import { type ClimateOptions, placeOf, writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { cellId, pauseAt } from "../support/pauses.ts";

const CELLS = 12;
const CUT = [...RUN, "--cells-per-shard", "4"];

async function createClimateDatabase(options: Partial<ClimateOptions> = {}): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: CELLS, ...options });
  return database;
}

/** Ingests one day of one place, with another value than is stored. */
async function ingestOneDay(databaseUrl: string, ...words: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-ingest-"));
  try {
    const { latitude, longitude } = placeOf(3);
    const file = join(folder, "correction.csv");
    await writeFile(file, `date,latitude,longitude,tasmax\n2021-07-01,${latitude},${longitude},31.5\n`);
    const where = ["--scenario", "future", "--grid", "test-grid", "--on-conflict", "replace"];
    return await cli(databaseUrl, "ingest", file, ...where, ...words);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("ingest during a batch is refused and names it; reported to, it fails the batch with InputChanged", async () => {
  await using database = await createClimateDatabase();
  const { client, url } = database;
  expect((await cli(url, ...CUT)).code).toBe(0);
  const before = await readSeen(client);
  const published = (await readLatestBatch(client))!.batch_id;
  await using pause = await pauseAt(database, { calculation: "hazard", cell: 5 });
  await using run = startCli([...CUT, "--workers", "1", "--database", url]);
  const batchId = await newBatch(client, published);
  await pause.reached();

  const refused = await ingestOneDay(url);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`Batch ${batchId} is unfinished and uses climate_data/future`);
  expect(refused.stderr).toContain("--fail-running-batches");
  expect((await readLatestBatch(client))!.state).toBe("running");

  expect(await ingestOneDay(url, "--fail-running-batches")).toMatchObject({ code: 0 });
  await pause.release();

  const { code, stdout } = await run.ended;
  expect(code).toBe(1);
  expect(stdout).toContain(`Batch ${batchId} failed (InputChanged): A command with --fail-running-batches changed`);
  expect(await readLatestBatch(client)).toMatchObject({ batch_id: batchId, state: "failed", reason: "InputChanged" });
  expect(await readShards(client, batchId)).toMatchObject([
    { state: "done" },
    { state: "failed", result_rows: null },
    { state: "pending" },
  ]);
  expect(await startShard(url, batchId, 2).ended).toMatchObject({ code: EXIT_CODES.failBatch });
  expect(await readSeen(client)).toEqual(before);

  const retried = await cli(url, "retry", batchId);
  expect(retried).toMatchObject({ code: 2, stderr: expect.stringContaining("The input changed after the batch was") });
  expect(await cli(url, "publish", batchId)).toMatchObject({ code: 2 });
  expect((await cli(url, ...CUT)).code).toBe(0);
  expect((await readSeen(client)).hazard).not.toEqual(before.hazard);
});

test("an upgrade that changes the methods in the middle of a batch fails it with MethodsChanged, and run starts another", async () => {
  await using database = await createClimateDatabase();
  const { client, url } = database;
  await using pause = await pauseAt(database, { calculation: "hazard", cell: 5 });
  await using run = startCli([...CUT, "--workers", "1", "--database", url]);
  const batchId = await newBatch(client, undefined);
  await pause.reached();
  // As if this program, which starts the next shard, were newer than the one that planned.
  await client.query(
    "UPDATE climatebatch.batches SET specification = specification - 'methodsVersion' WHERE batch_id = $1",
    [batchId],
  );
  await pause.release();

  const { code, stdout } = await run.ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /failed \(MethodsChanged\): .*planned for version 1 of the methods published, but this program computes by version \d/,
  );
  expect(await readShards(client, batchId)).toMatchObject([{ state: "done" }, { state: "done" }, { state: "failed" }]);
  expect((await cli(url, ...CUT)).code).toBe(0);
  expect(await readLatestBatch(client)).not.toMatchObject({ batch_id: batchId });
});

test("a change behind ingest's back fails the batch at the shard's end", async () => {
  await using database = await createClimateDatabase();
  const { client, url } = database;
  await using pause = await pauseAt(database, { calculation: "hazard", cell: 5 });
  await using run = startCli([...CUT, "--workers", "1", "--database", url]);
  const batchId = await newBatch(client, undefined);
  await pause.reached();
  await client.query("UPDATE climatebatch.climate_data SET values = values WHERE year = 2030");
  await pause.release();

  const { code, stdout } = await run.ended;

  expect(code).toBe(1);
  expect(stdout).toMatch(
    /failed \(InputChanged\): The input changed .* climate_data is at revision 1, .* planned on 0/,
  );
  expect(await readShards(client, batchId)).toMatchObject([
    { state: "done" },
    { state: "failed", error_reason: "InputChanged" },
    { state: "pending" },
  ]);
});

test("a fault in one shard keeps the work of the others; retry computes that shard alone and publishes", async () => {
  await using database = await createClimateDatabase();
  const { client, url } = database;
  await using fault = await breakCell(database, 6);

  const failed = await cli(url, ...CUT);

  expect(failed.code).toBe(1);
  const { batch_id: batchId } = (await readLatestBatch(client))!;
  expect(failed.stdout).toContain(`Batch ${batchId} failed (ShardsFailed): 1 shards failed (1); shard 1: the disk of`);
  expect(failed.stdout).toContain(`climatebatch retry ${batchId}`);
  const kept = await readShards(client, batchId);
  expect(kept).toMatchObject([
    { state: "done", attempt: 1 },
    { state: "failed", attempt: 1, error_reason: "Bug" },
    { state: "done", attempt: 1 },
  ]);
  expect(await readSeen(client)).toEqual({ probability: [], hazard: [] });
  expect((await cli(url, "logs", batchId)).stdout).toMatch(/^ +1 +failed .* Bug: the disk of this cell/m);

  await fault.repair();
  const { code, stderr } = await cli(url, "retry", batchId);

  expect(stderr).toContain(`batch ${batchId}: 1 shards with 4 cells to run again`);
  expect(code).toBe(0);
  const shards = await readShards(client, batchId);
  expect([shards[0], shards[2]]).toEqual([kept[0], kept[2]]);
  expect(shards[1]).toMatchObject({ state: "done", attempt: 2, error_reason: null });
  const retriedBytes = await digestExports(client);
  expect((await cli(url, ...CUT)).code).toBe(0);
  expect(await digestExports(client)).toEqual(retriedBytes);
  expect(await cli(url, "retry", batchId)).toMatchObject({ code: 2, stderr: expect.stringContaining("is complete") });
});

async function breakCell({ client }: TestDatabase, cell: number) {
  await client.query(
    `CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''the disk of this cell''; END';
     CREATE TRIGGER broken BEFORE INSERT ON climatebatch.hazard_rows FOR EACH ROW
     WHEN (NEW.cell_id = ${await cellId(client, cell)}) EXECUTE FUNCTION broken()`,
  );
  const repair = async () => void (await client.query("DROP FUNCTION IF EXISTS broken CASCADE"));
  return { repair, [Symbol.asyncDispose]: repair };
}

test("implausible input of some cells is recorded with place and reason, counted and shown; the rest is published", async () => {
  const implausible = [1, 2, 9];
  await using database = await createClimateDatabase({ implausible });
  const { client, url } = database;

  const { code, stderr } = await cli(url, ...CUT, "--max-rejected-cells", "3");

  expect(code).toBe(0);
  expect(stderr).toContain("rejected high_temperature at 33, 126.1: tasmax is 999 degC on day 101 of 2045");
  const { batch_id: batchId } = (await readLatestBatch(client))!;
  const logs = await cli(url, "logs", batchId);
  for (const cell of implausible) {
    expect(logs.stdout).toMatch(
      new RegExp(`^ +33 +${placeOf(cell).longitude} +future +high_temperature +tasmax is 999`, "m"),
    );
  }
  expect(logs.stdout).toMatch(/^high_temperature +implausibleInput +3$/m);
  const status = await cli(url, "status", batchId, "--json");
  expect(JSON.parse(status.stdout)).toMatchObject({ state: "complete", rejectedCells: implausible.length });
  const { rows } = await client.query(
    "SELECT count(*)::int AS cells FROM public.hazard_results WHERE risk_type = 'high_temperature' AND reason = 'implausibleInput' AND hazard_score IS NULL",
  );
  expect(rows).toEqual([{ cells: implausible.length }]);
});

test("more rejected cells than allowed fail the batch with that message, and logs reports which", async () => {
  await using database = await createClimateDatabase({ implausible: [1, 2, 9] });
  const { client, url } = database;

  const { code, stdout } = await cli(url, ...CUT, "--workers", "1", "--max-rejected-cells", "1");

  expect(code).toBe(1);
  const { batch_id: batchId } = (await readLatestBatch(client))!;
  expect(stdout).toContain(
    `Batch ${batchId} failed (TooManyRejectedCells): 2 cells have implausible input, but the batch allows 1.`,
  );
  expect(await readShards(client, batchId)).toMatchObject([
    { state: "done" },
    { state: "pending" },
    { state: "pending" },
  ]);
  const logs = await cli(url, "logs", batchId);
  expect(logs.stdout).toMatch(/^ +33 +126\.2 +future +high_temperature +tasmax is 999/m);
  expect(await readSeen(client)).toEqual({ probability: [], hazard: [] });
  expect(await cli(url, "publish", batchId)).toMatchObject({ code: 2 });
});

test("of many rejected cells a sample is kept and all are counted", async () => {
  const cells = 120;
  await using database = await createClimateDatabase({ cells, implausible: [...Array(cells).keys()] });
  const { client, url } = database;

  expect((await cli(url, ...RUN, "--cells-per-shard", String(cells))).code).toBe(0);

  const { batch_id: batchId } = (await readLatestBatch(client))!;
  const { rows } = await client.query(
    "SELECT count(*)::int AS kept FROM climatebatch.rejected_cells WHERE risk = 'high_temperature'",
  );
  expect(rows).toEqual([{ kept: 100 }]);
  const result = JSON.parse((await cli(url, "logs", batchId, "--json")).stdout);
  expect(result.rejectedCounts).toContainEqual({ risk: "high_temperature", reason: "implausibleInput", cells });
  expect((await readSeen(client)).hazard).toMatchObject([{ rows: cells * RISKS.length }]);
});
