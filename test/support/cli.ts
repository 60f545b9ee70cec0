// The real programs as child processes: started with PATH and the test's own environment, watched to their end.
// Waiting polls the database or the process with a deadline; nothing else sleeps.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { JOB_NODE_FLAGS, POD_ENV } from "../../model/podContract.ts";
import { memoryOfTree } from "./processTree.ts";

export const CLI = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const JOB = fileURLToPath(new URL("../../job/main.ts", import.meta.url));
/** Compiled programs are kept from one process to the next: half of what a short command costs is compiling. */
export const CHILD_ENV = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
/** Between two looks: short at first, longer as the wait goes on, because looking costs the servers what others wait for. */
const POLL = { firstMs: 20, growth: 1.1, mostMs: 100 };
/** Only a program that hangs takes so long, on a machine of any speed. */
const PATIENCE_MS = 240_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
  /** When it and every process that shares its output have ended: a killed runner's shards do. */
  readonly ended: Promise<Ended>;
  /** The end of the process itself. */
  readonly exited: Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
  /** Standard output so far. */
  written(): string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard input; empty by default. */
  readonly input?: string;
}

function start(
  program: readonly string[],
  words: readonly string[],
  { env = {}, cwd = tmpdir(), input = "" }: Surroundings,
): Program {
  const child = spawn(process.execPath, [...program, ...words], { env: { ...CHILD_ENV, ...env }, cwd });
  child.stdin.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stdout, stderr }));
  const exited = once(child, "exit");
  return {
    pid: child.pid!,
    child,
    ended,
    exited,
    kill: (signal) => void child.kill(signal),
    written: () => stdout,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await exited;
    },
  };
}

export function startCli(words: readonly string[], surroundings: Surroundings = {}): Program {
  return start([CLI], words, surroundings);
}

/** Runs a command on the database and waits for its end. */
export function cli(databaseUrl: string, ...words: readonly string[]): Promise<Ended> {
  return startCli([...words, "--database", databaseUrl]).ended;
}

const COMMANDS_PROGRAM = fileURLToPath(new URL("commandsProgram.ts", import.meta.url));

/** Runs many short commands in one process: most of what each costs in one of its own is its start. */
export async function runCommands(
  lines: readonly (readonly string[])[],
  { cwd }: Pick<Surroundings, "cwd"> = {},
): Promise<Ended[]> {
  const surroundings = { input: JSON.stringify(lines), ...(cwd !== undefined && { cwd }) };
  const { code, stdout, stderr } = await start([COMMANDS_PROGRAM], [], surroundings).ended;
  if (code !== 0) throw new Error(`The program of many commands ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** The program of one shard, as a pod or the local executor starts it. */
export function startShard(
  databaseUrl: string,
  batchId: string,
  completionIndex: number,
  jobAttempt = 1,
  settings: Readonly<Record<string, string>> = {},
): Program {
  const env = {
    ...settings,
    DATABASE_URL: databaseUrl,
    [POD_ENV.batch]: batchId,
    [POD_ENV.jobAttempt]: String(jobAttempt),
    [POD_ENV.completionIndex]: String(completionIndex),
  };
  return start([...JOB_NODE_FLAGS, JOB], [], { env });
}

/** Looks again and again until `look` returns something. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let pauseMs = POLL.firstMs; ; pauseMs = Math.min(POLL.mostMs, pauseMs * POLL.growth)) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s, and still not: ${what}`);
    await sleep(pauseMs);
  }
}

/** Whether a process runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const MEMORY_LOOK_MS = 20;

/** The peak of the resident memory of a program and of the processes that it started [MiB], once it has ended. Linux only. */
export async function highestMemory({ pid, exited }: Program): Promise<number> {
  let highest = 0;
  let isOver = false;
  void exited.then(() => {
    isOver = true;
  });
  while (!isOver) {
    highest = Math.max(highest, memoryOfTree(pid) / 2 ** 20);
    await sleep(MEMORY_LOOK_MS);
  }
  return highest;
}
