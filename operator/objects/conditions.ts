// Conditions of a ClimateBatch: every reason with its meaning, setting one, and the events that a change of them is worth.
import {
  CONDITION_TYPES,
  type Condition,
  type ConditionType,
  findCondition,
  isConditionTrue,
} from "../../model/climateBatch.ts";

/** What keeps the pods of a batch from running or succeeding. */
export const OBSTACLES = {
  QuotaExceeded: "a ResourceQuota leaves no room for the Job or its pods; raise it, or lower parallelism or resources",
  LimitRange: "a LimitRange refuses the resources of the pods; change spec.template.resources",
  PriorityClassMissing: "the PriorityClass of the pods does not exist; create it, or change spec.template",
  RuntimeClassMissing: "the RuntimeClass of the pods does not exist; create it, or change spec.template",
  ServiceAccountMissing: "the ServiceAccount of the pods does not exist; create it, or change spec.template",
  PodSecurity: "the Pod Security level of the namespace refuses the pods; change spec.template",
  WebhookUnavailable: "an admission webhook does not answer, so nothing can be created; its owner must fix it",
  WebhookRefused: "an admission webhook refuses the Job or its pods; its message has the cause",
  PolicyRefused: "an admission policy refuses the Job or its pods; its message has the cause",
  PodsRefused: "the API server refuses the pods; the message has the cause",
  Unschedulable: "no node fits the pods; the message of the scheduler has the cause",
  ImageNotPulled: "the image of the pods cannot be pulled; check its name, the registry and the pull Secrets",
  ConfigMapMissing: "a ConfigMap of the pods does not exist; create it, or change spec.template",
  SecretMissing: "a Secret of the pods does not exist; create it, or change spec.template",
  VolumeNotMounted: "a volume of the pods cannot be mounted; the message has the cause",
  ContainerNotStarted: "the container of the pods does not start; the message has the cause",
  PodsPending: "pods have been pending for a minute and Kubernetes gives no cause; see kubectl describe pod",
  NoPods: "the Job has no pods and Kubernetes gives no cause; check kube-controller-manager",
  OutOfMemory: "pods exceed their memory limit; raise spec.template.resources.limits.memory",
  PodsFailing: "pods end with an error before they compute anything; the message has their last output",
} as const satisfies Record<string, string>;
export type ObstacleReason = keyof typeof OBSTACLES;

/** What each reason means. Failures that the database reports bring a reason and a message of their own. */
export const REASONS = {
  Planned: "shards are cut, inputs are pinned",
  Planning: "the operator plans the batch",
  Queued: "unfinished batches of the same calculation were created before",
  DatabaseUnavailable: "the database does not answer; running pods continue",
  NoFreeSlot: "every result slot is in use; planning is tried again",
  TooFewConnections: "the database has fewer connections left than parallelism; planning is tried again",
  SchemaTooOld: "the database waits for climatebatch migrate",
  SchemaTooNew: "the database is ahead of this version of the operator",
  OtherInstallation: "another installation of the operator runs this batch in the same database",
  Conflict: "a Job with the name that is needed belongs to another owner",
  InvalidTemplate:
    "spec.template has a field that is not allowed, or that the API server refuses; change spec.template",
  Preparing: "the result slots are being emptied, or the Job is about to be created",
  Running: "pods compute the shards",
  Finishing: "every shard has ended; the batch is being finished",
  Retrying: "the batch failed and its failed shards will run again",
  Complete: "every shard is done",
  ShardsFailed: "shards failed more often than backoffLimitPerShard allows",
  DeadlineExceeded: "the attempt ran longer than activeDeadlineSeconds",
  InputChanged: "the input was loaded again after the batch was planned; a new batch is needed",
  MethodsChanged:
    "it was planned for another version of the methods than the job image computes; a new batch is needed",
  TooManyRejectedCells: "more cells than maxRejectedCells have implausible input",
  GaveWay: "it was halted for an hour while others waited; raise retries to resume its shards",
  Replaced: "a later batch with concurrencyPolicy Replace took over",
  Superseded: "an equal batch was created later, while this one waited; or a later batch is published",
  AlreadyAnswered:
    "a batch has computed this: one with the same requestKey, or an equal one whose publication was refused",
  Cancelled: "the batch was cancelled",
  Deleted: "the ClimateBatch is being deleted",
  Suspended: "spec.suspend is true, or Kueue holds the Job back",
  Resumed: "no longer suspended",
  Unfinished: "the batch is not complete",
  NotRequested: "spec.publish is false",
  Publishing: "the batch is complete and about to be published",
  Published: "consumers read the results",
  Incomplete: "readers would lose risks, scenarios or periods that are published now",
  NoNumbers: "no result was computed, so readers would lose all that are published now",
  OtherGrid: "the published results cover another grid",
  ResultsGone: "a later batch has overwritten the results",
  RowCountMismatch: "shards report another number of result rows than the batch must have; compute it again",
  PodTerminating: "a pod has been terminating for ten minutes",
  PodsGone: "no pod has been terminating for ten minutes",
  DatabaseReadOnly: "the database is read-only: a standby, or a primary during maintenance",
  MissingGrant: "the operator's database user lacks a right; grant it the role climatebatch_operator",
  PasswordRefused: "the database refuses the operator's user or password; put the right one into its Secret",
  DatabaseMissing: "the server has no database of this name",
  InstallationTaken:
    "another cluster has an installation of this name in the same database; its message says what to do",
  DiskFull: "the disk of the database server is full",
  ...OBSTACLES,
} as const satisfies Record<string, string>;
export type Reason = keyof typeof REASONS;

/** The batch continues when its template is changed; it need not be created again. */
export const INVALID_TEMPLATE = "InvalidTemplate" satisfies Reason;
export const ALREADY_ANSWERED = "AlreadyAnswered" satisfies Reason;

/** Refusals of planning, publishing and retrying that pass by themselves. */
export const PASSING_REFUSALS: readonly string[] = [
  "NoFreeSlot",
  "TooFewConnections",
  "SchemaTooOld",
  "SchemaTooNew",
  "DatabaseReadOnly",
  "MissingGrant",
  "PasswordRefused",
  "DatabaseMissing",
  "DiskFull",
  "InstallationTaken",
] satisfies Reason[];

/** Progressing=False or Unknown with one of these: the batch does not continue before its cause is fixed. */
export const STALLED: readonly string[] = [
  ...PASSING_REFUSALS,
  ...Object.keys(OBSTACLES),
  "DatabaseUnavailable",
  "InvalidTemplate",
  "Conflict",
];

const MESSAGE_MAX_LENGTH = 1024;

export interface NewCondition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  /** One of REASONS, or one that the database or the API server gave. */
  readonly reason: string;
  readonly message: string;
}

/** The API server keeps most instants in seconds. */
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

/** What changed between two statuses, for events; progress alone is no event. */
export function describeTransitions(before: Conditions, after: Conditions): Transition[] {
  const isNewly = (type: ConditionType) => isConditionTrue(after, type) && !isConditionTrue(before, type);
  const ended = (type: ConditionType) => isConditionTrue(before, type) && !isConditionTrue(after, type);
  const describe = (type: ConditionType, severity: Transition["severity"]): Transition[] => {
    const condition = findCondition(after, type);
    return condition === undefined ? [] : [{ severity, reason: condition.reason, message: condition.message }];
  };
  const transitions: Transition[] = [];
  if (isNewly("Planned")) transitions.push(...describe("Planned", "Normal"));
  if (isNewly("Suspended") || ended("Suspended")) transitions.push(...describe("Suspended", "Normal"));
  if (isNewly("ShardStuck")) transitions.push(...describe("ShardStuck", "Warning"));
  if (isNewly("Failed")) transitions.push(...describe("Failed", "Warning"));
  // One event when both come together: its message says both.
  if (isNewly("Complete") && !isNewly("Published")) transitions.push(...describe("Complete", "Normal"));
  if (isNewly("Published")) transitions.push(...describe("Published", "Normal"));
  const refusal = findCondition(after, "Published");
  const isRefused = refusal?.status === "False" && !INTERIM_UNPUBLISHED.includes(refusal.reason);
  if (isRefused && findCondition(before, "Published")?.reason !== refusal.reason)
    transitions.push(...describe("Published", refusal.reason === "Superseded" ? "Normal" : "Warning"));
  const waits = findCondition(after, "Planned");
  if (waits?.status === "False" && isWaiting(waits.reason) && findCondition(before, "Planned")?.reason !== waits.reason)
    transitions.push(...describe("Planned", waits.reason === "Queued" ? "Normal" : "Warning"));
  const halted = findCondition(after, "Complete");
  const progress = findCondition(after, "Progressing");
  const wasStalled = isStalled(findCondition(before, "Progressing"));
  if (isStalled(progress) && progress?.reason !== findCondition(before, "Progressing")?.reason && isObstacle(progress))
    transitions.push(...describe("Progressing", "Warning"));
  if (wasStalled && progress?.status === "True") transitions.push(...describe("Progressing", "Normal"));
  if (isHalted(halted?.reason) && findCondition(before, "Complete")?.reason !== halted?.reason)
    transitions.push(...describe("Complete", "Warning"));
  return transitions;
}

/** Published=False with one of these: publishing was not tried yet. */
export const INTERIM_UNPUBLISHED: readonly string[] = ["Unfinished", "NotRequested", "Publishing"] satisfies Reason[];

/** Complete=False with one of these: a person is needed before the Job can be created. */
function isHalted(reason: string | undefined): boolean {
  return reason === "Conflict" || reason === "InvalidTemplate";
}

/** Also while no one knows whether it progresses, because the database does not show it. */
export function isStalled(progressing: Condition | undefined): boolean {
  return progressing !== undefined && progressing.status !== "True" && STALLED.includes(progressing.reason);
}

export interface Standstill {
  readonly reason: string;
  readonly since: string;
}

export function listStandstills(batches: Iterable<{ readonly status?: Conditions }>): Standstill[] {
  const all = [...batches].map(({ status }) => findCondition(status, "Progressing"));
  return all.filter(isStalled).map((condition) => ({ ...condition!, since: condition!.lastTransitionTime }));
}

/** Seconds since the first of them began, for each reason. */
export function measureStandstill(standstills: readonly Standstill[], now: Date): ReadonlyMap<string, number> {
  const seconds = new Map<string, number>();
  for (const { reason, since } of standstills) {
    const lasted = Math.max(0, (now.getTime() - Date.parse(since)) / 1000);
    seconds.set(reason, Math.max(lasted, seconds.get(reason) ?? 0));
  }
  return seconds;
}

/** The others have an Event through the conditions Planned or Complete. */
function isObstacle(progressing: Condition | undefined): boolean {
  return progressing !== undefined && (progressing.status === "Unknown" || progressing.reason in OBSTACLES);
}

function isWaiting(reason: string): boolean {
  return reason === "Queued" || reason === "OtherInstallation" || PASSING_REFUSALS.includes(reason);
}
