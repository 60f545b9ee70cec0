// A real pooler before a test database, where one is installed.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../database/connect.ts";

export const hasPgBouncer = (() => {
  try {
    execFileSync("pgbouncer", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

export async function startPgBouncer(url: string, mode: string): Promise<AsyncDisposable & { url: string }> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-pgbouncer-"));
  const target = new URL(url);
  const port = await freePort();
  const file = join(folder, "pgbouncer.ini");
  await writeFile(
    file,
    `[databases]
pooled = host=${target.hostname} port=${target.port} dbname=${target.pathname.slice(1)} user=${target.username} password=${target.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
default_pool_size = 3
`,
    { mode: 0o644 },
  );
  execFileSync("chmod", ["755", folder]);
  const user = process.getuid?.() === 0 ? ["--user=nobody"] : [];
  const child = spawn("pgbouncer", ["--quiet", ...user, file], { stdio: "ignore" });
  const pooled = `postgres://anyone@127.0.0.1:${port}/pooled`;
  const client = await connect(pooled, { purpose: "test", patienceMs: 10_000 });
  await client.end();
  return {
    url: pooled,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await once(child, "close");
      await rm(folder, { recursive: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
