// What to do about a batch, given an observation: a list of actions.
import type { Action, JobReference } from "./actions.ts";
import type { BatchRow, Observation, ObservedJob, Policy } from "./observe.ts";
import { decideRetention } from "./retention.ts";
import { describeNames, findStage, isAllDone, isFarOff, type Stage, wasPublishingTried } from "./stage.ts";
import { findNextStuck } from "./stuckPods.ts";

/** Events queue a batch sooner; these are for events that were missed. */
const LOOK_AT_QUEUE_SECONDS = 30;
const LOOK_AT_INSTALLATION_SECONDS = 60;
/** Less than the 15 s in which a fix is to be noticed: no event announces it. */
const LOOK_AT_OBSTACLE_SECONDS = 10;
/** Twice within the 15 s in which a fix is to be noticed: caches of the API server lag behind. */
const LOOK_AT_PODS_SECONDS = 6;
/** Less, because timers and clocks differ by a little. */
const NUDGE_SECONDS = 5;

export function decide(observation: Observation, policy: Policy, now: Date): readonly Action[] {
  const stage = findStage(observation, policy);
  switch (stage.at) {
    case "deleting":
      return cancelDeleted(observation, policy);
    case "databaseAway":
      return [...decideSuspension(observation), waitFor(LOOK_AT_OBSTACLE_SECONDS, stage.trouble.message, now)];
    case "otherInstallation":
      return [waitFor(LOOK_AT_INSTALLATION_SECONDS, `installation ${stage.installation} runs it`, now)];
    case "unplanned":
      return [{ do: "plan" }, { do: "lookAgain" }];
    case "queued":
    case "retryQueued":
      return isFarOff(stage.behind)
        ? []
        : [waitFor(LOOK_AT_QUEUE_SECONDS, `waits for ${describeNames(stage.behind)}`, now)];
    case "held":
    case "retryHeld":
      return [];
    case "running":
      return [...decideRunning(observation, stage.row, now), ...waitForHalt(observation)];
    case "givesWay":
      return [
        { do: "giveWay", batchId: stage.row.batchId, ...stage.failure },
        ...stopJobs(observation, stage.failure.message),
        { do: "lookAgain" },
      ];
    case "replaced":
      return [cancel(stage), ...stopJobs(observation, stage.failure.message), { do: "lookAgain" }];
    case "retry":
      return [
        ...stopJobs(observation, "the attempt has ended"),
        { do: "retry", batchId: stage.row.batchId },
        { do: "lookAgain" },
      ];
    case "failed":
      return [...stopJobs(observation, stage.failure.reason), ...decideRetention(observation, policy, now)];
    case "complete":
      return needsPublishing(observation, stage.row)
        ? [{ do: "publish", batchId: stage.row.batchId }, { do: "lookAgain" }]
        : decideRetention(observation, policy, now);
    case "ended":
      return decideRetention(observation, policy, now);
    default:
      throw new Error(`no such stage: ${JSON.stringify(stage satisfies never)}`);
  }
}

/**
 * Whether the status is worth writing: not before a fresh observation that follows these actions, unless one of them
 * failed.
 */
export function isSettled(actions: readonly Action[]): boolean {
  const settled: readonly Action["do"][] = ["wait", "nudgeJob", "deleteJob", "deleteBatch"];
  return actions.every((action) => settled.includes(action.do));
}

function decideRunning(observation: Observation, row: BatchRow, now: Date): readonly Action[] {
  const { batch, childJob, foreignJob, otherJobs } = observation;
  const { batchId, jobAttempt, attemptShards } = row;
  // Whatever the Job reports: no batch waits for a pod that hangs after its last commit.
  if (isAllDone(row)) return finish(observation, batchId);
  if (!row.slotsReady) return [{ do: "emptySlots", batchId }, { do: "lookAgain" }];
  const unfinished = otherJobs.filter(({ end }) => end === null);
  if (unfinished.length > 0) return unfinished.flatMap((job) => stopJob(job, "it belongs to another attempt"));
  if (childJob === null) {
    if (foreignJob !== null)
      return [waitFor(LOOK_AT_OBSTACLE_SECONDS, `Job ${foreignJob.name} belongs to ${foreignJob.owner}`, now)];
    if (batch.spec.suspend) return [];
    return [{ do: "createJob", batchId, attempt: jobAttempt, completions: attemptShards }];
  }
  // Its name is taken until it is gone; its deletion queues the batch again.
  if (childJob.isBeingDeleted) return [];
  if (childJob.end !== null) return finish(observation, batchId);
  const nextStuck = findNextStuck(observation, now);
  if (needsNewTemplate(observation, childJob))
    return stopJob(childJob, "its pods do not start or fail, and its template changed");
  return [
    ...decideSuspension(observation),
    ...helpStalledJob(observation, childJob, now),
    ...forgetOldJobs(observation, jobAttempt),
    ...(nextStuck === null ? [] : [{ do: "wait", until: nextStuck, because: "a pod is terminating" } satisfies Action]),
  ];
}

function waitForHalt({ halt }: Observation): readonly Action[] {
  return halt === null ? [] : [{ do: "wait", until: halt.until, because: "then it gives way to others" }];
}

function finish({ batch, obstacle }: Observation, batchId: string): readonly Action[] {
  const podFailure = obstacle?.kind === "failing" ? obstacle.message : null;
  return [{ do: "finish", batchId, publish: batch.spec.publish, podFailure }, { do: "lookAgain" }];
}

/** A Job keeps the template that it was created with. One that runs nothing loses nothing by being created again. */
function needsNewTemplate({ obstacle }: Observation, job: ObservedJob): boolean {
  return !job.hasCurrentTemplate && (job.ready ?? 0) === 0 && obstacle !== null;
}

/** Nothing announces that a quota was raised or a Secret created: pods that do not run are looked at again soon. */
function helpStalledJob({ obstacle }: Observation, job: ObservedJob, now: Date): readonly Action[] {
  if (job.isSuspended || (job.ready ?? 0) >= job.expected) return [];
  const wait = waitFor(LOOK_AT_PODS_SECONDS, "pods do not run yet", now);
  const isNudgeDue = job.nudgedAt === null || now.getTime() - job.nudgedAt.getTime() >= NUDGE_SECONDS * 1000;
  if (obstacle?.kind !== "refused" || !isNudgeDue) return [wait];
  return [{ do: "nudgeJob", job: referTo(job), at: now }, wait];
}

/** The Job follows the spec, unless Kueue owns its suspension. */
function decideSuspension({ batch, childJob }: Observation): readonly Action[] {
  if (childJob === null || childJob.end !== null || childJob.isBeingDeleted || childJob.isQueuedByKueue) return [];
  if (childJob.isSuspended === batch.spec.suspend) return [];
  return [{ do: batch.spec.suspend ? "suspendJob" : "resumeJob", job: referTo(childJob) }];
}

/** The pods of the last attempt are kept, for their logs. */
function forgetOldJobs({ otherJobs }: Observation, jobAttempt: number): readonly Action[] {
  return otherJobs
    .filter(({ attempt }) => attempt < jobAttempt - 1)
    .flatMap((job) => stopJob(job, "later attempts followed it"));
}

function stopJobs({ childJob, otherJobs }: Observation, because: string): readonly Action[] {
  const unfinished = [childJob, ...otherJobs].filter((job) => job !== null).filter(({ end }) => end === null);
  return unfinished.flatMap((job) => stopJob(job, because));
}

function stopJob(job: ObservedJob, because: string): readonly Action[] {
  return job.isBeingDeleted ? [] : [{ do: "deleteJob", job: referTo(job), because }];
}

function referTo({ name, uid }: ObservedJob): JobReference {
  return { name, uid };
}

function cancel({ row, failure }: Extract<Stage, { at: "replaced" }>): Action {
  return { do: "cancel", batchId: row.batchId, ...failure };
}

/** Its Jobs are deleted with the object; its row would stay running. */
function cancelDeleted({ batch, database }: Observation, { installation }: Policy): readonly Action[] {
  const row = database?.row;
  if (row?.state !== "running" || row.installation !== installation) return [];
  const message = `ClimateBatch ${batch.metadata.name} was deleted.`;
  return [{ do: "cancel", batchId: row.batchId, reason: "Deleted", message }];
}

/** Finishing publishes too; this is for a batch that a person or another program finished. */
function needsPublishing({ batch }: Observation, row: BatchRow): boolean {
  return batch.spec.publish && row.published.length === 0 && !wasPublishingTried(batch.status);
}

function waitFor(seconds: number, because: string, now: Date): Action {
  return { do: "wait", until: new Date(now.getTime() + seconds * 1000), because };
}
