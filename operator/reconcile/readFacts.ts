// Reads the facts about one batch: the object itself and a Job that may be new from the API server, other objects from the
// reflectors' stores, the rest from the database.
import { readDatabaseFacts } from "../../database/clusterBatches.ts";
import type { DatabaseFacts } from "../../model/batchFacts.ts";
import { coerceError } from "../../model/errors.ts";
import type { ReconcileContext, StoredBatch } from "../context.ts";
import { isNotFound } from "../kube/apiError.ts";
import type { Job } from "../kube/client.ts";
import { childJobName } from "../objects/job.ts";
import { jobPodsSelector } from "../objects/labels.ts";
import type { Facts } from "./observe.ts";

/** null: the ClimateBatch is gone. */
export async function readFacts(
  name: string,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<(Facts & { readonly batch: StoredBatch }) | null> {
  const batch = await unlessGone(context.api.climateBatches.get(name, signal));
  if (batch === null) return null;
  const database = await readDatabase(batch, context);
  const jobs = await readJobs(batch, database, context, signal);
  const withTerminating = jobs.filter((job) => (job.status?.terminating ?? 0) > 0);
  const pods = await Promise.all(
    withTerminating.map(({ metadata }) =>
      context.api.pods.list({ labelSelector: jobPodsSelector(metadata.uid) }, signal),
    ),
  );
  return {
    batch,
    jobs,
    pods: pods.flatMap(({ items }) => items),
    database,
    batches: [...context.batches.values()],
  };
}

async function readDatabase(
  { metadata, spec }: StoredBatch,
  { withClient, policy: { installation }, log }: ReconcileContext,
): Promise<DatabaseFacts | null> {
  try {
    const { uid } = metadata;
    return await withClient((client) => readDatabaseFacts(client, { uid, installation, requestKey: spec.requestKey }));
  } catch (thrown) {
    const error = coerceError(thrown);
    log.warn({ event: "databaseAway", climateBatch: metadata.name, err: error, message: error.message });
    return null;
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
  const own = [...jobs.values()].filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
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
