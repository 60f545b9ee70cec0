// /healthz: every loop of the process makes progress. /readyz: it listens and has started. /metrics: for Prometheus.
import { type Answer, type HttpEndpoint, openHttpEndpoint } from "../../telemetry/httpEndpoint.ts";
import type { OperatorMetrics } from "./metrics.ts";

/** Longer than every deadline inside a loop: a watch is opened again after 90 s, a call is given up after seconds. */
export const SILENCE_LIMIT_MS = 600_000;
/** One reconcile may do several pieces of work with the database, of at most 300 s each. */
export const WORK_LIMIT_MS = 1_800_000;

interface Loop {
  readonly lastTurnMs: () => number;
  readonly limitMs: number;
}

export class Liveness {
  readonly #loops = new Map<string, Loop>();

  /** `lastTurnMs`: on the monotonic clock, when the loop last did anything. Call the returned function when the loop ends. */
  follow(name: string, lastTurnMs: () => number, limitMs = SILENCE_LIMIT_MS): () => void {
    this.#loops.set(name, { lastTurnMs, limitMs });
    return () => this.#loops.delete(name);
  }

  /** null when all make progress. */
  findFault(nowMs: number): string | null {
    for (const [name, { lastTurnMs, limitMs }] of this.#loops) {
      const silentMs = nowMs - lastTurnMs();
      if (silentMs > limitMs) return `${name} has done nothing for ${Math.round(silentMs / 1000)} s`;
    }
    return null;
  }
}

interface ProbeSources {
  /** null when alive, else which loop is not. */
  readonly findFault: () => string | null;
  /** null when ready, else what is still missing. */
  readonly findObstacle: () => string | null;
  readonly metrics: Pick<OperatorMetrics, "render" | "contentType">;
}

export function startProbes(port: number, { findFault, findObstacle, metrics }: ProbeSources): Promise<HttpEndpoint> {
  return openHttpEndpoint({ port }, async (url) => {
    switch (url) {
      case "/healthz":
        return describeState(findFault(), "ok");
      case "/readyz":
        return describeState(findObstacle(), "ready");
      case "/metrics":
        return { status: 200, body: await metrics.render(), type: metrics.contentType };
      default:
        return { status: 404, body: "expected /healthz, /readyz or /metrics\n" };
    }
  });
}

function describeState(trouble: string | null, word: string): Answer {
  return trouble === null ? { status: 200, body: `${word}\n` } : { status: 503, body: `${trouble}\n` };
}
