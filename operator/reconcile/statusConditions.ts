// The conditions of each stage, in words.
import { type ConditionType, findCondition, isConditionTrue } from "../../model/climateBatch.ts";
import { formatInstant, type NewCondition, PASSING_REFUSALS, type Reason } from "../objects/conditions.ts";
import type { Refusal } from "./actions.ts";
import type { BatchRow, Observation, ObservedJob } from "./observe.ts";
import type { Obstacle } from "./obstacles.ts";
import { describeNames, isAllDone, isFarOff, type Stage } from "./stage.ts";
import { findStuckPods } from "./stuckPods.ts";

interface Words {
  readonly reason: string;
  readonly message: string;
}

export function describeConditions(
  observation: Observation,
  stage: Stage,
  now: Date,
  refusal: Refusal | null,
): readonly NewCondition[] {
  if (stage.at === "deleting") return [];
  if (stage.at === "databaseAway") return describeDatabaseAway(observation, stage.trouble);
  const words = describeProgress(observation, stage, refusal);
  const isComplete = stage.at === "complete" || (stage.at === "ended" && stage.isComplete);
  return [
    describePlanned(stage, words),
    { type: "Progressing", status: isProgressing(stage, words) ? "True" : "False", ...words },
    { type: "Complete", status: isComplete ? "True" : "False", ...words },
    ...describeFailed(observation, stage, words),
    ...describeSuspended(observation, stage),
    describePublished(observation, stage, refusal),
    ...describeStuck(observation, stage, now),
  ];
}

/** Known conditions stay; a batch that was never planned gets the reason. */
function describeDatabaseAway({ batch }: Observation, words: Words): readonly NewCondition[] {
  const isOver = isConditionTrue(batch.status, "Complete") || isConditionTrue(batch.status, "Failed");
  if (isOver) return [];
  // Running pods continue, as far as anyone can know.
  if (isConditionTrue(batch.status, "Planned")) return [{ type: "Progressing", status: "Unknown", ...words }];
  return [
    { type: "Planned", status: "False", ...words },
    { type: "Progressing", status: "False", ...words },
    { type: "Complete", status: "False", ...words },
  ];
}

const MOVING: readonly string[] = [
  "Planning",
  "Preparing",
  "Running",
  "Finishing",
  "Retrying",
  "Replaced",
] satisfies Reason[];

function isProgressing(stage: Stage, { reason }: Words): boolean {
  const isOver = stage.at === "failed" || stage.at === "complete" || stage.at === "ended";
  return !isOver && MOVING.includes(reason);
}

/** Reason and message of the present stage. */
function describeProgress(
  observation: Observation,
  stage: Exclude<Stage, { at: "deleting" | "databaseAway" }>,
  refusal: Refusal | null,
): Words {
  switch (stage.at) {
    case "otherInstallation":
      return {
        reason: "OtherInstallation",
        message: `Installation ${stage.installation} runs this batch in the same database; this one does not touch it.`,
      };
    case "unplanned":
      return refusal ?? { reason: "Planning", message: "The batch is about to be planned." };
    case "queued":
      return { reason: "Queued", message: describeQueue(stage.behind) };
    case "held":
      return { reason: "Suspended", message: "Suspended before it was planned." };
    case "ended":
      return stage.failure;
    case "running":
      return withBlocked(observation, describeRunning(observation, stage.row, refusal));
    case "givesWay":
      return stage.failure;
    case "replaced":
      return { reason: "Replaced", message: stage.failure.message };
    case "retry":
      return {
        reason: "Retrying",
        message: `Shards ${stage.row.failedShards} will run again: ${stage.row.message ?? ""}`,
      };
    case "retryQueued":
      return {
        reason: "Queued",
        message: isFarOff(stage.behind)
          ? "Its retry waits for earlier batches."
          : `Its retry waits for ${stage.behind.join(", ")}.`,
      };
    case "retryHeld":
      return { reason: "Suspended", message: "Suspended before its failed shards run again." };
    case "failed":
      return stage.failure;
    case "complete":
      return {
        reason: "Complete",
        message: `All ${stage.row.shards.total} shards of batch ${stage.row.batchId} are done.`,
      };
    default:
      throw new Error(`no such stage: ${JSON.stringify(stage satisfies never)}`);
  }
}

/** Without names when its turn is far off, so that the end of a batch does not rewrite every status. */
function describeQueue(behind: readonly string[]): string {
  return isFarOff(behind) ? "Waits for earlier batches of the same calculation." : `Waits for ${behind.join(", ")}.`;
}

function withBlocked({ halt }: Observation, words: Words): Words {
  if (halt === null || halt.reason !== words.reason) return words;
  const others = describeNames(halt.blocks);
  return { ...words, message: `${words.message} It blocks ${others} until ${formatInstant(halt.until)}.` };
}

function describeRunning(observation: Observation, row: BatchRow, refusal: Refusal | null): Words {
  const { batch, childJob, foreignJob, obstacle } = observation;
  if (refusal !== null) return refusal;
  if (isAllDone(row) || (childJob !== null && childJob.end !== null))
    return { reason: "Finishing", message: "Every shard has ended; the batch is being finished." };
  if (childJob === null && foreignJob !== null) {
    return {
      reason: "Conflict",
      message: `The Job ${foreignJob.name} belongs to ${foreignJob.owner}. Delete it, and this batch continues.`,
    };
  }
  if (childJob === null && batch.spec.suspend)
    return { reason: "Suspended", message: "Suspended before its Job was created." };
  if (childJob === null) return { reason: "Preparing", message: "The Job is about to be created." };
  if (childJob.isSuspended) {
    const message = childJob.isQueuedByKueue
      ? `Kueue holds the Job ${childJob.name} back until quota is free.`
      : `The Job ${childJob.name} is suspended.`;
    return { reason: "Suspended", message };
  }
  if (obstacle !== null && isBlocking(obstacle, childJob, row)) return describeObstacle(observation, obstacle);
  const pods = Math.min(batch.spec.parallelism, row.attemptShards);
  return {
    reason: "Running",
    message: `Job ${childJob.name} computes ${row.attemptShards} shards, at most ${pods} at a time.${describeLack(obstacle)}`,
  };
}

/** Nothing of the batch moves: no pod runs, or every pod so far has failed. */
function isBlocking({ kind }: Obstacle, { ready }: ObservedJob, { shards }: BatchRow): boolean {
  return kind === "failing" ? shards.done === 0 : (ready ?? 0) === 0;
}

/** Each failure of a pod has words of its own; the first are kept, so that failures do not become writes of the status. */
function describeObstacle({ batch }: Observation, { kind, reason, message }: Obstacle): Words {
  const before = findCondition(batch.status, "Progressing");
  return { reason, message: kind === "failing" && before?.reason === reason ? before.message : message };
}

function describeLack(obstacle: Obstacle | null): string {
  return obstacle === null || obstacle.kind === "failing" ? "" : ` Not all pods run: ${obstacle.message}`;
}

function describePlanned(stage: Stage, words: Words): NewCondition {
  if (!("row" in stage)) return { type: "Planned", status: "False", ...words };
  const { batchId, cells, shards } = stage.row;
  const message = `Batch ${batchId}: ${cells} cells in ${shards.total} shards.`;
  return { type: "Planned", status: "True", reason: "Planned", message };
}

/** As of a Job: present from the first failure on; a retry makes it False. */
function describeFailed({ batch }: Observation, stage: Stage, words: Words): readonly NewCondition[] {
  const hasFailed = stage.at === "failed" || (stage.at === "ended" && !stage.isComplete);
  if (!hasFailed && findCondition(batch.status, "Failed") === undefined) return [];
  return [{ type: "Failed", status: hasFailed ? "True" : "False", ...words }];
}

function describeSuspended({ batch, childJob }: Observation, stage: Stage): readonly NewCondition[] {
  const isJobHeld =
    stage.at === "running" && (childJob === null ? batch.spec.suspend : childJob.end === null && childJob.isSuspended);
  if (isJobHeld || stage.at === "held" || stage.at === "retryHeld") {
    const message = childJob?.isQueuedByKueue === true ? "Kueue holds the Job back." : "spec.suspend is true.";
    return [{ type: "Suspended", status: "True", reason: "Suspended", message }];
  }
  if (findCondition(batch.status, "Suspended") === undefined) return [];
  return [{ type: "Suspended", status: "False", reason: "Resumed", message: "Nothing is suspended." }];
}

function describePublished({ batch }: Observation, stage: Stage, refusal: Refusal | null): NewCondition {
  const unpublished = (reason: string, message: string): NewCondition => ({
    type: "Published",
    status: "False",
    reason,
    message,
  });
  if (stage.at !== "complete") return unpublished("Unfinished", "Only complete batches are published.");
  const { row } = stage;
  if (row.published.length > 0) {
    const message = `Batch ${row.batchId} is complete; consumers read its ${row.published.join(" and ")} results.`;
    return { type: "Published", status: "True", reason: "Published", message };
  }
  if (refusal?.action === "publish" && !PASSING_REFUSALS.includes(refusal.reason))
    return unpublished(refusal.reason, refusal.message);
  const reported = findCondition(batch.status, "Published");
  if (reported?.status === "True" || batch.status?.publishedTime !== undefined)
    return unpublished("Superseded", "Consumers read a later batch now.");
  if (!batch.spec.publish)
    return unpublished("NotRequested", `To show its results: climatebatch publish ${row.batchId}`);
  // A refusal holds until a person publishes the batch.
  if (reported !== undefined && reported.reason !== "Unfinished") return unpublished(reported.reason, reported.message);
  return unpublished("Publishing", "The batch is complete and about to be published.");
}

function describeStuck(observation: Observation, stage: Stage, now: Date): readonly NewCondition[] {
  const type: ConditionType = "ShardStuck";
  const stuck = findStuckPods(observation, now);
  if (stuck.length > 0 && stage.at === "running") {
    const pods = stuck
      .slice(0, 5)
      .map(({ name, node, since }) => `pod ${name} on node ${node} since ${formatInstant(since)}`);
    const more = stuck.length > pods.length ? ` and ${stuck.length - pods.length} more` : "";
    const message = `Terminating: ${pods.join(", ")}${more}. If the node is gone for good: kubectl delete pod ${stuck[0]!.name} --force`;
    return [{ type, status: "True", reason: "PodTerminating", message }];
  }
  if (findCondition(observation.batch.status, type) === undefined) return [];
  return [{ type, status: "False", reason: "PodsGone", message: "No pod has been terminating for ten minutes." }];
}
