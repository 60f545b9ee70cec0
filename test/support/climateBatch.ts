// A ClimateBatch and the world around it, one method per field; ends in the facts that the operator would have read.
import {
  CLIMATE_BATCH,
  type ClimateBatch,
  type ClimateBatchSpec,
  type ClimateBatchStatus,
  type ConcurrencyPolicy,
  WIRE_RISKS,
  type WireCalculation,
  type WireRisk,
} from "../../model/climateBatch.ts";
import { formatInstant } from "../../operator/objects/conditions.ts";
import type { Refusal } from "../../operator/reconcile/actions.ts";
import {
  type BatchRow,
  type DatabaseTrouble,
  type Facts,
  type JobFacts,
  type Observation,
  observe,
  type Policy,
} from "../../operator/reconcile/observe.ts";
import type { EventFacts, PodFacts } from "../../operator/reconcile/obstacles.ts";
import { buildStatus } from "../../operator/reconcile/status.ts";
import { at, buildJobFacts, countIn, freshRow, type JobSituation, START } from "./batchFacts.ts";

export { at } from "./batchFacts.ts";

export const POLICY: Policy = { installation: "here", successfulHistoryLimit: 3, failedHistoryLimit: 2 };

/** What the API server fills in. */
export const DEFAULTS: ClimateBatchSpec = {
  calculation: "Probability",
  methods: "Published",
  risks: Object.keys(WIRE_RISKS) as WireRisk[],
  basePeriod: { startYear: 1991, endYear: 2020 },
  parallelism: 4,
  backoffLimitPerShard: 3,
  suspend: false,
  retries: 0,
  publish: true,
  concurrencyPolicy: "Queue",
  template: {},
};

export class ClimateBatchBuilder {
  readonly #name: string;
  #spec: ClimateBatchSpec = DEFAULTS;
  #createdAt = START;
  #generation = 1;
  #labels: Record<string, string> = {};
  #isBeingDeleted = false;
  #status: ClimateBatchStatus | undefined;
  #row: BatchRow | null = null;
  #shards = 12;
  #jobs: JobFacts[] = [];
  #pods: PodFacts[] = [];
  #events: EventFacts[] = [];
  #template: string | null = null;
  #isDatabaseAway = false;
  #databaseTrouble: DatabaseTrouble | null = null;
  #answeredBy: { batchId: string; state: BatchRow["state"] } | null = null;
  #others: ClimateBatchBuilder[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  // The object.
  spec(more: Partial<ClimateBatchSpec>): this {
    this.#spec = { ...this.#spec, ...more };
    return this;
  }
  calculation(calculation: WireCalculation): this {
    return this.spec({ calculation });
  }
  policy(concurrencyPolicy: ConcurrencyPolicy): this {
    return this.spec({ concurrencyPolicy });
  }
  suspended(): this {
    return this.spec({ suspend: true });
  }
  retries(retries: number): this {
    return this.spec({ retries });
  }
  ttl(ttlSecondsAfterFinished: number): this {
    return this.spec({ ttlSecondsAfterFinished });
  }
  unpublished(): this {
    return this.spec({ publish: false });
  }
  createdAt(seconds: number): this {
    this.#createdAt = at(seconds);
    return this;
  }
  generation(generation: number): this {
    this.#generation = generation;
    return this;
  }
  label(key: string, value: string): this {
    this.#labels = { ...this.#labels, [key]: value };
    return this;
  }
  beingDeleted(): this {
    this.#isBeingDeleted = true;
    return this;
  }
  status(status: ClimateBatchStatus): this {
    this.#status = { ...this.#status, ...status };
    return this;
  }
  stored(status: ClimateBatchStatus): this {
    this.#status = status;
    return this;
  }
  /** What the operator made of all this at that instant is in the status. */
  recorded(seconds = 100, refusal: Refusal | null = null): this {
    this.#status = buildStatus(this.observation(at(seconds)), POLICY, at(seconds), refusal) ?? this.#status;
    return this;
  }

  // The database.
  shards(total: number): this {
    this.#shards = total;
    return this;
  }
  planned(): this {
    return this.#setRow({});
  }
  /** Slots reserved, not emptied yet. */
  slotsInUse(): this {
    return this.#setRow({ slotsReady: false });
  }
  attempt(jobAttempt: number, attemptShards: number): this {
    return this.#setRow({ jobAttempt, attemptShards });
  }
  /** Ranges of the shards that are done. */
  completed(ranges: string): this {
    return this.#count("done", countIn(ranges));
  }
  allDone(): this {
    return this.#count("done", this.#shards);
  }
  failed(ranges: string): this {
    return this.#count("failed", countIn(ranges)).#setRow({ failedShards: ranges });
  }
  ended(state: BatchRow["state"], reason: string | null = null, message: string | null = null): this {
    return this.#setRow({ state, reason, message, finishedAt: at(50) });
  }
  published(): this {
    return this.#setRow({
      published: [this.#spec.calculation === "Hazard" ? "hazard" : "probability"],
      publishedAt: at(50),
    });
  }
  notPublishedAnyMore(): this {
    return this.#setRow({ published: [], publishedAt: null });
  }
  rejected(rejectedCells: number): this {
    return this.#setRow({ rejectedCells });
  }
  ofInstallation(installation: string): this {
    return this.#setRow({ installation });
  }
  withoutRow(): this {
    this.#row = null;
    return this;
  }
  databaseAway(): this {
    this.#isDatabaseAway = true;
    return this;
  }
  answeredBy(batchId: string, state: BatchRow["state"]): this {
    this.#answeredBy = { batchId, state };
    return this;
  }

  // The cluster.
  job(more: JobSituation = {}): this {
    this.#jobs.push(buildJobFacts(this.object().metadata, more));
    return this;
  }
  withoutJobs(): this {
    this.#jobs = [];
    return this;
  }
  /** A user else's Job of the name that ours would have. */
  foreignJob(): this {
    const { metadata, ...rest } = buildJobFacts(this.object().metadata);
    const ownerReferences = [{ kind: "CronJob", name: "backup", uid: "0c0c0c0c" }];
    this.#jobs.push({ ...rest, metadata: { name: metadata.name, uid: "f0f0f0f0", ownerReferences } });
    return this;
  }
  podTerminatingSince(seconds: number, name = "pod-a", nodeName = "node1"): this {
    const deletionGracePeriodSeconds = 30;
    const deletionTimestamp = formatInstant(at(seconds + deletionGracePeriodSeconds));
    this.pod({ metadata: { ...podMetadata(name), deletionTimestamp, deletionGracePeriodSeconds }, spec: { nodeName } });
    return this;
  }
  podRunning(): this {
    return this.pod({ metadata: podMetadata("pod-b"), spec: { nodeName: "node1" } });
  }
  pod(pod: PodFacts): this {
    this.#pods.push(pod);
    return this;
  }
  /** A Warning about the Job, or about one of its pods. */
  warning(reason: string, note: string, seconds = 90, uid = "job-1"): this {
    const creationTimestamp = formatInstant(at(seconds));
    this.#events.push({ metadata: { creationTimestamp }, regarding: { uid }, reason, note });
    return this;
  }
  databaseTrouble(reason: string, message: string): this {
    this.#databaseTrouble = { reason, message };
    return this.databaseAway();
  }
  /** Hash of the pod template that a Job would get now. */
  template(template: string): this {
    this.#template = template;
    return this;
  }
  beside(...others: ClimateBatchBuilder[]): this {
    this.#others.push(...others);
    return this;
  }

  /** In the order of the names, as far as they differ in their first six characters. */
  get uid(): string {
    const digits = Buffer.from(this.#name).toString("hex").padEnd(12, "0").slice(0, 12);
    return `${digits.slice(0, 8)}-0000-4000-8000-${digits}`;
  }

  object(): ClimateBatch {
    return {
      apiVersion: CLIMATE_BATCH.apiVersion,
      kind: CLIMATE_BATCH.kind,
      metadata: {
        name: this.#name,
        namespace: "climate",
        uid: this.uid,
        resourceVersion: "1",
        generation: this.#generation,
        creationTimestamp: formatInstant(this.#createdAt),
        ...(this.#isBeingDeleted && { deletionTimestamp: formatInstant(at(90)) }),
        labels: this.#labels,
      },
      spec: this.#spec,
      ...(this.#status !== undefined && { status: this.#status }),
    };
  }

  facts(): Facts {
    const running = [this, ...this.#others].filter(
      (one) => one.#row?.state === "running" && one.#row.installation === "here",
    );
    return {
      batch: this.object(),
      jobs: this.#jobs,
      pods: this.#pods,
      events: this.#events,
      template: this.#template,
      databaseTrouble: this.#databaseTrouble,
      database: this.#isDatabaseAway
        ? null
        : { row: this.#row, answeredBy: this.#answeredBy, runningUids: new Set(running.map(({ uid }) => uid)) },
      batches: [this, ...this.#others].map((one) => one.object()),
    };
  }

  observation(now = at(1000)): Observation {
    return observe(this.facts(), now);
  }

  #setRow(more: Partial<BatchRow>): this {
    this.#row = { ...(this.#row ?? freshRow(this.#shards)), ...more };
    return this;
  }

  #count(state: "done" | "failed", shards: number): this {
    this.#setRow({});
    const before = this.#row!.shards;
    const counts = { ...before, [state]: shards };
    const resultRows = counts.done * 1000;
    return this.#setRow({ shards: { ...counts, pending: counts.total - counts.done - counts.failed }, resultRows });
  }
}

export function podMetadata(name: string, seconds = 60): PodFacts["metadata"] {
  return { name, uid: `uid-of-${name}`, creationTimestamp: formatInstant(at(seconds)) };
}

export function climateBatch(name: string): ClimateBatchBuilder {
  return new ClimateBatchBuilder(name);
}
