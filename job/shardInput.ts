// Where a shard reads its inputs: a standby while there is one that has them, else the primary that its results go to.
import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { ReadReplicas } from "../database/address.ts";
import { prepareReading } from "../database/climateReader.ts";
import { openReplica, type Replica, type ReplicaSession, type ReplicaTrouble } from "../database/replicas.ts";
import type { ClaimedShard } from "../database/shards.ts";
import { describeTrouble, findTrouble } from "../database/troubles.ts";
import { coerceError } from "../model/errors.ts";
import type { ShardEvent } from "../model/podContract.ts";

export interface InputOptions {
  readonly primary: ClientBase;
  readonly replicas: readonly Replica[];
  readonly waitSeconds: ReadReplicas["waitSeconds"];
  readonly shard: Pick<ClaimedShard, "batchId" | "shard">;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export class ShardInput implements AsyncDisposable {
  readonly #primary: ClientBase;
  readonly #log: Logger;
  #replica: ReplicaSession | null;
  #trouble: ReplicaTrouble | null;

  constructor(primary: ClientBase, log: Logger, replica: ReplicaSession | null, trouble: ReplicaTrouble | null) {
    this.#primary = primary;
    this.#log = log;
    this.#replica = replica;
    this.#trouble = trouble;
  }

  /** Why inputs came from the primary although standbys are configured; null: they did not. */
  get trouble(): ReplicaTrouble | null {
    return this.#trouble;
  }

  /** What `work` reads, for work that can begin again: on the primary, once the standby is lost. */
  async read<T extends object>(work: (reader: ClientBase) => Promise<T>): Promise<T> {
    const read = await this.tryRead(work);
    return read === "lost" ? work(this.#primary) : read;
  }

  /** The same, for work that must go on from where it was: "lost" once, and the primary is next. */
  async tryRead<T>(work: (reader: ClientBase) => Promise<T>): Promise<T | "lost"> {
    const replica = this.#replica;
    if (replica === null) return work(this.#primary);
    try {
      return await work(replica.client);
    } catch (thrown) {
      const error = coerceError(thrown);
      const trouble = findTrouble(error);
      if (trouble === null || trouble.fate === "final") throw error;
      this.#replica = null;
      this.#trouble = "lost";
      const message = `${describeTrouble(trouble, error)}; the rest is read from the primary`;
      this.#log.warn({ event: "readingPrimary" satisfies ShardEvent, reason: "lost", host: replica.host, message });
      await replica[Symbol.asyncDispose]();
      return "lost";
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#replica?.[Symbol.asyncDispose]();
  }
}

export async function openInput(options: InputOptions): Promise<ShardInput> {
  const { primary, replicas, waitSeconds, shard, log, signal } = options;
  await prepareReading(primary);
  if (replicas.length === 0) return new ShardInput(primary, log, null, null);
  const opened = await openReplica(primary, replicas, { ...shard, waitSeconds }, signal);
  if ("trouble" in opened) {
    const { trouble: reason, message } = opened;
    log.warn({ event: "readingPrimary" satisfies ShardEvent, reason, message: `no standby to read from: ${message}` });
    return new ShardInput(primary, log, null, reason);
  }
  log.info({ event: "readingReplica" satisfies ShardEvent, host: opened.host });
  return new ShardInput(primary, log, opened, null);
}
