// Consumers that poll both views while batches are published one after the other: they do not wait for locks, never see two
// batches at once, and never see nothing.
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
import { isLong } from "../support/random.ts";

const CELLS = 40;
const BATCH = specification({ risks: ["cold_wave", "high_temperature", "drought"] });
const ROWS = CELLS * BATCH.risks.length;
const PUBLICATIONS = isLong ? 50 : 12;
/** On a machine that is not busy; on a busy one a reader may wait a few times as long as the control session does. */
const MOST_WAIT_MS = 100;
const MOST_CONTROL_WAITS = 4;
const POLL_INTERVAL_MS = 10;

interface Answer {
  readonly batch_id: string;
  /** Follows from the batch's number, in the row itself. */
  readonly score: number;
  readonly calculation: string;
}

/** The rows of a view as consumers query them. */
const QUERIES = {
  probability:
    "SELECT batch_id, round((probability * 100)::numeric, 6)::float8 AS score FROM public.probability_results",
  hazard: "SELECT batch_id, hazard_score_100 AS score FROM public.hazard_results",
} as const;

interface Reader {
  readonly name: string;
  /** Queries each view at least once, by `measure`. */
  poll(client: Client, measure: Measure): Promise<void>;
}
/** Runs the query, records its answer and returns the batch it is of. */
type Measure = (
  calculation: keyof typeof QUERIES,
  query: () => Promise<{ rows: Omit<Answer, "calculation">[] }>,
) => Promise<string>;

async function queryBoth(client: Client, measure: Measure): Promise<string[]> {
  const batches: string[] = [];
  for (const calculation of CALCULATIONS)
    batches.push(await measure(calculation, () => client.query(QUERIES[calculation])));
  return batches;
}

const READERS: readonly Reader[] = [
  { name: "simple statements", poll: async (client, measure) => void (await queryBoth(client, measure)) },
  {
    name: "statements with parameters",
    async poll(client, measure) {
      for (const calculation of CALCULATIONS)
        await measure(calculation, () => client.query(`${QUERIES[calculation]} WHERE latitude >= $1`, [33]));
    },
  },
  {
    name: "named statements",
    async poll(client, measure) {
      for (const calculation of CALCULATIONS)
        await measure(calculation, () =>
          client.query({ name: calculation, text: `${QUERIES[calculation]} WHERE latitude >= $1`, values: [33] }),
        );
    },
  },
  {
    name: "transactions that see what is committed",
    async poll(client, measure) {
      await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
      for (let times = 0; times < 5; times++) await queryBoth(client, measure);
      await client.query("COMMIT");
    },
  },
  {
    name: "transactions that keep their snapshot",
    async poll(client, measure) {
      await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
      const batches: string[] = [];
      for (let times = 0; times < 5; times++) batches.push(...(await queryBoth(client, measure)));
      await client.query("COMMIT");
      if (new Set(batches).size !== 1) throw new Error(`one snapshot showed batches ${batches}`);
    },
  },
];

interface Control {
  /** Locks the control's table for a moment, as emptying a slot locks a slot. */
  disturb(): Promise<void>;
  longestMs(): number;
  readonly ended: Promise<void>;
}

/** How long this machine makes a session wait for a short lock: it reads as many rows as the readers, of a table of its own. */
async function startControl(url: string, signal: AbortSignal): Promise<Control> {
  const reader = await connect(url, { purpose: "test control" });
  const holder = await connect(url, { purpose: "test control" });
  await holder.query(
    `CREATE TABLE public.control AS SELECT * FROM public.probability_results;
     CREATE TABLE public.control_emptied AS SELECT * FROM public.control`,
  );
  let longestMs = 0;
  const read = async () => {
    while (!signal.aborted) {
      const started = performance.now();
      await reader.query("SELECT batch_id, probability FROM public.control");
      longestMs = Math.max(longestMs, performance.now() - started);
      await sleep(POLL_INTERVAL_MS);
    }
    await reader.end();
    await holder.end();
  };
  return {
    async disturb() {
      await holder.query("BEGIN; LOCK TABLE public.control; TRUNCATE public.control_emptied; COMMIT");
    },
    longestMs: () => longestMs,
    ended: read(),
  };
}

interface Observation {
  readonly name: string;
  polls: number;
  readonly answersMs: number[];
  readonly batches: Set<string>;
  readonly wrong: string[];
  readonly lockWaits: string[];
  readonly ended: Promise<void>;
}

function read({ name, poll }: Reader, url: string, signal: AbortSignal): Observation {
  const observe = async () => {
    const client = await connect(url, { purpose: "test reader" });
    await reportLockWaits(client, MOST_WAIT_MS, seen.lockWaits);
    while (!signal.aborted) {
      await poll(client, measure);
      seen.polls++;
      await sleep(POLL_INTERVAL_MS);
    }
    await client.end();
  };
  const measure: Measure = async (calculation, query) => {
    const started = performance.now();
    const { rows } = await query();
    seen.answersMs.push(performance.now() - started);
    const batch = rows[0]?.batch_id ?? "none";
    seen.batches.add(batch);
    const isWhole = rows.length === ROWS && rows.every((row) => row.batch_id === batch && row.score === Number(batch));
    if (!isWhole) seen.wrong.push(`${calculation}: ${rows.length} rows, the first of batch ${batch}`);
    return batch;
  };
  const seen: Observation = {
    name,
    polls: 0,
    answersMs: [],
    batches: new Set(),
    wrong: [],
    lockWaits: [],
    // After `seen` is there.
    ended: Promise.resolve().then(observe),
  };
  return seen;
}

test(`through ${PUBLICATIONS} publications no reader waits for a lock or sees anything but one whole batch`, async () => {
  await using database = await createTestDatabase();
  const { client } = database;
  await writePlaces(client, CELLS);
  const { batchId: first } = await loadBatch(client, BATCH);
  const end = new AbortController();
  const control = await startControl(database.url, end.signal);
  const readers = READERS.map((reader) => read(reader, database.url, end.signal));
  /** Until every reader has begun and finished a poll from now on. */
  const allHavePolled = async () => {
    const before = readers.map(({ polls }) => polls);
    const havePolled = () => readers.every(({ polls }, at) => polls >= before[at]! + 2) || undefined;
    await Promise.race([eventually("all readers have polled", havePolled), ...readers.map(({ ended }) => ended)]);
  };

  const published = [first];
  await allHavePolled();
  for (let times = 0; times < PUBLICATIONS; times++) {
    published.push(await eventually("a slot is free", () => publishNext(client)));
    await control.disturb();
    await allHavePolled();
  }
  end.abort();
  await Promise.all([control.ended, ...readers.map(({ ended }) => ended)]);

  const mostMs = Math.max(MOST_WAIT_MS, MOST_CONTROL_WAITS * control.longestMs());
  console.log(`measured: control session: longest wait ${control.longestMs().toFixed(1)} ms`);
  for (const { name, answersMs, batches, wrong, lockWaits } of readers) {
    const sorted = answersMs.toSorted((a, b) => a - b);
    const nearlyAllMs = sorted[Math.floor(0.99 * sorted.length)]!;
    console.log(
      `measured: ${name}: ${sorted.length} answers from ${batches.size} batches, 99 % within ${nearlyAllMs.toFixed(1)} ms, ` +
        `longest ${sorted.at(-1)!.toFixed(1)} ms`,
    );
    const tooLong = lockWaits.filter((wait) => waitOf(wait) > mostMs);
    expect({ name, wrong, tooLong }).toEqual({ name, wrong: [], tooLong: [] });
    expect([...batches]).toEqual(published);
    expect(nearlyAllMs, `answers of ${name}`).toBeLessThanOrEqual(mostMs);
  }
});

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
  const answer = reader.query(QUERIES.hazard);
  await eventually("the server reports the wait", () => waits.length > 0 || undefined);
  await database.client.query("ROLLBACK");
  expect((await answer).rows).toEqual([]);
  await reader.end();
});
