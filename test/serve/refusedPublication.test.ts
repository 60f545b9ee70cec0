// A publication that was refused: the same request and inputs are not computed again, by `run` or by `serve`.
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { readBatches, serving } from "../support/serve.ts";

const PERIODS = { fewer: "2021-2040", other: "2041-2060" };

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 2 });
  const all = Object.values(PERIODS).flatMap((period) => ["--period", period]);
  expect((await cli(database.url, "run", "hazard", ...all)).code).toBe(0);
});
afterAll(() => database.drop());

const runFewer = (...more: string[]) => cli(database.url, "run", "hazard", "--period", PERIODS.fewer, ...more);
const reasons = async () => {
  const { rows } = await database.client.query("SELECT state, reason FROM climatebatch.batches ORDER BY batch_id");
  return rows.map(({ state, reason }) => [state, reason]);
};
const lastClaims = async () => {
  const { rows } = await database.client.query(
    "SELECT max(batch_id)::int AS batch, sum(attempt)::int AS claims FROM climatebatch.batch_shards",
  );
  return rows[0];
};

test("`run` and `serve` answer with the batch that is there, until its publication is allowed or an input changes", async () => {
  const first = await runFewer();
  expect(first.stdout).toContain("not published (Incomplete)");
  expect(await reasons()).toEqual([
    ["complete", null],
    ["complete", "Incomplete"],
  ]);
  const computed = await lastClaims();

  const second = await runFewer();
  expect(second.stderr).toContain("was not published (Incomplete): nothing is computed again");
  expect(second.stdout).toContain("not published (Incomplete)");
  expect(await lastClaims()).toEqual(computed);

  const [firstYear, lastYear] = PERIODS.fewer.split("-").map(Number);
  await using serve = await serving(database.url, { POLL_SECONDS: "2" });
  await database.client.query("SELECT climatebatch.request_batch('hazard', $1)", [
    JSON.stringify({ periods: [{ firstYear, lastYear }] }),
  ]);
  const answered = await serve.logged("batchComputedBefore");
  expect(await serve.logged("batchNotPublished")).toMatchObject({ batchId: answered.batchId, reason: "Incomplete" });
  const { rows } = await database.client.query("SELECT outcome, batch_id FROM climatebatch.batch_requests");
  expect(rows).toEqual([{ outcome: "batch", batch_id: answered.batchId }]);
  expect(await lastClaims()).toEqual(computed);

  const allowed = await runFewer("--allow-fewer");
  expect(allowed.stdout).toContain(`Batch ${answered.batchId} is published.`);
  expect(await lastClaims()).toEqual(computed);
  expect((await reasons()).at(-1)).toEqual(["complete", null]);
});

test("after a change of the input, and with --new, it is computed", async () => {
  const other = (...more: string[]) => cli(database.url, "run", "hazard", "--period", PERIODS.other, ...more);
  const batches = async () => (await readBatches(database.client)).length;
  const before = await batches();
  expect((await other()).stdout).toContain("not published (Incomplete)");
  await other("--new");
  expect(await batches()).toBe(before + 2);
  await database.client.query("UPDATE climatebatch.climate_data SET year = year");
  await other();
  expect(await batches()).toBe(before + 3);
});
