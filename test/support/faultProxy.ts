// A proxy in front of a real API server that misbehaves on request: swallows, resets, delays, answers in its place.
// It speaks plain HTTP to the client and TLS, with the kubeconfig's certificate, to the server; it counts what passes.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";

export interface SeenRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly isWatch: boolean;
  readonly atMs: number;
}

export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | { readonly delayMs: number }
  | "reset"
  | "blackhole"
  /** The server does what it was requested for, and the connection breaks before the answer. */
  | "loseAnswer";

export interface FaultProxy extends AsyncDisposable {
  readonly kubeConfig: KubeConfig;
  readonly seen: readonly SeenRequest[];
  /** The next requests that match (`times`, by default one) meet the fault. */
  fault(matches: (seen: SeenRequest) => boolean, fault: Fault, times?: number): void;
  /** No request meets a fault any more. */
  heal(): void;
  /** Connections of now deliver nothing more and stay open; new connections are served. */
  blackholeConnected(): void;
  resetConnected(): void;
  /** Writes a line, as it is or as JSON, into each open watch and ends it. */
  describeWatches(line: unknown): number;
  /** Writes events of each open watch again, as `arrange` returns them from all lines so far. */
  repeatEvents(arrange: (lines: readonly string[]) => readonly string[]): void;
}

interface PlannedFault {
  readonly matches: (seen: SeenRequest) => boolean;
  readonly fault: Fault;
  left: number;
}

export async function startFaultProxy(kubeconfig: string): Promise<FaultProxy> {
  const upstream = new KubeConfig();
  upstream.loadFromFile(kubeconfig);
  const credentials: RequestOptions = {};
  await upstream.applyToHTTPSOptions(credentials);
  const { ca, cert, key } = credentials;
  const agent = new Agent({ keepAlive: true, ca, cert, key });
  const server = upstream.getCurrentCluster()!.server;

  const seen: SeenRequest[] = [];
  let planned: PlannedFault[] = [];
  const sockets = new Set<Socket>();
  const swallowed = new WeakSet<Socket>();
  const watches = new Set<ServerResponse>();
  const written = new WeakMap<ServerResponse, Buffer[]>();

  const forward = (incoming: IncomingMessage, outgoing: ServerResponse, isWatch: boolean, isLost = false) => {
    const { host: _, connection: __, ...headers } = incoming.headers;
    const onward = request(server + incoming.url, { agent, method: incoming.method, headers }, (answer) => {
      if (isLost) {
        incoming.socket.resetAndDestroy();
        return;
      }
      outgoing.writeHead(answer.statusCode!, answer.headers);
      outgoing.flushHeaders();
      if (isWatch) watches.add(outgoing);
      const chunks: Buffer[] = [];
      written.set(outgoing, chunks);
      answer.on("data", (chunk: Buffer) => {
        if (isWatch) chunks.push(chunk);
        if (!swallowed.has(incoming.socket)) outgoing.write(chunk);
      });
      answer.on("end", () => {
        if (!swallowed.has(incoming.socket)) outgoing.end();
      });
      answer.on("error", () => outgoing.destroy());
    });
    onward.on("error", () => incoming.socket.resetAndDestroy());
    outgoing.on("close", () => {
      watches.delete(outgoing);
      onward.destroy();
    });
    incoming.pipe(onward);
  };

  const meet = async (fault: Fault, incoming: IncomingMessage, outgoing: ServerResponse, isWatch: boolean) => {
    if (fault === "blackhole") return;
    if (fault === "reset") incoming.socket.resetAndDestroy();
    else if (fault === "loseAnswer") forward(incoming, outgoing, isWatch, true);
    else if ("delayMs" in fault) {
      await sleep(fault.delayMs);
      forward(incoming, outgoing, isWatch);
    } else {
      incoming.resume();
      outgoing.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
      outgoing.end(typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body ?? {}));
    }
  };

  const proxy = createServer({ keepAliveTimeout: 90_000, requestTimeout: 0 }, (incoming, outgoing) => {
    if (swallowed.has(incoming.socket)) return;
    const { pathname: path, searchParams: query } = new URL(incoming.url!, server);
    const one = { method: incoming.method!, path, query, isWatch: query.has("watch"), atMs: performance.now() };
    seen.push(one);
    const plan = planned.find(({ matches, left }) => left > 0 && matches(one));
    if (plan === undefined) forward(incoming, outgoing, one.isWatch);
    else {
      plan.left--;
      void meet(plan.fault, incoming, outgoing, one.isWatch);
    }
  });
  proxy.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    // client-node insists on this for plain HTTP.
    { name: "proxied", server: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, skipTLSVerify: true },
    { name: "admin" },
  );
  return {
    kubeConfig,
    seen,
    fault: (matches, fault, times = 1) => void planned.push({ matches, fault, left: times }),
    heal: () => {
      planned = [];
    },
    blackholeConnected: () => {
      for (const socket of sockets) swallowed.add(socket);
    },
    resetConnected: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    describeWatches(line) {
      const open = [...watches];
      for (const watch of open) watch.end(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
      return open.length;
    },
    repeatEvents(arrange) {
      for (const watch of watches) {
        const lines = Buffer.concat(written.get(watch)!).toString("utf8").split("\n").filter(Boolean);
        for (const line of arrange(lines)) watch.write(`${line}\n`);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
