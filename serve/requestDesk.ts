// From request rows to running batches, each exactly once: what was begun goes on, then what can start is claimed, planned
// and started. What cannot start yet keeps waiting in the database, where equal requests join it.
import type { Client } from "pg";
import { reopenBatch } from "../database/batches.ts";
import { connect, leave } from "../database/connect.ts";
import { type PlannedRequest, planRequest, WAITING_REFUSALS } from "../database/planRequest.ts";
import { claimRequests, readStoredRequest, type StoredRequest, settleRequest } from "../database/requests.ts";
import {
  giveUpRetry,
  type OpenWork,
  readBatchState,
  readOpenWork,
  type UnfinishedBatch,
  type WaitingRequest,
} from "../database/serveRequests.ts";
import { isMissingRight, isPassing } from "../database/troubles.ts";
import { calculationsOf } from "../model/calculations.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import { findPlace, type QueueEntry, type QueuePlace } from "../model/queueOrder.ts";
import type { BatchQueue } from "./batchQueue.ts";
import type { ServeContext } from "./context.ts";
import { becomeOnlyRunner } from "./executor/runBatch.ts";

interface QueuedEntry extends QueueEntry {
  readonly batchId?: string;
  readonly requestId?: string;
}

/** In the order of the numbers. */
function idOf(requestId: string): string {
  return `request ${requestId.padStart(19, "0")}`;
}

export class RequestDesk {
  readonly #context: ServeContext;
  readonly #batches: BatchQueue;

  /** Why requests that could start do not, by their number. */
  readonly #unanswered = new Map<string, string>();

  constructor(context: ServeContext, batches: BatchQueue) {
    this.#context = context;
    this.#batches = batches;
  }

  get troubles(): string[] {
    return [...this.#unanswered].map(([requestId, why]) => `request ${requestId} is not answered: ${why}`);
  }

  /** Never twice at once. Rejects when something was in the way; then it is to be called again. */
  async look(): Promise<void> {
    const { withClient, config, log } = this.#context;
    const { installation } = config;
    const open = await withClient((client) => readOpenWork(client, installation));
    await this.#resume(open);
    const places = this.#findPlaces(open);
    for (const { entry, place } of places) if (place.replacedBy !== null) await this.#replace(entry, place.replacedBy);
    const startable = new Set(
      places
        .filter(({ place }) => place.waitsFor.length === 0 && place.replacedBy === null)
        .map(({ entry }) => entry.id),
    );
    const isStartable = ({ requestId }: WaitingRequest) => startable.has(idOf(requestId));
    const ids = open.waiting.filter(isStartable).map(({ requestId }) => requestId);
    const taken = await withClient((client) => claimRequests(client, installation, ids));
    const failures: Error[] = [];
    this.#unanswered.clear();
    for (const request of [...open.claimed.filter(isStartable), ...taken]) {
      try {
        await this.#answer(request);
      } catch (thrown) {
        const error = coerceError(thrown);
        log.warn({ event: "requestNotAnswered", requestId: request.requestId, err: error, message: error.message });
        this.#unanswered.set(request.requestId, error.message);
        failures.push(error);
      }
    }
    if (failures.length > 0)
      throw new Error(`${failures.length} requests are not answered yet`, { cause: failures[0] });
  }

  #findPlaces({
    claimed,
    waiting,
  }: OpenWork): { readonly entry: QueuedEntry; readonly place: QueuePlace<QueuedEntry> }[] {
    const { concurrencyPolicy } = this.#context.config;
    const running = this.#batches.running.map(
      ({ batchId, calculation, requestedAt }): QueuedEntry => ({
        id: `batch ${batchId}`,
        batchId,
        requestedAt,
        calculations: calculationsOf(calculation),
        concurrencyPolicy,
        requests: `batch ${batchId}`,
        state: "running",
      }),
    );
    const requests = [...claimed, ...waiting].map(
      ({ requestId, calculation, options, requestedAt }): QueuedEntry => ({
        id: idOf(requestId),
        requestId,
        requestedAt,
        calculations: calculationsOf(calculation),
        concurrencyPolicy,
        requests: JSON.stringify([calculation, options]),
        state: "waiting",
      }),
    );
    const all = [...running, ...requests];
    return all.map((entry) => ({
      entry,
      place: findPlace(
        entry,
        all.filter((other) => other !== entry),
      ),
    }));
  }

  async #replace({ batchId, requestId }: QueuedEntry, by: QueuedEntry): Promise<void> {
    const why = { reason: "Replaced", message: `Replaced by ${by.id.replace(/ 0+/, " ")}.` };
    if (batchId !== undefined) return this.#batches.cancel(batchId, why);
    const { withClient, config, metrics, log } = this.#context;
    const { installation } = config;
    const isSettled = await withClient(async (client) => {
      await claimRequests(client, installation, [requestId!]);
      return settleRequest(client, { installation, requestId: requestId! }, { outcome: "cancelled", ...why });
    });
    if (!isSettled) return;
    metrics.requests.inc({ outcome: "cancelled" });
    log.warn({ event: "requestCancelled", requestId, ...why });
  }

  /** After a restart, after a change of the leader, and when a failed batch is to be tried again. */
  async #resume({ unfinished, retryable }: OpenWork): Promise<void> {
    const { log } = this.#context;
    for (const batch of unfinished) if (this.#isFree(batch)) this.#start("batchResumed", batch);
    for (const batch of retryable) {
      if (!this.#isFree(batch)) continue;
      try {
        await this.#reopen(batch.batchId);
        this.#start("batchRetried", batch);
      } catch (thrown) {
        log.warn({ event: "batchNotRetried", batchId: batch.batchId, message: coerceError(thrown).message });
      }
    }
  }

  #start(event: string, batch: UnfinishedBatch): void {
    this.#context.log.info({ event, ...batch });
    this.#batches.start(batch);
  }

  #isFree({ calculation }: UnfinishedBatch): boolean {
    const own = calculationsOf(calculation);
    const busy = this.#batches.running.flatMap((batch) => calculationsOf(batch.calculation));
    return !own.some((one) => busy.includes(one));
  }

  /** On a session of its own: it holds the runner's lock, so that no other process runs the batch meanwhile. */
  async #reopen(batchId: string): Promise<void> {
    const client = await connect(this.#context.databaseUrl, { purpose: `serve batch ${batchId}`, patienceMs: 0 });
    try {
      await becomeOnlyRunner(client, batchId);
      if ((await readBatchState(client, batchId)) !== "failed") return;
      await reopenBatch(client, batchId);
    } catch (error) {
      if (error instanceof RejectedError && error.reason !== "AlreadyRunning")
        await giveUpRetry(client, batchId, error);
      throw error;
    } finally {
      await leave(client);
    }
  }

  async #answer(request: StoredRequest): Promise<void> {
    const { withClient, config, log, metrics } = this.#context;
    const { requestId, calculation, source, coalesced, requestedAt, requestKeys } = request;
    const answered = { installation: config.installation, requestId };
    try {
      const { batch, isNew } = await withClient((client) => this.#plan(client, request));
      const { batchId, cells, shards } = batch;
      log.info({
        event: isNew ? "batchPlanned" : "batchComputedBefore",
        batchId,
        calculation,
        cells,
        shards,
        requestId,
        source,
        coalesced,
        requestKeys,
      });
      this.#batches.start({ batchId, calculation, requestedAt, isComputed: !isNew });
    } catch (thrown) {
      const error = coerceError(thrown);
      if (isWaiting(error)) throw error;
      const reason = error instanceof RejectedError ? error.reason : "Bug";
      const end = { outcome: "failed", reason, message: error.message } as const;
      const isOurs = await withClient((client) => settleRequest(client, answered, end));
      if (!isOurs) return log.info({ event: "requestSettledElsewhere", requestId, calculation });
      metrics.requests.inc({ outcome: end.outcome });
      log.error({
        event: "requestFailed",
        requestId,
        calculation,
        source,
        ...end,
        ...(reason === "Bug" && { err: error }),
      });
    }
  }

  async #plan(client: Client, request: StoredRequest): Promise<PlannedRequest> {
    const { installation, workers, cellsPerShard, methodsFile } = this.#context.config;
    const planned = await planRequest(client, readStoredRequest(request), {
      parallelism: workers,
      // Batches that run share the places of their shards.
      connections: this.#batches.running.length > 0 ? 0 : workers,
      parallelismSetting: "PARALLEL_WORKERS",
      cellsPerShard,
      methodsFile,
      answers: { installation, requestId: request.requestId },
      reusesRefused: true,
    });
    return planned!;
  }
}

/** Nothing is wrong with the request: it keeps its place. Anything else must not hold up those behind it. */
function isWaiting(error: Error): boolean {
  if (error instanceof RejectedError) return (WAITING_REFUSALS as readonly string[]).includes(error.reason);
  return isPassing(error) || isMissingRight(error);
}
