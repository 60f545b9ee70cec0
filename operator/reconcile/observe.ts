// From facts as they were read (objects, rows) to an observation: what decisions need, each under one name.
import type { BatchRow, DatabaseFacts } from "../../model/batchFacts.ts";
import { type ClimateBatch, calculationsOfBatch, findCondition, isConditionTrue } from "../../model/climateBatch.ts";
import { findPlace, type QueueEntry, type QueuePlace } from "../../model/queueOrder.ts";
import type { Reason } from "../objects/conditions.ts";
import { childJobName } from "../objects/job.ts";
import { ANNOTATIONS, KUEUE_QUEUE_LABEL, LABELS } from "../objects/labels.ts";
import { type EventFacts, findObstacle, type Obstacle, type PodFacts } from "./obstacles.ts";

/** The fields of a batch/v1 Job that matter here. */
export interface JobFacts {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: { readonly [key: string]: string };
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
    readonly annotations?: { readonly [key: string]: string };
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: { readonly suspend?: boolean; readonly completions?: number; readonly parallelism?: number };
  readonly status?: {
    readonly terminating?: number;
    readonly active?: number;
    readonly ready?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly failedIndexes?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

export type { BatchRow, DatabaseFacts, PodFacts };

export interface DatabaseTrouble {
  /** One of REASONS. */
  readonly reason: string;
  readonly message: string;
}

export interface Facts {
  readonly batch: ClimateBatch;
  /** Jobs that its uid owns, and any Job with a name that it needs. */
  readonly jobs: readonly JobFacts[];
  /** Pods of those Jobs; read when some do not run. */
  readonly pods: readonly PodFacts[];
  /** Warnings about those Jobs and pods. */
  readonly events: readonly EventFacts[];
  /** null: it could not be read. */
  readonly database: DatabaseFacts | null;
  /** Why it could not be read. */
  readonly databaseTrouble: DatabaseTrouble | null;
  /** Hash of the pod template that the present attempt would get now. */
  readonly template: string | null;
  /** Every ClimateBatch of the namespace; itself may be among them. */
  readonly batches: Iterable<ClimateBatch>;
}

/** The configuration that decisions depend on. */
export interface Policy {
  /** Name of this installation among those that share a database. */
  readonly installation: string;
  /** Finished batches kept per calculation and outcome. */
  readonly successfulHistoryLimit: number;
  readonly failedHistoryLimit: number;
}

export interface ObservedJob {
  readonly name: string;
  readonly uid: string;
  readonly attempt: number;
  readonly isBeingDeleted: boolean;
  readonly isSuspended: boolean;
  /** Kueue decides about its suspension. */
  readonly isQueuedByKueue: boolean;
  /** Pods that should run now; those that have not ended; those that run. Undefined: the Job controller has not reported. */
  readonly expected: number;
  readonly active: number | undefined;
  readonly ready: number | undefined;
  readonly failedPods: number;
  /** Its pods come from the template of now. */
  readonly hasCurrentTemplate: boolean;
  /** When the Job controller was last made to look at it. */
  readonly nudgedAt: Date | null;
  readonly end: { readonly type: "Complete" | "Failed"; readonly reason: string; readonly message: string } | null;
}

export interface TerminatingPod {
  readonly name: string;
  readonly node: string;
  readonly since: Date;
}

/** A ClimateBatch of the namespace, as the queue and the history see it. */
export interface ObservedBatch extends QueueEntry {
  readonly name: string;
  readonly calculation: string;
  readonly isBeingDeleted: boolean;
  /** null: it has not ended, or another installation runs it. */
  readonly outcome: "complete" | "failed" | null;
  readonly completedAt: Date | null;
  readonly isPublished: boolean;
}

/** A planned batch that only a person can continue keeps its slots and its place, for an hour at most. */
export interface Halt {
  readonly reason: string;
  readonly since: Date;
  /** When others may pass. */
  readonly until: Date;
  readonly isOver: boolean;
  /** Names of the batches that wait for it. */
  readonly blocks: readonly string[];
}

/** What a batch itself says, or a person: time alone does not change it, and it need not keep the next batch from starting. */
const HALTED: readonly string[] = [
  "InvalidTemplate",
  "Conflict",
  "Suspended",
  "LimitRange",
  "PriorityClassMissing",
  "RuntimeClassMissing",
  "ServiceAccountMissing",
  "ConfigMapMissing",
  "PodSecurity",
  "PolicyRefused",
] satisfies Reason[];
export const HALT_SECONDS = 3600;

export interface Observation {
  readonly batch: ClimateBatch;
  readonly own: ObservedBatch;
  /** The Job of the present attempt. */
  readonly childJob: ObservedJob | null;
  /** Jobs of this batch, of other attempts. */
  readonly otherJobs: readonly ObservedJob[];
  /** A Job with the name that the present attempt needs, owned by something else. */
  readonly foreignJob: { readonly name: string; readonly owner: string } | null;
  readonly terminatingPods: readonly TerminatingPod[];
  /** Why pods of the present Job do not run, or do not succeed. */
  readonly obstacle: Obstacle | null;
  readonly database: DatabaseFacts | null;
  readonly databaseTrouble: DatabaseTrouble | null;
  /** Those that have not ended and, of an ended batch, those of its calculation that ended the same way. */
  readonly others: readonly ObservedBatch[];
  /** null: it is not halted, or no other batch waits for it. */
  readonly halt: Halt | null;
  /** Of `own` among `others`. */
  readonly place: QueuePlace<ObservedBatch>;
}

export function observe(facts: Facts, now: Date): Observation {
  const { batch, jobs, pods, events, database, databaseTrouble, batches, template } = facts;
  const attempt = database?.row?.jobAttempt ?? batch.status?.attempt ?? 1;
  const name = childJobName(batch.metadata, attempt);
  const isOwn = (job: JobFacts) => job.metadata.ownerReferences?.some(({ uid }) => uid === batch.metadata.uid) === true;
  const own = jobs.filter(isOwn).map((job) => observeJob(job, template));
  const childJob = own.find((job) => job.attempt === attempt) ?? null;
  const foreign = jobs.find((job) => job.metadata.name === name && !isOwn(job));
  const observed = observeBatch(batch, database);
  const others: ObservedBatch[] = [];
  for (const one of batches) {
    const other = observeBatch(one, database);
    const { id, outcome, calculation } = other;
    const isOfHistory = outcome === observed.outcome && calculation === observed.calculation;
    if (id !== observed.id && (outcome === null || isOfHistory)) others.push(other);
  }
  return {
    batch,
    own: observed,
    childJob,
    otherJobs: own.filter((job) => job.attempt !== attempt),
    foreignJob: foreign === undefined ? null : { name, owner: ownerOf(foreign) },
    terminatingPods: pods.flatMap(observeTerminating),
    obstacle: childJob === null ? null : observeObstacle(childJob, jobs, pods, events, now),
    database,
    databaseTrouble,
    halt: observeHalt(batch, observed, others, childJob, now),
    others,
    place: findPlace(observed, others),
  };
}

function observeHalt(
  { status }: ClimateBatch,
  own: ObservedBatch,
  others: readonly ObservedBatch[],
  childJob: ObservedJob | null,
  now: Date,
): Halt | null {
  const progressing = findCondition(status, "Progressing");
  if (own.state !== "running" || progressing?.status !== "False" || !HALTED.includes(progressing.reason)) return null;
  // Kueue holds it back, and will let it go.
  if (childJob?.isQueuedByKueue === true) return null;
  const blocks = others
    .filter(({ state }) => state === "waiting")
    .filter(({ calculations }) => calculations.some((one) => own.calculations.includes(one)))
    .map(({ name }) => name);
  if (blocks.length === 0) return null;
  const since = new Date(progressing.lastTransitionTime);
  const until = new Date(since.getTime() + HALT_SECONDS * 1000);
  return { reason: progressing.reason, since, until, isOver: until <= now, blocks };
}

function observeObstacle(
  job: ObservedJob,
  jobs: readonly JobFacts[],
  pods: readonly PodFacts[],
  events: readonly EventFacts[],
  now: Date,
): Obstacle | null {
  if (job.isSuspended || job.isBeingDeleted || job.end?.type === "Complete") return null;
  const created = jobs.find(({ metadata }) => metadata.uid === job.uid)?.metadata.creationTimestamp;
  const createdAt = created === undefined ? now : new Date(created);
  const obstacle = findObstacle({ ...job, jobUid: job.uid, active: job.active ?? 0, createdAt, pods, events }, now);
  return job.end === null || obstacle?.kind === "failing" ? obstacle : null;
}

function observeJob({ metadata, spec, status }: JobFacts, template: string | null): ObservedJob {
  const nudged = metadata.annotations?.[ANNOTATIONS.nudged];
  const end = status?.conditions?.find(
    ({ type, status: holds }) => (type === "Complete" || type === "Failed") && holds === "True",
  );
  return {
    name: metadata.name,
    uid: metadata.uid,
    attempt: Number(metadata.labels?.[LABELS.attempt]),
    isBeingDeleted: metadata.deletionTimestamp !== undefined,
    isSuspended: spec?.suspend === true,
    isQueuedByKueue: metadata.labels?.[KUEUE_QUEUE_LABEL] !== undefined,
    expected: expectedPods(spec, status),
    active: status?.active ?? (status?.ready === undefined ? undefined : 0),
    ready: status?.ready,
    failedPods: status?.failed ?? 0,
    hasCurrentTemplate: template === null || metadata.annotations?.[ANNOTATIONS.template] === template,
    nudgedAt: nudged === undefined ? null : new Date(nudged),
    end:
      end === undefined
        ? null
        : { type: end.type as "Complete" | "Failed", reason: end.reason ?? "", message: end.message ?? "" },
  };
}

function expectedPods(spec: JobFacts["spec"], status: JobFacts["status"]): number {
  const completions = spec?.completions ?? 1;
  const ended = (status?.succeeded ?? 0) + countInRanges(status?.failedIndexes ?? "");
  return Math.max(0, Math.min(spec?.parallelism ?? 1, completions - ended));
}

/** "0-4,7" is 6 */
function countInRanges(ranges: string): number {
  if (ranges === "") return 0;
  return ranges.split(",").reduce((sum, range) => {
    const [first, last = first] = range.split("-").map(Number);
    return sum + last! - first! + 1;
  }, 0);
}

function ownerOf({ metadata }: JobFacts): string {
  const owner = metadata.ownerReferences?.[0];
  return owner === undefined ? "no owner" : `${owner.kind} ${owner.name}`;
}

/** deletionTimestamp is when the grace period ends; terminating began that much earlier. */
function observeTerminating({ metadata, spec }: PodFacts): TerminatingPod[] {
  if (metadata.deletionTimestamp === undefined) return [];
  const graceMs = (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  const since = new Date(Date.parse(metadata.deletionTimestamp) - graceMs);
  return [{ name: metadata.name, node: spec?.nodeName ?? "no node", since }];
}

/** Of each ended batch once, as long as its object is the same: with thousands kept this is most of an observation. */
const ended = new WeakMap<ClimateBatch, ObservedBatch>();

function observeBatch(batch: ClimateBatch, database: DatabaseFacts | null): ObservedBatch {
  const known = database?.runningUids.has(batch.metadata.uid) ? undefined : ended.get(batch);
  if (known !== undefined) return known;
  const observed = observeOne(batch, database);
  if (observed.outcome !== null) ended.set(batch, observed);
  return observed;
}

function observeOne(batch: ClimateBatch, database: DatabaseFacts | null): ObservedBatch {
  const { metadata, spec, status } = batch;
  const isBeingDeleted = metadata.deletionTimestamp !== undefined;
  const outcome = outcomeOf(batch, database);
  return {
    id: metadata.uid,
    name: metadata.name,
    requestedAt: new Date(metadata.creationTimestamp),
    calculation: spec.calculation,
    calculations: calculationsOfBatch(spec),
    concurrencyPolicy: spec.concurrencyPolicy,
    requests: describeRequest(batch),
    state: stateOf(batch, database, outcome),
    isBeingDeleted,
    outcome,
    completedAt: status?.completionTime === undefined ? null : new Date(status.completionTime),
    isPublished: isConditionTrue(status, "Published"),
  };
}

function outcomeOf({ metadata, status }: ClimateBatch, database: DatabaseFacts | null): ObservedBatch["outcome"] {
  if (database?.runningUids.has(metadata.uid)) return null;
  if (isConditionTrue(status, "Complete")) return "complete";
  return isConditionTrue(status, "Failed") ? "failed" : null;
}

/** Of other batches the row is known only while they run; the rest is in their status. */
function stateOf(
  { metadata, spec, status }: ClimateBatch,
  database: DatabaseFacts | null,
  outcome: ObservedBatch["outcome"],
): ObservedBatch["state"] {
  if (database?.runningUids.has(metadata.uid)) return "running";
  // What another installation runs keeps nothing here waiting.
  const isElsewhere = findCondition(status, "Planned")?.reason === ("OtherInstallation" satisfies Reason);
  if (outcome !== null || isElsewhere) return "ended";
  if (database === null && isConditionTrue(status, "Planned")) return "running";
  const planned = findCondition(status, "Planned");
  const isRefused =
    planned?.reason === ("InvalidTemplate" satisfies Reason) && status?.observedGeneration === metadata.generation;
  return spec.suspend || metadata.deletionTimestamp !== undefined || isRefused ? "halted" : "waiting";
}

/** Of each spec once: with a thousand batches this is most of an observation, and a spec that was read does not change. */
const requests = new WeakMap<ClimateBatch["spec"], string>();

/** Equal for two batches that request the same results. */
export function describeRequest({ spec }: Pick<ClimateBatch, "spec">): string {
  const known = requests.get(spec);
  if (known !== undefined) return known;
  const { calculation, methods, grid, scenarios, basePeriod, periods, publish, maxRejectedCells, requestKey } = spec;
  const years = [basePeriod, ...(periods ?? [])].map(({ startYear, endYear }) => [startYear, endYear]);
  const names = [[...spec.risks].sort(), scenarios === undefined ? null : [...scenarios].sort()];
  const request = JSON.stringify([calculation, methods, grid, names, years, publish, maxRejectedCells, requestKey]);
  requests.set(spec, request);
  return request;
}
