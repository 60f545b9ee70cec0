// A TCP proxy in front of PostgreSQL that fails on demand, in the ways that networks, poolers and failovers do.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { databaseUrl as urlOfDatabase } from "./database.ts";

const NOTIFICATION_RESPONSE = "A".charCodeAt(0);
/** Type byte and length. */
const HEADER_BYTES = 5;

export interface DatabaseProxy extends AsyncDisposable {
  /** The database's URL, through the proxy. */
  readonly url: string;
  /** New connections go to the server of that URL from now on. */
  leadTo(databaseUrl: string): void;
  /** Another database of the same server, through the proxy. */
  urlOf(database: string): string;
  /** Ends all connections and refuses new ones, until `restore`. */
  cut(): void;
  /** Nothing is passed on any more in either direction; no connection is closed, new ones are accepted. Until `restore`. */
  fallSilent(): void;
  /** What the server sends is lost, what clients send arrives, on connections of now and later. Until `restore`. */
  loseAnswers(): void;
  /** New connections work again; those that fell silent stay silent. */
  restore(): void;
  /** Ends every connection with a reset, at both ends. */
  reset(): void;
  /** The next answer of the server ends after so many bytes, and its connection with it. */
  truncateNextAnswer(bytes: number): void;
  /** Once a connection has brought so many bytes of answers, no more are taken from the server. Resolves when one has. */
  haltAnswersAfter(bytes: number): Promise<void>;
  /** Halted answers go on, and no more are halted. */
  letAnswersGo(): void;
  /** Each way takes so much longer, from now on [ms]. */
  delay(milliseconds: number): void;
  /** Notifications do not reach connections that are opened from now on, as through a pooler in transaction mode. */
  swallowNotifications(isSwallowing: boolean): void;
  /** Connections that were ever made. */
  connections(): number;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  answered: number;
  isSilent: boolean;
  isDeaf: boolean;
}

export async function startDatabaseProxy(databaseUrl: string, address = "127.0.0.1"): Promise<DatabaseProxy> {
  let target = new URL(databaseUrl);
  let state: "open" | "cut" | "silent" | "deaf" = "open";
  let delayMs = 0;
  let truncateAfter: number | undefined;
  let halt: { readonly afterBytes: number; readonly reached: () => void } | undefined;
  let isSwallowing = false;
  let connections = 0;
  const links = new Set<Link>();

  const proxy = createServer((client) => {
    connections++;
    client.on("error", () => undefined);
    if (state === "cut") return client.destroy();
    const server = connect({ host: target.hostname, port: Number(target.port || 5432) });
    const link: Link = { client, server, answered: 0, isSilent: state === "silent", isDeaf: state === "deaf" };
    links.add(link);
    const filter = isSwallowing ? makeFilter(() => isSwallowing) : (bytes: Buffer) => bytes;
    client.setNoDelay();
    server.setNoDelay().on("error", () => undefined);
    client.on("data", (bytes) => pass(link, server, bytes));
    server.on("data", (bytes) => {
      if (link.isDeaf) return;
      link.answered += bytes.length;
      if (halt !== undefined && link.answered >= halt.afterBytes) {
        server.pause();
        halt.reached();
      }
      if (truncateAfter === undefined) return pass(link, client, filter(bytes));
      client.end(bytes.subarray(0, truncateAfter));
      truncateAfter = undefined;
      server.destroy();
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on("close", () => {
        if (link.isSilent && !other.destroyed) return;
        links.delete(link);
        // What was sent before the end arrives before it.
        setTimeout(() => other.destroy(), delayMs);
      });
    }
  });
  const pass = (link: Link, to: Socket, bytes: Buffer) => {
    if (link.isSilent) return;
    if (delayMs === 0) to.write(bytes);
    else setTimeout(() => link.isSilent || to.destroyed || to.write(bytes), delayMs);
  };
  proxy.listen(0, address);
  await once(proxy, "listening");
  const url = new URL(databaseUrl);
  url.hostname = address;
  url.port = String((proxy.address() as AddressInfo).port);
  const endAll = (end: (socket: Socket) => void) => {
    for (const { client, server } of links) {
      end(client);
      end(server);
    }
  };
  return {
    url: url.href,
    leadTo(otherUrl) {
      target = new URL(otherUrl);
    },
    urlOf: (database) => urlOfDatabase(url.href, database),
    cut() {
      state = "cut";
      endAll((socket) => socket.destroy());
    },
    fallSilent() {
      state = "silent";
      for (const link of links) link.isSilent = true;
    },
    loseAnswers() {
      state = "deaf";
      for (const link of links) link.isDeaf = true;
    },
    restore() {
      state = "open";
    },
    reset: () => endAll((socket) => socket.resetAndDestroy()),
    truncateNextAnswer(bytes) {
      truncateAfter = bytes;
    },
    haltAnswersAfter(afterBytes) {
      return new Promise((reached) => {
        halt = { afterBytes, reached };
      });
    },
    letAnswersGo() {
      halt = undefined;
      for (const { server } of links) server.resume();
    },
    delay(milliseconds) {
      delayMs = milliseconds;
    },
    swallowNotifications(swallowing) {
      isSwallowing = swallowing;
    },
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      state = "cut";
      const closed = once(proxy, "close");
      proxy.close();
      endAll((socket) => socket.destroy());
      await closed;
    },
  };
}

/** Messages of the server, whole ones only; without notifications while those are swallowed. */
function makeFilter(isSwallowing: () => boolean): (bytes: Buffer) => Buffer {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const passed: Buffer[] = [];
    while (rest.length >= HEADER_BYTES) {
      const length = 1 + rest.readUInt32BE(1);
      if (rest.length < length) break;
      if (rest[0] !== NOTIFICATION_RESPONSE || !isSwallowing()) passed.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return Buffer.concat(passed);
  };
}
