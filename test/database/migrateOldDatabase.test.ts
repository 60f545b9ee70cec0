// A database as the version before plain names left it, migrated: the same results, under the new names.
import type { Client } from "pg";
import { expect, test } from "vitest";
import { migrate } from "../../database/migrate.ts";
import { createTestDatabase } from "../support/database.ts";
import { migrateUpTo } from "../support/oldDatabase.ts";

const LAST_OLD = 12;
const RENAMED: Readonly<Record<string, string>> = {
  block_first_year: "fit_first_year",
  block_last_year: "fit_last_year",
  block_years: "fit_years",
  undefended_value: "value_without_protection",
  companions: "indicators",
};

/** Two batches of one cell, the later one published, as the old program's statements wrote them. */
const OLD_ROWS = `
  INSERT INTO climatebatch.grids (name) VALUES ('korea');
  INSERT INTO climatebatch.grid_cells (grid_id, latitude, longitude) SELECT grid_id, 37.57, 126.98 FROM climatebatch.grids;
  INSERT INTO climatebatch.scenarios (name, experiment, model, member, calendar) VALUES ('ssp585', 'ssp585', 'UKESM1', 'r1', 'standard');
  INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id, state, cells, finished_at)
    SELECT 'all', '{"methods": "published", "overrides": {"methodSet": "mine", "risks": {"drought": {}}}}', 'key', grid_id, 'complete', 1, '2028-01-01'
    FROM climatebatch.grids, generate_series(1, 2);
  UPDATE climatebatch.slots SET batch_id = slot, emptied = true WHERE slot <= 2;
  INSERT INTO climatebatch.batch_risks SELECT batch_id, risk::climatebatch.risk, 'days', 'd', ARRAY['<3', '>=3'], 'damage', ARRAY[10, 100], 'longest', 'd',
      ARRAY['HD33', 'HD35'], ARRAY['d', 'd'] FROM generate_series(1, 2) AS batch_id, unnest(ARRAY['drought', 'cold_wave']) AS risk;
  INSERT INTO climatebatch.batch_rate_sets SELECT batch_id, risk::climatebatch.risk, 'crops', ARRAY[0, 0.25] FROM generate_series(1, 2) AS batch_id,
      unnest(ARRAY['drought', 'cold_wave']) AS risk;
  INSERT INTO climatebatch.probability_rows (slot, cell_id, scenario_id, first_year, last_year, years_used, block_first_year, block_last_year, block_years,
      risk, damage_bins, rate_scale, rate_set, input, flags, probabilities, counts, return_levels)
    SELECT slot, c.cell_id, s.scenario_id, 2041, 2060, 20, 2036, 2065, 30, risk::climatebatch.risk, slot * 0.1, 1.5, 'crops', 'pr daily', '{baseSpliced}',
      ARRAY[0.6, 0.4], ARRAY[12, 8], ARRAY[5.5, 'NaN']
    FROM climatebatch.grid_cells AS c, climatebatch.scenarios AS s, generate_series(1, 2) AS slot, unnest(ARRAY['drought', 'cold_wave']) AS risk;
  INSERT INTO climatebatch.hazard_rows (slot, cell_id, scenario_id, first_year, last_year, years_used, block_years, risk, value, undefended_value, score,
      input, reason, companions)
    SELECT slot, c.cell_id, s.scenario_id, 2041, 2060, 20, 30, risk::climatebatch.risk, slot * 7, 9.5, 41.23 + slot, 'pr daily', NULL, ARRAY[3.5, 'NaN']
    FROM climatebatch.grid_cells AS c, climatebatch.scenarios AS s, generate_series(1, 2) AS slot, unnest(ARRAY['drought', 'cold_wave']) AS risk;
  UPDATE climatebatch.publications SET batch_id = 2, slot = 2, previous_slot = 1, published_at = '2028-01-01', shown_scenario_id = 1,
    shown_first_year = 2041, shown_last_year = 2060;
  SELECT climatebatch.request_batch('hazard', '{"risks": ["drought"]}', 'mine/1')`;

async function readAll(client: Client, view: string): Promise<Record<string, unknown>[]> {
  const { rows } = await client.query(`SELECT * FROM ${view} AS r ORDER BY r::text`);
  return rows;
}

function withNewNames(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [RENAMED[name] ?? name, value])),
  );
}

const VIEWS = [
  ["climatebatch.probability_rows_told", "climatebatch.probability_all_batches"],
  ["climatebatch.hazard_rows_told", "climatebatch.hazard_all_batches"],
  ...[
    ...["climatebatch.probability_results", "climatebatch.hazard_results"],
    ...["public.probability_results", "public.hazard_results", "public.batch_job_logs"],
    ...["climatebatch.probability_ensemble", "climatebatch.hazard_ensemble"],
  ].map((view) => [view, view]),
] as const;

test("the results of an old database are the same after the migration, and a waiting request is still there", async () => {
  await using database = await createTestDatabase({ from: "empty" });
  const { client } = database;
  await migrateUpTo(client, LAST_OLD);
  await client.query(OLD_ROWS);
  const before: Record<string, unknown>[][] = [];
  for (const [view] of VIEWS) before.push(await readAll(client, view));

  const applied = await migrate(client);

  expect(applied[0]?.version).toBe(LAST_OLD + 1);
  for (const [at, [, view]] of VIEWS.entries()) {
    expect(before[at]!.length, view).toBeGreaterThan(0);
    expect(await readAll(client, view), view).toMatchObject(withNewNames(before[at]!));
  }
  const { rows: versions } = await client.query("SELECT DISTINCT methods_version FROM climatebatch.hazard_results");
  expect(versions).toEqual([{ methods_version: 1 }]);
  const { rows } = await client.query(
    `SELECT (climatebatch.record_request('hazard', '{"risks": ["drought"]}', 'function')).how,
       (climatebatch.record_request('hazard', '{}', 'function', 'mine/1')).how AS of_key`,
  );
  expect(rows).toEqual([{ how: "coalesced", of_key: "known" }]);
});

test("an old database with an unfinished batch is not migrated: its shards know the old names", async () => {
  await using database = await createTestDatabase({ from: "empty" });
  const { client } = database;
  await migrateUpTo(client, LAST_OLD);
  await client.query(`${OLD_ROWS}; UPDATE climatebatch.batches SET state = 'running' WHERE batch_id = 2`);

  await expect(migrate(client)).rejects.toMatchObject({
    cause: { message: expect.stringContaining("unfinished batches: 1") },
  });

  expect((await readAll(client, "climatebatch.hazard_rows_told")).length).toBe(4);
});
