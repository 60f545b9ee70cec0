// Which loop of the process no longer turns: what /healthz answers. A loop that tries in vain is alive: when the API server or the
// database is away, a new process would fare no better.

/** Longer than every deadline inside a loop: a watch is opened again after 90 s, a piece of work with the database ends after 300 s. */
export const SILENCE_LIMIT_MS = 600_000;

export class Liveness {
  readonly #loops = new Map<string, () => number>();

  /** `lastTurnMs`: on the monotonic clock, when the loop last did anything. Returns what ends the watch over it. */
  follow(name: string, lastTurnMs: () => number): () => void {
    this.#loops.set(name, lastTurnMs);
    return () => this.#loops.delete(name);
  }

  /** null when all turn. */
  findFault(nowMs: number): string | null {
    for (const [name, lastTurnMs] of this.#loops) {
      const silentMs = nowMs - lastTurnMs();
      if (silentMs > SILENCE_LIMIT_MS) return `${name} has done nothing for ${Math.round(silentMs / 1000)} s`;
    }
    return null;
  }
}
