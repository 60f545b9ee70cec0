// What tests ask about batches: their shards, the published bytes, what consumers see, and who waits for a lock.
import { createHash } from "node:crypto";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type { Client } from "pg";
import { CALCULATIONS } from "../../model/calculations.ts";
import { exportTo, NESTING_FORMATS } from "../../report/exportFormats.ts";
import { eventually, isAlive } from "./cli.ts";

/** The run that tests of the command line repeat, on the climate of test/support/climate.ts. */
export const RUN = ["run", "all", "--scenario", "future", "--period", "2021-2040"];

/** Digests of the published results in every form that they are exported in. */
export async function digestExports(client: Client): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const calculation of CALCULATIONS) {
    for (const format of NESTING_FORMATS) {
      const sink = new PassThrough();
      const [written] = await Promise.all([
        text(sink),
        exportTo(client, format, { calculation, nested: true, provenance: false }, sink),
      ]);
      digests[`${calculation}.${format}`] = digest(written);
    }
  }
  return digests;
}

export function digest(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export interface ShardRow {
  readonly shard: number;
  readonly state: string;
  readonly attempt: number;
  readonly worker: string | null;
  readonly finished_at: Date | null;
  readonly result_rows: string | null;
  readonly error_reason: string | null;
}

export async function readShards(client: Client, batchId: string): Promise<ShardRow[]> {
  const { rows } = await client.query(
    `SELECT shard, state, attempt, worker, finished_at, result_rows, error_reason
     FROM climatebatch.batch_shards WHERE batch_id = $1 ORDER BY shard`,
    [batchId],
  );
  return rows;
}

export interface BatchRow {
  readonly batch_id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly message: string | null;
}

export async function readLatestBatch(client: Client): Promise<BatchRow | undefined> {
  const { rows } = await client.query("SELECT * FROM climatebatch.batches ORDER BY batch_id DESC LIMIT 1");
  return rows[0];
}

/** A batch after `previous`, as soon as it is planned. */
export function newBatch(client: Client, previous: string | undefined): Promise<string> {
  return eventually("a new batch is planned", async () => {
    const batch = await readLatestBatch(client);
    return batch === undefined || batch.batch_id === previous ? undefined : batch.batch_id;
  });
}

/** The process that computes a shard, from "host/pid". */
export function workerPid({ worker }: Pick<ShardRow, "worker">): number {
  return Number(worker!.split("/").at(-1));
}

/** Waits until none of the processes that ever worked on the batch is left. */
export async function workersGone(client: Client, batchId: string): Promise<void> {
  const shards = await readShards(client, batchId);
  const pids = shards.filter(({ worker }) => worker !== null).map(workerPid);
  await eventually(`processes ${pids} are gone`, () => (pids.some(isAlive) ? undefined : true));
}

/** Waits until so many sessions of ours, such as "run" or "shard 3/0", wait for a lock. */
export function waitsForLock(client: Client, purpose: string, sessions = 1): Promise<true> {
  return eventually(`${sessions} of climatebatch ${purpose} wait for a lock`, async () => {
    const { rows } = await client.query(
      `SELECT FROM pg_stat_activity
       WHERE application_name = $1 AND wait_event_type = 'Lock' AND datname = current_database()`,
      [`climatebatch ${purpose}`],
    );
    return rows.length >= sessions || undefined;
  });
}

export interface Seen {
  readonly batch: string;
  readonly rows: number;
}

/** What both public views show: from which batches, how many rows. */
export async function readSeen(client: Client): Promise<Record<string, Seen[]>> {
  const seen: Record<string, Seen[]> = {};
  for (const calculation of CALCULATIONS) {
    const { rows } = await client.query(
      `SELECT batch_id AS batch, count(*)::int AS rows FROM public.${calculation}_results GROUP BY batch_id ORDER BY batch_id`,
    );
    seen[calculation] = rows;
  }
  return seen;
}
