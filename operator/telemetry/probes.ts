// /healthz: the process answers. /readyz: it has begun its work. Nothing else is served here.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Probes extends AsyncDisposable {
  readonly port: number;
}

/** `findObstacle`: null when ready, else what is still missing. Port 0 takes any that is free. */
export async function startProbes(port: number, findObstacle: () => string | null): Promise<Probes> {
  const server = createServer((request, response) => {
    const tell = (status: number, words: string) =>
      response.writeHead(status, { "content-type": "text/plain" }).end(`${words}\n`);
    if (request.url === "/healthz") return tell(200, "ok");
    if (request.url !== "/readyz") return tell(404, "expected /healthz or /readyz");
    const obstacle = findObstacle();
    return obstacle === null ? tell(200, "ready") : tell(503, obstacle);
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
