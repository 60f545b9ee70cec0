// Standbys that shards read inputs from. One is used where it shows the batch, and so all that was there when its inputs were pinned:
// in one snapshot, which everything that is read from it comes from. Nothing is ever written through them.
import type { Client, ClientBase } from "pg";
import { backoffMs, pause, systemClock } from "../model/clock.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import type { ReadReplicas } from "./address.ts";
import { prepareReading } from "./climateReader.ts";
import { connect, leave } from "./connect.ts";
import { findChangedInputs } from "./inputRevisions.ts";
import { inputChanged } from "./shards.ts";
import { watchForSilence } from "./silence.ts";

/** unreachable: none answers as a standby. behind: none has replayed the batch. lost: it went away while it was read. */
export type ReplicaTrouble = "unreachable" | "behind" | "lost";

/** A session on a standby, in a read-only transaction whose snapshot has the batch's inputs at their pinned revisions. */
export interface ReplicaSession extends AsyncDisposable {
  readonly client: Client;
  readonly host: string;
}

export interface NoReplica {
  readonly trouble: Exclude<ReplicaTrouble, "lost">;
  /** What was found at each of them. */
  readonly message: string;
}

const LOOK_AGAIN = { minMs: 100, maxMs: 2_000, jitter: 0.5 };
const MS_PER_SECOND = 1000;

export interface ReadingShard {
  readonly batchId: string;
  readonly shard: number;
}

export interface Replica {
  /** With its port. */
  readonly host: string;
  readonly url: string;
}

/** Where each standby is: the primary's address, at another host. */
export function locateReplicas({ hosts }: ReadReplicas, primaryUrl: string): Replica[] {
  return hosts.map((given) => {
    const url = new URL(primaryUrl);
    const { hostname, port } = new URL(`postgres://${given}`);
    url.hostname = hostname;
    if (port !== "") url.port = port;
    return { host: url.host, url: url.href };
  });
}

/**
 * A session on the first standby that has what the batch reads. One that has not yet is looked at again until `waitSeconds` after
 * the first shard of the batch began, so that replaying is waited for once in a batch, not by each of its shards. Standbys that do
 * not answer are not waited for. Shards begin with different ones, by their number. Rejects with InputChanged where a standby has
 * newer inputs than the batch pinned.
 */
export async function openReplica(
  primary: ClientBase,
  replicas: readonly Replica[],
  { batchId, shard, waitSeconds }: ReadingShard & Pick<ReadReplicas, "waitSeconds">,
  signal: AbortSignal,
): Promise<ReplicaSession | NoReplica> {
  const first = shard % replicas.length;
  const inTurn = [...replicas.slice(first), ...replicas.slice(0, first)];
  const { startedAt, ageMs } = await readBeginning(primary, batchId);
  const deadline = systemClock.monotonicMs() + waitSeconds * MS_PER_SECOND - ageMs;
  /** Of standbys that are behind. */
  const waiting = new Map<Replica, Client>();
  try {
    for (let looks = 0; ; looks++) {
      const found: string[] = [];
      for (const replica of inTurn) {
        const client = waiting.get(replica);
        waiting.delete(replica);
        const looked = await look(replica, client, { batchId, shard, startedAt }, signal);
        if ("host" in looked) return looked;
        if (looked.waiting !== null) waiting.set(replica, looked.waiting);
        found.push(`${replica.host}: ${looked.found}`);
      }
      const message = found.join("; ");
      if (waiting.size === 0) return { trouble: "unreachable", message };
      const delayMs = backoffMs(looks, LOOK_AGAIN, Math.random);
      if (systemClock.monotonicMs() + delayMs > deadline) return { trouble: "behind", message };
      await pause(systemClock, delayMs, signal);
    }
  } finally {
    await Promise.all([...waiting.values()].map(leave));
  }
}

interface Unusable {
  /** A session to look again with; null: it is not looked at again with this one. */
  readonly waiting: Client | null;
  readonly found: string;
}

async function look(
  { host, url }: Replica,
  known: Client | undefined,
  { batchId, shard, startedAt }: ReadingShard & { readonly startedAt: string },
  signal: AbortSignal,
): Promise<ReplicaSession | Unusable> {
  let client = known;
  try {
    client ??= await connect(url, { purpose: `shard ${batchId}/${shard} replica`, patienceMs: 0, signal });
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    // A number of a batch may be another one's in another database; not with the same instant.
    const { rows } = await client.query<{ isStandby: boolean; hasBatch: boolean }>(
      `SELECT pg_is_in_recovery() AS "isStandby",
         EXISTS (SELECT FROM climatebatch.batches WHERE batch_id = $1 AND started_at = $2) AS "hasBatch"`,
      [batchId, startedAt],
    );
    const { isStandby, hasBatch } = rows[0]!;
    if (isStandby && hasBatch) {
      const changed = await findChangedInputs(client, batchId, "look");
      if (changed.length > 0) throw inputChanged(changed);
      return await keep(client, { host, url });
    }
    if (!isStandby) {
      await leave(client);
      return { waiting: null, found: "it is no standby" };
    }
    await client.query("ROLLBACK");
    return { waiting: client, found: "it has not replayed the batch yet" };
  } catch (thrown) {
    if (client !== undefined) await leave(client);
    signal.throwIfAborted();
    if (thrown instanceof RejectedError) throw thrown;
    return { waiting: null, found: coerceError(thrown).message || "no answer" };
  }
}

async function keep(client: Client, { host, url }: Replica): Promise<ReplicaSession> {
  await prepareReading(client);
  const watch = await watchForSilence(client, url, { clock: systemClock });
  return {
    client,
    host,
    async [Symbol.asyncDispose]() {
      watch[Symbol.dispose]();
      await leave(client);
    },
  };
}

/** When the batch was planned, and how long ago the first of its shards began. */
async function readBeginning(
  primary: ClientBase,
  batchId: string,
): Promise<{ readonly startedAt: string; readonly ageMs: number }> {
  const { rows } = await primary.query<{ startedAt: string; age: number | null }>(
    `SELECT started_at::text AS "startedAt", (SELECT extract(epoch FROM clock_timestamp() - min(s.started_at))::float8
         FROM climatebatch.batch_shards AS s WHERE s.batch_id = b.batch_id) AS age
     FROM climatebatch.batches AS b WHERE batch_id = $1`,
    [batchId],
  );
  const { startedAt, age } = rows[0]!;
  return { startedAt, ageMs: (age ?? 0) * MS_PER_SECOND };
}
