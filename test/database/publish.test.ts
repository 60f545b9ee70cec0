// The rules of publishing, and what consumers of the predecessor see through the public views.
import type { Client } from "pg";
import { expect, test } from "vitest";
import { finishBatch } from "../../database/batches.ts";
import { type PublishOptions, publishBatch } from "../../database/publish.ts";
import { RISKS } from "../../model/risks.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { refusalOf } from "../support/ingest.ts";
import { loadBatch, loadShard, planLoad, specification, writePlaces } from "../support/loadedBatch.ts";

const CELLS = 3;
const SECOND_GRID = "another";
const NO_EXCEPTIONS: PublishOptions = { replaceGrid: false, allowFewer: false, goBack: false };
const WIDER = { firstYear: 2041, lastYear: 2060 };
const WIDE = specification({ scenarios: ["calm", "future"], periods: [...specification().periods, WIDER] });

async function createPlaces(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await writePlaces(database.client, CELLS, { scenarios: ["calm", "future"] });
  await writePlaces(database.client, CELLS, { grid: SECOND_GRID });
  return database;
}

async function publishedBatches(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query("SELECT calculation, batch_id FROM climatebatch.publications");
  return Object.fromEntries(rows.map(({ calculation, batch_id }) => [calculation, batch_id]));
}

test.each([
  { what: "a risk", lost: "cold_wave", more: { risks: ["high_temperature"] as const } },
  { what: "a scenario", lost: "calm", more: { scenarios: ["future"] } },
  { what: "a period", lost: "2041-2060", more: { periods: specification().periods } },
])(
  "a batch without $what that is published now stays unpublished, unless fewer are allowed",
  async ({ lost, more }) => {
    await using database = await createPlaces();
    const { client } = database;
    const { batchId: first } = await loadBatch(client, WIDE);

    const { batchId, outcome } = await loadBatch(client, { ...WIDE, ...more });

    expect(outcome).toEqual({
      state: "notPublished",
      reason: "Incomplete",
      message: `Readers would lose what is published now: ${lost}. Run the batch with them too, or on purpose: climatebatch publish ${batchId} --allow-fewer`,
    });
    expect(await publishedBatches(client)).toEqual({ probability: first, hazard: first });
    const allowed = await publishBatch(client, batchId, { ...NO_EXCEPTIONS, allowFewer: true });
    expect(allowed).toMatchObject({ published: true });
    expect(await publishedBatches(client)).toEqual({ probability: batchId, hazard: batchId });
  },
);

test("a batch of more risks, scenarios and periods than published replaces it", async () => {
  await using database = await createPlaces();
  await loadBatch(database.client, specification());
  expect((await loadBatch(database.client, WIDE)).outcome).toEqual({ state: "published" });
});

test("a batch of another grid stays unpublished, unless the grid may be replaced", async () => {
  await using database = await createPlaces();
  const { client } = database;
  await loadBatch(client, specification());
  const { batchId, outcome } = await loadBatch(client, specification({ grid: SECOND_GRID }));
  expect(outcome).toMatchObject({ reason: "OtherGrid", message: expect.stringContaining("--replace-grid") });

  const replaced = await publishBatch(client, batchId, { ...NO_EXCEPTIONS, replaceGrid: true });

  expect(replaced).toMatchObject({ published: true });
  const { rows } = await client.query("SELECT DISTINCT grid FROM public.hazard_results");
  expect(rows).toEqual([{ grid: SECOND_GRID }]);
});

test("a batch whose shards report another number of rows than it must have stays unpublished, and says so", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const { batchId } = await loadBatch(client, specification(), { publish: null });
  await client.query(
    "UPDATE climatebatch.batch_shards SET result_rows = result_rows - 1 WHERE batch_id = $1 AND shard = 0",
    [batchId],
  );
  const refused = await publishBatch(client, batchId, NO_EXCEPTIONS);
  expect(refused).toMatchObject({
    published: false,
    reason: "RowCountMismatch",
    message: expect.stringMatching(
      /its shards report \d+ result rows, but it must have \d+\. .*climatebatch run CALCULATION --new/,
    ),
  });
  const { rows } = await client.query("SELECT reason FROM climatebatch.batches WHERE batch_id = $1", [batchId]);
  expect(rows).toEqual([{ reason: "RowCountMismatch" }]);
});

test("an earlier batch never replaces a later one by itself; a person may go back, and forth again", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const early = await planLoad(client, specification());
  const { batchId: late } = await loadBatch(client, specification());
  await loadShard(client, early, 0);

  expect(await finishBatch(client, early, NO_EXCEPTIONS)).toMatchObject({
    reason: "Superseded",
    message: `Batch ${late}, requested later, is published already. To go back on purpose: climatebatch publish ${early}`,
  });
  expect(await publishedBatches(client)).toEqual({ probability: late, hazard: late });
  for (const batchId of [early, late, early]) {
    await publishBatch(client, batchId, { ...NO_EXCEPTIONS, goBack: true });
    const { rows } = await client.query("SELECT DISTINCT hazard_score_100 AS score FROM public.hazard_results");
    expect(rows).toEqual([{ score: Number(batchId) }]);
  }
});

test("a batch of both calculations is published for both or for none", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const { batchId: hazard } = await loadBatch(client, { ...WIDE, calculation: "hazard" });
  expect((await loadBatch(client, specification())).outcome).toMatchObject({ reason: "Incomplete" });
  expect(await publishedBatches(client)).toEqual({ probability: null, hazard });
});

test("a batch that lacks a shard, is unfinished, failed, or unknown is not published", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const batchId = await planLoad(client, specification(), { cellsPerShard: 2 });
  await loadShard(client, batchId, 0);
  const publish = (batch: string) => refusalOf(publishBatch(client, batch, NO_EXCEPTIONS));

  expect(await publish(batchId)).toMatch(/^ShardsMissing: .* lacks 1 shards.* climatebatch run/);
  await loadShard(client, batchId, 1);
  expect(await publish(batchId)).toMatch(/^NotComplete: Batch \d+ is unfinished/);
  await client.query("UPDATE climatebatch.batches SET state = 'failed', reason = 'InputChanged'");
  expect(await publish(batchId)).toMatch(/^NotComplete: Batch \d+ is failed \(InputChanged\)/);
  expect(await publish("4711")).toBe("UnknownBatch: There is no batch 4711. List them: climatebatch status");
  expect(await publishedBatches(client)).toEqual({ probability: null, hazard: null });
});

test("a batch whose rows gave way to a later batch says that they are gone", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const { batchId } = await loadBatch(client, specification(), { publish: null });
  for (let others = 0; others < 4; others++) await loadBatch(client, specification());
  expect(await publishBatch(client, batchId, { ...NO_EXCEPTIONS, goBack: true })).toMatchObject({
    published: false,
    reason: "ResultsGone",
  });
});

test("consumers keep the scenario and period they are shown while results have them, else get the first", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const shown = async () =>
    (await client.query("SELECT DISTINCT scenario, first_year FROM public.probability_results")).rows;
  await loadBatch(client, WIDE);
  expect(await shown()).toEqual([{ scenario: "calm", first_year: 2021 }]);

  await client.query(
    `UPDATE climatebatch.publications SET shown_first_year = 2041, shown_last_year = 2060,
       shown_scenario_id = (SELECT scenario_id FROM climatebatch.scenarios WHERE name = 'future')`,
  );
  await loadBatch(client, WIDE);
  expect(await shown()).toEqual([{ scenario: "future", first_year: 2041 }]);

  const allowFewer = { publish: { allowFewer: true } };
  await loadBatch(client, { ...WIDE, scenarios: ["calm"], periods: specification().periods }, allowFewer);
  expect(await shown()).toEqual([{ scenario: "calm", first_year: 2021 }]);
});

const PREDECESSOR_COLUMNS = {
  probability_results: ["latitude", "longitude", "risk_type", "probability", "bin_data", "calculated_at"],
  hazard_results: [
    ...["latitude", "longitude", "risk_type", "hazard_score", "hazard_score_100", "hazard_level", "calculated_at"],
  ],
};

test.each(Object.entries(PREDECESSOR_COLUMNS))(
  "public.%s begins with the predecessor's columns and has a row per place and risk",
  async (view, columns) => {
    await using database = await createPlaces();
    const { client } = database;
    await loadBatch(client, { ...WIDE, risks: RISKS });

    const { fields, rows } = await client.query(`SELECT * FROM public.${view} ORDER BY latitude, longitude, risk_type`);

    expect(fields.map(({ name }) => name).slice(0, columns.length)).toEqual(columns);
    expect(rows.map(({ latitude, risk_type }) => [latitude, risk_type])).toEqual(
      [33, 34, 35].flatMap((latitude) => RISKS.map((risk) => [latitude, risk])),
    );
    expect(rows.every(({ calculated_at }) => calculated_at instanceof Date)).toBe(true);
  },
);

test("bin_data holds number, range, probability, base damage rate and years of each bin", async () => {
  await using database = await createPlaces();
  await loadBatch(database.client, specification(), { score: () => 25 });
  const { rows } = await database.client.query("SELECT probability, bin_data FROM public.probability_results LIMIT 1");
  expect(rows[0].probability).toBe(0.25);
  expect(rows[0].bin_data).toEqual([
    { bin: 1, range: "<3", probability: 0.75, base_damage_rate: 0, years: 10 },
    { bin: 2, range: ">=3", probability: 0.25, base_damage_rate: 1, years: 10 },
  ]);
});

test.each([
  { score: 0, published: 0, level: "Very Low" },
  { score: 19.994, published: 19.99, level: "Very Low" },
  { score: 19.995, published: 20, level: "Low" },
  { score: 20, published: 20, level: "Low" },
  { score: 39.994, published: 39.99, level: "Low" },
  { score: 39.995, published: 40, level: "Medium" },
  { score: 59.996, published: 60, level: "High" },
  { score: 79.99, published: 79.99, level: "High" },
  { score: 79.996, published: 80, level: "Very High" },
  { score: 100, published: 100, level: "Very High" },
])(
  "a score of $score is given as $reported and $level: rounded first, then named",
  async ({ score, published, level }) => {
    await using database = await createPlaces();
    await loadBatch(database.client, specification(), { score: () => score });
    const { rows } = await database.client.query(
      "SELECT DISTINCT hazard_score, hazard_score_100, hazard_level FROM public.hazard_results",
    );
    expect(rows).toEqual([
      { hazard_score: Math.round(published * 100) / 10_000, hazard_score_100: published, hazard_level: level },
    ]);
  },
);

test("batch_job_logs reports each batch with the predecessor's words", async () => {
  await using database = await createPlaces();
  const { client } = database;
  await loadBatch(client, specification());
  await planLoad(client, specification({ calculation: "hazard" }));
  await client.query(
    "UPDATE climatebatch.batches SET state = 'failed', message = 'no', reason = 'Bug' WHERE batch_id = 2",
  );
  const { rows } = await client.query("SELECT * FROM public.batch_job_logs ORDER BY started_at DESC LIMIT 10");
  expect(rows).toMatchObject([
    { id: "2", job_type: "hazard", status: "failed", error_message: "no", error_reason: "Bug", published: false },
    { id: "1", job_type: "all", status: "completed", error_message: null, total_cells: "3", processed_cells: "3" },
  ]);
  expect(rows[1]).toMatchObject({ published: true, started_at: expect.any(Date), completed_at: expect.any(Date) });
});
