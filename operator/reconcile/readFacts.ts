// Reads the facts about one batch: the object itself and a Job that may be new from the API server, other objects from the
// reflectors' stores, the rest from the database.
import { readDatabaseFacts } from "../../database/clusterBatches.ts";
import type { BatchRow, DatabaseFacts } from "../../model/batchFacts.ts";
import { coerceError } from "../../model/errors.ts";
import type { ReconcileContext, StoredBatch } from "../context.ts";
import { findDatabaseTrouble } from "../databaseTrouble.ts";
import { isNotFound } from "../kube/apiError.ts";
import type { Job, KubeApi, Pod } from "../kube/client.ts";
import { buildJob, childJobName } from "../objects/job.ts";
import { ANNOTATIONS, jobPodsSelector } from "../objects/labels.ts";
import type { Facts } from "./observe.ts";

/** Enough to find a cause; a Job has at most 10,000 pods. */
const PODS_LIMIT = 200;
const EVENTS_LIMIT = 20;
type StoredEvent = Awaited<ReturnType<KubeApi["events"]["list"]>>["items"][number];

/** null: the ClimateBatch is gone. */
export async function readFacts(
  name: string,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<(Facts & { readonly batch: StoredBatch }) | null> {
  const batch = await unlessGone(context.api.climateBatches.get(name, signal));
  if (batch === null) return null;
  const { database, databaseTrouble } = await readDatabase(batch, context);
  const jobs = await readJobs(batch, database, context, signal);
  const pods = await readPods(jobs.filter(needsPods), context, signal);
  const row = database?.row;
  return {
    batch,
    jobs,
    pods,
    events: await readWarnings(jobs, pods, context, signal),
    database,
    databaseTrouble,
    batches: context.batches.values(),
    template: row?.state === "running" ? hashTemplate(batch, row, context) : null,
  };
}

function hashTemplate(batch: StoredBatch, row: BatchRow, { pods }: ReconcileContext): string {
  const attempt = { batchId: row.batchId, attempt: row.jobAttempt, completions: row.attemptShards };
  return buildJob(batch, attempt, pods).metadata!.annotations![ANNOTATIONS.template]!;
}

/** Some of its pods terminate, failed, or do not run. */
function needsPods({ spec, status }: Job): boolean {
  if ((status?.terminating ?? 0) > 0) return true;
  const end = status?.conditions?.find(({ status: holds }) => holds === "True");
  if (end !== undefined) return end.type === "Failed" || end.type === "FailureTarget";
  if (spec?.suspend === true) return false;
  return (status?.failed ?? 0) > 0 || isIdle({ spec, status });
}

function isIdle({ spec, status }: Pick<Job, "spec" | "status">): boolean {
  const open = (spec?.completions ?? 1) - (status?.succeeded ?? 0);
  return (status?.ready ?? 0) < Math.min(spec?.parallelism ?? 1, open);
}

async function readPods(jobs: readonly Job[], { api }: ReconcileContext, signal: AbortSignal): Promise<Pod[]> {
  const lists = await Promise.all(
    jobs.map(({ metadata }) =>
      api.pods.list({ labelSelector: jobPodsSelector(metadata.uid), limit: PODS_LIMIT }, signal),
    ),
  );
  return lists.flatMap(({ items }) => items);
}

/** About Jobs that lack pods, and about a pod that waits without a cause in its own status. */
async function readWarnings(
  jobs: readonly Job[],
  pods: readonly Pod[],
  { api }: ReconcileContext,
  signal: AbortSignal,
): Promise<StoredEvent[]> {
  const isOpen = ({ status }: Job) => !status?.conditions?.some(({ status: holds }) => holds === "True");
  const lacking = jobs.filter((job) => isOpen(job) && job.spec?.suspend !== true && isIdle(job));
  const pending = pods.find(
    ({ metadata, status }) => status?.phase === "Pending" && metadata.deletionTimestamp === undefined,
  );
  const uids = [
    ...lacking.map(({ metadata }) => metadata.uid),
    ...(pending === undefined ? [] : [pending.metadata.uid]),
  ];
  const lists = await Promise.all(
    uids.map((uid) =>
      api.events.list({ fieldSelector: `type=Warning,regarding.uid=${uid}`, limit: EVENTS_LIMIT }, signal),
    ),
  );
  return lists.flatMap(({ items }) => items);
}

async function readDatabase(
  { metadata, spec }: StoredBatch,
  { withClient, policy: { installation }, log }: ReconcileContext,
): Promise<Pick<Facts, "database" | "databaseTrouble">> {
  try {
    const { uid } = metadata;
    const database = await withClient((client) =>
      readDatabaseFacts(client, { uid, installation, requestKey: spec.requestKey }),
    );
    return { database, databaseTrouble: null };
  } catch (thrown) {
    const error = coerceError(thrown);
    log.warn({ event: "databaseNotRead", climateBatch: metadata.name, err: error, message: error.message });
    const trouble = findDatabaseTrouble(error) ?? { reason: "DatabaseUnavailable", message: error.message };
    return { database: null, databaseTrouble: trouble };
  }
}

/** The store may lag behind, so the API server is queried for a Job that is needed and not in it. */
async function readJobs(
  batch: StoredBatch,
  database: DatabaseFacts | null,
  { api, jobs }: ReconcileContext,
  signal: AbortSignal,
): Promise<Job[]> {
  const { uid } = batch.metadata;
  const own: Job[] = [];
  for (const job of jobs.values()) if (job.metadata.ownerReferences?.some((owner) => owner.uid === uid)) own.push(job);
  const row = database?.row;
  if (row?.state !== "running") return own;
  const needed = childJobName(batch.metadata, row.jobAttempt);
  if (own.some(({ metadata }) => metadata.name === needed)) return own;
  const found = await unlessGone(api.jobs.get(needed, signal));
  return found === null ? own : [...own, found];
}

async function unlessGone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
