// Time limits of a reflector, with the reasons, and what it reports to metrics.
import type { ApiError } from "./apiError.ts";

/** Tests pass shorter ones. */
export const REFLECTOR_LIMITS = {
  pageSize: 500,
  /** The server ends a watch after 290 s plus up to a fifth: before the 5 minutes after which load balancers cut. */
  watchTimeoutSeconds: 290,
  watchTimeoutJitter: 0.2,
  /**
   * Longer than the minute between bookmarks (bookmarkFrequency in apiserver's cacher.go). For a resource that has not
   * changed since the server started there is none for longer (120 s measured on 1.34): such a watch is reopened at its
   * position, which costs one request.
   */
  inactivityMs: 90_000,
  /** The store is compared with a list at least this often. */
  auditMs: 600_000,
  auditJitter: 0.1,
  /** A change in a list that the watch has not delivered by then was missed. */
  settleMs: 5_000,
  /** As client-go, but capped at 10 s instead of 30: three replicas are no herd, and users wait for the end of an outage. */
  backoff: { minMs: 800, maxMs: 10_000, jitter: 0.5 },
  /** After this many watches in a row that delivered nothing, the position itself may be wrong. */
  fruitlessWatches: 3,
  /** A watch that ends sooner, without a line, has failed (client-go: "very short watch"). */
  shortWatchMs: 1_000,
};
export type ReflectorLimits = typeof REFLECTOR_LIMITS;

export interface ReflectorMetrics {
  /** "first", "gone" or "fruitless": why the store was replaced by a list. */
  listed(reason: ListReason): void;
  /** Changes that only an audit found. */
  missed(changes: number): void;
  failed(error: ApiError): void;
}
export type ListReason = "first" | "gone" | "fruitless";
