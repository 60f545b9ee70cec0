// A clock that does not move until the test moves it; both its scales move together.
import { setImmediate as turn } from "node:timers/promises";
import type { Clock } from "../../model/clock.ts";

interface Timer {
  readonly dueAtMs: number;
  readonly call: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #startedAt: number;
  readonly #timers = new Set<Timer>();

  constructor(startedAt = new Date(Date.UTC(2028, 0, 1))) {
    this.#startedAt = startedAt.getTime();
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  now(): Date {
    return new Date(this.#startedAt + this.#nowMs);
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { dueAtMs: this.#nowMs + delayMs, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Until the first timer that waits. */
  get nextInMs(): number {
    return Math.min(...[...this.#timers].map(({ dueAtMs }) => dueAtMs - this.#nowMs));
  }

  /** Moves on, stopping at each timer that is due on the way and letting everybody react to it. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await turn();
    for (;;) {
      const [next] = [...this.#timers].filter(({ dueAtMs }) => dueAtMs <= endMs).sort((a, b) => a.dueAtMs - b.dueAtMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = next.dueAtMs;
      next.call();
      await turn();
    }
    this.#nowMs = endMs;
    await turn();
  }
}
