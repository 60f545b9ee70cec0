// Which loop of the process no longer turns: what /healthz answers. A loop that tries in vain is alive: when the API server or the
// database is away, a new process would fare no better.

/** Longer than every deadline inside a loop: a watch is opened again after 90 s, a call is given up after seconds. */
export const SILENCE_LIMIT_MS = 600_000;
/** One reconcile may do several pieces of work with the database, of at most 300 s each. */
export const WORK_LIMIT_MS = 1_800_000;

interface Loop {
  readonly lastTurnMs: () => number;
  readonly limitMs: number;
}

export class Liveness {
  readonly #loops = new Map<string, Loop>();

  /** `lastTurnMs`: on the monotonic clock, when the loop last did anything. Returns what ends the watch over it. */
  follow(name: string, lastTurnMs: () => number, limitMs = SILENCE_LIMIT_MS): () => void {
    this.#loops.set(name, { lastTurnMs, limitMs });
    return () => this.#loops.delete(name);
  }

  /** null when all turn. */
  findFault(nowMs: number): string | null {
    for (const [name, { lastTurnMs, limitMs }] of this.#loops) {
      const silentMs = nowMs - lastTurnMs();
      if (silentMs > limitMs) return `${name} has done nothing for ${Math.round(silentMs / 1000)} s`;
    }
    return null;
  }
}
