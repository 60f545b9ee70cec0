// Batches that run for ClimateBatches that are gone: cancelled, so that their slots are free again. There are no finalizers,
// so nothing else ends them.
import { endBatch } from "../database/batches.ts";
import { readRunningRows } from "../database/clusterBatches.ts";
import { rest } from "../model/clock.ts";
import { coerceError } from "../model/errors.ts";
import type { OperatorContext } from "./context.ts";
import { listAll } from "./kube/listAll.ts";
import { withController } from "./kube/signals.ts";
import { decideAbandoned } from "./reconcile/retention.ts";

const PAGE_SIZE = 500;
/** Deletions are noticed at once; this is for those that happened while no operator watched. */
const SWEEP_MS = 600_000;
const SWEEP_RETRY_MS = 30_000;

export class AbandonedBatches {
  readonly #context: OperatorContext;
  #wake: () => void = () => {};
  #isNudged = false;

  constructor(context: OperatorContext) {
    this.#context = context;
  }

  /** A ClimateBatch was deleted. */
  nudge(): void {
    this.#isNudged = true;
    this.#wake();
  }

  async cancelUntil(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#context;
    while (!signal.aborted) {
      let delayMs = SWEEP_MS;
      this.#isNudged = false;
      try {
        await this.#cancelOnce(signal);
      } catch (thrown) {
        if (signal.aborted) return;
        const error = coerceError(thrown);
        log.warn({ event: "sweepFailed", err: error, message: error.message });
        delayMs = SWEEP_RETRY_MS;
      }
      if (this.#isNudged) continue;
      await withController(signal, async (controller) => {
        this.#wake = () => controller.abort();
        await rest(clock, delayMs, controller.signal);
      }).catch(() => undefined);
    }
  }

  async #cancelOnce(signal: AbortSignal): Promise<void> {
    const { api, withClient, policy, log } = this.#context;
    const running = await withClient((client) => readRunningRows(client, policy.installation));
    if (running.length === 0) return;
    // Listed after the rows were read: what was planned in between has its object.
    const { objects } = await listAll(api.climateBatches, { pageSize: PAGE_SIZE, transform: (batch) => batch }, signal);
    const live = new Set(objects.map(({ metadata }) => metadata.uid));
    for (const { batchId, reason, message } of decideAbandoned(running, live)) {
      await withClient((client) => endBatch(client, batchId, "cancelled", { reason, message }));
      log.info({ event: "cancelled", batchId, reason });
    }
  }
}
