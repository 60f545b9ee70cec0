// The database of the small world: rows of batches and shards, what is published, what is refused.
import type { Calculation } from "../../model/calculations.ts";
import { type ClimateBatch, calculationsOfBatch } from "../../model/climateBatch.ts";
import type { BatchRow, DatabaseFacts } from "../../operator/reconcile/observe.ts";
import { POLICY } from "./climateBatch.ts";

interface WorldShard {
  state: "pending" | "done" | "failed";
  jobAttempt: number;
  completionIndex: number;
}

export interface WorldRow {
  readonly batchId: string;
  readonly uid: string;
  readonly calculations: readonly Calculation[];
  readonly startedAt: Date;
  readonly shards: WorldShard[];
  state: BatchRow["state"];
  reason: string | null;
  message: string | null;
  jobAttempt: number;
  slotsReady: boolean;
  finishedAt: Date | null;
  inputIsOld: boolean;
}

/** For what RejectedError represents outside; its message is the reason. */
export class RefusedError extends Error {}

export class WorldDatabase {
  readonly rows = new Map<string, WorldRow>();
  readonly published = new Map<Calculation, string>();
  /** What must never have happened, in words. */
  readonly violations: string[] = [];
  readonly #isLive: (uid: string) => boolean;

  constructor(isLive: (uid: string) => boolean) {
    this.#isLive = isLive;
  }

  plan({ metadata, spec }: ClimateBatch, now: Date): void {
    if (this.rows.has(metadata.uid)) {
      this.violations.push(`${metadata.name} was planned twice`);
      return;
    }
    if (spec.grid === "unknown") throw new RefusedError("UnknownGrid");
    this.#checkAlone(metadata.uid, calculationsOfBatch(spec));
    const running = [...this.rows.values()].filter(({ state }) => state === "running").length;
    if (running >= 3) throw new RefusedError("NoFreeSlot");
    const shards = Array.from({ length: spec.cellsPerShard ?? 3 }, (_, completionIndex) => ({
      state: "pending" as const,
      jobAttempt: 1,
      completionIndex,
    }));
    this.rows.set(metadata.uid, {
      batchId: String(this.rows.size + 1),
      uid: metadata.uid,
      calculations: calculationsOfBatch(spec),
      startedAt: now,
      shards,
      state: "running",
      reason: null,
      message: null,
      jobAttempt: 1,
      slotsReady: false,
      finishedAt: null,
      inputIsOld: false,
    });
  }

  finish(batchId: string, publish: boolean, now: Date): void {
    const row = this.row(batchId);
    if (row.state !== "running") return;
    const isDone = row.shards.every(({ state }) => state === "done");
    this.end(
      row,
      isDone ? "complete" : "failed",
      isDone ? null : row.inputIsOld ? "InputChanged" : "ShardsFailed",
      now,
    );
    if (!isDone || !publish) return;
    try {
      this.publish(row);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
    }
  }

  publish(row: WorldRow): void {
    if (row.state !== "complete") {
      this.violations.push(`batch ${row.batchId} was published unfinished`);
      return;
    }
    const newer = row.calculations.some(
      (calculation) => Number(this.published.get(calculation) ?? 0) > Number(row.batchId),
    );
    if (newer) throw new RefusedError("Superseded");
    for (const calculation of row.calculations) this.published.set(calculation, row.batchId);
  }

  retry(row: WorldRow): void {
    if (row.state !== "failed") return;
    if (row.inputIsOld) throw new RefusedError("InputChanged");
    this.#checkAlone(row.uid, row.calculations);
    row.state = "running";
    row.reason = row.message = row.finishedAt = null;
    row.jobAttempt++;
    row.shards
      .filter(({ state }) => state !== "done")
      .forEach((shard, completionIndex) => {
        Object.assign(shard, { state: "pending", jobAttempt: row.jobAttempt, completionIndex });
      });
  }

  end(row: WorldRow, state: BatchRow["state"], reason: string | null, now: Date): void {
    if (row.state !== "running") return;
    Object.assign(row, { state, reason, message: reason, finishedAt: now });
  }

  /** Rows of deleted objects do not count: no one computes them any more. */
  #checkAlone(uid: string, calculations: readonly Calculation[]): void {
    const others = [...this.rows.values()].filter((row) => row.state === "running" && row.uid !== uid);
    const meeting = others.filter((row) => row.calculations.some((calculation) => calculations.includes(calculation)));
    if (meeting.some((row) => this.#isLive(row.uid))) this.violations.push(`${uid} starts while another runs`);
  }

  row(batchId: string): WorldRow {
    return [...this.rows.values()].find((row) => row.batchId === batchId)!;
  }

  describe(uid: string): DatabaseFacts {
    const rows = [...this.rows.values()];
    const row = this.rows.get(uid);
    return {
      row: row === undefined ? null : this.#describeRow(row),
      answeredBy: null,
      runningUids: new Set(rows.filter(({ state }) => state === "running").map((running) => running.uid)),
    };
  }

  #describeRow({ shards, ...row }: WorldRow): BatchRow {
    const count = (state: WorldShard["state"]) => shards.filter((shard) => shard.state === state).length;
    const failed = shards.flatMap(({ state }, shard) => (state === "failed" ? [shard] : []));
    return {
      ...row,
      installation: POLICY.installation,
      attemptShards: shards.filter(({ jobAttempt }) => jobAttempt === row.jobAttempt).length,
      cells: shards.length * 40,
      shards: {
        total: shards.length,
        pending: count("pending"),
        running: 0,
        done: count("done"),
        failed: failed.length,
      },
      failedShards: failed.join(","),
      rejectedCells: 0,
      resultRows: count("done") * 40,
      published: row.calculations.filter((calculation) => this.published.get(calculation) === row.batchId),
      publishedAt: null,
    };
  }
}
