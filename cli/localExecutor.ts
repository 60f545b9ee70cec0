// Runs the shards of a batch on this machine: child processes with the program, environment and exit codes of a pod.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pMap from "p-map";
import { EXIT_CODES, JOB_NODE_FLAGS, POD_ENV, type ShardEvent } from "../model/podContract.ts";

const JOB_PROGRAM = fileURLToPath(new URL("../job/main.ts", import.meta.url));
/** As backoffLimitPerIndex of a Job. */
const RETRIES_PER_SHARD = 3;
const RETRY_DELAY_MS = 1_000;

export interface ShardToRun {
  readonly jobAttempt: number;
  readonly completionIndex: number;
  readonly cells: number;
}

export interface ExecutorOptions {
  readonly databaseUrl: string;
  readonly batchId: string;
  readonly workers: number;
  /** Aborted: children get SIGTERM, roll back and end; the batch stays unfinished. */
  readonly signal: AbortSignal;
  readonly onCells: (cellsDone: number) => void;
  /** Lines a person should see at once: rejected cells, retries. */
  readonly onNotice: (line: string) => void;
}

/** Resolves when no child is left: every shard done, or given up after its retries, or told to stop. */
export async function runShards(shards: readonly ShardToRun[], options: ExecutorOptions): Promise<void> {
  const batchEnd = new AbortController();
  const signal = AbortSignal.any([options.signal, batchEnd.signal]);
  const cellsOfShard = new Map<number, number>();
  const tellCells = (completionIndex: number, cells: number) => {
    cellsOfShard.set(completionIndex, cells);
    let sum = 0;
    for (const value of cellsOfShard.values()) sum += value;
    options.onCells(sum);
  };
  const runOne = async (shard: ShardToRun) => {
    for (let tries = 0; !signal.aborted; tries++) {
      const exit = await runChild(shard, options, signal, tellCells);
      if (exit === EXIT_CODES.done) return tellCells(shard.completionIndex, shard.cells);
      tellCells(shard.completionIndex, 0);
      if (exit === EXIT_CODES.failShard) return;
      if (exit === EXIT_CODES.failBatch) return batchEnd.abort();
      if (signal.aborted || tries === RETRIES_PER_SHARD) return;
      const how = typeof exit === "string" ? `was killed by ${exit}` : `ended with exit code ${exit}`;
      options.onNotice(
        `shard process ${shard.completionIndex} ${how}; trying again (${tries + 1} of ${RETRIES_PER_SHARD})`,
      );
      await sleep(RETRY_DELAY_MS * 2 ** tries, undefined, { signal }).catch(() => undefined);
    }
  };
  // One child that cannot be started does not orphan the others.
  await pMap(shards, runOne, { concurrency: options.workers, stopOnError: false });
}

async function runChild(
  { jobAttempt, completionIndex }: ShardToRun,
  { databaseUrl, batchId, onNotice }: ExecutorOptions,
  signal: AbortSignal,
  tellCells: (completionIndex: number, cells: number) => void,
): Promise<number | NodeJS.Signals> {
  const child = spawn(process.execPath, [...JOB_NODE_FLAGS, JOB_PROGRAM], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
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
    const told = JSON.parse(line) as {
      event?: ShardEvent;
      cells?: number;
      message?: string;
      risk?: string;
      latitude?: number;
      longitude?: number;
      detail?: string;
    };
    if (told.event === "progress") tellCells(completionIndex, told.cells!);
    if (told.event === "failed") onNotice(told.message!);
    if (told.event === "cellRejected")
      onNotice(`rejected ${told.risk} at ${told.latitude}, ${told.longitude}: ${told.detail}`);
  });
  try {
    return await exitOf(child);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal!));
  });
}
