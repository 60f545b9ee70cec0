// /healthz: every loop of the process turns. /readyz: it listens and has begun its work. /metrics: what Prometheus reads. Nothing else is served.
import { type Answer, type HttpEndpoint, openHttpEndpoint } from "../../telemetry/httpEndpoint.ts";
import type { OperatorMetrics } from "./metrics.ts";

interface ProbeSources {
  /** null when alive, else which loop is not. */
  readonly findFault: () => string | null;
  /** null when ready, else what is still missing. */
  readonly findObstacle: () => string | null;
  readonly metrics: Pick<OperatorMetrics, "render" | "contentType">;
}

export function startProbes(port: number, { findFault, findObstacle, metrics }: ProbeSources): Promise<HttpEndpoint> {
  return openHttpEndpoint(port, async (url) => {
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
