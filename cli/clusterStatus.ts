// `climatebatch status --cluster`: the ClimateBatches of a namespace, and why one does not move, in the operator's words.
import { findCondition, isConditionTrue } from "../model/climateBatch.ts";
import type { StoredBatch } from "../operator/context.ts";
import { ApiError } from "../operator/kube/apiError.ts";
import { dropManagedFields, listAll } from "../operator/kube/listAll.ts";
import { isStalled, REASONS, type Reason } from "../operator/objects/conditions.ts";
import { wasPublishingTried } from "../operator/reconcile/stage.ts";
import { findStalledSchedules, readSchedules, type StalledSchedule } from "../operator/schedules.ts";
import { formatTable } from "./printing.ts";
import { type ClusterArguments, withCluster } from "./withCluster.ts";

const PAGE_SIZE = 100;

export interface ClusterBatchLine {
  /** Of the ClimateBatch; "job/NAME" is a schedule's Job that has not created it. */
  readonly name: string;
  readonly calculation: string;
  /** Of the condition Progressing, or of the end: Published when readers do not see what is complete. */
  readonly reason: string;
  readonly message: string;
  /** Since when the condition is as it is. */
  readonly since: string;
  readonly progress: string;
  readonly isStalled: boolean;
  /** Complete, and readers do not see it although they should. */
  readonly isRefused: boolean;
  readonly batchId: string | null;
}

/** Newest first; those that have not ended, and `ended` of the others. Before them, Jobs of schedules that do not come to one. */
export function readClusterBatches(argv: ClusterArguments, ended: number): Promise<ClusterBatchLine[]> {
  return withCluster(argv, async (api) => {
    const options = { pageSize: PAGE_SIZE, transform: dropManagedFields<StoredBatch> };
    const signal = AbortSignal.timeout(30_000);
    const { objects } = await listAll(api.climateBatches, options, signal);
    const schedules = await findStalledSchedules(readSchedules(api, signal), new Date()).catch(withoutRights);
    const newestFirst = [...objects].sort((a, b) =>
      a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1,
    );
    const isOver = ({ status }: StoredBatch) =>
      isConditionTrue(status, "Complete") || isConditionTrue(status, "Failed");
    const last = new Set(newestFirst.filter(isOver).slice(0, ended));
    const shown = newestFirst.filter((batch) => !isOver(batch) || last.has(batch));
    return [...schedules.map(describeSchedule), ...shown.map(describe)];
  });
}

/** ClimateBatches can be shown to a person who may not see Jobs and pods. */
function withoutRights(error: unknown): readonly StalledSchedule[] {
  if (error instanceof ApiError && error.reason === "Forbidden") return [];
  throw error;
}

function describeSchedule({ job, since, reason, message }: StalledSchedule): ClusterBatchLine {
  const name = `job/${job.metadata.name}`;
  return {
    ...{ name, calculation: "", reason, message, since, progress: "" },
    ...{ isStalled: true, isRefused: false, batchId: null },
  };
}

function describe({ metadata, spec, status }: StoredBatch): ClusterBatchLine {
  const over = (["Failed", "Complete"] as const).find((type) => isConditionTrue(status, type));
  const published = over === "Complete" && wasPublishingTried(status) ? findCondition(status, "Published") : undefined;
  const isRefused = published?.status === "False";
  const shown = isRefused ? published : findCondition(status, over ?? "Progressing");
  return {
    name: metadata.name,
    calculation: spec.calculation,
    reason: shown?.reason ?? "NotSeen",
    message: shown?.message ?? "No operator has looked at it: climatebatch doctor --cluster",
    since: shown?.lastTransitionTime ?? metadata.creationTimestamp,
    progress: status?.progress ?? "",
    isStalled: over === undefined && (shown === undefined || isStalled(shown)),
    isRefused,
    batchId: status?.batchId ?? null,
  };
}

export function describeClusterBatches(batches: readonly ClusterBatchLine[]): string {
  if (batches.length === 0) return "No ClimateBatch in this namespace. Create one: climatebatch submit all";
  const header = ["ClimateBatch", "calculation", "state", "shards", "since", "batch"];
  const rows = batches.map(({ name, calculation, reason, progress, since, batchId }) => [
    ...[name, calculation, reason, progress, since, batchId],
  ]);
  const explained = batches
    .filter((batch) => batch.isStalled || batch.isRefused)
    .map(({ name, reason, message, since, isRefused }) => {
      const meaning = REASONS[reason as Reason];
      const what = isRefused ? "is complete, but not published," : "does not move";
      return `${name} ${what} since ${since} (${reason}): ${message}${meaning === undefined ? "" : `\n  ${meaning}`}`;
    });
  return [formatTable(header, rows), ...explained].join("\n\n");
}
