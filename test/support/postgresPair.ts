// A PostgreSQL and its standby, streaming synchronously, behind an address that stays: crashed, or failed over, on demand.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { connect } from "../../database/connect.ts";
import { type DatabaseHandle, openEmbeddedServer } from "../../database/embeddedServer.ts";
import { eventually, isAlive } from "./cli.ts";
import { type DatabaseProxy, startDatabaseProxy } from "./databaseProxy.ts";

interface RunningServer {
  readonly folder: string;
  readonly handle: DatabaseHandle;
}

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

const DATA = "pgdata";

/** `address` is the proxy's. */
export async function startPostgresPair(address = "127.0.0.1"): Promise<PostgresPair> {
  const root = await mkdtemp(join(tmpdir(), "climatebatch-pair-"));
  let servers = 0;
  const newFolder = () => join(root, `server-${++servers}`);
  const folder = newFolder();
  let leader: RunningServer = { folder, handle: await openEmbeddedServer(folder) };
  let standby: RunningServer | undefined;
  await withSession(leader, async (client) => {
    await set(client, "fsync", "off");
    await set(client, "wal_keep_size", "256MB");
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
      standby = await withSession(leader, (client) =>
        startStandby(client, { leader, folder: newFolder(), streamUrl: stream.url }),
      );
    },
    async crash() {
      const [pid] = (await readFile(join(leader.folder, DATA, "postmaster.pid"), "utf8")).split("\n");
      process.kill(Number(pid), "SIGQUIT");
      await eventually("the server is gone", () => !isAlive(Number(pid)) || undefined);
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

interface NewStandby {
  readonly leader: RunningServer;
  readonly folder: string;
  readonly streamUrl: string;
}

async function startStandby(client: Client, { leader, folder, streamUrl }: NewStandby): Promise<RunningServer> {
  await mkdir(folder, { mode: 0o700 });
  await client.query("SELECT pg_backup_start('standby', true)");
  for (const name of [DATA, "password"]) await cp(join(leader.folder, name), join(folder, name), { recursive: true });
  const { rows } = await client.query("SELECT labelfile FROM pg_backup_stop(false)");
  const at = (name: string) => join(folder, DATA, name);
  await writeFile(at("backup_label"), rows[0].labelfile);
  await writeFile(at("standby.signal"), "");
  await rm(at("postmaster.pid"), { force: true });
  const { hostname, port, username, password } = new URL(streamUrl);
  const way = `host=${hostname} port=${port} user=${username} password=${password} application_name=standby`;
  await writeFile(at("postgresql.auto.conf"), `fsync = off\nwal_keep_size = '256MB'\nprimary_conninfo = '${way}'\n`);
  const handle = await openEmbeddedServer(folder);
  await eventually("the standby streams", async () => {
    const { rows } = await client.query("SELECT FROM pg_stat_replication WHERE state = 'streaming'");
    return rows.length > 0 || undefined;
  });
  // A commit that a replica was notified of survives the leader.
  await set(client, "synchronous_standby_names", "standby");
  await eventually("commits wait for the standby", async () => {
    const { rows } = await client.query("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'");
    return rows.length > 0 || undefined;
  });
  return { folder, handle };
}

async function withSession<T>({ handle }: RunningServer, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(handle.url, { purpose: "test server" });
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function set(client: Client, name: string, value: string): Promise<void> {
  await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
  await client.query("SELECT pg_reload_conf()");
}
