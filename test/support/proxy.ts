// A TCP proxy before PostgreSQL that misbehaves on demand: falls silent without closing anything, or keeps notifications back
// as a pooler in transaction mode does.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

const NOTIFICATION_RESPONSE = "A".charCodeAt(0);
/** Type byte and length. */
const HEADER_BYTES = 5;

export interface Proxy extends AsyncDisposable {
  /** The database's URL, through the proxy. */
  readonly url: string;
  /** From now on nothing is passed on, in either direction, on any connection; none is closed. */
  fallSilent(): void;
  /** New connections are passed on again; the silent ones stay so. */
  speakAgain(): void;
  swallowNotifications(isSwallowing: boolean): void;
  /** New connections go to that server from now on. */
  leadTo(databaseUrl: string): void;
  /** Connections that were ever made. */
  connections(): number;
}

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  let target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let connections = 0;
  let isClosed = false;
  let isSilent = false;
  let isSwallowing = false;
  const server = createServer((client) => {
    connections++;
    if (isClosed) return client.destroy();
    const database = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        if (!silenced.has(socket)) other.destroy();
      });
    }
    if (isSilent) return silence([client, database]);
    client.on("data", (bytes) => database.write(bytes));
    const filter = makeFilter(() => isSwallowing);
    database.on("data", (bytes) => client.write(filter(bytes)));
  });
  const silenced = new WeakSet<Socket>();
  const silence = (those: Iterable<Socket>) => {
    for (const socket of those) {
      silenced.add(socket);
      socket.removeAllListeners("data").pause();
    }
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    fallSilent() {
      isSilent = true;
      silence(sockets);
    },
    speakAgain() {
      isSilent = false;
    },
    swallowNotifications(swallowing) {
      isSwallowing = swallowing;
    },
    leadTo(otherUrl) {
      target = new URL(otherUrl);
    },
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      isClosed = true;
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
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
