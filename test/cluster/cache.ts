// What is built or fetched once per machine and kept outside the clone.
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { lock } from "proper-lockfile";

const LOCK_PATIENCE_SECONDS = 1_800;

/** CLIMATEBATCH_CLUSTER_CACHE, else in the user's cache folder. */
export function cacheFolder(): string {
  const { CLIMATEBATCH_CLUSTER_CACHE: given, XDG_CACHE_HOME: users } = process.env;
  return given || join(users || join(homedir(), ".cache"), "climatebatch/cluster");
}

/** Fills the folder when it is not there; several callers at once fill it once. What a killed one left is never taken for whole. */
export async function makeOnce(folder: string, fill: (unfinished: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true });
  const release = await lock(folder, {
    // It is not there yet.
    realpath: false,
    stale: 30_000,
    retries: { retries: LOCK_PATIENCE_SECONDS, factor: 1, minTimeout: 1000, maxTimeout: 1000 },
  });
  try {
    if (existsSync(folder)) return;
    const unfinished = join(parent, `unfinished-${basename(folder)}`);
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished);
    await fill(unfinished);
    await rename(unfinished, folder);
  } finally {
    await release();
  }
}
