// What the database knows of a batch that a ClimateBatch requested, as plain facts. Reading them is left to
// database/clusterBatches.ts, what follows from them to operator/reconcile.
import type { Calculation } from "./calculations.ts";
import type { ShardCounts } from "./climateBatch.ts";

/** The row of `batches` that belongs to a ClimateBatch by its uid, with what its shards and slots say. */
export interface BatchRow {
  readonly batchId: string;
  /** Which installation of the operator claimed it. */
  readonly installation: string;
  readonly state: "running" | "complete" | "failed" | "cancelled";
  readonly reason: string | null;
  readonly message: string | null;
  readonly jobAttempt: number;
  /** Shards that the present attempt numbers from 0, done or not: the completions of its Job. */
  readonly attemptShards: number;
  readonly cells: number;
  readonly shards: ShardCounts;
  /** Ranges such as "0-4,7" of the shards that failed; of a batch that ended, of all that are not done. Empty: none. */
  readonly failedShards: string;
  readonly rejectedCells: number;
  readonly resultRows: number;
  /** Whether the slots it reserved are empty or loaded by itself, so that pods may write. */
  readonly slotsReady: boolean;
  /** Calculations whose published results are this batch's now. */
  readonly published: readonly Calculation[];
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly publishedAt: Date | null;
}

export interface DatabaseFacts {
  readonly row: BatchRow | null;
  /** Another batch that has this one's requestKey. */
  readonly answeredBy: { readonly batchId: string; readonly state: BatchRow["state"] } | null;
  /** uids of the ClimateBatches of this installation whose rows are running, this one's or not. */
  readonly runningUids: ReadonlySet<string>;
}
