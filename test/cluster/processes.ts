// Programs started and stopped for clusters: children that die with the program that started them, and daemons that outlive their
// starter and are found again by their pid files.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 50;

/** Looks until there is something to see; `look` may throw to give up at once. */
export async function waitUntil<T>(
  what: string,
  patienceMs: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`Waited ${patienceMs / 1000} s without success: ${what}.`);
    await sleep(POLL_MS);
  }
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
}

/** Runs a command to its end and gives what it wrote; what it complained about is the error's message. */
export function run(
  program: string,
  words: readonly string[],
  { input, env, signal, cwd }: RunOptions = {},
): Promise<string> {
  return new Promise((done, failed) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 1 << 28, signal, cwd };
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) return done(stdout);
      const said = [stderr.trim(), stdout.trim()].filter((text) => text !== "").join("\n") || error.message;
      failed(new Error(`${program} ${words.join(" ")}: ${said}`, { cause: error }));
    });
    child.stdin!.on("error", () => undefined).end(input);
  });
}

export interface Child {
  readonly pid: number;
  /** Undefined as long as it runs. */
  ended(): string | undefined;
  kill(signal: NodeJS.Signals): void;
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Dies with the thread that called this, however that ends: no test leaves a server behind. */
export function startChild(program: string, words: readonly string[], logFile: string): Child {
  const log = openSync(logFile, "a");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...words], { stdio: ["ignore", log, log] });
  closeSync(log);
  let ended: string | undefined;
  const close = new Promise<void>((done) => {
    child.once("error", (error) => {
      ended = `${program} did not start: ${error.message}`;
      done();
    });
    child.once("close", (code, signal) => {
      ended ??= `${program} ended with ${code ?? signal}; its last words:\n${lastLines(logFile)}`;
      done();
    });
  });
  return {
    pid: child.pid ?? 0,
    ended: () => ended,
    kill: (signal) => void child.kill(signal),
    async stop(signal) {
      child.kill(signal);
      await close;
    },
  };
}

export function lastLines(file: string, count = 5): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-count).join("\n");
}

interface PidFile {
  readonly pid: number;
  /** When the process started, in ticks since boot: a pid may be given to another process, this pair is not. */
  readonly startTicks: string;
  readonly words: readonly [string, ...string[]];
}

/** Daemons of one cluster: `name.pid` in one folder, `name.log` in another. */
export class Daemons {
  readonly #pids: string;
  readonly #logs: string;

  constructor(pids: string, logs: string) {
    this.#pids = pids;
    this.#logs = logs;
  }

  async start(name: string, words: readonly [string, ...string[]]): Promise<void> {
    await mkdir(this.#pids, { recursive: true });
    await mkdir(this.#logs, { recursive: true });
    const log = openSync(this.logFile(name), "a");
    const [program, ...rest] = words;
    const child: ChildProcess = spawn(program, rest, { stdio: ["ignore", log, log], detached: true, cwd: "/" });
    closeSync(log);
    await once(child, "spawn");
    child.unref();
    const file: PidFile = { pid: child.pid!, startTicks: startTicks(child.pid!) ?? "", words };
    await writeFile(this.#file(name), JSON.stringify(file));
  }

  /** Starts with the same words a daemon that was stopped by `kill`. */
  async restart(name: string): Promise<void> {
    const file = this.#read(name);
    if (file === null) throw new Error(`There is no ${name} to start again: no file ${this.#file(name)}.`);
    if (!this.isAlive(name)) await this.start(name, file.words);
  }

  isAlive(name: string): boolean {
    const file = this.#read(name);
    return file !== null && startTicks(file.pid) === file.startTicks;
  }

  /** Throws with the daemon's last words when it is not alive. */
  assertAlive(name: string): void {
    if (!this.isAlive(name)) throw new Error(`${name} has ended; its last words:\n${lastLines(this.logFile(name))}`);
  }

  /** A signal; for one that ends it, waits for the end. */
  async signal(name: string, signal: NodeJS.Signals): Promise<void> {
    if (!this.isAlive(name)) return;
    process.kill(this.#read(name)!.pid, signal);
    if (signal === "SIGSTOP" || signal === "SIGCONT") return;
    await waitUntil(`${name} ends after ${signal}`, 20_000, () => !this.isAlive(name) || undefined);
  }

  /** Ends it for good. */
  async stop(name: string): Promise<void> {
    await this.signal(name, "SIGCONT");
    await this.signal(name, "SIGTERM").catch(() => this.signal(name, "SIGKILL"));
    await rm(this.#file(name), { force: true });
  }

  /** Those that have a pid file, alive or not. */
  async names(): Promise<string[]> {
    const files = await readdir(this.#pids).catch(() => []);
    return files.filter((name) => name.endsWith(".pid")).map((name) => name.slice(0, -".pid".length));
  }

  logFile(name: string): string {
    return join(this.#logs, `${name}.log`);
  }

  #file(name: string): string {
    return join(this.#pids, `${name}.pid`);
  }

  #read(name: string): PidFile | null {
    try {
      return JSON.parse(readFileSync(this.#file(name), "utf8"));
    } catch {
      return null;
    }
  }
}

/** Null when there is no such process, or only its entry waits to be collected. */
function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the name in parentheses: state is field 3, starttime field 22 (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? null : fields[19]!;
  } catch {
    return null;
  }
}
