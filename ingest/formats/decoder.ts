// Files decoded by libraries, in a thread of their own that can be ended: one that loops or fills memory is refused by name, and
// the program stays free meanwhile.
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { RejectedError } from "../../model/errors.ts";
import { type DecodedFile, makeArrayProxy, makeRasterProxy, makeTableProxy, type OnRows } from "./decoderProxies.ts";
import type { FormatKind, FormatOfKind, OpenedAs } from "./fileFormat.ts";
import { isRemoteStore } from "./remoteStore.ts";

/** Kinds of files that a thread can open. */
export type DecodedKind = Extract<FormatKind, "array" | "table" | "raster">;

/** What the thread is to do; files are numbered as they are opened. */
export interface Task {
  /** Answers carry it: one that comes late belongs to a task that has ended. */
  readonly id: number;
  readonly do: "open" | "read" | "texts" | "rows" | "window" | "close";
  readonly number: number;
  readonly format?: string;
  readonly file?: string;
  readonly values?: readonly unknown[];
}

export type Answer = { readonly id: number } & (
  | { readonly kind: "done"; readonly result: unknown }
  | {
      readonly kind: "rows";
      readonly rows: readonly (readonly string[])[];
      readonly line: number;
      readonly bytes: number;
    }
  | { readonly kind: "refused"; readonly reason: string; readonly message: string }
  | { readonly kind: "failed"; readonly message: string }
);

/** Of processor time for one answer: so much, and more for larger files. */
const PATIENCE_SECONDS = 2.5;
const SLOWEST_BYTES_PER_SECOND = 2 << 20;
/** A busy machine may give the thread a fraction of a processor. */
const MOST_WAITING = 6;
const LOOK_MS = 25;
/** Growth of the process while the thread works. A limit on the heap of the thread would end the whole process at some loops. */
const MOST_BYTES = 256 << 20;
/** A thread that has opened so many is replaced: libraries keep memory of what they opened. */
const MOST_FILES = 64;

/** The thread of all files: one that has been started serves the next ones too. */
let shared: Decoder | undefined;

/** The same format, its files opened by the thread. */
export function inThread<Kind extends DecodedKind>(format: FormatOfKind<Kind>): FormatOfKind<Kind> {
  return {
    ...format,
    open: async (file, signal) => {
      shared = shared?.isOpen === true ? shared : new Decoder();
      const decoder = shared;
      const opened = await decoder.open(format.name, file, signal);
      const proxy =
        format.kind === "array"
          ? makeArrayProxy(opened)
          : format.kind === "table"
            ? makeTableProxy(opened)
            : makeRasterProxy(opened);
      return proxy as unknown as OpenedAs[Kind];
    },
  };
}

class Decoder {
  readonly #worker: Worker;
  /** [1] batches of rows that are not taken yet */
  readonly #waiting = new Int32Array(new SharedArrayBuffer(4));
  #lastNumber = 0;
  #lastTask = 0;
  #open = 0;
  #queue: Promise<unknown> = Promise.resolve();
  isOpen = true;

  constructor() {
    // Compiled, the thread is JavaScript.
    const source = new URL("./decoderThread.ts", import.meta.url);
    const program = existsSync(source) ? source : new URL("./decoderThread.js", import.meta.url);
    this.#worker = new Worker(program, {
      workerData: this.#waiting,
      stdout: true,
      stderr: true,
    });
    this.#worker.on("error", () => void this.#end());
    this.#worker.unref();
  }

  async open(format: string, file: string, signal: AbortSignal | undefined): Promise<DecodedFile> {
    const number = ++this.#lastNumber;
    this.#open++;
    const bytes = await bytesOf(file);
    const ask = (task: Omit<Task, "id">, onRows?: OnRows, abort = signal) => {
      const turn = this.#queue.then(() => this.#ask(file, bytes, task, onRows, abort));
      this.#queue = turn.catch(() => undefined);
      return turn;
    };
    let isClosed = false;
    const close = () => {
      if (!isClosed) this.#closeFile(number);
      isClosed = true;
    };
    try {
      const facts = await ask({ do: "open", number, format, file });
      return {
        file,
        facts,
        ask: (task, values, onRows, abort) => ask({ do: task, number, values }, onRows, abort),
        close,
      };
    } catch (error) {
      close();
      throw error;
    }
  }

  #closeFile(number: number): void {
    this.#open--;
    if (this.#open === 0 && this.#lastNumber >= MOST_FILES) void this.#end();
    else if (this.isOpen) this.#worker.postMessage({ do: "close", number, id: 0 } satisfies Task);
  }

  async #end(): Promise<void> {
    this.isOpen = false;
    await this.#worker.terminate();
  }

  async #ask(
    file: string,
    bytes: number,
    task: Omit<Task, "id">,
    onRows: OnRows | undefined,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    if (!this.isOpen) throw unsupported(file, "reading it was ended");
    const worker = this.#worker;
    // The program waits for the thread, and for nothing else.
    worker.ref();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const memoryBefore = process.memoryUsage.rss();
    const seconds = PATIENCE_SECONDS + bytes / SLOWEST_BYTES_PER_SECOND;
    let heard = performance.now();
    let usedBefore = await processorSeconds(worker);
    // What was ended must not fill memory any more when the refusal is heard.
    let isEnding = false;
    const refuse = (error: unknown) => {
      if (isEnding) return;
      isEnding = true;
      void this.#end().then(() => reject(error));
    };
    const id = ++this.#lastTask;
    const onMessage = (answer: Answer) => {
      if (answer.id !== id) return;
      if (answer.kind === "rows") {
        try {
          onRows?.(answer.rows, answer.line, answer.bytes);
          Atomics.sub(this.#waiting, 0, 1);
          Atomics.notify(this.#waiting, 0);
        } catch (error) {
          refuse(error);
        }
      } else if (answer.kind === "done") resolve(answer.result);
      else if (answer.kind === "refused") reject(new RejectedError(answer.reason, answer.message));
      else reject(unsupported(file, answer.message));
      heard = performance.now();
      void processorSeconds(worker).then((used) => {
        usedBefore = used;
      });
    };
    const onError = (error: Error) => refuse(unsupported(file, error.message));
    const onExit = () => refuse(unsupported(file, "its reader ended"));
    const onAbort = () => refuse(signal!.reason);
    const look = setInterval(() => {
      const grown = process.memoryUsage.rss() - memoryBefore;
      if (grown > MOST_BYTES) {
        refuse(unsupported(file, `decoding it needs more than ${MOST_BYTES >> 20} MiB of memory`));
        return;
      }
      const waited = (performance.now() - heard) / 1000;
      if (waited < seconds) return;
      void processorSeconds(worker).then((used) => {
        if (used - usedBefore < seconds && waited < MOST_WAITING * seconds) return;
        refuse(unsupported(file, `decoding it did not end within ${Math.round(seconds)} seconds`));
      });
    }, LOOK_MS);
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
    signal?.addEventListener("abort", onAbort);
    try {
      worker.postMessage({ ...task, id } satisfies Task);
      return await promise;
    } finally {
      worker.unref();
      clearInterval(look);
      worker.off("message", onMessage);
      worker.off("error", onError);
      worker.off("exit", onExit);
      signal?.removeEventListener("abort", onAbort);
    }
  }
}

/** Of a folder and of a store over HTTP as much as a box of values may need. */
async function bytesOf(file: string): Promise<number> {
  if (isRemoteStore(file)) return 1 << 26;
  const facts = await stat(file);
  return facts.isDirectory() ? 1 << 26 : facts.size;
}

/** Processor time of the thread; of a Node that cannot say, the time that has passed. */
async function processorSeconds(worker: Worker): Promise<number> {
  const { cpuUsage } = worker as { cpuUsage?: () => Promise<{ user: number; system: number }> };
  if (cpuUsage === undefined) return performance.now() / 1000;
  try {
    const { user, system } = await cpuUsage.call(worker);
    return (user + system) / 1e6;
  } catch {
    // Ended meanwhile.
    return 0;
  }
}

function unsupported(file: string, words: string): RejectedError {
  const line = words.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "").slice(0, 200);
  return new RejectedError(
    "UnreadableFile",
    `${file}: damaged or unsupported (${line}). Fetch it again, or compare its size and checksum with the source's; if it is whole, write it again in another format.`,
  );
}
