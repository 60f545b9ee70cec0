// What can be done about a batch, as plain data, and what came of it.

/** In the order of execution; the first that fails ends the list. Each may be repeated safely. */
export type Action =
  /** Cut the shards, pin the inputs, reserve and empty the slots; the row carries the batch's uid and is made once. */
  | { readonly do: "plan" }
  /** Empty the slots, in case that was interrupted after planning. */
  | { readonly do: "emptySlots"; readonly batchId: string }
  | {
      readonly do: "createJob";
      readonly batchId: string;
      readonly attempt: number;
      readonly completions: number;
    }
  | { readonly do: "suspendJob"; readonly job: JobReference }
  | { readonly do: "resumeJob"; readonly job: JobReference }
  | { readonly do: "deleteJob"; readonly job: JobReference; readonly because: string }
  /** Make the Job controller try again at once, instead of after its backoff of up to a minute. */
  | { readonly do: "nudgeJob"; readonly job: JobReference; readonly at: Date }
  /** Set the end of the batch by its shards; publish it in the same transaction when all are done. */
  | {
      readonly do: "finish";
      readonly batchId: string;
      readonly publish: boolean;
      /** What Kubernetes reports of pods that ended before they could write to the database. */
      readonly podFailure: string | null;
    }
  | { readonly do: "publish"; readonly batchId: string }
  /** Open the batch again: its failed shards become the indexes of a new attempt. */
  | { readonly do: "retry"; readonly batchId: string }
  | { readonly do: "cancel"; readonly batchId: string; readonly reason: string; readonly message: string }
  /** End it as failed, so that others pass; a retry resumes it. */
  | { readonly do: "giveWay"; readonly batchId: string; readonly reason: string; readonly message: string }
  | { readonly do: "deleteBatch"; readonly name: string; readonly uid: string; readonly because: string }
  /** Observe again at once: no watch shows a change of the database. */
  | { readonly do: "lookAgain" }
  /** Observe again at that instant, even if nothing happens. */
  | { readonly do: "wait"; readonly until: Date; readonly because: string };

export interface JobReference {
  readonly name: string;
  readonly uid: string;
}

/** The API server or the database refused an action for a reason that the user must know. */
export interface Refusal {
  readonly action: Action["do"];
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

/** An action failed. */
export interface Trouble {
  readonly error: Error;
  /** null: nothing that the user could fix; it is tried again. */
  readonly refusal: Refusal | null;
}
