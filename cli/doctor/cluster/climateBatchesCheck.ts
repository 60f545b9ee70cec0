// Batch failing? The ClimateBatches that have not ended, and how the last of each calculation ended.
import { type ConditionType, findCondition, isConditionTrue } from "../../../model/climateBatch.ts";
import type { StoredBatch } from "../../../operator/context.ts";
import { isStalled, PASSING_REFUSALS, type Reason } from "../../../operator/objects/conditions.ts";
import { type Check, type Finding, fine, problem, warn } from "../finding.ts";
import type { ClusterCheckContext } from "./clusterCheckContext.ts";

/** Reasons that only need waiting. */
const UNDER_WAY: readonly string[] = [
  "Planning",
  "Queued",
  "Preparing",
  "Running",
  "Finishing",
  "Retrying",
] satisfies Reason[];
/** A ClimateBatch without a status for so long has no operator. */
const UNSEEN_MS = 60_000;

export const climateBatchesCheck: Check<ClusterCheckContext> = {
  name: "ClimateBatches",
  async look({ cluster, clock }) {
    const batches = await cluster.climateBatches();
    if (batches.length === 0) return [fine(`none is in namespace ${cluster.namespace}`)];
    const isOver = ({ status }: StoredBatch) =>
      isConditionTrue(status, "Complete") || isConditionTrue(status, "Failed");
    const newestFirst = [...batches].sort((a, b) =>
      a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1,
    );
    const under = newestFirst.filter((batch) => !isOver(batch)).map((batch) => judgeUnfinished(batch, clock.now()));
    const last = new Map(
      newestFirst
        .filter(isOver)
        .toReversed()
        .map((batch) => [batch.spec.calculation, batch]),
    );
    return [...under, ...[...last.values()].map(judgeEnded)];
  },
};

function judgeUnfinished(batch: StoredBatch, now: Date): Finding {
  const { metadata, status } = batch;
  const { name, namespace, creationTimestamp } = metadata;
  const describe = `kubectl describe climatebatch ${name} -n ${namespace}`;
  const complete = findCondition(status, "Complete");
  if (complete === undefined) {
    const ageMs = now.getTime() - new Date(creationTimestamp).getTime();
    if (ageMs < UNSEEN_MS) return fine(`${name} was created just now`);
    return problem(
      `${name} was created ${creationTimestamp}, and no operator has looked at it`,
      `See operator and leader above; ${describe}`,
    );
  }
  const planned = findCondition(status, "Planned");
  const progressing = findCondition(status, "Progressing");
  const { reason, message } = planned?.status === "False" ? planned : isStalled(progressing) ? progressing! : complete;
  const state = `${name}: ${status?.progress ?? "not planned"}, ${reason}: ${message}`;
  const stuck = isConditionTrue(status, "ShardStuck") ? findCondition(status, "ShardStuck") : undefined;
  if (stuck !== undefined) return problem(`${name}: ${stuck.message}`, describe);
  if (reason === "Suspended")
    return warn(
      state,
      `To go on: kubectl patch climatebatch ${name} -n ${namespace} --type=merge --patch '{"spec":{"suspend":false}}'; or Kueue decides (docs/kueue.md)`,
    );
  if (isStalled(progressing))
    return problem(
      `${state} Since ${progressing!.lastTransitionTime}.`,
      `docs/api.md#reasons describes ${reason}; ${describe}`,
    );
  if (UNDER_WAY.includes(reason)) return fine(state);
  if (PASSING_REFUSALS.includes(reason))
    return warn(state, "It is tried again by itself. Should it last: docs/api.md#reasons");
  return problem(state, `docs/api.md#reasons explains ${reason}; ${describe}`);
}

function judgeEnded({ metadata: { name, namespace }, spec, status }: StoredBatch): Finding {
  const of = (type: ConditionType) => findCondition(status, type);
  const last = `last ${spec.calculation}: ${name}`;
  if (isConditionTrue(status, "Failed")) {
    const { reason, message } = of("Failed")!;
    const retry = `kubectl patch climatebatch ${name} -n ${namespace} --type=merge --patch '{"spec":{"retries":${spec.retries + 1}}}'`;
    const advice =
      reason === "ShardsFailed" || reason === "DeadlineExceeded"
        ? `When the cause is gone: ${retry}`
        : `docs/api.md#reasons explains ${reason}`;
    return problem(`${last} failed (${reason}): ${message}`, advice);
  }
  const published = of("Published");
  const state = `${last} is complete (${of("Complete")!.reason})`;
  if (published === undefined) return fine(state);
  const shown = `${state}; ${published.reason}: ${published.message}`;
  if (published.reason === "RowCountMismatch") return problem(shown, "Create a ClimateBatch of the same spec.");
  const isRefused = ["Incomplete", "NoNumbers", "OtherGrid"].includes(published.reason);
  return isRefused
    ? warn(
        shown,
        "Readers see the results before, which are complete. On purpose: climatebatch publish BATCH --allow-fewer or --replace-grid",
      )
    : fine(shown);
}
