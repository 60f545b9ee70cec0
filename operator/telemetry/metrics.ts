// Metrics of the process: queue, reconciles, watches, leadership, listener. Those of queue and reconcile have the names that
// controller-runtime gives them, so its dashboards work. No label holds the name of a batch.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Figures } from "../../database/figures.ts";
import type { ListenerStatus } from "../../database/listener.ts";
import { makeSharedMetrics } from "../../telemetry/sharedMetrics.ts";
import type { ReflectorMetrics } from "../kube/reflectorLimits.ts";
import type { WorkQueueMetrics } from "../kube/workqueue.ts";

/** controller-runtime names a controller after the kind that it reconciles. */
const CONTROLLER = "climatebatch";
const MS_PER_SECOND = 1000;
const RESULTS = ["success", "requeue_after", "error"] as const;
/** client-go's powers of ten, without those below the resolution of JavaScript's timers. */
const QUEUE_BUCKETS_SECONDS = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000];
/** controller-runtime's (pkg/internal/controller/metrics), thinned, and with the minutes that a full database may take. */
const RECONCILE_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export type ReconcileResult = (typeof RESULTS)[number];

/** Read at each scrape. */
export interface MetricSources {
  readonly lease: string;
  readonly workers: number;
  readonly isLeader: () => boolean;
  readonly listener: () => ListenerStatus;
  /** Of batches that do not progress, by the reason of their condition: seconds since the first of them stopped. */
  readonly stalled: () => ReadonlyMap<string, number>;
  /** null: the database does not answer. */
  readonly figures: () => Promise<Figures | null>;
}

export interface OperatorMetrics {
  readonly queue: WorkQueueMetrics;
  reflector(resource: string): ReflectorMetrics;
  /** A reconcile begins; call the returned function when it ends. */
  reconciling(): (result: ReconcileResult, durationMs: number) => void;
  unknownPayload(): void;
  /** As Prometheus reads it. */
  render(): Promise<string>;
  readonly contentType: string;
}

export function makeMetrics({ lease, workers, isLeader, listener, stalled, figures }: MetricSources): OperatorMetrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
    new Histogram({ name, help, buckets, labelNames, registers });

  const depth = gauge("workqueue_depth", "Batches that wait for a worker", "name");
  const adds = counter("workqueue_adds_total", "Batches added to the queue", "name");
  const retries = counter("workqueue_retries_total", "Batches requeued after a failure", "name");
  const waited = histogram(
    "workqueue_queue_duration_seconds",
    "Time between being queued and being worked on",
    QUEUE_BUCKETS_SECONDS,
    "name",
  );
  const worked = histogram("workqueue_work_duration_seconds", "Time of one work", QUEUE_BUCKETS_SECONDS, "name");

  const reconciles = counter("controller_runtime_reconcile_total", "Reconciles by result", "controller", "result");
  const errors = counter("controller_runtime_reconcile_errors_total", "Reconciles that failed", "controller");
  const times = histogram(
    "controller_runtime_reconcile_time_seconds",
    "Time of one reconcile",
    RECONCILE_BUCKETS_SECONDS,
    "controller",
  );
  const active = gauge("controller_runtime_active_workers", "Reconciles in progress", "controller");
  const most = gauge("controller_runtime_max_concurrent_reconciles", "Most reconciles at the same time", "controller");

  const lists = counter(
    "climatebatch_watch_lists_total",
    "Lists that replaced the copy of all objects, by reason",
    "resource",
    "reason",
  );
  const missed = counter(
    "climatebatch_watch_missed_total",
    "Changes that only a list showed, not the watch",
    "resource",
  );
  const lost = counter("climatebatch_watch_failures_total", "Watches and lists that failed", "resource");

  const standstill = gauge(
    "climatebatch_stalled_seconds",
    "How long batches have not progressed, by the reason of their condition Progressing",
    "reason",
  );

  const shared = makeSharedMetrics(registry, lease);
  collectDefaultMetrics({ register: registry });

  // A series that first appears when something happens cannot be alerted on.
  most.labels(CONTROLLER).set(workers);
  for (const one of [depth, adds, retries, errors, active]) one.labels(CONTROLLER).inc(0);
  for (const result of RESULTS) reconciles.labels(CONTROLLER, result).inc(0);

  return {
    contentType: registry.contentType,
    async render() {
      shared.show({ isLeader: isLeader(), listener: listener(), figures: await figures() });
      standstill.reset();
      for (const [reason, seconds] of stalled()) standstill.labels(reason).set(seconds);
      return registry.metrics();
    },
    queue: {
      depth: (keys) => depth.labels(CONTROLLER).set(keys),
      added: () => adds.labels(CONTROLLER).inc(),
      retried: () => retries.labels(CONTROLLER).inc(),
      waited: (durationMs) => waited.labels(CONTROLLER).observe(durationMs / MS_PER_SECOND),
      worked: (durationMs) => worked.labels(CONTROLLER).observe(durationMs / MS_PER_SECOND),
    },
    reflector(resource) {
      for (const one of [missed, lost]) one.labels(resource).inc(0);
      return {
        listed: (reason) => lists.labels(resource, reason).inc(),
        missed: (changes) => missed.labels(resource).inc(changes),
        failed: () => lost.labels(resource).inc(),
      };
    },
    reconciling() {
      active.labels(CONTROLLER).inc();
      return (result, durationMs) => {
        active.labels(CONTROLLER).dec();
        reconciles.labels(CONTROLLER, result).inc();
        if (result === "error") errors.labels(CONTROLLER).inc();
        times.labels(CONTROLLER).observe(durationMs / MS_PER_SECOND);
      };
    },
    unknownPayload: shared.unknownPayload,
  };
}
