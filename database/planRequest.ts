// From a request to a planned batch, the same way for `run`, `serve` and the operator, in one transaction: resolved, refused
// where it has no input or no connections, planned, and what it answers settled.
import type { ClientBase } from "pg";
import { type BatchRequest, DEFAULT_METHODS } from "../model/batchRequest.ts";
import { RejectedError } from "../model/errors.ts";
import type { MethodSet } from "../model/methodSet.ts";
import type { BatchSpecification } from "../model/specification.ts";
import { assignToClimateBatch, type ClusterBatch, settleClusterRequest, startClusterBatch } from "./clusterBatches.ts";
import { transaction } from "./connect.ts";
import { readMethodsFile } from "./methodsFile.ts";
import { findRefusedBatch, findUnfinishedBatch, type PlannedBatch, planBatch } from "./plan.ts";
import { lockPublications } from "./publish.ts";
import { settleRequest } from "./requests.ts";
import { refuseWithoutInput, resolveSpecification } from "./specification.ts";

/** Refusals that pass without anyone changing the request: it waits. */
export const WAITING_REFUSALS = ["NoFreeSlot", "TooFewConnections"] as const;

export interface PlanOptions {
  /** Shards at the same time, each with a database connection, where the request says nothing. */
  readonly parallelism: number;
  /** Connections that the batch needs besides those that are open already. */
  readonly connections?: number;
  /** What a person lowers when there are too few. */
  readonly parallelismSetting: string;
  /** Where the request says nothing; null: by the number of cells and parallelism. */
  readonly cellsPerShard?: number | null;
  /** A user's own bins, rates and anchors. */
  readonly overrides?: MethodSet | undefined;
  /** A file of them that counts for every request by the published methods. */
  readonly methodsFile?: string | undefined;
  /** An unfinished batch of the same specification and inputs is returned instead. */
  readonly resumes?: boolean;
  /** A complete batch of the same specification and inputs whose publication was refused is returned instead. */
  readonly reusesRefused?: boolean;
  /** What the batch is planned for. */
  readonly answers?: AnsweredRequest | ClusterBatch;
}

/** A request that an installation has claimed. */
export interface AnsweredRequest {
  readonly installation: string;
  readonly requestId: string;
}

/** `isNew` false: the batch was planned before. */
export interface PlannedRequest {
  readonly batch: PlannedBatch;
  readonly specification: BatchSpecification;
  readonly isNew: boolean;
}

/** null: the ClimateBatch it is planned for has its batch already. No kill leaves a batch whose request waits for another. */
export async function planRequest(
  client: ClientBase,
  request: BatchRequest,
  options: PlanOptions,
): Promise<PlannedRequest | null> {
  const { answers, cellsPerShard = null, resumes = false, reusesRefused = false } = options;
  const parallelism = request.parallelism ?? options.parallelism;
  const overrides = options.overrides ?? (await readInstalledOverrides(request, options));
  return transaction(client, async () => {
    await lockPublications(client);
    const isOfCluster = answers !== undefined && "uid" in answers;
    if (isOfCluster && (await startClusterBatch(client, answers, request.calculation)) !== null) return null;
    const specification = await resolveSpecification(client, request, overrides);
    await refuseWithoutInput(client, specification);
    await checkFreeConnections(client, options.connections ?? parallelism, options.parallelismSetting);
    const unfinished = resumes ? await findUnfinishedBatch(client, specification) : null;
    if (unfinished !== null) return { batch: unfinished, specification, isNew: false };
    const { maxRejectedCells = null } = request;
    const same = { installation: isOfCluster ? answers.installation : null, maxRejectedCells };
    const refused = reusesRefused ? await findRefusedBatch(client, specification, same) : null;
    if (refused !== null) {
      if (isOfCluster) await settleClusterRequest(client, answers, refused.batchId);
      else if (answers !== undefined) await settleAnswered(client, answers, refused.batchId);
      return { batch: refused, specification, isNew: false };
    }
    const batch = await planBatch(client, specification, {
      cellsPerShard: request.cellsPerShard ?? cellsPerShard,
      parallelism,
      maxRejectedCells,
    });
    if (isOfCluster) await assignToClimateBatch(client, answers, batch.batchId);
    else if (answers !== undefined) await settleAnswered(client, answers, batch.batchId);
    return { batch, specification, isNew: true };
  });
}

/** Read for each batch: the file may have changed. The batch keeps what it was planned with. */
async function readInstalledOverrides(
  { methods = DEFAULT_METHODS }: BatchRequest,
  { methodsFile }: PlanOptions,
): Promise<MethodSet | undefined> {
  if (methodsFile === undefined || methods !== "published") return undefined;
  return readMethodsFile(methodsFile, "METHODS_FILE");
}

async function settleAnswered(client: ClientBase, answered: AnsweredRequest, batchId: string): Promise<void> {
  const isOurs = await settleRequest(client, answered, { outcome: "batch", batchId });
  if (!isOurs)
    throw new RejectedError(
      "RequestSettled",
      `Request ${answered.requestId} was settled by another process meanwhile.`,
    );
}

/** Refuses more shards at a time than the server has connections left for; `setting` is what the user lowers then. */
export async function checkFreeConnections(client: ClientBase, needed: number, setting: string): Promise<void> {
  const { rows } = await client.query<{ free: number; most: number }>(
    `SELECT current_setting('max_connections')::int AS most,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS free`,
  );
  const { free, most } = rows[0]!;
  if (needed > free) {
    throw new RejectedError(
      "TooFewConnections",
      `${needed} shards at a time need a database connection each, but PostgreSQL has ${free} of its ${most} left. Give ${setting} ${Math.max(1, free)} or fewer, or raise max_connections.`,
    );
  }
}
