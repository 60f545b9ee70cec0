// `climatebatch status --cluster`: the ClimateBatches of a namespace, and why one does not move, in the operator's words.
import { findCondition, isConditionTrue } from "../model/climateBatch.ts";
import type { StoredBatch } from "../operator/context.ts";
import { isStalled, REASONS, type Reason } from "../operator/objects/conditions.ts";
import { formatTable } from "./printing.ts";
import { type ClusterArguments, withCluster } from "./withCluster.ts";

const LISTED = 500;

export interface ClusterBatchLine {
  readonly name: string;
  readonly calculation: string;
  /** Of the condition Progressing, or of the end. */
  readonly reason: string;
  readonly message: string;
  /** Since when the condition is as it is. */
  readonly since: string;
  readonly progress: string;
  readonly isStalled: boolean;
  readonly batchId: string | null;
}

/** Newest first; those that have not ended, and `ended` of the others. */
export function readClusterBatches(argv: ClusterArguments, ended: number): Promise<ClusterBatchLine[]> {
  return withCluster(argv, async (api) => {
    const { items } = await api.climateBatches.list({ limit: LISTED }, AbortSignal.timeout(30_000));
    const newestFirst = [...items].sort((a, b) =>
      a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1,
    );
    const isOver = ({ status }: StoredBatch) =>
      isConditionTrue(status, "Complete") || isConditionTrue(status, "Failed");
    const last = new Set(newestFirst.filter(isOver).slice(0, ended));
    return newestFirst.filter((batch) => !isOver(batch) || last.has(batch)).map(describe);
  });
}

function describe({ metadata, spec, status }: StoredBatch): ClusterBatchLine {
  const over = (["Failed", "Complete"] as const).find((type) => isConditionTrue(status, type));
  const shown = findCondition(status, over ?? "Progressing");
  return {
    name: metadata.name,
    calculation: spec.calculation,
    reason: shown?.reason ?? "NotSeen",
    message: shown?.message ?? "No operator has looked at it: climatebatch doctor --cluster",
    since: shown?.lastTransitionTime ?? metadata.creationTimestamp,
    progress: status?.progress ?? "",
    isStalled: over === undefined && (shown === undefined || isStalled(shown)),
    batchId: status?.batchId ?? null,
  };
}

export function describeClusterBatches(batches: readonly ClusterBatchLine[]): string {
  if (batches.length === 0) return "No ClimateBatch in this namespace. Create one: climatebatch submit all";
  const header = ["ClimateBatch", "calculation", "state", "shards", "since", "batch"];
  const rows = batches.map(({ name, calculation, reason, progress, since, batchId }) => [
    ...[name, calculation, reason, progress, since, batchId],
  ]);
  const stalled = batches
    .filter((batch) => batch.isStalled)
    .map(({ name, reason, message, since }) => {
      const meaning = REASONS[reason as Reason];
      return `${name} does not move since ${since} (${reason}): ${message}${meaning === undefined ? "" : `\n  ${meaning}`}`;
    });
  return [formatTable(header, rows), ...stalled].join("\n\n");
}
