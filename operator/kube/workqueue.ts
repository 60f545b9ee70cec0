// Keys to be reconciled, as client-go's workqueue: each once however often it is added, never by two workers at a time,
// again after growing delays when the work fails.

import { backoffMs, type Clock } from "../../model/clock.ts";

/** As client-go (util/workqueue/default_rate_limiters.go), but a failing key is tried every five minutes, not every 17. */
const WORK_QUEUE_BACKOFF = { minMs: 5, maxMs: 300_000, jitter: 0 };

export interface WorkQueueMetrics {
  depth(keys: number): void;
  added(): void;
  retried(): void;
  /** From being added to being worked on. */
  waited(durationMs: number): void;
  worked(durationMs: number): void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly backoff?: { readonly minMs: number; readonly maxMs: number };
  readonly metrics?: WorkQueueMetrics;
}

export interface WorkOutcome {
  /** Reconcile again after this, even if nothing happens. */
  readonly againAfterMs?: number | undefined;
}

export interface WorkOptions {
  readonly workers: number;
  /** Success forgets the key's failures. What it throws goes to `onError`, and the key comes back with backoff. */
  readonly work: (key: string, signal: AbortSignal) => Promise<WorkOutcome | undefined>;
  /** Logs. Throws what is a bug: then all workers end and `run` rejects with it. */
  readonly onError: (key: string, error: unknown, failures: number) => void;
}

interface Delayed {
  readonly dueAtMs: number;
  readonly cancel: () => void;
}

/** One queue serves one run; the next leadership makes another. */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #backoff;
  readonly #metrics: WorkQueueMetrics | undefined;
  /** Waiting for a worker, in order, with the time of adding. */
  readonly #waiting = new Map<string, number>();
  /** The same, for what is worked on only while nothing else waits. */
  readonly #waitingIdly = new Map<string, number>();
  /** With the time at which the work began. */
  readonly #inWork = new Map<string, number>();
  /** Added while in work: waits again as soon as that work ends. */
  readonly #dirty = new Map<string, number>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #idle: (() => void)[] = [];
  #isStopped = false;

  constructor({ clock, backoff = WORK_QUEUE_BACKOFF, metrics }: WorkQueueOptions) {
    this.#clock = clock;
    this.#backoff = { ...backoff, jitter: 0 };
    this.#metrics = metrics;
  }

  add(key: string): void {
    if (this.#isStopped || this.#waiting.has(key) || this.#dirty.has(key)) return;
    this.#metrics?.added();
    const nowMs = this.#clock.monotonicMs();
    if (this.#inWork.has(key)) this.#dirty.set(key, nowMs);
    else this.#enqueue(key, nowMs);
  }

  /** Behind every key that is added; one that is added as well is no longer. */
  addWhenIdle(key: string): void {
    const isKnown = [this.#waiting, this.#waitingIdly, this.#inWork, this.#dirty].some((keys) => keys.has(key));
    if (this.#isStopped || isKnown) return;
    this.#metrics?.added();
    this.#enqueue(key, this.#clock.monotonicMs(), this.#waitingIdly);
  }

  /** Of two delays of one key the earlier end counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isStopped) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueAtMs = this.#clock.monotonicMs() + delayMs;
    const known = this.#delayed.get(key);
    if (known !== undefined && known.dueAtMs <= dueAtMs) return;
    known?.cancel();
    const cancel = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueAtMs, cancel });
  }

  /** After a delay that doubles with every call until `forget`. */
  addWithBackoff(key: string): void {
    const failures = this.failuresOf(key);
    this.#failures.set(key, failures + 1);
    this.#metrics?.retried();
    this.addAfter(
      key,
      backoffMs(failures, this.#backoff, () => 0),
    );
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  failuresOf(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  get depth(): number {
    return this.#waiting.size + this.#waitingIdly.size;
  }

  /** On the clock's monotonic scale: when the longest work that goes on now began; undefined when nothing is in work. */
  oldestWorkMs(): number | undefined {
    return this.#inWork.size === 0 ? undefined : Math.min(...this.#inWork.values());
  }

  /**
   * Works until the signal aborts and what is in work has ended. Keys that wait are dropped then: they are levels, not
   * messages, and the next leader lists everything. `work` gets the same signal, so that it may end early.
   */
  async run({ workers, work, onError }: WorkOptions, signal: AbortSignal): Promise<void> {
    const stop = () => this.#stop();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const one = async () => {
      try {
        for (let key = await this.#take(); key !== undefined; key = await this.#take()) {
          await this.#workOn(key, work, onError, signal);
        }
      } finally {
        // One worker's bug ends them all.
        this.#stop();
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: workers }, one));
    signal.removeEventListener("abort", stop);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  async #workOn(key: string, work: WorkOptions["work"], onError: WorkOptions["onError"], signal: AbortSignal) {
    const startedAtMs = this.#clock.monotonicMs();
    try {
      const outcome = await work(key, signal);
      this.forget(key);
      if (outcome?.againAfterMs !== undefined) this.addAfter(key, outcome.againAfterMs);
    } catch (error) {
      // Ending on the signal is no failure.
      if (signal.aborted && error === signal.reason) return;
      onError(key, error, this.failuresOf(key) + 1);
      this.addWithBackoff(key);
    } finally {
      this.#metrics?.worked(this.#clock.monotonicMs() - startedAtMs);
      this.#release(key);
    }
  }

  /** The next key, now in work; undefined when stopped. */
  async #take(): Promise<string | undefined> {
    while (!this.#isStopped) {
      const queue = this.#waiting.size > 0 ? this.#waiting : this.#waitingIdly;
      const [next] = queue;
      if (next !== undefined) {
        const [key, addedAtMs] = next;
        queue.delete(key);
        this.#inWork.set(key, this.#clock.monotonicMs());
        this.#metrics?.depth(this.depth);
        this.#metrics?.waited(this.#clock.monotonicMs() - addedAtMs);
        return key;
      }
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    return undefined;
  }

  #release(key: string): void {
    this.#inWork.delete(key);
    const addedAtMs = this.#dirty.get(key);
    if (addedAtMs === undefined) return;
    this.#dirty.delete(key);
    if (!this.#isStopped) this.#enqueue(key, addedAtMs);
  }

  #enqueue(key: string, addedAtMs: number, queue = this.#waiting): void {
    if (queue === this.#waiting) this.#waitingIdly.delete(key);
    queue.set(key, addedAtMs);
    this.#metrics?.depth(this.depth);
    this.#idle.shift()?.();
  }

  #stop(): void {
    this.#isStopped = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#waitingIdly.clear();
    this.#dirty.clear();
    this.#metrics?.depth(0);
    for (const wake of this.#idle.splice(0)) wake();
  }
}
