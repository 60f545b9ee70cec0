// A ClimateBatch followed to its end from outside: what its conditions say, as one outcome. It looks again and again
// instead of watching: an API server that is away for a while costs nothing but time.
import { findCondition, isConditionTrue } from "../../model/climateBatch.ts";
import { type Clock, pause } from "../../model/clock.ts";
import type { StoredBatch } from "../../operator/context.ts";
import { isNotFound, isRetryable } from "../../operator/kube/apiError.ts";
import type { KubeApi } from "../../operator/kube/client.ts";
import { INTERIM_UNPUBLISHED } from "../../operator/objects/conditions.ts";

const LOOK_MS = 2_000;

export type BatchEnd =
  | { readonly end: "published" | "complete"; readonly message: string }
  | {
      readonly end: "failed" | "notPublished" | "deleted" | "timeout";
      readonly reason: string;
      readonly message: string;
    };

/** null: it goes on. */
function readEnd({ spec, status }: Pick<StoredBatch, "spec" | "status">): BatchEnd | null {
  const failed = findCondition(status, "Failed");
  if (failed?.status === "True") return { end: "failed", reason: failed.reason, message: failed.message };
  const complete = findCondition(status, "Complete");
  if (complete?.status !== "True") return null;
  const published = findCondition(status, "Published");
  if (isConditionTrue(status, "Published")) return { end: "published", message: published!.message };
  // Computed before, by another batch, whose own end is reported there.
  if (!spec.publish || complete.reason === "AlreadyAnswered") return { end: "complete", message: complete.message };
  if (published === undefined || INTERIM_UNPUBLISHED.includes(published.reason)) return null;
  return { end: "notPublished", reason: published.reason, message: published.message };
}

export interface Following {
  readonly api: KubeApi<StoredBatch>;
  readonly batch: StoredBatch;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onLook: (batch: StoredBatch) => void;
}

/** Rejects when the signal comes first. */
export async function follow({ api, batch, timeoutMs, clock, signal, onLook }: Following): Promise<BatchEnd> {
  const { name, uid } = batch.metadata;
  const untilMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const seen = await lookAt(api, name, signal);
    if (seen !== "away") {
      if (seen === "gone" || seen.metadata.uid !== uid)
        return { end: "deleted", reason: "Deleted", message: `The ClimateBatch ${name} was deleted.` };
      onLook(seen);
      const end = readEnd(seen);
      if (end !== null) return end;
    }
    if (clock.monotonicMs() + LOOK_MS > untilMs) {
      const message = `${name} has not ended within ${timeoutMs / 1000} s; it goes on. Look: kubectl describe climatebatch ${name}`;
      return { end: "timeout", reason: "Timeout", message };
    }
    await pause(clock, LOOK_MS, signal);
  }
}

async function lookAt(api: KubeApi<StoredBatch>, name: string, signal: AbortSignal) {
  try {
    return await api.climateBatches.get(name, signal);
  } catch (error) {
    if (isNotFound(error)) return "gone";
    if (isRetryable(error)) return "away";
    throw error;
  }
}
