// Work with an abort signal of its own that also follows an outer one. Listeners are removed when the work ends: AbortSignal.any
// on a signal that lives as long as the process would accumulate them.
import type { Clock } from "../../model/clock.ts";

/** Runs `work` with a controller that also follows `signal`. */
export async function withController<T>(
  signal: AbortSignal | undefined,
  work: (controller: AbortController) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const follow = () => controller.abort(signal!.reason);
  signal?.addEventListener("abort", follow, { once: true });
  try {
    return await work(controller);
  } finally {
    signal?.removeEventListener("abort", follow);
  }
}

export interface Deadline {
  readonly clock: Clock;
  readonly delayMs: number;
  readonly makeReason: () => Error;
}

/** Runs `work` with a signal that follows `signal` and aborts by itself after the delay. */
export function withDeadline<T>(
  { clock, delayMs, makeReason }: Deadline,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withController(signal, async (controller) => {
    const cancel = clock.after(delayMs, () => controller.abort(makeReason()));
    try {
      return await work(controller.signal);
    } finally {
      cancel();
    }
  });
}
