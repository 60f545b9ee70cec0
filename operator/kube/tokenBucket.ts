// Client-side rate limit: `burst` at once, `qps` in the long run, first come first served.
// As in client-go a taker reserves a token that is still to come and waits for it (util/flowcontrol/throttle.go).
import { type Clock, pause } from "../../model/clock.ts";

export interface TokenBucketOptions {
  readonly qps: number;
  readonly burst: number;
  readonly clock: Clock;
}

export class TokenBucket {
  readonly #qps: number;
  readonly #burst: number;
  readonly #clock: Clock;
  /** Below zero: as many callers wait. */
  #tokens: number;
  #filledAtMs: number;

  constructor({ qps, burst, clock }: TokenBucketOptions) {
    this.#qps = qps;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#filledAtMs = clock.monotonicMs();
  }

  /** Resolves when the caller may proceed. Giving up returns the token. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#fill();
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    try {
      await pause(this.#clock, (-this.#tokens / this.#qps) * 1000, signal);
    } catch (reason) {
      this.#tokens += 1;
      throw reason;
    }
  }

  /** Takes a token if there is one. */
  tryTake(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Unused for so long that forgetting the bucket changes nothing. */
  isFull(): boolean {
    this.#fill();
    return this.#tokens >= this.#burst;
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * this.#qps);
    this.#filledAtMs = nowMs;
  }
}
