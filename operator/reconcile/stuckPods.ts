// Pods that do not end: terminating for ten minutes means that the node, or its kubelet, does not answer.
import type { Observation, TerminatingPod } from "./observe.ts";

const STUCK_AFTER_SECONDS = 600;

function stuckFrom({ since }: TerminatingPod): number {
  return since.getTime() + STUCK_AFTER_SECONDS * 1000;
}

export function findStuckPods({ terminatingPods }: Observation, now: Date): readonly TerminatingPod[] {
  return terminatingPods.filter((pod) => stuckFrom(pod) <= now.getTime());
}

/** When the next pod will have been terminating for too long; null: none is terminating. */
export function findNextStuck({ terminatingPods }: Observation, now: Date): Date | null {
  const future = terminatingPods.map(stuckFrom).filter((instant) => instant > now.getTime());
  return future.length === 0 ? null : new Date(Math.min(...future));
}
