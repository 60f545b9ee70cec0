// Executes the actions in order; the first that fails ends the list. Each may be repeated safely.
import { endBatch, finishBatch } from "../../database/batches.ts";
import { retryClusterBatch } from "../../database/clusterBatches.ts";
import type { PlannedBatch } from "../../database/plan.ts";
import { planRequest } from "../../database/planRequest.ts";
import { publishBatch } from "../../database/publish.ts";
import { emptySlots } from "../../database/slots.ts";
import { requestOfSpec } from "../../model/climateBatch.ts";
import { coerceError, RejectedError } from "../../model/errors.ts";
import type { ReconcileContext, StoredBatch } from "../context.ts";
import { findDatabaseTrouble } from "../databaseTrouble.ts";
import { ApiError, isAlreadyExists, isInvalid, isNotFound, isRetryable } from "../kube/apiError.ts";
import { ALREADY_ANSWERED, INVALID_TEMPLATE } from "../objects/conditions.ts";
import { buildJob, type PodSettings } from "../objects/job.ts";
import { ANNOTATIONS } from "../objects/labels.ts";
import { findForbidden, NOTHING_ALLOWED } from "../objects/templateRules.ts";
import type { Action, Refusal, Trouble } from "./actions.ts";
import { classifyRefusal } from "./obstacles.ts";

/** Nothing is overridden. */
const NO_EXCEPTIONS = { replaceGrid: false, allowFewer: false, goBack: false } as const;

/** null when all went well. */
export async function act(
  actions: readonly Action[],
  batch: StoredBatch,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<Trouble | null> {
  for (const action of actions) {
    signal.throwIfAborted();
    if (action.do === "wait" || action.do === "lookAgain") continue;
    const { refusals, log } = context;
    // A batch is reconciled for many reasons, its own status among them; only time and a changed object are worth a call.
    const refused = action.do === "createJob" ? refusals.waiting(batch, action.do) : null;
    if (refused !== null) return refused;
    try {
      await actOnce(action, batch, context, signal);
      log.info({ event: "acted", climateBatch: batch.metadata.name, ...describe(action) });
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = coerceError(thrown);
      const refusal = findRefusal(action, error);
      if (refusal !== null && refusals.note(batch, { error, refusal }))
        log.warn({ event: "refused", climateBatch: batch.metadata.name, ...refusal });
      return { error, refusal };
    }
  }
  return null;
}

type Permission = Exclude<Action, { do: "wait" | "lookAgain" }>;

function actOnce(
  action: Permission,
  batch: StoredBatch,
  context: ReconcileContext,
  signal: AbortSignal,
): Promise<unknown> {
  const { api, withClient, policy } = context;
  const { uid } = batch.metadata;
  switch (action.do) {
    case "plan":
      return plan(batch, context);
    case "emptySlots":
      return withClient((client) => emptySlots(client, action.batchId, { signal }));
    case "createJob":
      return createJob(action, batch, context, signal);
    case "suspendJob":
    case "resumeJob": {
      const suspend = action.do === "suspendJob";
      return api.jobs.patch(action.job.name, { spec: { suspend } }, signal).catch(ignoreGone);
    }
    case "nudgeJob": {
      const metadata = { annotations: { [ANNOTATIONS.nudged]: action.at.toISOString() } };
      return api.jobs.patch(action.job.name, { metadata }, signal).catch(ignoreGone);
    }
    case "deleteJob": {
      const how = { uid: action.job.uid, propagationPolicy: "Background" } as const;
      return api.jobs.delete(action.job.name, how, signal).catch(ignoreGone);
    }
    case "finish":
      return withClient((client) =>
        finishBatch(client, action.batchId, action.publish ? NO_EXCEPTIONS : null, action.podFailure),
      );
    case "publish":
      return publish(action.batchId, context);
    case "retry":
      return withClient((client) =>
        retryClusterBatch(client, action.batchId, { uid, installation: policy.installation }),
      );
    case "cancel":
      return withClient((client) => endBatch(client, action.batchId, "cancelled", action));
    case "giveWay":
      return withClient((client) => endBatch(client, action.batchId, "failed", action));
    case "deleteBatch": {
      const how = { uid: action.uid, propagationPolicy: "Background" } as const;
      return api.climateBatches.delete(action.name, how, signal).catch(ignoreGone);
    }
    default:
      throw new Error(`no such action: ${JSON.stringify(action satisfies never)}`);
  }
}

async function plan(
  batch: StoredBatch,
  { withClient, policy, methodsFile, pods, onPlanned }: ReconcileContext,
): Promise<void> {
  refuseTemplate(batch, pods);
  const { metadata, spec } = batch;
  const answers = {
    uid: metadata.uid,
    name: metadata.name,
    installation: policy.installation,
    requestKey: spec.requestKey,
    requestId: metadata.annotations?.[ANNOTATIONS.request],
  };
  const options = {
    ...{ parallelism: spec.parallelism, parallelismSetting: "parallelism", methodsFile, answers },
    reusesRefused: spec.publish,
  };
  const planned = await withClient((client) => planRequest(client, requestOfSpec(spec), options));
  onPlanned();
  if (planned !== null && !planned.isNew) await answerByRefused(planned.batch, withClient);
}

/** An equal batch is complete, and its publication was refused: nothing is computed again, only published if it may be now. */
async function answerByRefused({ batchId }: PlannedBatch, withClient: ReconcileContext["withClient"]): Promise<never> {
  const publication = await withClient((client) => publishBatch(client, batchId, NO_EXCEPTIONS));
  const now = publication.published ? "It is published now." : `${publication.reason}: ${publication.message}`;
  const message = `Batch ${batchId} has computed the same from the same inputs, and its publication was refused. Nothing is computed again. ${now}`;
  throw new RejectedError(ALREADY_ANSWERED, message);
}

function refuseTemplate({ spec }: StoredBatch, { allowed = NOTHING_ALLOWED }: PodSettings): void {
  const problems = findForbidden(spec.template, allowed);
  if (problems.length > 0) throw new RejectedError(INVALID_TEMPLATE, problems.join("; "));
}

async function createJob(
  attempt: Extract<Action, { do: "createJob" }>,
  batch: StoredBatch,
  { api, pods }: ReconcileContext,
  signal: AbortSignal,
): Promise<void> {
  refuseTemplate(batch, pods);
  try {
    await api.jobs.create(buildJob(batch, attempt, pods), signal);
  } catch (error) {
    // Ours from a moment ago, or one with another owner: the next pass sees which.
    if (!isAlreadyExists(error)) throw error;
  }
}

async function publish(batchId: string, { withClient }: ReconcileContext): Promise<void> {
  const publication = await withClient((client) => publishBatch(client, batchId, NO_EXCEPTIONS));
  if (!publication.published) throw new RejectedError(publication.reason, publication.message);
}

/** Only these can be refused for what the user requested; other failures are tried again. */
const REFUSABLE: readonly Permission["do"][] = ["plan", "createJob", "publish", "retry"];

function findRefusal({ do: action }: Permission, error: Error): Refusal | null {
  const { message } = error;
  if (error instanceof RejectedError && REFUSABLE.includes(action)) return { action, reason: error.reason, message };
  const trouble = findDatabaseTrouble(error);
  if (trouble !== null && trouble.reason !== "DatabaseUnavailable") return { action, ...trouble };
  if (action !== "createJob" || !(error instanceof ApiError)) return null;
  const reason = classifyRefusal(message);
  if (reason !== "PodsRefused") return { action, reason, message };
  if (isRetryable(error)) return null;
  return { action, reason: isInvalid(error) ? INVALID_TEMPLATE : error.reason, message };
}

function ignoreGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

function describe(action: Permission): object {
  const { do: what, ...words } = action;
  return { action: what, ...words };
}
