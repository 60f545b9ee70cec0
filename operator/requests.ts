// Makes a ClimateBatch of each request row, exactly once, and settles requests whose ClimateBatch was never planned.
// Planning a batch settles its request in the same transaction.
import { claimAnswerableRequests } from "../database/clusterBatches.ts";
import {
  noteClimateBatch,
  type RequestOutcome,
  readClaimedRequests,
  readStoredRequest,
  type StoredRequest,
  settleRequest,
} from "../database/requests.ts";
import { findCondition, isConditionTrue, type NewClimateBatchSpec } from "../model/climateBatch.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import type { OperatorContext, StoredBatch } from "./context.ts";
import { ApiError, isAlreadyExists, isInvalid, isNotFound } from "./kube/apiError.ts";
import { ANNOTATIONS } from "./objects/labels.ts";
import { buildRequestedBatch } from "./objects/requestedBatch.ts";

const CLAIMED_AT_ONCE = 20;

export interface RequestIntakeOptions {
  readonly context: OperatorContext;
  /** For fields of a ClimateBatch that its request leaves open. */
  readonly defaults: Partial<NewClimateBatchSpec>;
  /** In the leader's copy, so that requests that wait cost the API server nothing; undefined: it may be new. */
  readonly find: (name: string) => StoredBatch | undefined;
}

/** Answers the requests of this installation. Only the leader may call it. */
export class RequestIntake {
  readonly #options: RequestIntakeOptions;
  #looking: Promise<void> | null = null;
  #lookAgain = false;

  constructor(options: RequestIntakeOptions) {
    this.#options = options;
  }

  /** Resolves when all requests that waited before the call were handled. Rejects when one of them failed. */
  async look(signal: AbortSignal): Promise<void> {
    this.#lookAgain = true;
    this.#looking ??= this.#lookWhileNeeded(signal).finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #lookWhileNeeded(signal: AbortSignal): Promise<void> {
    while (this.#lookAgain && !signal.aborted) {
      this.#lookAgain = false;
      await this.#lookOnce(signal);
    }
  }

  async #lookOnce(signal: AbortSignal): Promise<void> {
    const { withClient, policy, log } = this.#options.context;
    const { installation } = policy;
    const claimed = await withClient(async (client) => {
      await claimAnswerableRequests(client, installation, CLAIMED_AT_ONCE);
      return readClaimedRequests(client, installation);
    });
    const failures: Error[] = [];
    for (const request of claimed) {
      try {
        const end =
          request.climateBatch === null ? await this.#create(request, signal) : await this.#follow(request, signal);
        if (end !== null) await this.#settle(request, end);
      } catch (thrown) {
        signal.throwIfAborted();
        const error = coerceError(thrown);
        log.warn({ event: "requestNotAnswered", requestId: request.requestId, err: error, message: error.message });
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new Error(`${failures.length} requests are not answered yet`, { cause: failures[0] });
  }

  /** null: its ClimateBatch exists. */
  async #create(request: StoredRequest, signal: AbortSignal): Promise<RequestOutcome | null> {
    const { context, defaults } = this.#options;
    const { requestId } = request;
    try {
      const batch = buildRequestedBatch(request.requestId, readStoredRequest(request), defaults);
      const name = batch.metadata.name!;
      const isOurs = await this.#createOnce(batch, name, requestId, signal);
      if (!isOurs) {
        const message = `A ClimateBatch named ${name} exists that does not answer this request. Delete it and request again.`;
        return { outcome: "failed", reason: "Conflict", message };
      }
      const { installation } = context.policy;
      await context.withClient((client) => noteClimateBatch(client, { installation, requestId, name }));
      const { calculation, source, coalesced } = request;
      context.log.info({ event: "requestAnswered", requestId, calculation, source, coalesced, climateBatch: name });
      return null;
    } catch (error) {
      if (error instanceof RejectedError) return { outcome: "failed", reason: error.reason, message: error.message };
      if (error instanceof ApiError && isInvalid(error))
        return { outcome: "failed", reason: "InvalidRequest", message: error.message };
      throw error;
    }
  }

  async #createOnce(batch: object, name: string, requestId: string, signal: AbortSignal): Promise<boolean> {
    const { api } = this.#options.context;
    try {
      await api.climateBatches.create(batch, signal);
      return true;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const there = await api.climateBatches.get(name, signal);
      return there.metadata.annotations?.[ANNOTATIONS.request] === requestId;
    }
  }

  /** The end of a request whose batch will never be planned; null: it may still be. */
  async #follow({ climateBatch, requestId }: StoredRequest, signal: AbortSignal): Promise<RequestOutcome | null> {
    const batch = this.#options.find(climateBatch!) ?? (await this.#read(climateBatch!, signal));
    if (batch === null || batch.metadata.annotations?.[ANNOTATIONS.request] !== requestId) {
      const message = `The ClimateBatch ${climateBatch} was deleted before it was planned.`;
      return { outcome: "cancelled", reason: "Deleted", message };
    }
    // A batch settles its request in the transaction that plans it: this one has none and failed.
    if (!isConditionTrue(batch.status, "Failed") || batch.status?.batchId !== undefined) return null;
    const { reason, message } = findCondition(batch.status, "Failed")!;
    const isReplaced = reason === "Superseded" || reason === "Replaced";
    return { outcome: isReplaced ? "cancelled" : "failed", reason, message };
  }

  async #read(name: string, signal: AbortSignal): Promise<StoredBatch | null> {
    try {
      return await this.#options.context.api.climateBatches.get(name, signal);
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async #settle({ requestId }: StoredRequest, end: RequestOutcome): Promise<void> {
    const { withClient, policy, log } = this.#options.context;
    const { installation } = policy;
    if (!(await withClient((client) => settleRequest(client, { installation, requestId }, end)))) return;
    log.warn({ event: "requestEnded", requestId, ...end });
  }
}
