// From request rows to running batches, each exactly once: what was begun goes on, then what can start is claimed, planned
// and started. What cannot start yet keeps waiting in the database, where equal requests join it.
import type { Client } from "pg";
import type { PlannedBatch } from "../database/plan.ts";
import { planRequest } from "../database/planRequest.ts";
import { claimRequests, readStoredRequest, type StoredRequest, settleRequest } from "../database/requests.ts";
import { type OpenWork, readOpenWork } from "../database/serveRequests.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import type { BatchQueue } from "./batchQueue.ts";
import { chooseStartable } from "./chooseStartable.ts";
import type { ServeContext } from "./context.ts";

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
    this.#resume(open);
    const queue = [...open.claimed, ...open.waiting].sort((a, b) => Number(BigInt(a.requestId) - BigInt(b.requestId)));
    const startable = new Set(chooseStartable(queue, this.#batches.busy).map(({ requestId }) => requestId));
    const ids = open.waiting.map(({ requestId }) => requestId).filter((id) => startable.has(id));
    const taken = await withClient((client) => claimRequests(client, installation, ids));
    const failures: Error[] = [];
    this.#unanswered.clear();
    for (const request of [...open.claimed.filter(({ requestId }) => startable.has(requestId)), ...taken]) {
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

  /** After a restart, and after a change of the leader. */
  #resume({ unfinished }: OpenWork): void {
    const here = new Set(this.#batches.running.map(({ batchId }) => batchId));
    const others = unfinished.filter(({ batchId }) => !here.has(batchId));
    for (const batch of chooseStartable(others, this.#batches.busy)) {
      this.#context.log.info({ event: "batchResumed", ...batch });
      this.#batches.start(batch);
    }
  }

  async #answer(request: StoredRequest): Promise<void> {
    const { withClient, config, log, metrics } = this.#context;
    const { requestId, calculation, source, coalesced, requestKeys } = request;
    const answered = { installation: config.installation, requestId };
    try {
      const { batchId, cells, shards } = await withClient((client) => this.#plan(client, request));
      log.info({
        event: "batchPlanned",
        batchId,
        calculation,
        cells,
        shards,
        requestId,
        source,
        coalesced,
        requestKeys,
      });
      this.#batches.start({ batchId, calculation });
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      const { reason, message } = error;
      const end = { outcome: "failed", reason, message } as const;
      await withClient((client) => settleRequest(client, answered, end));
      metrics.requests.inc({ outcome: end.outcome });
      log.error({ event: "requestFailed", requestId, calculation, source, reason, message });
    }
  }

  async #plan(client: Client, request: StoredRequest): Promise<PlannedBatch> {
    const { installation, workers, cellsPerShard, methodsFile } = this.#context.config;
    const planned = await planRequest(client, readStoredRequest(request), {
      parallelism: workers,
      // Batches that run share the places of their shards.
      connections: this.#batches.running.length > 0 ? 0 : workers,
      parallelismSetting: "PARALLEL_WORKERS",
      cellsPerShard,
      methodsFile,
      answers: { installation, requestId: request.requestId },
    });
    return planned!.batch;
  }
}
