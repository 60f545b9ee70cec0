// A log that repeats no warning: the first of a kind is written at once, the rest of a minute in one line with their number.
import type { Logger } from "pino";
import type { Clock } from "../model/clock.ts";

const MINUTE_MS = 60_000;

type Lines = Pick<Logger, "info" | "warn" | "error">;
type Words = Readonly<Record<string, unknown>>;

/** What makes two warnings one kind; other fields count tries or show the last example. */
const KIND: readonly string[] = ["event", "climateBatch", "requestId", "batchId", "calculation", "lease", "message"];

interface Repeated {
  /** Since the last line. */
  times: number;
  last: Words;
  cancel: () => void;
}

export class RepeatedWarnings implements Disposable {
  readonly #log: Lines;
  readonly #clock: Clock;
  readonly #fields: readonly string[];
  /** Kinds that were written within the last minute. */
  readonly #kinds = new Map<string, Repeated>();

  /** `fields`: two warnings that are equal in these are of one kind. */
  constructor(log: Lines, clock: Clock, fields: readonly string[] = KIND) {
    this.#log = log;
    this.#clock = clock;
    this.#fields = fields;
  }

  info(words: Words): void {
    this.#log.info(words);
  }

  error(words: Words): void {
    this.#log.error(words);
  }

  warn(words: Words): void {
    const kind = JSON.stringify(this.#fields.map((field) => words[field]));
    const known = this.#kinds.get(kind);
    if (known !== undefined) {
      known.times++;
      known.last = words;
      return;
    }
    this.#log.warn(words);
    this.#kinds.set(kind, { times: 0, last: words, cancel: this.#afterMinute(kind) });
  }

  /** Writes what is counted and not written yet. */
  [Symbol.dispose](): void {
    for (const [kind, { cancel }] of this.#kinds) {
      cancel();
      this.#summarize(kind);
    }
    this.#kinds.clear();
  }

  #afterMinute(kind: string): () => void {
    return this.#clock.after(MINUTE_MS, () => {
      // A minute without it ends the kind: the next one is written at once again.
      if (this.#summarize(kind)) this.#kinds.get(kind)!.cancel = this.#afterMinute(kind);
      else this.#kinds.delete(kind);
    });
  }

  #summarize(kind: string): boolean {
    const repeated = this.#kinds.get(kind)!;
    if (repeated.times === 0) return false;
    this.#log.warn({ ...repeated.last, times: repeated.times });
    repeated.times = 0;
    return true;
  }
}
