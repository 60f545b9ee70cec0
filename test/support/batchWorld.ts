// A small world in memory: ClimateBatches, a database, Jobs whose indexes end in any order, and an operator that may be
// killed between any two things it does. It acts on what `decide` says and on nothing else.
import type { ClimateBatch, ClimateBatchSpec } from "../../model/climateBatch.ts";
import { childJobName } from "../../operator/objects/job.ts";
import { LABELS } from "../../operator/objects/labels.ts";
import type { Action, Refusal } from "../../operator/reconcile/actions.ts";
import { decide, isSettled } from "../../operator/reconcile/decide.ts";
import { type JobFacts, observe } from "../../operator/reconcile/observe.ts";
import { decideAbandoned } from "../../operator/reconcile/retention.ts";
import { buildStatus, buildStatusPatch } from "../../operator/reconcile/status.ts";
import { at, climateBatch, POLICY } from "./climateBatch.ts";
import { RefusedError, WorldDatabase, type WorldRow } from "./worldDatabase.ts";

interface WorldJob {
  readonly name: string;
  readonly uid: string;
  readonly owner: string;
  readonly attempt: number;
  readonly completions: number;
  readonly ended: Set<number>;
  suspended: boolean;
  deleting: boolean;
  end: "Complete" | "Failed" | null;
}

export class BatchWorld {
  readonly batches = new Map<string, ClimateBatch>();
  readonly database = new WorldDatabase((uid) => this.batches.has(uid));
  readonly jobs: WorldJob[] = [];
  statusWrites = 0;
  /** Things done or tried, refused ones too. */
  acts = 0;
  #seconds = 0;
  #counter = 0;

  get rows(): ReadonlyMap<string, WorldRow> {
    return this.database.rows;
  }
  get violations(): string[] {
    return this.database.violations;
  }
  get now(): Date {
    return at(this.#seconds);
  }

  // Users, time and trouble.
  submit(spec: Partial<ClimateBatchSpec>): void {
    const name = `b${this.#counter++}`;
    const object = climateBatch(name).spec(spec).createdAt(this.#seconds).object();
    this.batches.set(object.metadata.uid, object);
  }
  change(uid: string | undefined, spec: Partial<ClimateBatchSpec>): void {
    const batch = this.batches.get(uid ?? "");
    if (batch === undefined) return;
    const { metadata } = batch;
    const generation = (metadata.generation ?? 0) + 1;
    this.batches.set(metadata.uid, {
      ...batch,
      metadata: { ...metadata, generation },
      spec: { ...batch.spec, ...spec },
    });
  }
  deleteBatch(uid: string | undefined): void {
    if (uid === undefined) return;
    this.batches.delete(uid);
    for (const job of this.jobs.filter(({ owner }) => owner === uid)) this.removeJob(job);
  }
  removeJob(job: WorldJob): void {
    const place = this.jobs.indexOf(job);
    if (place !== -1) this.jobs.splice(place, 1);
  }
  changeInput(): void {
    for (const row of this.rows.values()) row.inputIsOld = true;
  }
  /** A user ends what runs, behind the operator's back. */
  stopInDatabase(): void {
    for (const row of this.rows.values()) this.database.end(row, "failed", "Stopped", this.now);
  }
  pass(seconds: number): void {
    this.#seconds += seconds;
  }

  /** One pod ends: its shard is done or failed, as far as the database lets it, and then perhaps its Job. */
  endIndex(job: WorldJob, completionIndex: number, isGood: boolean): void {
    if (job.suspended || job.deleting || job.end !== null || job.ended.has(completionIndex)) return;
    if (completionIndex >= job.completions) return;
    const row = this.rows.get(job.owner)!;
    const shard = row.shards.find((one) => one.jobAttempt === job.attempt && one.completionIndex === completionIndex);
    if (shard !== undefined && shard.state !== "done" && row.state === "running") {
      shard.state = isGood && !row.inputIsOld ? "done" : "failed";
      // The exit code that ends the batch.
      if (row.inputIsOld) job.end = "Failed";
    }
    if (row.state !== "running") job.end = "Failed";
    job.ended.add(completionIndex);
    if (job.ended.size < job.completions || job.end !== null) return;
    const own = row.shards.filter(({ jobAttempt }) => jobAttempt === job.attempt);
    job.end = own.some(({ state }) => state === "failed") ? "Failed" : "Complete";
  }

  /** Deleted Jobs go, which takes a while. */
  collectGarbage(): void {
    for (const job of this.jobs.filter(({ deleting }) => deleting)) this.removeJob(job);
  }

  /** Rows whose object has gone. */
  sweep(): void {
    const running = [...this.rows.values()].filter(({ state }) => state === "running");
    for (const action of decideAbandoned(running, new Set(this.batches.keys()))) this.#act(action, undefined);
  }

  /** One pass of the operator over a batch; killed after so many steps. True when it did anything. */
  reconcile(uid: string | undefined, steps = Number.POSITIVE_INFINITY): boolean {
    for (let looks = 0, left = steps; ; looks++) {
      const batch = this.batches.get(uid ?? "");
      if (batch === undefined) return looks > 0;
      const observation = observe(
        {
          batch,
          jobs: this.jobs.map(describeJob),
          pods: [],
          batches: [...this.batches.values()],
          events: [],
          database: this.database.describe(batch.metadata.uid),
          databaseTrouble: null,
          template: null,
        },
        this.now,
      );
      const actions = decide(observation, POLICY, this.now);
      let refusal: Refusal | null = null;
      for (const action of actions) {
        if (action.do === "wait" || action.do === "lookAgain") continue;
        if (left-- <= 0) return true;
        try {
          this.#act(action, batch);
        } catch (error) {
          if (!(error instanceof RefusedError)) throw error;
          refusal = { action: action.do, reason: error.message, message: error.message };
          break;
        }
      }
      if (isSettled(actions) || refusal !== null) {
        if (left-- <= 0) return true;
        return (
          this.#record(batch, buildStatus(observation, POLICY, this.now, refusal)) ||
          looks > 0 ||
          actions.some(({ do: what }) => what.startsWith("delete"))
        );
      }
      if (looks > 20) throw new Error(`no end of looking at ${batch.metadata.name}: ${JSON.stringify(actions)}`);
    }
  }

  #record(batch: ClimateBatch, status: ClimateBatch["status"] | null): boolean {
    const stored = this.batches.get(batch.metadata.uid);
    if (status === null || status === undefined || stored === undefined) return false;
    const patch = buildStatusPatch(stored.status, status).status;
    const merged = Object.entries({ ...stored.status, ...patch }).filter(([, value]) => value !== null);
    this.batches.set(batch.metadata.uid, { ...stored, status: Object.fromEntries(merged) });
    this.statusWrites++;
    return true;
  }

  #act(action: Action, batch: ClimateBatch | undefined): void {
    this.acts++;
    switch (action.do) {
      case "plan":
        this.database.plan(batch!, this.now);
        return;
      case "emptySlots":
        this.database.row(action.batchId).slotsReady = true;
        return;
      case "createJob":
        this.#createJob(batch!, action);
        return;
      case "suspendJob":
      case "resumeJob":
        this.#job(action.job.uid).suspended = action.do === "suspendJob";
        return;
      case "deleteJob":
        this.#job(action.job.uid).deleting = true;
        return;
      case "finish":
        this.database.finish(action.batchId, action.publish, this.now);
        return;
      case "publish":
        this.database.publish(this.database.row(action.batchId));
        return;
      case "retry":
        this.database.retry(this.database.row(action.batchId));
        return;
      case "cancel":
        this.database.end(this.database.row(action.batchId), "cancelled", action.reason, this.now);
        return;
      case "giveWay":
        this.database.end(this.database.row(action.batchId), "failed", action.reason, this.now);
        return;
      case "deleteBatch":
        this.deleteBatch(action.uid);
        return;
      case "nudgeJob":
      case "wait":
      case "lookAgain":
        return;
      default:
        throw new Error(`no such action: ${JSON.stringify(action satisfies never)}`);
    }
  }

  #createJob({ metadata }: ClimateBatch, { attempt, completions }: Extract<Action, { do: "createJob" }>): void {
    const name = childJobName(metadata, attempt);
    if (this.jobs.some((job) => job.name === name)) return;
    if (this.jobs.some((job) => job.owner === metadata.uid && job.end === null && !job.deleting))
      this.violations.push(`${metadata.name} has two Jobs that run`);
    if (!this.rows.get(metadata.uid)!.slotsReady)
      this.violations.push(`${metadata.name} runs before its slots are empty`);
    const uid = `job-${this.#counter++}`;
    this.jobs.push({
      name,
      uid,
      owner: metadata.uid,
      attempt,
      completions,
      ended: new Set(),
      suspended: false,
      deleting: false,
      end: null,
    });
  }

  #job(uid: string): WorldJob {
    return this.jobs.find((job) => job.uid === uid)!;
  }
}

function describeJob({ name, uid, owner, attempt, suspended, deleting, end }: WorldJob): JobFacts {
  return {
    metadata: {
      name,
      uid,
      labels: { [LABELS.attempt]: String(attempt) },
      ownerReferences: [{ kind: "ClimateBatch", name: "owner", uid: owner }],
      ...(deleting && { deletionTimestamp: "2028-01-01T00:00:00Z" }),
    },
    spec: { suspend: suspended },
    status:
      end === null
        ? { active: 1, ready: 1 }
        : { conditions: [{ type: end, status: "True", reason: end, message: end }] },
  };
}
