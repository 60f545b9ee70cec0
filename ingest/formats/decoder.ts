// Files decoded by libraries, in a process of their own that can be ended: one that loops or fills memory is refused by name, the
// program stays free meanwhile, and the memory that libraries keep or leave in pieces goes back to the system with the process.
import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { RejectedError } from "../../model/errors.ts";
import { type DecodedFile, makeArrayProxy, makeRasterProxy, makeTableProxy, type OnRows } from "./decoderProxies.ts";
import type { FormatKind, FormatOfKind, OpenedAs } from "./fileFormat.ts";
import { isReadInPlace } from "./remoteFile.ts";

/** Kinds of files that the process can open. */
export type DecodedKind = Extract<FormatKind, "array" | "table" | "raster">;

/** What the process is to do; files are numbered as they are opened. */
export interface Task {
  /** Answers carry it: one that comes late belongs to a task that has ended. */
  readonly id: number;
  readonly do: "open" | "read" | "texts" | "rows" | "window" | "close";
  readonly number: number;
  readonly format?: string;
  readonly file?: string;
  readonly values?: readonly unknown[];
  /** Of processor time for one answer. */
  readonly seconds: number;
  /** Of memory that the process may take in addition. */
  readonly bytes: number;
}

/** "taken": a batch of rows has been read. */
export type Request = Task | { readonly do: "taken" };

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
  /** A limit was reached: the process is of no use any more. */
  | { readonly kind: "ended"; readonly message: string }
);

/** With each answer comes the memory of the process. */
export type MeasuredAnswer = Answer & { readonly memory: number };

/** Of processor time for one answer: so much, and more for larger files. */
const PATIENCE_SECONDS = 2.5;
const SLOWEST_BYTES_PER_SECOND = 2 << 20;
/** Of memory for one answer: so much, and more for larger files up to the most, several times what they unpack to. */
const FEW_BYTES = 64 << 20;
const MOST_UNPACKING = 256;
const MOST_BYTES = 256 << 20;
/** A process that holds so much memory when all files are closed is replaced: libraries keep memory of what they opened. */
const MOST_KEPT_BYTES = 224 << 20;

/** The first thread of the process passes answers on; what they leave behind is collected early. */
const RELAY_HEAP = ["--max-old-space-size=128", "--max-semi-space-size=4"];

/** A process that cannot be started has an error and no exit. */
const ENDS = ["exit", "error"] as const;

/** The process of all files: one that has been started serves the next ones too. */
let shared: Decoder | undefined;

/** The same format, its files opened by the process. */
export function inProcess<Kind extends DecodedKind>(format: FormatOfKind<Kind>): FormatOfKind<Kind> {
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
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  #lastNumber = 0;
  #lastTask = 0;
  #open = 0;
  #memory = 0;
  #queue: Promise<unknown> = Promise.resolve();
  isOpen = true;

  constructor() {
    // Compiled, the program is JavaScript.
    const source = new URL("./decoderProcess.ts", import.meta.url);
    const program = existsSync(source) ? source : new URL("./decoderProcess.js", import.meta.url);
    this.#process = fork(program, {
      serialization: "advanced",
      execArgv: RELAY_HEAP,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#ended = new Promise((resolve) => {
      for (const event of ENDS) {
        this.#process.on(event, () => {
          this.isOpen = false;
          resolve();
        });
      }
    });
    this.#waitFor(false);
  }

  async open(format: string, file: string, signal: AbortSignal | undefined): Promise<DecodedFile> {
    const number = ++this.#lastNumber;
    this.#open++;
    const size = await bytesOf(file).catch((error: unknown) => {
      this.#open--;
      throw error;
    });
    const limits = {
      seconds: PATIENCE_SECONDS + size / SLOWEST_BYTES_PER_SECOND,
      bytes: Math.min(MOST_BYTES, FEW_BYTES + MOST_UNPACKING * size),
    };
    const ask = (task: Omit<Task, "id" | keyof typeof limits>, onRows?: OnRows, abort = signal) => {
      const turn = this.#queue.then(() => this.#ask(file, { ...task, ...limits }, onRows, abort));
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
    if (this.#open === 0 && this.#memory > MOST_KEPT_BYTES) void this.#end();
    else if (this.isOpen) this.#send({ do: "close", number, id: 0, seconds: 0, bytes: 0 });
  }

  /** Whether the program waits for the process before it ends. */
  #waitFor(isNeeded: boolean): void {
    const { channel } = this.#process;
    if (isNeeded) channel?.ref();
    else channel?.unref();
    if (isNeeded) this.#process.ref();
    else this.#process.unref();
  }

  /** To a process that has ended just now nothing can be sent; its end is heard. */
  #send(request: Request): void {
    if (this.#process.connected) this.#process.send(request, () => undefined);
  }

  async #end(): Promise<void> {
    this.isOpen = false;
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  async #ask(
    file: string,
    task: Omit<Task, "id">,
    onRows: OnRows | undefined,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    if (!this.isOpen) throw unsupported(file, "reading it was ended");
    this.#waitFor(true);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // What was ended must not fill memory any more when the refusal is heard.
    let isEnding = false;
    const refuse = (error: unknown) => {
      if (isEnding) return;
      isEnding = true;
      void this.#end().then(() => reject(error));
    };
    const id = ++this.#lastTask;
    const onMessage = (message: unknown) => {
      const answer = message as MeasuredAnswer;
      this.#memory = answer.memory;
      // After a refusal nothing counts any more, least of all that the rest was read.
      if (answer.id !== id || isEnding) return;
      if (answer.kind === "rows") {
        try {
          onRows?.(answer.rows, answer.line, answer.bytes);
          this.#send({ do: "taken" });
        } catch (error) {
          refuse(error);
        }
      } else if (answer.kind === "done") resolve(answer.result);
      else if (answer.kind === "refused") reject(new RejectedError(answer.reason, answer.message));
      else if (answer.kind === "failed") reject(unsupported(file, answer.message));
      else refuse(unsupported(file, answer.message));
    };
    const onExit = () => refuse(unsupported(file, "its reader ended"));
    const onAbort = () => refuse(signal!.reason);
    this.#process.on("message", onMessage);
    for (const event of ENDS) this.#process.on(event, onExit);
    signal?.addEventListener("abort", onAbort);
    try {
      this.#send({ ...task, id });
      return await promise;
    } finally {
      this.#waitFor(false);
      this.#process.off("message", onMessage);
      for (const event of ENDS) this.#process.off(event, onExit);
      signal?.removeEventListener("abort", onAbort);
    }
  }
}

/** Of a folder and of what is on a server as much as a box of values may need. */
async function bytesOf(file: string): Promise<number> {
  if (isReadInPlace(file)) return 1 << 26;
  const facts = await stat(file);
  return facts.isDirectory() ? 1 << 26 : facts.size;
}

function unsupported(file: string, words: string): RejectedError {
  const line = words.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "").slice(0, 200);
  return new RejectedError(
    "UnreadableFile",
    `${file}: damaged or unsupported (${line}). Fetch it again, or compare its size and checksum with the source's; if it is whole, write it again in another format.`,
  );
}
