// One pass over one batch: read, observe, decide, act, record. It may be interrupted anywhere: the next pass continues from
// what it finds.
import { findCondition } from "../../model/climateBatch.ts";
import type { ReconcileContext, StoredBatch } from "../context.ts";
import { isConflict, isNotFound } from "../kube/apiError.ts";
import type { WorkOutcome } from "../kube/workqueue.ts";
import { describeTransitions, PASSING_REFUSALS } from "../objects/conditions.ts";
import { act } from "./act.ts";
import type { Action, Trouble } from "./actions.ts";
import { decide, isSettled } from "./decide.ts";
import { observe } from "./observe.ts";
import { readFacts } from "./readFacts.ts";
import type { Refusals } from "./refusals.ts";
import { buildStatus, buildStatusPatch } from "./status.ts";

/** Another client wrote the object between our read and our write. */
const LOOK_AT_CONFLICT_MS = 50;

export async function reconcile(
  name: string,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<WorkOutcome | undefined> {
  const facts = await readFacts(name, context, signal);
  const { policy, clock, refusals } = context;
  if (facts === null) {
    refusals.forget(name);
    return undefined;
  }
  const now = clock.now();
  const observation = observe(facts, now);
  const actions = decide(observation, policy, now);
  const trouble = await act(actions, facts.batch, context, signal);
  if (trouble !== null || isSettled(actions)) {
    const status = buildStatus(observation, policy, now, trouble?.refusal ?? null);
    if (status !== null && !(await record(facts.batch, status, context, signal)))
      return { againAfterMs: LOOK_AT_CONFLICT_MS };
  }
  if (trouble === null) refusals.forget(name);
  return trouble === null ? whenAgain(actions, now) : afterTrouble(trouble, facts.batch, refusals);
}

/** One write, then its events; false when another client wrote first. */
async function record(
  batch: StoredBatch,
  status: NonNullable<StoredBatch["status"]>,
  { api, events, log }: ReconcileContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, resourceVersion } = batch.metadata;
  try {
    const patch = { metadata: { resourceVersion }, ...buildStatusPatch(batch.status, status) };
    const stored = await api.climateBatches.patchStatus(name, patch, signal);
    for (const { severity, reason, message } of describeTransitions(batch.status, status))
      events.record(stored, { type: severity, reason, action: "Reconcile", note: message });
    const complete = findCondition(status, "Complete");
    log.info({ event: "recorded", climateBatch: name, reason: complete?.reason, progress: status.progress });
    return true;
  } catch (error) {
    if (isNotFound(error)) return true;
    if (isConflict(error)) return false;
    throw error;
  }
}

function whenAgain(actions: readonly Action[], now: Date): WorkOutcome | undefined {
  if (actions.some((action) => action.do === "lookAgain")) return { againAfterMs: 0 };
  const waits = actions.filter((action) => action.do === "wait").map(({ until }) => until.getTime() - now.getTime());
  return waits.length === 0 ? undefined : { againAfterMs: Math.max(0, Math.min(...waits)) };
}

/** A refusal that the status shows is tried later or not at all; other trouble comes back with backoff. */
function afterTrouble({ error, refusal }: Trouble, batch: StoredBatch, refusals: Refusals): WorkOutcome | undefined {
  if (refusal === null) throw error;
  const isFinal = ["plan", "publish", "retry"].includes(refusal.action) && !PASSING_REFUSALS.includes(refusal.reason);
  return isFinal ? undefined : { againAfterMs: refusals.delayMs(batch) };
}
