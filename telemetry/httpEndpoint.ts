// HTTP servers of this product: one listens, answers, and is gone when it is disposed of.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { coerceError } from "../model/errors.ts";

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Plain text unless given. */
  readonly type?: string;
}

export interface HttpEndpoint extends AsyncDisposable {
  readonly port: number;
}

export interface ListenAt {
  /** 0 takes any that is free. */
  readonly port: number;
  /** An address of this machine; absent: all of them. */
  readonly host?: string | undefined;
}

/** Probes and scrapes. An answer that fails is a 500 with its message. */
export async function openHttpEndpoint(
  { port, host }: ListenAt,
  answer: (url: string) => Promise<Answer>,
): Promise<HttpEndpoint> {
  const server = createServer(async (request, response) => {
    const failed = (thrown: unknown): Answer => ({ status: 500, body: `${coerceError(thrown).message}\n` });
    const { status, body, type = "text/plain" } = await answer(request.url ?? "").catch(failed);
    response.writeHead(status, { "content-type": type }).end(body);
  });
  return listen(server, { port, host });
}

/** Resolves when it answers. Disposing of it does not wait for clients that stay connected. */
export async function listen(server: Server, { port, host }: ListenAt): Promise<HttpEndpoint> {
  server.listen(port, host);
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
