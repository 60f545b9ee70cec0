// A test's PostgreSQL at an address where pods reach it: connections are passed on to the server on 127.0.0.1, so that it
// needs no other settings; and they can be cut, as networks do.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface ExposedDatabase extends AsyncDisposable {
  /** The same database, as pods name it. */
  readonly url: string;
  /** Ends all connections and refuses new ones, until `mend`. */
  cut(): void;
  mend(): void;
}

export async function exposeDatabase(databaseUrl: string, address: string): Promise<ExposedDatabase> {
  const url = new URL(databaseUrl);
  const inside = { host: url.hostname, port: Number(url.port || 5432) };
  const open = new Set<Socket>();
  let isCut = false;
  const server = createServer((caller) => {
    if (isCut) return caller.destroy();
    const database = connect(inside);
    for (const [from, to] of [
      [caller, database],
      [database, caller],
    ] as const) {
      open.add(from);
      from.setNoDelay();
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, address);
  await once(server, "listening");
  url.hostname = address;
  url.port = String((server.address() as AddressInfo).port);
  const endAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: url.href,
    cut() {
      isCut = true;
      endAll();
    },
    mend() {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      endAll();
      await closed;
    },
  };
}
