// Time as an argument: a wall clock for what is written, a monotonic one for what is waited for, timers, and the delay before
// another try. Tests pass a clock that they move by hand.

export interface Clock {
  /** Milliseconds that only grow, whatever happens to the date. Linux does not count suspended time. */
  monotonicMs(): number;
  now(): Date;
  /** Calls once, later. Returns what cancels it. */
  after(delayMs: number, call: () => void): () => void;
}

/** setTimeout fires at once when its delay does not fit 31 bits; ending early instead is harmless to a caller that checks again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  after(delayMs, call) {
    const timer = setTimeout(call, Math.min(delayMs, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Resolves after the delay; rejects with the signal's reason when that comes first. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal!.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** Resolves after the delay, or at once when the signal says so: for loops that look at the signal themselves. */
export function rest(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return pause(clock, delayMs, signal).catch((thrown) => {
    if (!signal.aborted) throw thrown;
  });
}

/** What `work` gives, or `makeReason()` when the delay passes first; the work then continues, but its result is ignored. */
export function within<T>(clock: Clock, delayMs: number, makeReason: () => Error, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(delayMs, () => reject(makeReason()));
    work.then(resolve, reject).finally(cancel);
  });
}

export interface BackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
  /** Each delay is shortened by up to this share of itself, so that replicas do not come back together. */
  readonly jitter: number;
}

/** Delay [ms] before retry number `failures` (0 is the first): doubling up to the limit. */
export function backoffMs(failures: number, { minMs, maxMs, jitter }: BackoffLimits, random: () => number): number {
  return Math.min(minMs * 2 ** failures, maxMs) * (1 - jitter * random());
}
