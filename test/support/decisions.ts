// Situations of the batch `spi` and what is decided in them, in the words that the tables of tests use.
import type { Action } from "../../operator/reconcile/actions.ts";
import { at, type ClimateBatchBuilder, climateBatch } from "./climateBatch.ts";

export const NOW = at(1000);
const JOB = { name: "spi-73706900-1", uid: "job-1" };
export const JOB_2 = { name: "spi-73706900-2", uid: "job-2" };

export const PLAN: Action[] = [{ do: "plan" }, { do: "lookAgain" }];
export const EMPTY: Action[] = [{ do: "emptySlots", batchId: "17" }, { do: "lookAgain" }];
export const CREATE: Action[] = [{ do: "createJob", batchId: "17", attempt: 1, completions: 12 }];
export const FINISH: Action[] = [{ do: "finish", batchId: "17", publish: true, podFailure: null }, { do: "lookAgain" }];
export const PUBLISH: Action[] = [{ do: "publish", batchId: "17" }, { do: "lookAgain" }];
export const RETRY: Action[] = [{ do: "retry", batchId: "17" }, { do: "lookAgain" }];
export const SUSPEND: Action[] = [{ do: "suspendJob", job: JOB }];
export const RESUME: Action[] = [{ do: "resumeJob", job: JOB }];
export const NOTHING: Action[] = [];
export const queue = (name: string): Action[] => [{ do: "wait", until: at(1030), because: `waits for ${name}` }];
export const removeJob = (because: string, job = JOB): Action => ({ do: "deleteJob", job, because });
export const removeBatch = (because: string): Action[] => [
  { do: "deleteBatch", name: "spi", uid: climateBatch("spi").uid, because },
];
export const cancel = (reason: string, message: string): Action => ({ do: "cancel", batchId: "17", reason, message });

export const spi = () => climateBatch("spi");
export const running = () => spi().planned().job().recorded();
export const complete = () => spi().allDone().ended("complete").published();
export const failed = () =>
  spi().completed("0-10").failed("11").ended("failed", "ShardsFailed", "1 shards failed (11)");
export const jobFailed = (reason: string) => ({ end: { type: "Failed", reason } as const });
export const jobComplete = { end: { type: "Complete", reason: "CompletionsReached" } } as const;
export const other = (name: string) => climateBatch(name).createdAt(-60);
export const later = (name: string) => climateBatch(name).createdAt(60);
export const REPLACED = "new was created later with concurrencyPolicy Replace.";
export const SPENT = { action: "retry", reason: "InputChanged", message: "changed" } as const;

export type Row = [situation: string, batch: ClimateBatchBuilder, then: Action[]];
