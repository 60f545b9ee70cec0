// Sockets to the API server, authenticated by the kubeconfig. HTTP/1.1: a call in flight has its socket to itself.
// client-node 2.0.1 builds a new dispatcher for every call of its typed APIs, hence a TLS handshake each (measured: 100
// calls, 100 connections), and keeps a CA that it has read; here idle sockets are reused and a rotated CA is picked up.
import { createHash } from "node:crypto";
import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plainRequest,
} from "node:http";
import { type RequestOptions, Agent as TlsAgent, request as tlsRequest } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";

/** Below the 90 s after which kube-apiserver closes idle connections, so that a call rarely meets a closed one. */
const IDLE_SOCKET_MS = 60_000;
/** As client-go: a dead peer shows in minutes even where nothing else looks. */
const TCP_KEEPALIVE_MS = 30_000;
const USER_AGENT = "climatebatch-operator";

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the query. */
  readonly path: string;
  readonly body?: string | undefined;
  readonly contentType?: string | undefined;
  /** On a new socket: an idle one may be dead unnoticed. */
  readonly freshSocket?: boolean;
}

/** An exchange in progress: the head of the answer, and a way to abort it at any time. */
export interface Exchange {
  readonly answer: Promise<IncomingMessage>;
  /** The socket had served another call before. */
  isReused(): boolean;
  destroy(reason: Error): void;
}

export class Connections {
  readonly #kubeConfig: KubeConfig;
  readonly #server: URL;
  #pool: { readonly agent: Agent; readonly fingerprint: string } | undefined;

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig;
    this.#server = new URL(kubeConfig.getCurrentCluster()!.server);
  }

  async open({ method, path, body, contentType, freshSocket = false }: Request): Promise<Exchange> {
    const options: RequestOptions = {};
    // Credentials are read for every request; client-node caches what may be cached (tokens 60 s, exec plugins until expiry).
    await this.#kubeConfig.applyToHTTPSOptions(options);
    const send = this.#server.protocol === "https:" ? tlsRequest : plainRequest;
    const request = send(new URL(this.#server.pathname.replace(/\/$/, "") + path, this.#server), {
      ...options,
      method,
      agent: this.#agentFor(options, freshSocket),
      headers: {
        ...options.headers,
        accept: "application/json",
        "user-agent": USER_AGENT,
        ...(body !== undefined && { "content-type": contentType, "content-length": Buffer.byteLength(body) }),
      },
    });
    request.setSocketKeepAlive(true, TCP_KEEPALIVE_MS);
    return exchange(request, body);
  }

  /** Idle sockets are no longer trusted; calls in flight continue. */
  abandonPool(): void {
    this.#pool = undefined;
  }

  close(): void {
    this.#pool?.agent.destroy();
    this.#pool = undefined;
  }

  #agentFor(options: RequestOptions, freshSocket: boolean): Agent {
    // client-node makes the agent of a proxy.
    if (this.#kubeConfig.getCurrentCluster()?.proxyUrl !== undefined) return options.agent as Agent;
    if (freshSocket) return this.#makeAgent(options, false);
    const fingerprint = fingerprintOf(options);
    if (this.#pool?.fingerprint !== fingerprint) this.#pool = { agent: this.#makeAgent(options, true), fingerprint };
    return this.#pool.agent;
  }

  #makeAgent({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions, keepAlive: boolean): Agent {
    if (this.#server.protocol === "http:") return new PlainAgent({ keepAlive, timeout: IDLE_SOCKET_MS });
    const given = Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(
      ([, one]) => one !== undefined,
    );
    return new TlsAgent({ keepAlive, timeout: IDLE_SOCKET_MS, ...Object.fromEntries(given) });
  }
}

function exchange(request: ClientRequest, body: string | undefined): Exchange {
  let answered: IncomingMessage | undefined;
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", (response) => {
      answered = response;
      resolve(response);
    });
    // Kept after the answer has begun: later failures surface on the answer itself.
    request.on("error", reject);
  });
  request.end(body);
  return {
    answer,
    isReused: () => request.reusedSocket,
    destroy: (reason) => void (answered ?? request).destroy(reason),
  };
}

function fingerprintOf({ ca, cert, key }: RequestOptions): string {
  const hash = createHash("sha256");
  for (const part of [ca, cert, key]) hash.update(String(part)).update("\0");
  return hash.digest("hex");
}
