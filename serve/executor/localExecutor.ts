// Runs the shards of a batch on this machine: child processes with the program, environment and exit codes of a pod.
import { type ChildProcess, spawn } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { dirname, extname, join } from "node:path";
import { createInterface } from "node:readline";
import pMap from "p-map";
import { describeReplicas, type ReadReplicas } from "../../database/address.ts";
import { backoffMs, rest, systemClock } from "../../model/clock.ts";
import { EXIT_CODES, JOB_NODE_FLAGS, POD_ENV, type ShardEvent } from "../../model/podContract.ts";

/** main.ts in a clone, main.js in a package. */
const JOB_PROGRAM = join(import.meta.dirname, `../../job/main${extname(import.meta.filename)}`);
/** As backoffLimitPerIndex of a Job. */
const RETRIES_PER_SHARD = 3;
const RETRY = { minMs: 1_000, maxMs: 8_000, jitter: 0 } as const;

export interface ShardToRun {
  readonly jobAttempt: number;
  readonly completionIndex: number;
  readonly cells: number;
}

export interface ExecutorOptions {
  readonly databaseUrl: string;
  readonly replicas: ReadReplicas;
  readonly batchId: string;
  readonly workers: number;
  /** Aborted: children get SIGTERM, roll back and end; the batch stays unfinished. */
  readonly signal: AbortSignal;
  readonly onCells: (cellsDone: number) => void;
  /** What a shard's program writes to its log. */
  readonly onShardLine: (completionIndex: number, line: ShardLine) => void;
  /** A process that ended without having done its shard is started again. */
  readonly onRetry: (line: string) => void;
  /** Shared by batches that run at the same time; by default each has all workers for itself. */
  readonly places?: Places | undefined;
}

export interface ShardLine {
  readonly event?: ShardEvent;
  readonly cells?: number;
  readonly of?: number;
  readonly message?: string;
  readonly reason?: string;
  readonly risk?: string;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly detail?: string;
}

/** The number of processes at a time, for all batches. */
export interface Places {
  /** Resolves with what gives the place back. */
  take(): Promise<() => void>;
}

/**
 * Resolves when no child is left: every shard done, or given up after its retries, or stopped. Returns how the last process
 * ended that was given up; null when none was.
 */
export async function runShards(shards: readonly ShardToRun[], options: ExecutorOptions): Promise<string | null> {
  let givenUp: string | null = null;
  const batchEnd = new AbortController();
  const signal = AbortSignal.any([options.signal, batchEnd.signal]);
  const cellsOfShard = new Map<number, number>();
  const describeCells = (completionIndex: number, cells: number) => {
    cellsOfShard.set(completionIndex, cells);
    let sum = 0;
    for (const value of cellsOfShard.values()) sum += value;
    options.onCells(sum);
  };
  const runOne = async (shard: ShardToRun) => {
    for (let tries = 0; !signal.aborted; tries++) {
      const exit = await runInPlace(shard, options, signal, describeCells);
      if (exit === null) return;
      if (exit === EXIT_CODES.done) return describeCells(shard.completionIndex, shard.cells);
      describeCells(shard.completionIndex, 0);
      if (exit === EXIT_CODES.failShard) return;
      if (exit === EXIT_CODES.failBatch) return batchEnd.abort();
      if (signal.aborted) return;
      const how = `shard process ${shard.completionIndex} ${describeExit(exit)}`;
      if (tries === RETRIES_PER_SHARD) {
        givenUp = how;
        return;
      }
      options.onRetry(`${how}; trying again (${tries + 1} of ${RETRIES_PER_SHARD})`);
      await rest(systemClock, backoffMs(tries, RETRY, Math.random), signal);
    }
  };
  // One child that cannot be started does not orphan the others.
  await pMap(shards, runOne, { concurrency: options.workers, stopOnError: false });
  return givenUp;
}

function describeExit(exit: number | NodeJS.Signals): string {
  if (typeof exit === "number") return `ended with exit code ${exit}`;
  const cause = exit === "SIGKILL" ? " (as a system without free memory does: try fewer workers)" : "";
  return `was killed by ${exit}${cause}`;
}

/** null: stopped while it waited for a slot. */
async function runInPlace(
  shard: ShardToRun,
  options: ExecutorOptions,
  signal: AbortSignal,
  describeCells: (completionIndex: number, cells: number) => void,
): Promise<number | NodeJS.Signals | null> {
  const giveBack = await options.places?.take();
  try {
    return signal.aborted ? null : await runChild(shard, options, signal, describeCells);
  } finally {
    giveBack?.();
  }
}

async function runChild(
  { jobAttempt, completionIndex }: ShardToRun,
  { databaseUrl, replicas, batchId, onShardLine }: ExecutorOptions,
  signal: AbortSignal,
  describeCells: (completionIndex: number, cells: number) => void,
): Promise<number | NodeJS.Signals> {
  // That of this version of Node, which appends its own name; undefined where none is kept.
  const compiled = getCompileCacheDir();
  const child = spawn(process.execPath, [...JOB_NODE_FLAGS, JOB_PROGRAM], {
    env: {
      PATH: process.env.PATH,
      // Where the runner keeps compiled code, so do its shards.
      ...(compiled !== undefined && { NODE_COMPILE_CACHE: dirname(compiled) }),
      DATABASE_URL: databaseUrl,
      ...describeReplicas(replicas),
      [POD_ENV.batch]: batchId,
      [POD_ENV.jobAttempt]: String(jobAttempt),
      [POD_ENV.completionIndex]: String(completionIndex),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  const lines = createInterface({ input: child.stdout! });
  lines.on("line", (line) => {
    const shardLine = readShardLine(line);
    if (shardLine.event === "progress") describeCells(completionIndex, shardLine.cells!);
    onShardLine(completionIndex, shardLine);
  });
  try {
    return await exitOf(child);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** A killed process may leave its last line unfinished. */
export function readShardLine(line: string): ShardLine {
  try {
    const parsed: unknown = JSON.parse(line);
    const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    return isObject ? parsed : { message: line };
  } catch {
    return { message: line };
  }
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal!));
  });
}
