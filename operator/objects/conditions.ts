// Conditions of a ClimateBatch: setting one without moving its time for nothing, and every reason there is, with its meaning.
import {
  CONDITION_TYPES,
  type Condition,
  type ConditionType,
  findCondition,
  isConditionTrue,
} from "../../model/climateBatch.ts";

/** What each reason of our own means. Failures that the database tells bring a reason and a message of their own. */
export const REASONS = {
  Planned: "shards are cut, inputs are pinned",
  Planning: "the operator plans the batch",
  Queued: "unfinished batches of the same calculation were created before",
  DatabaseUnavailable: "the database does not answer; what runs goes on",
  NoFreeSlot: "every place for results is in use; planning is tried again",
  TooFewConnections: "the database has fewer connections left than parallelism; planning is tried again",
  SchemaTooOld: "the database waits for climatebatch migrate",
  SchemaTooNew: "the database is ahead of this version of the operator",
  OtherInstallation: "another installation of the operator runs this batch in the same database",
  Conflict: "a Job of the name that is needed belongs to somebody else",
  InvalidTemplate: "the API server refuses the Job; change spec.template",
  Preparing: "the place for results is being emptied, or the Job is about to be created",
  Running: "pods compute the shards",
  Finishing: "every shard has ended; the batch is being settled",
  Retrying: "the batch failed and its failed shards will run again",
  Complete: "every shard is done",
  ShardsFailed: "shards failed more often than backoffLimitPerShard allows",
  DeadlineExceeded: "the attempt ran longer than activeDeadlineSeconds",
  InputChanged: "the input was loaded anew after the batch was planned; a new batch is needed",
  TooManyRejectedCells: "more cells than maxRejectedCells have implausible input",
  Replaced: "a later batch with concurrencyPolicy Replace took over",
  Superseded: "an equal batch was created later, while this one waited; or a later batch is published",
  AlreadyAnswered: "a batch with the same requestKey computed this before",
  Cancelled: "the batch was cancelled",
  Deleted: "the ClimateBatch is being deleted",
  Suspended: "spec.suspend is true, or Kueue holds the Job back",
  Resumed: "no longer suspended",
  Unfinished: "the batch is not complete",
  NotRequested: "spec.publish is false",
  Publishing: "the batch is complete and about to be published",
  Published: "consumers read the results",
  Incomplete: "readers would lose risks, scenarios or periods that are published now",
  NoNumbers: "no result has numbers, so readers would lose all that are published now",
  OtherGrid: "the published results cover another grid",
  ResultsGone: "a later batch took the place of the results",
  PodTerminating: "a pod has been terminating for ten minutes",
  PodsGone: "no pod has been terminating for ten minutes",
} as const satisfies Record<string, string>;
export type Reason = keyof typeof REASONS;

/** Planning, publishing and retrying may be refused with these; they pass by themselves. */
export const PASSING_REFUSALS: readonly string[] = [
  "NoFreeSlot",
  "TooFewConnections",
  "SchemaTooOld",
  "SchemaTooNew",
] satisfies Reason[];

const MESSAGE_MAX_LENGTH = 1024;

export interface NewCondition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  /** One of REASONS, or what the database or the API server gave. */
  readonly reason: string;
  readonly message: string;
}

/** Seconds are what the API server keeps of most instants. */
export function formatInstant(instant: Date): string {
  return instant.toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** The list with this condition set; its time moves only when its status does. */
export function setCondition(
  conditions: readonly Condition[],
  { type, status, reason, message }: NewCondition,
  observedGeneration: number,
  now: Date,
): Condition[] {
  const before = conditions.find((condition) => condition.type === type);
  const next: Condition = {
    type,
    status,
    observedGeneration,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : formatInstant(now),
    reason,
    message: message.length > MESSAGE_MAX_LENGTH ? `${message.slice(0, MESSAGE_MAX_LENGTH - 1)}…` : message,
  };
  const others = conditions.filter((condition) => condition.type !== type);
  return [...others, next].sort((a, b) => CONDITION_TYPES.indexOf(a.type) - CONDITION_TYPES.indexOf(b.type));
}

export interface Transition {
  readonly severity: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

type Conditions = { readonly conditions?: readonly Condition[] } | undefined;

/** What happened between two statuses, for events: a change of progress alone is nothing. */
export function describeTransitions(before: Conditions, after: Conditions): Transition[] {
  const isNewly = (type: ConditionType) => isConditionTrue(after, type) && !isConditionTrue(before, type);
  const ended = (type: ConditionType) => isConditionTrue(before, type) && !isConditionTrue(after, type);
  const tell = (type: ConditionType, severity: Transition["severity"]): Transition[] => {
    const condition = findCondition(after, type);
    return condition === undefined ? [] : [{ severity, reason: condition.reason, message: condition.message }];
  };
  const transitions: Transition[] = [];
  if (isNewly("Planned")) transitions.push(...tell("Planned", "Normal"));
  if (isNewly("Suspended") || ended("Suspended")) transitions.push(...tell("Suspended", "Normal"));
  if (isNewly("ShardStuck")) transitions.push(...tell("ShardStuck", "Warning"));
  if (isNewly("Failed")) transitions.push(...tell("Failed", "Warning"));
  // One event when both come together: its message says both.
  if (isNewly("Complete") && !isNewly("Published")) transitions.push(...tell("Complete", "Normal"));
  if (isNewly("Published")) transitions.push(...tell("Published", "Normal"));
  const refusal = findCondition(after, "Published");
  const isRefused = refusal?.status === "False" && !INTERIM_UNPUBLISHED.includes(refusal.reason);
  if (isRefused && findCondition(before, "Published")?.reason !== refusal.reason)
    transitions.push(...tell("Published", refusal.reason === "Superseded" ? "Normal" : "Warning"));
  const waits = findCondition(after, "Planned");
  if (waits?.status === "False" && isWaiting(waits.reason) && findCondition(before, "Planned")?.reason !== waits.reason)
    transitions.push(...tell("Planned", waits.reason === "Queued" ? "Normal" : "Warning"));
  const halted = findCondition(after, "Complete");
  if (isHalted(halted?.reason) && findCondition(before, "Complete")?.reason !== halted?.reason)
    transitions.push(...tell("Complete", "Warning"));
  return transitions;
}

/** Published=False with one of these says nothing about publishing having been tried. */
export const INTERIM_UNPUBLISHED: readonly string[] = ["Unfinished", "NotRequested", "Publishing"] satisfies Reason[];

/** Complete=False with one of these: a person is needed before the Job can be created. */
function isHalted(reason: string | undefined): boolean {
  return reason === "Conflict" || reason === "InvalidTemplate";
}

function isWaiting(reason: string): boolean {
  return reason === "Queued" || reason === "OtherInstallation" || PASSING_REFUSALS.includes(reason);
}
