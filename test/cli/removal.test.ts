// Removing, cancelling, choosing what is shown, and SQL: previews change nothing, what is in use is refused.
import { afterAll, beforeAll, expect, test } from "vitest";
import { becomeRunner } from "../../database/batches.ts";
import { planRequest } from "../../database/planRequest.ts";
import { RUN } from "../support/batches.ts";
import { cli } from "../support/cli.ts";
import { GRID, writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { digestTables } from "../support/tableDigests.ts";

let database: TestDatabase;
const typed = (...words: string[]) => cli(database.url, ...words);
const plan = (calculation: "hazard" | "probability") =>
  planRequest(
    database.client,
    { calculation, scenarios: ["future"], periods: [{ firstYear: 2021, lastYear: 2040 }] },
    { parallelism: 1, parallelismSetting: "--workers" },
  ).then((planned) => planned!.batch.batchId);

beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 4 });
  expect((await typed(...RUN)).code).toBe(0);
});
afterAll(() => database.drop());

async function expectUnchanged(work: () => Promise<void>): Promise<void> {
  const before = await digestTables(database.client);
  await work();
  expect(await digestTables(database.client)).toEqual(before);
}

test.each([
  { words: "remove batch 1 --yes", message: /^Batch 1 is published\. Publish another one first/ },
  { words: "remove batch 99", message: /^There is no batch 99/ },
  { words: "remove batch first", message: /^BATCH is the number of a batch, but got "first"/ },
  { words: "remove scenario past --yes", message: /^The scenario "past" is the parent of future\. Remove those first/ },
  {
    words: "remove scenario future --yes",
    message: /^Batch 1 is computed from the scenario "future"\. Remove it first: climatebatch remove batch 1 --yes/,
  },
  { words: "remove scenario none", message: /^There is no scenario "none"/ },
  { words: `remove grid ${GRID} --yes`, message: /^Batch 1 is computed from the grid "test-grid"\. Remove it first/ },
  { words: "remove grid none", message: /^There is no grid "none"/ },
  { words: "remove storms all", message: /^Invalid value for WHAT: expected batch, grid or scenario, got "storms"/ },
  { words: "cancel 1 --yes", message: /^Batch 1 is complete: there is nothing to cancel\./ },
  { words: "cancel 99", message: /^There is no batch 99/ },
  { words: "show future", message: /^Missing PERIOD: climatebatch show future FIRST-LAST/ },
  {
    words: "show past 2021-2040",
    message: /^The published probability batch 1 has no scenario "past"; it has future\./,
  },
  { words: "show future 2041-2060", message: /^The published probability batch 1 has no period 2041-2060; it has / },
])("$words is refused and changes nothing", ({ words, message }) =>
  expectUnchanged(async () => {
    expect(await typed(...words.split(" "))).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(message),
    });
  }),
);

test("show chooses what the predecessor's views show, and lists what there is", async () => {
  const shownYears = async () => {
    const { rows } = await database.client.query("SELECT DISTINCT first_year FROM public.hazard_results");
    return rows;
  };
  expect((await typed("show")).stdout).toMatch(/hazard +1 +future +2021-2040 +future +1991-2020 2021-2040/);
  expect((await typed("show", "future", "1991-2020")).stdout).toMatch(/hazard +1 +future +1991-2020/);
  expect(await shownYears()).toEqual([{ first_year: 1991 }]);
  expect((await typed("show", "future", "2021-2040")).code).toBe(0);
  expect(await shownYears()).toEqual([{ first_year: 2021 }]);
});

test("sql prints rows as a table or JSON, reads standard input, and explains what PostgreSQL refuses", async () => {
  const counted = await typed("sql", "SELECT name, role FROM climatebatch.grids");
  expect(counted).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^name +role\n-+ +-+\ntest-grid +target\n$/),
  });
  const facts = JSON.parse((await typed("sql", "SELECT 1 AS one; SELECT 2 AS two", "--json")).stdout);
  expect(facts).toMatchObject([
    { columns: ["one"], rows: [[1]] },
    { columns: ["two"], rows: [[2]] },
  ]);
  expect((await typed("sql", "SELECT count(*) > 0 AS any FROM hazard_results")).stdout).toBe("any\n----\ntrue\n");
  expect(await typed("sql")).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Missing STATEMENT: /) });
  expect(await typed("sql", "SELEC")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^PostgreSQL refuses the statement: syntax error/),
  });
});

test("an unfinished batch is cancelled after a preview, unless a process runs it", async () => {
  const batchId = await plan("hazard");
  await expectUnchanged(async () => {
    const preview = await typed("cancel", batchId);
    expect(preview.stdout).toMatch(
      new RegExp(
        `^Would cancel batch ${batchId}: \\d+ shards, 0 finished shards\\.\\nNothing was changed\\. To do it: climatebatch cancel ${batchId} .*--yes\\n$`,
      ),
    );
    expect(await typed("remove", "batch", batchId, "--yes")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`Batch ${batchId} is unfinished. Cancel it first`),
    });
    expect(await becomeRunner(database.client, batchId)).toBe(true);
    expect(await typed("cancel", batchId, "--yes")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("is being run by another process"),
    });
  });
  await database.client.query("SELECT pg_advisory_unlock_all()");
  expect(await typed("cancel", batchId, "--yes")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Cancelled batch /),
  });
  expect((await typed("status", batchId)).stdout).toContain("cancelled (Cancelled)");
  expect(await typed("remove", "batch", batchId, "--yes", "--json")).toMatchObject({ code: 0 });
  expect((await typed("status", batchId)).code).toBe(2);
});

test("once another batch is published, a batch, then its scenarios and grid are removed, each after a preview", async () => {
  expect((await typed(...RUN, "--new")).code).toBe(0);
  const published = (await typed("sql", "SELECT max(batch_id) FROM climatebatch.batches")).stdout
    .trim()
    .split("\n")
    .at(-1)!;
  await database.client.query(
    "INSERT INTO climatebatch.batch_requests (calculation, source, state, batch_id, outcome, finished_at) VALUES ('all', 'cli', 'finished', 1, 'batch', now())",
  );
  await expectUnchanged(async () => {
    expect((await typed("remove", "batch", "1")).stdout).toMatch(
      /^Would remove batch 1: \d+ shards, [\d,]+ result rows, 1 answered requests\./,
    );
  });
  expect((await typed("remove", "batch", "1", "--yes")).stdout).toMatch(/^Removed batch 1: /);
  const { rows } = await database.client.query("SELECT outcome, reason FROM climatebatch.batch_requests");
  expect(rows).toEqual([{ outcome: "cancelled", reason: "BatchRemoved" }]);
  expect((await typed("publish", "1")).code).toBe(2);
  expect((await typed("status", published)).stdout).toMatch(
    /published +probability, hazard|published +hazard, probability/,
  );

  await database.client.query(
    "UPDATE climatebatch.publications SET batch_id = NULL, slot = NULL, previous_slot = NULL",
  );
  expect((await typed("remove", "batch", published, "--yes")).code).toBe(0);
  await expectUnchanged(async () => {
    expect((await typed("remove", "scenario", "future")).stdout).toMatch(
      /^Would remove scenario future: 160 series years, 4 cells, [\d,]+ bytes\./,
    );
  });
  expect((await typed("remove", "scenario", "future", "--yes")).stdout).toMatch(
    /^Removed scenario future: [\d,]{6,} bytes\.\n$/,
  );
  expect((await typed("remove", "scenario", "past", "--yes")).code).toBe(0);
  expect((await typed("remove", "grid", GRID, "--yes")).stdout).toMatch(
    /^Removed grid test-grid: 4 cells, 0 series years\./,
  );
  const left = await database.client.query(
    `SELECT (SELECT count(*)::int FROM climatebatch.climate_data) AS series, (SELECT count(*)::int FROM climatebatch.grid_cells) AS cells,
       (SELECT count(*)::int FROM climatebatch.batches) AS batches, (SELECT count(*)::int FROM climatebatch.hazard_rows) AS rows`,
  );
  expect(left.rows).toEqual([{ series: 0, cells: 0, batches: 0, rows: 0 }]);
});
