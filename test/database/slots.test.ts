// Which slot a batch may take, and that emptying it disturbs no reader.
import type { Client } from "pg";
import { expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { emptySlots, reserveSlot, slotTable } from "../../database/slots.ts";
import { waitsForLock } from "../support/batches.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { refusalOf } from "../support/ingest.ts";
import { loadBatch, planLoad, specification, writePlaces } from "../support/loadedBatch.ts";

const CELLS = 2;
const HAZARD = specification({ calculation: "hazard" });

async function createPlaces(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await writePlaces(database.client, CELLS);
  return database;
}

async function slotOf(client: Client, batchId: string): Promise<number | undefined> {
  const { rows } = await client.query(
    "SELECT slot FROM climatebatch.slots WHERE calculation = 'hazard' AND batch_id = $1",
    [batchId],
  );
  return rows[0]?.slot;
}

async function publishNew(client: Client): Promise<number> {
  const { batchId, outcome } = await loadBatch(client, HAZARD);
  expect(outcome).toEqual({ state: "published" });
  return (await slotOf(client, batchId))!;
}

/** Tries which slots further batches may take, until there is none. */
async function freeSlots(client: Client): Promise<number[]> {
  await client.query("BEGIN");
  const free: number[] = [];
  const { rows } = await client.query(
    `INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id)
     SELECT 'hazard', '{}', '', grid_id FROM climatebatch.grids, generate_series(1, 5) RETURNING batch_id`,
  );
  for (const { batch_id } of rows) {
    await client.query("SAVEPOINT attempt");
    const refusal = await refusalOf(reserveSlot(client, "hazard", batch_id).then((slot) => free.push(slot)));
    if (refusal !== "accepted") {
      expect(refusal).toMatch(/^NoFreeSlot: All four slots for hazard results are in use: .* climatebatch status/);
      break;
    }
  }
  await client.query("ROLLBACK");
  return free.sort();
}

const others = (...taken: number[]) => [1, 2, 3, 4].filter((slot) => !taken.includes(slot));

test("a new database has four free slots, and a fifth unfinished batch is refused", async () => {
  await using database = await createPlaces();
  expect(await freeSlots(database.client)).toEqual([1, 2, 3, 4]);
});

test("the published slot is never taken, the one before it for a day", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const before = await publishNew(client);
  const published = await publishNew(client);
  expect(await freeSlots(client)).toEqual(others(before, published));

  await client.query("UPDATE climatebatch.slots SET released_at = released_at - interval '25 hours'");
  expect(await freeSlots(client)).toEqual(others(published));
});

test("slots that unfinished batches load are not taken; those of failed and cancelled ones are", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const batches = [await planLoad(client, HAZARD), await planLoad(client, HAZARD), await planLoad(client, HAZARD)];
  const { rows } = await client.query(
    "SELECT slot FROM climatebatch.slots WHERE batch_id IS NOT NULL ORDER BY batch_id",
  );
  const [first, second, third] = rows.map(({ slot }) => slot);
  expect(await freeSlots(client)).toEqual(others(first, second, third));

  await client.query("UPDATE climatebatch.batches SET state = 'failed' WHERE batch_id = $1", [batches[0]]);
  await client.query("UPDATE climatebatch.batches SET state = 'cancelled' WHERE batch_id = $1", [batches[1]]);
  expect(await freeSlots(client)).toEqual(others(third));
});

test("the batch that has had its slot longest gives way first", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const loaded: string[] = [];
  for (let at = 0; at < 4; at++) loaded.push((await loadBatch(client, HAZARD, { publish: null })).batchId);
  const oldest = await slotOf(client, loaded[0]!);
  const next = await planLoad(client, HAZARD);
  expect(await slotOf(client, next)).toBe(oldest);
  expect(await slotOf(client, loaded[0]!)).toBeUndefined();
});

test("a slot that an older snapshot may still read is not taken until that transaction ends", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const first = await publishNew(client);
  const reader = await connect(database.url, { purpose: "test reader" });
  await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
  const second = await publishNew(client);
  const third = await publishNew(client);
  // The reader has not touched a result table yet: no lock mentions it.
  expect(await freeSlots(client)).toEqual(others(first, second, third));
  const { rows } = await reader.query("SELECT batch_id FROM public.hazard_results");
  expect(rows).toEqual(Array(CELLS * HAZARD.risks.length).fill({ batch_id: "1" }));
  await reader.query("COMMIT");

  expect(await freeSlots(client)).toEqual(others(second, third));
  await reader.end();
});

test("emptying waits for an open transaction that has read, and new readers do not wait for it", async () => {
  await using database = await createPlaces();
  const { client } = database;
  await publishNew(client);
  const old = await connect(database.url, { purpose: "test reader" });
  const fresh = await connect(database.url, { purpose: "test reader" });
  await old.query("BEGIN");
  await old.query("SELECT FROM public.hazard_results");
  const batchId = await reserve(client);
  const waiting: string[] = [];
  let isEmpty = false;
  const emptying = emptySlots(client, batchId, { onWait: (table) => waiting.push(table) }).then(() => {
    isEmpty = true;
  });

  // A reader that waited for the old transaction would wait until the test ends.
  while (waiting.length === 0) await fresh.query("SELECT * FROM public.hazard_results");

  expect(waiting).toEqual([slotTable("hazard", (await slotOf(fresh, batchId))!)]);
  expect(isEmpty).toBe(false);
  await old.query("COMMIT");
  await emptying;
  await Promise.all([old.end(), fresh.end()]);
});

test("emptying deletes the rows in the end when a reader's transaction stays open", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const { batchId } = await loadBatch(client, HAZARD, { publish: null });
  const table = slotTable("hazard", (await slotOf(client, batchId))!);
  await publishNew(client);
  const reader = await connect(database.url, { purpose: "test reader" });
  await reader.query("BEGIN");
  await reader.query("SELECT FROM public.hazard_results");
  await client.query("UPDATE climatebatch.slots SET emptied = false WHERE batch_id = $1", [batchId]);

  await emptySlots(client, batchId);

  expect((await client.query(`SELECT FROM ${table}`)).rows).toEqual([]);
  expect((await reader.query("SELECT FROM public.hazard_results")).rows).toHaveLength(CELLS * HAZARD.risks.length);
  await reader.query("COMMIT");
  await reader.end();
});

test("emptying twice is as good as once, and a slot that is being loaded is left alone", async () => {
  await using database = await createPlaces();
  const { client } = database;
  const { batchId } = await loadBatch(client, HAZARD, { publish: null });
  const before = await client.query("SELECT count(*)::int AS rows FROM climatebatch.hazard_rows");
  await emptySlots(client, batchId);
  expect((await client.query("SELECT count(*)::int AS rows FROM climatebatch.hazard_rows")).rows).toEqual(before.rows);
});

test("two batches planned at the same time take different slots", async () => {
  await using database = await createPlaces();
  const sessions = await Promise.all([1, 2, 3].map(() => connect(database.url, { purpose: "test plan" })));
  await database.client.query("BEGIN; SELECT FROM climatebatch.publications FOR UPDATE");
  const planned = sessions.map((session) => planLoad(session, HAZARD));
  await waitsForLock(database.client, "test plan");
  await database.client.query("COMMIT");

  const batches = await Promise.all(planned);

  const { rows } = await database.client.query("SELECT batch_id FROM climatebatch.slots WHERE batch_id IS NOT NULL");
  expect(rows.map(({ batch_id }) => batch_id).sort()).toEqual(batches.sort());
  await Promise.all(sessions.map((session) => session.end()));
});

/** A batch with a slot of its own that is not emptied yet. */
async function reserve(client: Client): Promise<string> {
  const { rows } = await client.query(
    `INSERT INTO climatebatch.batches (calculation, specification, specification_key, grid_id)
     SELECT 'hazard', '{}', '', grid_id FROM climatebatch.grids RETURNING batch_id`,
  );
  await reserveSlot(client, "hazard", rows[0].batch_id);
  return rows[0].batch_id;
}
