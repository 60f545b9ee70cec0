// The status of a batch from an observation, and the patch from the stored status to it.
import { isDeepStrictEqual } from "node:util";
import type { ClimateBatchStatus, Condition } from "../../model/climateBatch.ts";
import {
  ALREADY_ANSWERED,
  formatInstant,
  INVALID_TEMPLATE,
  PASSING_REFUSALS,
  setCondition,
} from "../objects/conditions.ts";
import type { Refusal } from "./actions.ts";
import type { BatchRow, Observation, Policy } from "./observe.ts";
import { findStage, retriesUsed, type Stage } from "./stage.ts";
import { describeConditions } from "./statusConditions.ts";

/** The status of a running batch is written at every third of its shards: few writes, whatever its size. */
const PROGRESS_STEPS = 3;
const FAILED_SHARDS_MAX_LENGTH = 1000;

/** The status to write; null when it equals the stored one. */
export function buildStatus(
  observation: Observation,
  policy: Policy,
  now: Date,
  refusal: Refusal | null = null,
): ClimateBatchStatus | null {
  const { batch } = observation;
  const before = batch.status ?? {};
  if (batch.metadata.deletionTimestamp !== undefined) return null;
  const stage = refuse(findStage(observation, policy), refusal);
  const generation = batch.metadata.generation ?? 0;
  let conditions: readonly Condition[] = before.conditions ?? [];
  for (const condition of describeConditions(observation, stage, now, refusal))
    conditions = setCondition(conditions, condition, generation, now);
  const status = withoutUndefined({
    ...before,
    observedGeneration: generation,
    conditions,
    ...countsOf(stage, before),
    retriesUsed: isRefusedFinally(stage, refusal) ? batch.spec.retries : spentRetries(observation, before),
    jobName: observation.childJob?.name ?? (isOfAttempt(stage, before) ? before.jobName : undefined),
    completionTime: findCompletionTime(stage, before, now),
  });
  return isDeepStrictEqual(status, before) ? null : status;
}

/** A final refusal turns the stage into its end. */
function refuse(stage: Stage, refusal: Refusal | null): Stage {
  if (refusal === null || PASSING_REFUSALS.includes(refusal.reason) || refusal.reason === INVALID_TEMPLATE)
    return stage;
  const { reason, message } = refusal;
  if (stage.at === "unplanned" && refusal.action === "plan")
    return { at: "ended", isComplete: reason === ALREADY_ANSWERED, failure: { reason, message } };
  if (stage.at === "retry" && refusal.action === "retry")
    return { at: "failed", row: stage.row, failure: { reason, message } };
  return stage;
}

/** Nothing is tried again until more retries are given. */
function isRefusedFinally(stage: Stage, refusal: Refusal | null): boolean {
  return (
    (stage.at === "ended" && !stage.isComplete) ||
    (stage.at === "failed" && refusal?.action === "retry" && !PASSING_REFUSALS.includes(refusal.reason))
  );
}

function spentRetries(observation: Observation, before: ClimateBatchStatus): number | undefined {
  const row = observation.database?.row ?? null;
  return row === null ? before.retriesUsed : retriesUsed(observation, row);
}

function rowOf(stage: Stage): BatchRow | null {
  return "row" in stage ? stage.row : null;
}

function countsOf(stage: Stage, before: ClimateBatchStatus): ClimateBatchStatus {
  const row = rowOf(stage);
  if (row === null) return {};
  if (stage.at === "running" && isOfAttempt(stage, before) && stepOf(before) === stepOf(row)) return {};
  const { shards } = row;
  return {
    batchId: row.batchId,
    attempt: row.jobAttempt,
    cells: row.cells,
    shards,
    progress: `${shards.done}/${shards.total}`,
    failedShards: row.failedShards === "" ? undefined : shorten(row.failedShards),
    rejectedCells: row.rejectedCells,
    rowsWritten: row.resultRows,
    startTime: formatInstant(row.startedAt),
    publishedTime: row.publishedAt === null ? before.publishedTime : formatInstant(row.publishedAt),
  } as ClimateBatchStatus;
}

function isOfAttempt(stage: Stage, before: ClimateBatchStatus): boolean {
  const row = rowOf(stage);
  return row === null || (before.attempt === row.jobAttempt && before.batchId === row.batchId);
}

function stepOf({ shards }: Pick<ClimateBatchStatus, "shards">): number {
  return shards === undefined ? -1 : Math.floor((shards.done * PROGRESS_STEPS) / Math.max(1, shards.total));
}

function shorten(ranges: string): string {
  if (ranges.length <= FAILED_SHARDS_MAX_LENGTH) return ranges;
  return `${ranges.slice(0, ranges.lastIndexOf(",", FAILED_SHARDS_MAX_LENGTH))},…`;
}

function findCompletionTime(stage: Stage, before: ClimateBatchStatus, now: Date): string | undefined {
  switch (stage.at) {
    case "failed":
    case "complete":
      return stage.row.finishedAt === null
        ? (before.completionTime ?? formatInstant(now))
        : formatInstant(stage.row.finishedAt);
    case "ended":
      return before.completionTime ?? formatInstant(now);
    case "deleting":
    case "databaseAway":
    case "otherInstallation":
      return before.completionTime;
    default:
      return undefined;
  }
}

function withoutUndefined(status: { [Key in keyof ClimateBatchStatus]: ClimateBatchStatus[Key] | undefined }) {
  return Object.fromEntries(
    Object.entries(status).filter(([, value]) => value !== undefined),
  ) as unknown as ClimateBatchStatus;
}

/** As a merge patch: fields that are gone are null, so that the API server removes them. */
export function buildStatusPatch(
  before: ClimateBatchStatus | undefined,
  after: ClimateBatchStatus,
): { readonly status: Readonly<Record<string, unknown>> } {
  const gone = Object.keys(before ?? {}).filter((key) => !(key in after));
  return { status: { ...Object.fromEntries(gone.map((key) => [key, null])), ...after } };
}
