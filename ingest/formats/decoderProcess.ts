// The process that decodes files. A thread does the work; here its time and memory are limited, so that nothing that a library does
// keeps the process from ending with the program that started it.
import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Answer, Request, Task } from "./decoder.ts";

/** A busy machine may give the thread a fraction of a processor. */
const MOST_WAITING = 6;
const LOOK_MS = 10;
/** What the process holds when the libraries are loaded, which counts for no file. */
const LOADED_BYTES = 150 << 20;
/** Without a limit V8 collects what is of no use any more so seldom that rows of a table leave 200 MiB behind. */
const THREAD_HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };

type Work = Pick<Task, "id" | "seconds" | "bytes"> & {
  readonly memoryBefore: number;
  /** When the last answer came, and the processor time of the process then. */
  heard: number;
  usedBefore: number;
  readonly looking: NodeJS.Timeout;
};

/** [1] batches of rows that are not taken yet */
const waiting = new Int32Array(new SharedArrayBuffer(4));
// Compiled, the thread is JavaScript.
const source = new URL("./decoderThread.ts", import.meta.url);
const thread = new Worker(existsSync(source) ? source : new URL("./decoderThread.js", import.meta.url), {
  workerData: waiting,
  resourceLimits: THREAD_HEAP,
});
let work: Work | undefined;

process.on("message", (request: Request) => {
  if (request.do === "taken") {
    Atomics.sub(waiting, 0, 1);
    Atomics.notify(waiting, 0);
    hear();
    return;
  }
  if (request.do !== "close") begin(request);
  thread.postMessage(request);
});
thread.on("message", (answer: Answer) => {
  hear();
  if (answer.kind !== "rows") finish(answer.id);
  send(answer);
});
thread.on("error", (error: NodeJS.ErrnoException) => {
  give(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? needsMore(THREAD_HEAP.maxOldGenerationSizeMb) : error.message);
});
thread.on("exit", () => give("its reader ended"));
// The program decides when a signal of the terminal ends it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => undefined);
// At once, whatever the thread is doing.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

function begin({ id, seconds, bytes }: Task): void {
  clearInterval(work?.looking);
  const looking = setInterval(look, LOOK_MS);
  const memoryBefore = Math.max(LOADED_BYTES, process.memoryUsage.rss());
  work = { id, seconds, bytes, memoryBefore, heard: 0, usedBefore: 0, looking };
  hear();
}

function hear(): void {
  if (work === undefined) return;
  work.heard = performance.now();
  work.usedBefore = processorSeconds();
}

function finish(id: number): void {
  if (work?.id !== id) return;
  clearInterval(work.looking);
  work = undefined;
}

function look(): void {
  const { seconds, bytes, memoryBefore, heard, usedBefore } = work!;
  if (process.memoryUsage.rss() - memoryBefore > bytes) {
    give(needsMore(Math.round(bytes / 2 ** 20)));
    return;
  }
  const waited = (performance.now() - heard) / 1000;
  if (waited < seconds || (processorSeconds() - usedBefore < seconds && waited < MOST_WAITING * seconds)) return;
  // Rows that are not taken yet hold the thread up.
  if (Atomics.load(waiting, 0) === 0) give(`decoding it did not end within ${Math.round(seconds)} seconds`);
}

function needsMore(mebibytes: number): string {
  return `decoding it needs more than ${mebibytes} MiB of memory`;
}

/** The program ends this process when it hears so. Without a task there is nothing to say. */
function give(message: string): void {
  if (work === undefined) {
    process.disconnect();
    return;
  }
  const { id } = work;
  finish(id);
  send({ kind: "ended", id, message });
}

function send(answer: Answer): void {
  process.send!({ ...answer, memory: process.memoryUsage.rss() });
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
