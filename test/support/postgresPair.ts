// A PostgreSQL and its standby, streaming synchronously, behind an address that stays: crashed, or failed over, on demand.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { connect } from "../../database/connect.ts";
import { openEmbeddedServer } from "../../database/embeddedServer.ts";
import { eventually } from "./cli.ts";
import { type DatabaseProxy, startDatabaseProxy } from "./databaseProxy.ts";
import { crashServer, type RunningServer, setInServer, startStandby, TEST_SETTINGS } from "./standby.ts";

export interface PostgresPair extends AsyncDisposable {
  /** Its address stays the same whichever server leads. */
  readonly proxy: DatabaseProxy;
  /** The server that leads now, as a superuser, past the proxy. */
  url(): string;
  /** Makes sure that a standby follows, with everything that is committed; a commit waits for it from now on. */
  follow(): Promise<void>;
  /** Stops it as a crash does: sessions are cut, nothing is finished. */
  crash(): Promise<void>;
  /** Starts the crashed server again. */
  recover(): Promise<void>;
  /** Makes the standby the server that leads, instead of the crashed one. */
  promote(): Promise<void>;
}

/** `address` is the proxy's. */
export async function startPostgresPair(address = "127.0.0.1"): Promise<PostgresPair> {
  const root = await mkdtemp(join(tmpdir(), "climatebatch-pair-"));
  let servers = 0;
  const newFolder = () => join(root, `server-${++servers}`);
  const folder = newFolder();
  let leader: RunningServer = { folder, handle: await openEmbeddedServer(folder) };
  let standby: RunningServer | undefined;
  await withSession(leader, async (client) => {
    for (const [name, value] of Object.entries(TEST_SETTINGS)) await setInServer(client, name, value);
  });
  const proxy = await startDatabaseProxy(leader.handle.url, address);
  // The standby's own way, which no test disturbs.
  const stream = await startDatabaseProxy(leader.handle.url);
  const leadTo = (server: RunningServer) => {
    leader = server;
    proxy.leadTo(server.handle.url);
    stream.leadTo(server.handle.url);
  };

  return {
    proxy,
    url: () => leader.handle.url,
    async follow() {
      if (standby !== undefined) return;
      standby = await withSession(leader, async (client) => {
        const started = await startStandby(client, { leader, folder: newFolder(), streamUrl: stream.url });
        // A commit that a replica was notified of survives the leader.
        await setInServer(client, "synchronous_standby_names", "standby");
        await eventually("commits wait for the standby", async () => {
          const { rows } = await client.query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
          return rows.length > 0 || undefined;
        });
        return started;
      });
    },
    async crash() {
      await crashServer(leader.folder);
    },
    async recover() {
      await leader.handle.release();
      leadTo({ folder: leader.folder, handle: await openEmbeddedServer(leader.folder) });
    },
    async promote() {
      if (standby === undefined) throw new Error("no standby follows");
      await withSession(standby, (client) => client.query("SELECT pg_promote()"));
      await leader.handle.release();
      leadTo(standby);
      standby = undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const one of [proxy, stream]) await one[Symbol.asyncDispose]();
      await standby?.handle.release();
      await leader.handle.release();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function withSession<T>({ handle }: RunningServer, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(handle.url, { purpose: "test server" });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
