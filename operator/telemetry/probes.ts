// /healthz: every loop of the process turns. /readyz: it has begun its work. /metrics: what Prometheus reads. Nothing else is served.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { OperatorMetrics } from "./metrics.ts";

export interface Probes extends AsyncDisposable {
  readonly port: number;
}

export interface ProbeSources {
  /** null when alive, else which loop is not. */
  readonly findFault: () => string | null;
  /** null when ready, else what is still missing. */
  readonly findObstacle: () => string | null;
  readonly metrics: Pick<OperatorMetrics, "render" | "contentType">;
}

/** Port 0 takes any that is free. */
export async function startProbes(port: number, { findFault, findObstacle, metrics }: ProbeSources): Promise<Probes> {
  const server = createServer((request, response) => {
    switch (request.url) {
      case "/healthz":
        return tellState(response, findFault(), "ok");
      case "/readyz":
        return tellState(response, findObstacle(), "ready");
      case "/metrics":
        metrics.render().then(
          (text) => tell(response, 200, text, metrics.contentType),
          (error: Error) => tell(response, 500, `${error.message}\n`),
        );
        return;
      default:
        tell(response, 404, "expected /healthz, /readyz or /metrics\n");
    }
  });
  server.listen(port);
  await once(server, "listening");
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

function tellState(response: ServerResponse, trouble: string | null, word: string): void {
  if (trouble === null) tell(response, 200, `${word}\n`);
  else tell(response, 503, `${trouble}\n`);
}

function tell(response: ServerResponse, status: number, text: string, contentType = "text/plain"): void {
  response.writeHead(status, { "content-type": contentType }).end(text);
}
