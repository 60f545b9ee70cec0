// The batches that run here, each by a runner session of its own; trouble that passes is waited out, and the batch goes on
// from where it was.
import { endBatch } from "../database/batches.ts";
import { connect, leave } from "../database/connect.ts";
import { readBatchState, type UnfinishedBatch } from "../database/serveRequests.ts";
import { isPassing } from "../database/troubles.ts";
import { backoffMs, rest } from "../model/clock.ts";
import { coerceError, RejectedError } from "../model/errors.ts";
import { watchInLog } from "./batchWatch.ts";
import type { ServeContext } from "./context.ts";
import { type RunOutcome, runBatch } from "./executor/runBatch.ts";
import { makePlaces } from "./shardSlots.ts";

const RETRY = { minMs: 1_000, maxMs: 30_000, jitter: 0.5 };

interface Running {
  readonly batch: UnfinishedBatch;
  readonly ended: Promise<void>;
  readonly cancelled: AbortController;
  /** Why it does not get on at the moment. */
  trouble: string | null;
}

export class BatchQueue {
  readonly #context: ServeContext;
  readonly #onEnded: () => void;
  readonly #running = new Map<string, Running>();
  readonly #places;
  readonly #stop = new AbortController();

  constructor(context: ServeContext, onEnded: () => void) {
    this.#context = context;
    this.#onEnded = onEnded;
    this.#places = makePlaces(context.config.workers);
  }

  get running(): readonly UnfinishedBatch[] {
    return [...this.#running.values()].map(({ batch }) => batch);
  }

  get troubles(): string[] {
    return [...this.#running.values()].flatMap(({ batch, trouble }) =>
      trouble === null ? [] : [`batch ${batch.batchId} waits: ${trouble}`],
    );
  }

  /** Runs the batch to its end, unless it runs here already. */
  start(batch: UnfinishedBatch): void {
    if (this.#running.has(batch.batchId) || this.#stop.signal.aborted) return;
    const running: Running = { batch, trouble: null, ended: Promise.resolve(), cancelled: new AbortController() };
    this.#running.set(batch.batchId, running);
    const ended = this.#runToEnd(running).finally(() => {
      this.#running.delete(batch.batchId);
      this.#onEnded();
    });
    Object.assign(running, { ended });
  }

  /** Stops the shards of a batch that a later request replaces, and ends it as cancelled. */
  async cancel(batchId: string, why: { readonly reason: string; readonly message: string }): Promise<void> {
    const { log, metrics, withClient } = this.#context;
    const running = this.#running.get(batchId);
    if (running === undefined || running.cancelled.signal.aborted) return;
    await withClient((client) => endBatch(client, batchId, "cancelled", why));
    running.cancelled.abort();
    const { calculation } = running.batch;
    metrics.batches.inc({ calculation, outcome: "cancelled" });
    log.warn({ event: "batchCancelled", batchId, calculation, ...why });
  }

  /** Stops the shards; what is done is kept, and the batches go on at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  async #runToEnd(running: Running): Promise<void> {
    const { clock, log, random } = this.#context;
    const { batchId } = running.batch;
    const signal = AbortSignal.any([this.#stop.signal, running.cancelled.signal]);
    for (let failures = 0; !signal.aborted; ) {
      try {
        const outcome = await this.#runOnce(running, signal);
        if (outcome !== null && !running.cancelled.signal.aborted) this.#report(running.batch, outcome);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = coerceError(thrown);
        running.trouble = error.message;
        if (!canPass(error) && (await this.#giveUp(running.batch, error))) return;
        const retryInMs = Math.round(backoffMs(failures++, RETRY, random));
        log.warn({ event: "batchInterrupted", batchId, err: error, message: error.message, retryInMs });
        await rest(clock, retryInMs, signal);
      }
    }
  }

  /** null: it had ended before, by another process. */
  async #runOnce(running: Running, signal: AbortSignal): Promise<RunOutcome | null> {
    const { config, databaseUrl, replicas, log, metrics } = this.#context;
    const { batchId, calculation, isComputed = false } = running.batch;
    const client = await connect(databaseUrl, { purpose: `serve batch ${batchId}`, patienceMs: 2_000, signal });
    try {
      if ((await readBatchState(client, batchId)) !== (isComputed ? "complete" : "running")) return null;
      const options = {
        databaseUrl,
        replicas,
        batchId,
        watch: watchInLog(log.child({ batchId, calculation }), metrics, () => {
          running.trouble = null;
        }),
        workers: config.workers,
        places: this.#places,
        publish: true,
        replaceGrid: false,
      };
      return await runBatch(client, options, signal);
    } finally {
      await leave(client);
    }
  }

  /** Ends the batch as failed; false when not even that could be written down. */
  async #giveUp({ batchId, calculation }: UnfinishedBatch, error: Error): Promise<boolean> {
    const { log, metrics, withClient } = this.#context;
    const reason = error instanceof RejectedError ? error.reason : "Bug";
    try {
      await withClient((client) => endBatch(client, batchId, "failed", { reason, message: error.message }));
    } catch (thrown) {
      log.warn({ event: "batchEndNotWritten", batchId, message: coerceError(thrown).message });
      return false;
    }
    log.error({ event: "batchFailed", batchId, calculation, reason, err: error, message: error.message });
    metrics.batches.inc({ calculation, outcome: "failed" });
    return true;
  }

  #report({ batchId, calculation }: UnfinishedBatch, outcome: RunOutcome): void {
    const { log, metrics } = this.#context;
    const facts = { batchId, calculation };
    metrics.batches.inc({ calculation, outcome: outcome.state });
    if (outcome.state === "published") log.info({ event: "batchPublished", ...facts });
    if (outcome.state === "interrupted")
      log.warn({ event: "batchStopped", ...facts, message: "goes on at the next start" });
    if (outcome.state === "notPublished")
      log.warn({ event: "batchNotPublished", ...facts, reason: outcome.reason, message: outcome.message });
    if (outcome.state === "failed")
      log.error({ event: "batchFailed", ...facts, reason: outcome.reason, message: outcome.message });
  }
}

/** A runner that was killed holds its batch until the server notices. */
function canPass(error: Error): boolean {
  return isPassing(error) || (error instanceof RejectedError && error.reason === "AlreadyRunning");
}
