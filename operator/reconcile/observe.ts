// From facts as they were read (objects, rows) to an observation: what decisions need, each under one name.
import type { BatchRow, DatabaseFacts } from "../../model/batchFacts.ts";
import { type ClimateBatch, calculationsOfBatch, findCondition, isConditionTrue } from "../../model/climateBatch.ts";
import { findPlace, type QueueEntry, type QueuePlace } from "../../model/queueOrder.ts";
import type { Reason } from "../objects/conditions.ts";
import { childJobName } from "../objects/job.ts";
import { KUEUE_QUEUE_LABEL, LABELS } from "../objects/labels.ts";

/** The fields of a batch/v1 Job that matter here. */
export interface JobFacts {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: { readonly [key: string]: string };
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
    readonly deletionTimestamp?: string;
  };
  readonly spec?: { readonly suspend?: boolean };
  readonly status?: {
    readonly terminating?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

export interface PodFacts {
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly deletionGracePeriodSeconds?: number;
  };
  readonly spec?: { readonly nodeName?: string };
}

export type { BatchRow, DatabaseFacts };

export interface Facts {
  readonly batch: ClimateBatch;
  /** Jobs that its uid owns, and any Job with a name that it needs. */
  readonly jobs: readonly JobFacts[];
  /** Pods of those Jobs; read when a Job reports that some are terminating. */
  readonly pods: readonly PodFacts[];
  /** null: the database does not answer. */
  readonly database: DatabaseFacts | null;
  /** Every ClimateBatch of the namespace; itself may be among them. */
  readonly batches: readonly ClimateBatch[];
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
  readonly database: DatabaseFacts | null;
  readonly others: readonly ObservedBatch[];
  /** Of `own` among `others`. */
  readonly place: QueuePlace<ObservedBatch>;
}

export function observe({ batch, jobs, pods, database, batches }: Facts): Observation {
  const attempt = database?.row?.jobAttempt ?? batch.status?.attempt ?? 1;
  const name = childJobName(batch.metadata, attempt);
  const isOwn = (job: JobFacts) => job.metadata.ownerReferences?.some(({ uid }) => uid === batch.metadata.uid) === true;
  const own = jobs.filter(isOwn).map(observeJob);
  const foreign = jobs.find((job) => job.metadata.name === name && !isOwn(job));
  const observed = observeBatch(batch, database);
  const others = batches
    .filter(({ metadata }) => metadata.uid !== batch.metadata.uid)
    .map((other) => observeBatch(other, database));
  return {
    batch,
    own: observed,
    childJob: own.find((job) => job.attempt === attempt) ?? null,
    otherJobs: own.filter((job) => job.attempt !== attempt),
    foreignJob: foreign === undefined ? null : { name, owner: ownerOf(foreign) },
    terminatingPods: pods.flatMap(observeTerminating),
    database,
    others,
    place: findPlace(observed, others),
  };
}

function observeJob({ metadata, spec, status }: JobFacts): ObservedJob {
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
    end:
      end === undefined
        ? null
        : { type: end.type as "Complete" | "Failed", reason: end.reason ?? "", message: end.message ?? "" },
  };
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

function observeBatch(batch: ClimateBatch, database: DatabaseFacts | null): ObservedBatch {
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
  return spec.suspend || metadata.deletionTimestamp !== undefined ? "halted" : "waiting";
}

function describeRequest({ spec }: ClimateBatch): string {
  const { calculation, methods, grid, scenarios, basePeriod, periods, publish, maxRejectedCells, requestKey } = spec;
  const years = [basePeriod, ...(periods ?? [])].map(({ startYear, endYear }) => [startYear, endYear]);
  const names = [[...spec.risks].sort(), scenarios === undefined ? null : [...scenarios].sort()];
  return JSON.stringify([calculation, methods, grid, names, years, publish, maxRejectedCells, requestKey]);
}
