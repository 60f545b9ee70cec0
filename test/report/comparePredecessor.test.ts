// A batch beside the predecessor's result tables: matched by coordinates, in this database or another one.
import { afterAll, beforeAll, expect, test } from "vitest";
import { hidePassword } from "../../database/address.ts";
import { migrate } from "../../database/migrate.ts";
import { takeOver } from "../../database/takeOver.ts";
import { cli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { loadBatch, specification, writePlaces } from "../support/loadedBatch.ts";
import { createPredecessorTables } from "../support/predecessorDatabase.ts";

const RISKS_COMPARED = 2;
const PERIODS_COMPARED = 2;

let database: TestDatabase;
let batch: string;

/** The predecessor's database, taken over; its results are those of the batch, at its coordinates of single precision. */
beforeAll(async () => {
  database = await createTestDatabase({ from: "empty" });
  const { client } = database;
  await createPredecessorTables(client, { places: 1, firstYear: 2021, lastYear: 2021 });
  await takeOver(client);
  await migrate(client);
  await writePlaces(client, 4);
  await client.query("UPDATE climatebatch.grid_cells SET latitude = latitude + 0.57, longitude = longitude + 0.98");
  ({ batchId: batch } = await loadBatch(client, specification(), { score: (cell) => 10.004 + 20 * cell }));
  for (const [table, columns] of [
    ["hazard_results", "hazard_score_100"],
    ["probability_results", "probability"],
  ]) {
    await client.query(
      `DELETE FROM predecessor.${table};
       ALTER TABLE predecessor.${table} ALTER latitude TYPE real, ALTER longitude TYPE real;
       INSERT INTO predecessor.${table} (latitude, longitude, risk_type, ${columns})
       SELECT latitude, longitude, risk_type, round(${columns}::numeric, 4) FROM climatebatch.${table} WHERE first_year = 1991`,
    );
  }
});
afterAll(() => database?.drop());

const compare = (...words: readonly string[]) => cli(database.url, "compare", ...words);

async function changesOf(...words: readonly string[]) {
  const { code, stdout, stderr } = await compare(...words, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout).changes as Record<string, unknown>[];
}

test("equal results give zero, whatever type holds the coordinates", async () => {
  const changes = await changesOf("predecessor", batch);
  expect(changes).toHaveLength(2 * RISKS_COMPARED * PERIODS_COMPARED);
  for (const change of changes) {
    expect(change).toMatchObject({ cells: 4, changed: 0, gained: 0, lost: 0, meanChange: 0, largestChange: 0 });
  }
  const { stdout } = await compare("predecessor", batch);
  expect(stdout).toContain("Its Hazard Scores were placeholders: docs/migrate.md.");
  expect(stdout).toContain(`predecessor and ${batch} have equal scores and P(damaging year) in every cell.`);
});

test("places and values that differ are counted, the latest of a repeated row; an address gives the same, without its password", async () => {
  const first = "risk_type = 'cold_wave' AND latitude = 33.57::real";
  await database.client.query(
    `INSERT INTO predecessor.hazard_results (latitude, longitude, risk_type, hazard_score_100, calculated_at)
       VALUES (33.57, 127.98, 'cold_wave', 99, '2020-01-01'), (10, 10, 'cold_wave', 50, now()), (36.57, 127.98, 'drought', 1, now());
     UPDATE predecessor.hazard_results SET hazard_score_100 = hazard_score_100 + 2.5 WHERE ${first} AND calculated_at > '2020-01-01';
     DELETE FROM predecessor.hazard_results WHERE risk_type = 'cold_wave' AND latitude = 34.57::real`,
  );
  const changes = await changesOf("predecessor", batch);
  const scores = (risk: string) => changes.filter((change) => change.measure === "score" && change.risk === risk);
  expect(scores("cold_wave")).toHaveLength(PERIODS_COMPARED);
  for (const change of scores("cold_wave")) {
    expect(change).toMatchObject({ cells: 3, changed: 1, gained: 1, lost: 1, largestChange: -2.5 });
    expect(change).toMatchObject({ largestAt: [33.57, 127.98], meanChange: expect.closeTo(-2.5 / 3, 9) });
  }
  expect(scores("drought")).toMatchObject(Array(PERIODS_COMPARED).fill({ cells: 0, lost: 1, gained: 0 }));
  expect(scores("high_temperature")).toMatchObject(Array(PERIODS_COMPARED).fill({ changed: 0 }));

  const reversed = await compare(batch, `predecessor:${database.url}`, "--json");
  expect(reversed).toMatchObject({ code: 0, stderr: "" });
  const { second, changes: back } = JSON.parse(reversed.stdout);
  expect(new URL(database.url).password).not.toBe("");
  expect(second).toBe(`predecessor:${hidePassword(database.url)}`);
  const [there] = back.filter((one: { measure: string }) => one.measure === "score");
  expect(there).toMatchObject({ cells: 3, changed: 1, gained: 1, lost: 1, largestChange: 2.5 });
});

test.each([
  [["predecessor", "ssp585"], "The predecessor's results are compared with a batch."],
  [
    ["1", "predecessor:old"],
    'predecessor: expects postgres://user:password@host:port/name after the colon, but got "…"',
  ],
])("%j is refused with what to do", async (words, message) => {
  const { code, stderr } = await compare(...words);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
