// The controller, which only the leader runs: watches ClimateBatches and Jobs, reconciles each batch, cancels abandoned ones.
import { findCondition, isConditionTrue } from "../model/climateBatch.ts";
import { rest } from "../model/clock.ts";
import { coerceError } from "../model/errors.ts";
import { AbandonedBatches } from "./abandonedBatches.ts";
import type { OperatorContext, StoredBatch } from "./context.ts";
import { ApiError } from "./kube/apiError.ts";
import type { Job } from "./kube/client.ts";
import type { StoreView } from "./kube/objectStore.ts";
import { type Reflector, startReflector } from "./kube/reflector.ts";
import { withController } from "./kube/signals.ts";
import { type WorkOutcome, WorkQueue } from "./kube/workqueue.ts";
import { CHILD_SELECTOR, LABELS } from "./objects/labels.ts";
import { describeRequest, type Policy } from "./reconcile/observe.ts";
import { reconcile } from "./reconcile/reconcile.ts";
import { Refusals } from "./reconcile/refusals.ts";
import type { Schedules } from "./schedules.ts";
import type { OperatorMetrics, ReconcileResult } from "./telemetry/metrics.ts";
import { type Liveness, WORK_LIMIT_MS } from "./telemetry/probes.ts";

const LOOK_AT_ENDED_MS = 3_600_000;

export interface ControllerOptions {
  readonly context: OperatorContext;
  readonly random: () => number;
  /** Batches reconciled at the same time. */
  readonly workers: number;
  readonly metrics: OperatorMetrics;
  readonly liveness: Liveness;
  readonly schedules: Schedules;
  readonly onPlanned: () => void;
  /** All existing objects were read. */
  readonly onSynced: (batches: StoreView<StoredBatch>) => void;
}

/** Runs until the signal. Rejects only with a bug. */
export function runController(
  { context, random, workers, metrics, liveness, schedules, onPlanned, onSynced }: ControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  return withController(signal, async (controller) => {
    const { api, clock, log } = context;
    const queue = new WorkQueue({ clock, metrics: metrics.queue });
    const abandoned = new AbandonedBatches(context);
    /** Before that every batch is queued anyway. */
    let isSynced = false;
    const common = { clock, random, log };
    const batches: Reflector<StoredBatch> = startReflector<StoredBatch>({
      ...common,
      name: "climatebatches",
      source: api.climateBatches,
      metrics: metrics.reflector("climatebatches"),
      onChange: (batch, old) => {
        const { name } = (batch ?? old)!.metadata;
        if (!isSynced && batch !== undefined && hasEnded(batch)) queue.addWhenIdle(name);
        else queue.add(name);
        if (batch === undefined) abandoned.nudge();
        if (isSynced && mattersToOthers(batch, old))
          for (const name of findAffected((batch ?? old)!, batches.store.values(), context.policy)) queue.add(name);
      },
    });
    const jobs = startReflector({
      ...common,
      name: "jobs",
      source: api.jobs,
      metrics: metrics.reflector("jobs"),
      labelSelector: CHILD_SELECTOR,
      transform: dropPodTemplate,
      onChange: (job, old) => {
        const name = (job ?? old)!.metadata.labels?.[LABELS.batch];
        if (name === undefined) return;
        // Its batch is listed too, and is added before this if it has not ended.
        if (isSynced) queue.add(name);
        else queue.addWhenIdle(name);
      },
    });
    const refusals = new Refusals(clock);
    const working = { ...context, batches: batches.store, jobs: jobs.store, refusals, onPlanned };
    const ends = [batches.stopped, jobs.stopped];
    const loops = [
      liveness.follow("the watch of ClimateBatches", () => batches.lastTurnMs()),
      liveness.follow("the watch of Jobs", () => jobs.lastTurnMs()),
      liveness.follow("a reconcile", () => queue.oldestWorkMs() ?? clock.monotonicMs(), WORK_LIMIT_MS),
    ];
    const work = async () => {
      const synced = Promise.all([batches.synced, jobs.synced]);
      await Promise.race([synced, aborted(controller.signal)]);
      if (controller.signal.aborted) return;
      isSynced = true;
      onSynced(batches.store);
      const sweeping = abandoned.cancelUntil(controller.signal);
      const lookingAtSchedules = schedules.lookUntil(controller.signal);
      const lookingAtEnded = lookAtEnded();
      await queue.run(
        {
          workers,
          work: (name, one) => measure(context, metrics, () => reconcile(name, working, one)),
          onError: (name, thrown, failures) => logFailure(context, name, thrown, failures),
        },
        controller.signal,
      );
      await Promise.all([sweeping, lookingAtSchedules, lookingAtEnded]);
    };
    /** A person may have published one of them again by a command, which no event announces. */
    const lookAtEnded = async () => {
      for (;;) {
        await rest(clock, LOOK_AT_ENDED_MS, controller.signal);
        if (controller.signal.aborted) return;
        for (const batch of batches.store.values()) if (hasEnded(batch)) queue.addWhenIdle(batch.metadata.name);
      }
    };
    try {
      await Promise.race([work(), ...ends]);
    } finally {
      controller.abort();
      await Promise.all([batches.stop(), jobs.stop()]);
      for (const unfollow of loops) unfollow();
    }
  });
}

async function measure(
  { clock }: OperatorContext,
  metrics: OperatorMetrics,
  work: () => Promise<WorkOutcome | undefined>,
): Promise<WorkOutcome | undefined> {
  const startedAtMs = clock.monotonicMs();
  const end = metrics.reconciling();
  let result: ReconcileResult = "error";
  try {
    const outcome = await work();
    result = outcome?.againAfterMs === undefined ? "success" : "requeue_after";
    return outcome;
  } finally {
    end(result, clock.monotonicMs() - startedAtMs);
  }
}

/** Whether other batches may start now, or may be beyond the history limits. */
function mattersToOthers(batch: StoredBatch | undefined, old: StoredBatch | undefined): boolean {
  if (batch === undefined || old === undefined) return true;
  const published = ({ status }: StoredBatch) => findCondition(status, "Published")?.status;
  return (
    hasEnded(batch) !== hasEnded(old) ||
    published(batch) !== published(old) ||
    batch.spec.suspend !== old.spec.suspend ||
    batch.spec.retries !== old.spec.retries
  );
}

/** How many waiting batches of a calculation name those before them; others need not know of a change. */
const NEXT_IN_QUEUE = 5;

/**
 * Of each calculation the next in the queue, those that run, the one that is published, and ended ones beyond the history limits;
 * and a waiting one that requests the same results, which `changed` may answer too. However many wait or have ended, few are
 * looked at.
 */
function findAffected(
  changed: StoredBatch,
  all: Iterable<StoredBatch>,
  { successfulHistoryLimit, failedHistoryLimit }: Policy,
): string[] {
  const waiting = new Map<string, StoredBatch[]>();
  const complete = new Map<string, StoredBatch[]>();
  const failed = new Map<string, StoredBatch[]>();
  const affected: StoredBatch[] = [];
  const isReplacing = changed.spec.concurrencyPolicy === "Replace";
  const keep = (kept: Map<string, StoredBatch[]>, batch: StoredBatch) => {
    const { calculation } = batch.spec;
    const known = kept.get(calculation);
    if (known === undefined) kept.set(calculation, [batch]);
    else known.push(batch);
  };
  for (const batch of all) {
    const { status } = batch;
    if (isConditionTrue(status, "Published")) affected.push(batch);
    if (isConditionTrue(status, "Complete")) keep(complete, batch);
    else if (isConditionTrue(status, "Failed")) keep(failed, batch);
    else if (isReplacing || isConditionTrue(status, "Planned")) affected.push(batch);
    else keep(waiting, batch);
  }
  for (const ended of complete.values()) affected.push(...oldestBeyond(ended, successfulHistoryLimit));
  for (const ended of failed.values()) affected.push(...oldestBeyond(ended, failedHistoryLimit));
  const order = ({ metadata: { creationTimestamp, uid } }: StoredBatch) => `${creationTimestamp} ${uid}`;
  for (const queued of waiting.values()) {
    const inOrder = queued.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    affected.push(...inOrder.slice(0, NEXT_IN_QUEUE));
    // Of equal ones only the newest stays.
    const requested = describeRequest(changed);
    affected.push(...inOrder.slice(NEXT_IN_QUEUE).filter((batch) => describeRequest(batch) === requested));
  }
  return affected.map(({ metadata }) => metadata.name);
}

/** The first to end of more than `limit`. */
function oldestBeyond(ended: readonly StoredBatch[], limit: number): StoredBatch[] {
  if (ended.length <= limit) return [];
  const instant = ({ status }: StoredBatch) => status?.completionTime ?? "";
  return ended.toSorted((a, b) => (instant(a) < instant(b) ? -1 : 1)).slice(0, ended.length - limit);
}

function hasEnded({ status }: StoredBatch): boolean {
  return isConditionTrue(status, "Complete") || isConditionTrue(status, "Failed");
}

/** What pods are made of is most of a Job, and only the API server needs it. */
function dropPodTemplate(job: Job): Job {
  const { metadata, spec, status, ...rest } = job;
  const { managedFields: _, ...kept } = metadata;
  const { suspend, completions, parallelism } = spec ?? {};
  return { ...rest, metadata: kept, spec: { suspend, completions, parallelism } as Job["spec"], status } as Job;
}

/** The trouble of one batch is logged and tried again; other batches continue. */
function logFailure({ log }: OperatorContext, climateBatch: string, thrown: unknown, failures: number): void {
  const error = coerceError(thrown);
  const words = { event: "reconcileFailed", climateBatch, failures, err: error, message: error.message };
  if (error instanceof ApiError || failures < 3) log.warn(words);
  else log.error(words);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
