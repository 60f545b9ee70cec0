// Consumers that poll both views while batches are published one after the other: they never wait, never see two batches at
// once, and never see nothing.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { CALCULATIONS } from "../../model/calculations.ts";
import { RejectedError } from "../../model/errors.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";
import { loadBatch, specification, writePlaces } from "../support/loadedBatch.ts";
import { reportLockWaits, waitOf } from "../support/lockWaits.ts";

const CELLS = 40;
const BATCH = specification({ risks: ["cold_wave", "high_temperature", "drought"] });
const ROWS = CELLS * BATCH.risks.length;
const PUBLICATIONS = 50;
const MOST_WAIT_MS = 100;
/** What even a stalled machine may not exceed: a lock held for as long as a reader's transaction lasts would. */
const STALLED_WAIT_MS = 1_000;
const POLL_INTERVAL_MS = 10;

interface Answer {
  readonly batch_id: string;
  /** Follows from the batch's number, in the row itself. */
  readonly score: number;
  readonly calculation: string;
}

/** The rows of a view as consumers ask for them, all or, with a condition, all again. */
const ASK = {
  probability:
    "SELECT batch_id, round((probability * 100)::numeric, 6)::float8 AS score FROM public.probability_results",
  hazard: "SELECT batch_id, hazard_score_100 AS score FROM public.hazard_results",
} as const;

interface Reader {
  readonly name: string;
  /** One answer of each view, asked by `ask`, which measures. */
  poll(client: Client, ask: Ask): Promise<void>;
}
type Ask = (
  calculation: keyof typeof ASK,
  query: () => Promise<{ rows: Omit<Answer, "calculation">[] }>,
) => Promise<string>;

async function askBoth(client: Client, ask: Ask): Promise<string[]> {
  const batches: string[] = [];
  for (const calculation of CALCULATIONS) batches.push(await ask(calculation, () => client.query(ASK[calculation])));
  return batches;
}

const READERS: readonly Reader[] = [
  { name: "simple statements", poll: async (client, ask) => void (await askBoth(client, ask)) },
  {
    name: "statements with parameters",
    async poll(client, ask) {
      for (const calculation of CALCULATIONS)
        await ask(calculation, () => client.query(`${ASK[calculation]} WHERE latitude >= $1`, [33]));
    },
  },
  {
    name: "named statements",
    async poll(client, ask) {
      for (const calculation of CALCULATIONS)
        await ask(calculation, () =>
          client.query({ name: calculation, text: `${ASK[calculation]} WHERE latitude >= $1`, values: [33] }),
        );
    },
  },
  {
    name: "transactions that see what is committed",
    async poll(client, ask) {
      await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
      for (let times = 0; times < 5; times++) await askBoth(client, ask);
      await client.query("COMMIT");
    },
  },
  {
    name: "transactions that keep their snapshot",
    async poll(client, ask) {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
      const batches: string[] = [];
      for (let times = 0; times < 5; times++) batches.push(...(await askBoth(client, ask)));
      await client.query("COMMIT");
      if (new Set(batches).size !== 1) throw new Error(`one snapshot told of batches ${batches}`);
    },
  },
];

/** What the machine makes everybody wait: a session that reads as many rows of a table nobody changes. */
async function measureStalls(url: string, signal: AbortSignal): Promise<number> {
  const client = await connect(url, { purpose: "test control" });
  await client.query("CREATE TABLE public.unchanged AS SELECT * FROM public.probability_results");
  let longestMs = 0;
  while (!signal.aborted) {
    const started = performance.now();
    await client.query("SELECT batch_id, probability FROM public.unchanged");
    longestMs = Math.max(longestMs, performance.now() - started);
    await sleep(POLL_INTERVAL_MS);
  }
  await client.end();
  return longestMs;
}

interface Observation {
  readonly name: string;
  answers: number;
  longestMs: number;
  readonly batches: Set<string>;
  readonly wrong: string[];
  readonly lockWaits: string[];
}

async function read({ name, poll }: Reader, url: string, signal: AbortSignal): Promise<Observation> {
  const client = await connect(url, { purpose: "test reader" });
  const seen: Observation = { name, answers: 0, longestMs: 0, batches: new Set(), wrong: [], lockWaits: [] };
  await reportLockWaits(client, MOST_WAIT_MS, seen.lockWaits);
  const ask: Ask = async (calculation, query) => {
    const started = performance.now();
    const { rows } = await query();
    seen.longestMs = Math.max(seen.longestMs, performance.now() - started);
    seen.answers++;
    const batch = rows[0]?.batch_id ?? "none";
    seen.batches.add(batch);
    const isWhole = rows.length === ROWS && rows.every((row) => row.batch_id === batch && row.score === Number(batch));
    if (!isWhole) seen.wrong.push(`${calculation}: ${rows.length} rows, the first of batch ${batch}`);
    return batch;
  };
  while (!signal.aborted) {
    await poll(client, ask);
    await sleep(POLL_INTERVAL_MS);
  }
  await client.end();
  return seen;
}

test(`through ${PUBLICATIONS} publications no reader waits over ${MOST_WAIT_MS} ms or sees anything but one whole batch`, async () => {
  await using database = await createTestDatabase();
  const { client } = database;
  await writePlaces(client, CELLS);
  await loadBatch(client, BATCH);
  const end = new AbortController();
  const reading = READERS.map((reader) => read(reader, database.url, end.signal));
  const control = measureStalls(database.url, end.signal);

  const published: string[] = [];
  for (let times = 0; times < PUBLICATIONS; times++) {
    published.push(await eventually("a slot is free", () => publishNext(client)));
  }
  end.abort();
  const observations = await Promise.all(reading);
  const stallMs = await control;
  console.log(`measured: a session that reads nothing: longest wait ${stallMs.toFixed(1)} ms`);
  // Where even that one is made to wait the time of answers tells of the machine; waiting for locks is the product's doing.
  const isQuiet = stallMs <= MOST_WAIT_MS / 4;

  for (const { name, answers, longestMs, batches, wrong, lockWaits } of observations) {
    console.log(
      `measured: ${name}: ${answers} answers from ${batches.size} batches, longest wait ${longestMs.toFixed(1)} ms`,
    );
    // Emptying a slot ends with a flush to disk under its lock: on a machine that is busy otherwise that flush may stall, too.
    const tooLong = isQuiet ? lockWaits : lockWaits.filter((told) => waitOf(told) > STALLED_WAIT_MS);
    expect({ name, wrong, tooLong }).toEqual({ name, wrong: [], tooLong: [] });
    expect(batches.size).toBeGreaterThan(PUBLICATIONS / 5);
    if (isQuiet) expect(longestMs, `longest wait by ${name}`).toBeLessThanOrEqual(MOST_WAIT_MS);
  }
  expect(published).toHaveLength(PUBLICATIONS);
}, 180_000);

/** undefined while readers' snapshots hold every slot. */
async function publishNext(client: Client): Promise<string | undefined> {
  try {
    const { batchId, outcome } = await loadBatch(client, BATCH);
    expect(outcome).toEqual({ state: "published" });
    return batchId;
  } catch (error) {
    if (error instanceof RejectedError && error.reason === "NoFreeSlot") return undefined;
    throw error;
  }
}

test("a reader that does wait longer is noticed", async () => {
  await using database = await createTestDatabase();
  const reader = await connect(database.url, { purpose: "test reader" });
  const waits: string[] = [];
  await reportLockWaits(reader, MOST_WAIT_MS, waits);
  await database.client.query("BEGIN; LOCK TABLE climatebatch.hazard_rows_1");
  const answer = reader.query(ASK.hazard);
  await eventually("the server reports the wait", () => waits.length > 0 || undefined);
  await database.client.query("ROLLBACK");
  expect((await answer).rows).toEqual([]);
  await reader.end();
});
