// How long finished batches are kept: their ttl and the history limits; and rows whose object is gone.
import type { Action } from "./actions.ts";
import type { Observation, ObservedBatch, Policy } from "./observe.ts";

/** For a batch whose end is recorded: delete its object, or wait until its ttl ends, or nothing. */
export function decideRetention(observation: Observation, policy: Policy, now: Date): readonly Action[] {
  const { batch, own } = observation;
  const { name, uid } = batch.metadata;
  if (own.completedAt === null || own.outcome === null) return [];
  const ttl = batch.spec.ttlSecondsAfterFinished;
  const expires = ttl === undefined ? null : new Date(own.completedAt.getTime() + ttl * 1000);
  if (expires !== null && expires <= now)
    return [{ do: "deleteBatch", name, uid, because: `it was finished ${ttl} seconds ago` }];
  const limit = own.outcome === "complete" ? policy.successfulHistoryLimit : policy.failedHistoryLimit;
  if (isBeyondHistory(observation, limit))
    return [{ do: "deleteBatch", name, uid, because: `${limit} later ones are kept` }];
  return expires === null ? [] : [{ do: "wait", until: expires, because: "its ttl" }];
}

/** The published batch is kept, however many unpublished ones followed. */
function isBeyondHistory({ own, others }: Observation, limit: number): boolean {
  if (own.isPublished) return false;
  const later = others.filter((other) => isOfSameHistory(own, other) && endedBefore(own, other));
  return later.length >= limit;
}

function isOfSameHistory(own: ObservedBatch, other: ObservedBatch): boolean {
  return (
    other.calculation === own.calculation &&
    other.outcome === own.outcome &&
    other.completedAt !== null &&
    !other.isBeingDeleted
  );
}

function endedBefore(own: ObservedBatch, other: ObservedBatch): boolean {
  const apart = own.completedAt!.getTime() - other.completedAt!.getTime();
  return apart === 0 ? own.id < other.id : apart < 0;
}

/**
 * Rows of this installation that run for objects that are gone. `liveUids` must have been listed after the rows were read, or a
 * batch that was planned in between would be cancelled.
 */
export function decideAbandoned(
  running: readonly { readonly batchId: string; readonly uid: string }[],
  liveUids: ReadonlySet<string>,
): readonly Extract<Action, { do: "cancel" }>[] {
  const message = "The ClimateBatch of this batch was deleted.";
  return running
    .filter(({ uid }) => !liveUids.has(uid))
    .map(({ batchId }) => ({ do: "cancel", batchId, reason: "Deleted", message }));
}
