// docs/sizing.md says how many bytes a row takes: here is a database with all nine risks.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestDatabase } from "../support/database.ts";
import { ROOT } from "../support/pages.ts";
import { createSampleResults } from "../support/sampleResults.ts";

const page = readFileSync(join(ROOT, "docs/sizing.md"), "utf8");
const MOST_OFF = 0.25;

/** Of a result row: 54 measured on 28,800 rows. A page is half empty where there are few. */
const INDEX_BYTES = 54;

let database: TestDatabase;
beforeAll(async () => {
  database = await createSampleResults();
});
afterAll(() => database.drop());

function statedBytes(what: string): number {
  return Number(new RegExp(`^\\| ${what} \\| ([\\d,]+) \\|`, "m").exec(page)![1]!.replace(",", ""));
}

function expectNear(stated: number, measured: number): void {
  expect(Math.abs(stated / measured - 1), `${stated} stated, ${Math.round(measured)} measured`).toBeLessThan(MOST_OFF);
}

test("a year of a daily series, besides those of yearly ones", async () => {
  const size = await database.client.query(
    "SELECT sum(pg_total_relation_size(relid))::float8 AS bytes FROM pg_partition_tree('climatebatch.climate_data')",
  );
  const { rows } = await database.client.query(
    "SELECT frequency, count(*)::int AS n FROM climatebatch.climate_data GROUP BY 1",
  );
  const counted = Object.fromEntries(rows.map(({ frequency, n }) => [frequency, n]));
  expect(Object.keys(counted).sort()).toEqual(["daily", "yearly"]);
  expectNear(
    counted.daily * statedBytes("a year of a daily series") + counted.yearly * statedBytes("a year of a yearly series"),
    size.rows[0].bytes,
  );
});

test.each(["probability", "hazard"])("a %s row", async (calculation) => {
  const { rows } = await database.client.query(
    `SELECT avg(pg_column_size(one.*))::float8 AS bytes FROM climatebatch.${calculation}_rows_1 AS one`,
  );
  expectNear(statedBytes(`a ${calculation} row`), rows[0].bytes + INDEX_BYTES);
});
