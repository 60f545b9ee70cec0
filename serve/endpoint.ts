// /healthz: the process answers. /readyz: it can do its work, else 503 and why. /health: the same with all facts, as JSON.
// /metrics: for Prometheus.
import { coerceError, RejectedError } from "../model/errors.ts";
import { type Answer, type HttpEndpoint, type ListenAt, openHttpEndpoint } from "../telemetry/httpEndpoint.ts";
import type { Health } from "./health.ts";

interface Readings {
  readonly readHealth: () => Promise<Health>;
  readonly readMetrics: () => Promise<string>;
  readonly metricsType: string;
}

export async function startEndpoint(at: Required<ListenAt>, readings: Readings): Promise<HttpEndpoint> {
  return openHttpEndpoint(at, (url) => answer(url, readings)).catch((thrown) => {
    throw new RejectedError(
      "PortTaken",
      `PROBE_HOST, PROBE_PORT: nothing can be served at ${at.host}, port ${at.port}: ${coerceError(thrown).message}. Give another port, or 0 for none.`,
      { cause: thrown },
    );
  });
}

async function answer(url: string, { readHealth, readMetrics, metricsType }: Readings): Promise<Answer> {
  switch (url) {
    case "/healthz":
      return { status: 200, body: "ok\n" };
    case "/readyz": {
      const { status, troubles } = await readHealth();
      const isTrouble = status === "trouble";
      return { status: isTrouble ? 503 : 200, body: `${isTrouble ? troubles.join("\n") : status}\n` };
    }
    case "/health": {
      const health = await readHealth();
      const body = `${JSON.stringify(health, undefined, 2)}\n`;
      return { status: health.status === "trouble" ? 503 : 200, body, type: "application/json" };
    }
    case "/metrics":
      return { status: 200, body: await readMetrics(), type: metricsType };
    default:
      return { status: 404, body: "expected /healthz, /readyz, /health or /metrics\n" };
  }
}
