// What a pod (or child process) of a shard is promised in its environment, and what its exit codes mean. Spelled once.

export const POD_ENV = {
  /** batches.batch_id */
  batch: "CLIMATEBATCH_BATCH",
  /** Grows with each retry of the batch; with the completion index it names the shard. */
  jobAttempt: "CLIMATEBATCH_JOB_ATTEMPT",
  /** Set by Kubernetes in every pod of an Indexed Job. */
  completionIndex: "JOB_COMPLETION_INDEX",
} as const;

/** Flags of Node for the job program: a small nursery, because it computes in arrays that live long; 20 MiB less at its highest. */
export const JOB_NODE_FLAGS = ["--max-semi-space-size=4"] as const;

/** Outside 0, 1 and the codes of signals, so that a crash or a kill is never taken for one of them. */
export const EXIT_CODES = {
  /** The shard's results are in the database. */
  done: 0,
  /** Passing trouble or SIGTERM: the same shard may run again. Kubernetes: counts against backoffLimitPerIndex. */
  retry: 10,
  /** This shard cannot succeed by running again. Kubernetes: FailIndex. */
  failShard: 20,
  /** The batch cannot go on. Kubernetes: FailJob. */
  failBatch: 30,
} as const;

/** Reasons in batch_shards.error_reason that end the whole batch. */
export const BATCH_ENDING_REASONS = [
  "InputChanged",
  "MethodsChanged",
  "BatchNotRunning",
  "TooManyRejectedCells",
  "SchemaTooOld",
  "SchemaTooNew",
] as const;

/** Lines on the standard output of the job program are JSON objects; these are their `event` names. */
export const SHARD_EVENTS = [
  "started",
  "readingReplica",
  "readingPrimary",
  "progress",
  "cellRejected",
  "crossedDays",
  "riskComputed",
  "done",
  "alreadyDone",
  "stopped",
  "failed",
] as const;
export type ShardEvent = (typeof SHARD_EVENTS)[number];
