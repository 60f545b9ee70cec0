// A second PostgreSQL that follows a first one: its files copied while it runs, then everything streamed.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { type DatabaseHandle, openEmbeddedServer } from "../../database/embeddedServer.ts";
import { eventually, isAlive } from "./cli.ts";

export interface RunningServer {
  readonly folder: string;
  readonly handle: DatabaseHandle;
}

/** Nothing of a test outlives the machine; a standby that is late finds what it missed. */
export const TEST_SETTINGS = { fsync: "off", wal_keep_size: "256MB" } as const;

const DATA = "pgdata";

export interface NewStandby {
  readonly leader: RunningServer;
  readonly folder: string;
  readonly streamUrl: string;
}

/** `client`: a superuser's session on the leader. No commit waits for the standby. */
export async function startStandby(client: Client, { leader, folder, streamUrl }: NewStandby): Promise<RunningServer> {
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
  const settings = Object.entries({ ...TEST_SETTINGS, primary_conninfo: way });
  await writeFile(at("postgresql.auto.conf"), settings.map(([name, value]) => `${name} = '${value}'\n`).join(""));
  const handle = await openEmbeddedServer(folder);
  await eventually("the standby streams", async () => {
    const { rows } = await client.query("SELECT FROM pg_stat_replication WHERE state = 'streaming'");
    return rows.length > 0 || undefined;
  });
  return { folder, handle };
}

/** Sessions are cut, nothing is finished. */
export async function crashServer(folder: string): Promise<void> {
  const [pid] = (await readFile(join(folder, DATA, "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(pid), "SIGQUIT");
  await eventually("the server is gone", () => !isAlive(Number(pid)) || undefined);
}

export async function setInServer(client: Client, name: string, value: string): Promise<void> {
  await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
  await client.query("SELECT pg_reload_conf()");
}
