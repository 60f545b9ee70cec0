// The stage of a batch, one word with its details. Decisions and the status both follow from it.
import { type ClimateBatchStatus, findCondition, isConditionTrue } from "../../model/climateBatch.ts";
import { INTERIM_UNPUBLISHED } from "../objects/conditions.ts";
import type { BatchRow, DatabaseTrouble, Observation, ObservedBatch, Policy } from "./observe.ts";

interface Failure {
  readonly reason: string;
  readonly message: string;
}

export type Stage =
  /** The object is being deleted. */
  | { readonly at: "deleting" }
  | { readonly at: "databaseAway"; readonly trouble: DatabaseTrouble }
  | { readonly at: "otherInstallation"; readonly installation: string }
  /** Not planned: may be now, waits for others, is suspended, or never will be. */
  | { readonly at: "unplanned" }
  | { readonly at: "queued"; readonly behind: readonly string[] }
  | { readonly at: "held" }
  | { readonly at: "ended"; readonly isComplete: boolean; readonly failure: Failure }
  /** Planned. */
  | { readonly at: "running"; readonly row: BatchRow }
  | { readonly at: "replaced"; readonly row: BatchRow; readonly failure: Failure }
  /** Halted for so long that others of its calculation pass. */
  | { readonly at: "givesWay"; readonly row: BatchRow; readonly failure: Failure }
  | { readonly at: "retry"; readonly row: BatchRow }
  | { readonly at: "retryQueued"; readonly row: BatchRow; readonly behind: readonly string[] }
  | { readonly at: "retryHeld"; readonly row: BatchRow }
  | { readonly at: "failed"; readonly row: BatchRow; readonly failure: Failure }
  | { readonly at: "complete"; readonly row: BatchRow };

const NAMED = 3;

/** Another attempt would end the same way: counts of finished shards remain. */
const BEYOND_RETRY: readonly string[] = ["TooManyRejectedCells"];

const NO_ANSWER: DatabaseTrouble = { reason: "DatabaseUnavailable", message: "The database does not answer." };

export function findStage(observation: Observation, policy: Policy): Stage {
  const { batch, database } = observation;
  if (batch.metadata.deletionTimestamp !== undefined) return { at: "deleting" };
  if (database === null) return { at: "databaseAway", trouble: observation.databaseTrouble ?? NO_ANSWER };
  const { row } = database;
  if (row === null) return findUnplannedStage(observation);
  if (row.installation !== policy.installation) return { at: "otherInstallation", installation: row.installation };
  switch (row.state) {
    case "running":
      return findRunningStage(observation, row);
    case "complete":
      return { at: "complete", row };
    case "cancelled":
      return { at: "failed", row, failure: failureOf(row, "Cancelled", `Batch ${row.batchId} was cancelled.`) };
    case "failed":
      return findFailedStage(observation, row);
    default:
      throw new Error(`no such state of a batch: ${row.state satisfies never}`);
  }
}

function findUnplannedStage(observation: Observation): Stage {
  const { batch, database } = observation;
  const { status } = batch;
  if (isConditionTrue(status, "Complete")) return recorded(observation, true);
  if (isConditionTrue(status, "Failed") && retriesLeft(observation, null) <= 0) return recorded(observation, false);
  const answered = database?.answeredBy ?? null;
  if (answered?.state === "running") return { at: "queued", behind: [`batch ${answered.batchId}`] };
  if (answered !== null) {
    const message = `Batch ${answered.batchId}, which is ${answered.state}, has the requestKey ${batch.spec.requestKey}: nothing is computed again.`;
    return {
      at: "ended",
      isComplete: answered.state === "complete",
      failure: { reason: "AlreadyAnswered", message },
    };
  }
  const { replacedBy, waitsFor, answeredBy } = observation.place;
  if (replacedBy !== null) return { at: "ended", isComplete: false, failure: describeReplacement(replacedBy) };
  if (batch.spec.suspend) return { at: "held" };
  const behind = waitsFor.map(({ name }) => name);
  if (behind.length === 0) return { at: "unplanned" };
  if (answeredBy === null) return { at: "queued", behind };
  const message = `${answeredBy.name} requests the same and was created later, while this one waited for ${describeNames(behind)}.`;
  return { at: "ended", isComplete: false, failure: { reason: "Superseded", message } };
}

/** Only the status remembers an end without a row. */
function recorded({ batch }: Observation, isComplete: boolean): Stage {
  const { reason, message } = findCondition(batch.status, isComplete ? "Complete" : "Failed")!;
  return { at: "ended", isComplete, failure: { reason, message } };
}

function findRunningStage(observation: Observation, row: BatchRow): Stage {
  const { replacedBy } = observation.place;
  // Finished results are worth more than a clean cancellation.
  if (isAllDone(row)) return { at: "running", row };
  if (replacedBy === null) {
    const { halt } = observation;
    if (halt === null || !halt.isOver) return { at: "running", row };
    const blocked = describeNames(halt.blocks);
    const message = `Halted since ${halt.since.toISOString()} (${halt.reason}) while ${blocked} waited. Raise retries to resume it.`;
    return { at: "givesWay", row, failure: { reason: "GaveWay", message } };
  }
  return { at: "replaced", row, failure: describeReplacement(replacedBy) };
}

function findFailedStage(observation: Observation, row: BatchRow): Stage {
  const failure = failureOf(row, "ShardsFailed", `Batch ${row.batchId} failed.`);
  if (retriesLeft(observation, row) <= 0 || BEYOND_RETRY.includes(failure.reason))
    return { at: "failed", row, failure: refusedRetry(observation) ?? explain(observation, failure) };
  const { replacedBy, waitsFor } = observation.place;
  if (replacedBy !== null) return { at: "failed", row, failure };
  if (observation.batch.spec.suspend) return { at: "retryHeld", row };
  const behind = waitsFor.map(({ name }) => name);
  return behind.length > 0 ? { at: "retryQueued", row, behind } : { at: "retry", row };
}

/** Also when a retry was refused: the status remembers that all retries are spent. */
export function retriesUsed({ batch }: Observation, row: BatchRow | null): number {
  return Math.max(batch.status?.retriesUsed ?? 0, (row?.jobAttempt ?? 1) - 1);
}

function retriesLeft(observation: Observation, row: BatchRow | null): number {
  return observation.batch.spec.retries - retriesUsed(observation, row);
}

/** Why the last retry was refused, which explains more than the failure before it. */
function refusedRetry({ batch, database }: Observation): Failure | null {
  const { status } = batch;
  const spentWithoutAttempt = (status?.retriesUsed ?? 0) > (database?.row?.jobAttempt ?? 1) - 1;
  const reported = findCondition(status, "Failed");
  if (!spentWithoutAttempt || reported?.status !== "True") return null;
  return { reason: reported.reason, message: reported.message };
}

/** Shards do not know of a deadline; the Job does. */
function explain({ childJob }: Observation, failure: Failure): Failure {
  if (failure.reason !== "ShardsFailed" || childJob?.end?.reason !== "DeadlineExceeded") return failure;
  return { reason: "DeadlineExceeded", message: `The attempt ran out of activeDeadlineSeconds. ${failure.message}` };
}

function failureOf({ reason, message }: BatchRow, reasonElse: string, messageElse: string): Failure {
  return { reason: reason ?? reasonElse, message: message ?? messageElse };
}

function describeReplacement({ name }: ObservedBatch): Failure {
  return { reason: "Replaced", message: `${name} was created later with concurrencyPolicy Replace.` };
}

/** At most three by name. */
export function describeNames(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(", ")} and ${more} more` : names.join(", ");
}

/** The turn of a batch with more before it is far off: it neither looks at the queue by itself nor names the others. */
export function isFarOff(behind: readonly string[]): boolean {
  return behind.length > NAMED;
}

export function isAllDone({ shards }: BatchRow): boolean {
  return shards.done === shards.total;
}

/** Tried once, whatever the outcome: a refused batch is published by hand, a superseded one stays so. */
export function wasPublishingTried(status: ClimateBatchStatus | undefined): boolean {
  const reported = findCondition(status, "Published");
  return reported !== undefined && !INTERIM_UNPUBLISHED.includes(reported.reason);
}
