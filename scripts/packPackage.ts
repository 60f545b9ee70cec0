// `npm pack`, one at a time: each begins with a new dist/.
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { lock } from "proper-lockfile";

const ROOT = join(import.meta.dirname, "..");
const LOCK = join(ROOT, "node_modules/.cache/climatebatch-pack.lock");
const PATIENCE_SECONDS = 300;

/** Packs the command line into the folder, which exists; returns the name of the file, climatebatch-VERSION.tgz. */
export async function packPackage(folder: string): Promise<string> {
  await mkdir(join(LOCK, ".."), { recursive: true });
  const retries = { retries: PATIENCE_SECONDS, factor: 1, minTimeout: 1000, maxTimeout: 1000 };
  const release = await lock(ROOT, { lockfilePath: LOCK, stale: 30_000, retries });
  try {
    const words = ["pack", "--silent", "--pack-destination", folder];
    const { stdout } = await promisify(execFile)("npm", words, { cwd: ROOT });
    return stdout.trim().split("\n").at(-1)!;
  } finally {
    await release();
  }
}
