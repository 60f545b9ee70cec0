// How long to wait before the next try: doubling, capped, with jitter so that replicas do not come back together.

export interface BackoffLimits {
  readonly minMs: number;
  readonly maxMs: number;
  /** Each delay is shortened by up to this share of itself. */
  readonly jitter: number;
}

/** Delay before retry number `failures` (0 is the first). */
export function backoffMs(failures: number, { minMs, maxMs, jitter }: BackoffLimits, random: () => number): number {
  const full = Math.min(minMs * 2 ** failures, maxMs);
  return full * (1 - jitter * random());
}
