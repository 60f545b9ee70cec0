// How long finished batches stay: their own ttl, the history limits, and rows whose object has gone. Pure.
import type { Action } from "./actions.ts";
import type { Observation, Policy, Rival } from "./observe.ts";

/** For a batch that has ended: delete its object, or wait for its time, or nothing. Only once its end was recorded. */
export function decideRetention(observation: Observation, policy: Policy, now: Date): readonly Action[] {
  const { batch, own } = observation;
  const { name, uid } = batch.metadata;
  if (own.completedAt === null || (own.stands !== "complete" && own.stands !== "failed")) return [];
  const ttl = batch.spec.ttlSecondsAfterFinished;
  const expires = ttl === undefined ? null : new Date(own.completedAt.getTime() + ttl * 1000);
  if (expires !== null && expires <= now)
    return [{ do: "deleteBatch", name, uid, because: `it was finished ${ttl} seconds ago` }];
  const limit = own.stands === "complete" ? policy.successfulHistoryLimit : policy.failedHistoryLimit;
  if (isBeyondHistory(observation, limit))
    return [{ do: "deleteBatch", name, uid, because: `${limit} later ones are kept` }];
  return expires === null ? [] : [{ do: "wait", until: expires, because: "its ttl" }];
}

/** What consumers read stays listed, however many came after it without being published. */
function isBeyondHistory({ own, rivals }: Observation, limit: number): boolean {
  if (own.isPublished) return false;
  const later = rivals.filter((rival) => isOfSameHistory(own, rival) && endedBefore(own, rival));
  return later.length >= limit;
}

function isOfSameHistory(own: Rival, rival: Rival): boolean {
  return (
    rival.calculation === own.calculation &&
    rival.stands === own.stands &&
    rival.completedAt !== null &&
    !rival.isBeingDeleted
  );
}

function endedBefore(own: Rival, rival: Rival): boolean {
  const apart = own.completedAt!.getTime() - rival.completedAt!.getTime();
  return apart === 0 ? own.uid < rival.uid : apart < 0;
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
