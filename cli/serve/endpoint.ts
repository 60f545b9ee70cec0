// /healthz: the process answers. /readyz: it can do its work, else 503 and why. /health: the same with all facts, as JSON.
// /metrics: for Prometheus.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { coerceError, RejectedError } from "../../model/errors.ts";
import type { Health } from "./health.ts";

export interface Endpoint extends AsyncDisposable {
  readonly port: number;
}

export interface Told {
  readonly readHealth: () => Promise<Health>;
  readonly readMetrics: () => Promise<string>;
  readonly metricsType: string;
}

const PATHS = "/healthz, /readyz, /health or /metrics";

/** Port 0 takes any that is free. */
export async function startEndpoint(port: number, told: Told): Promise<Endpoint> {
  const server = createServer((request, response) => {
    answer(request.url ?? "", told, response).catch((thrown) => {
      tell(response, 500, "text/plain", `${coerceError(thrown).message}\n`);
    });
  });
  server.listen(port);
  await once(server, "listening").catch((thrown) => {
    throw new RejectedError(
      "PortTaken",
      `PROBE_PORT: nothing can be served on port ${port}: ${coerceError(thrown).message}. Give another one, or 0 for none.`,
      { cause: thrown },
    );
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(url: string, { readHealth, readMetrics, metricsType }: Told, response: ServerResponse) {
  switch (url) {
    case "/healthz":
      return tell(response, 200, "text/plain", "ok\n");
    case "/readyz": {
      const { status, troubles } = await readHealth();
      const words = status === "trouble" ? troubles.join("\n") : status;
      return tell(response, status === "trouble" ? 503 : 200, "text/plain", `${words}\n`);
    }
    case "/health": {
      const health = await readHealth();
      const body = `${JSON.stringify(health, undefined, 2)}\n`;
      return tell(response, health.status === "trouble" ? 503 : 200, "application/json", body);
    }
    case "/metrics":
      return tell(response, 200, metricsType, await readMetrics());
    default:
      return tell(response, 404, "text/plain", `expected ${PATHS}\n`);
  }
}

function tell(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type }).end(body);
}
