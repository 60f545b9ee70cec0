// Helm, built from its Go module once per version into the cache of the cluster's programs: no download but by the module proxy.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { cacheFolder, goObstacle } from "./binaries.ts";

const MODULE = "helm.sh/helm/v4/cmd/helm";
const VERSION = "v4.3.1";
const LOCK_PATIENCE_SECONDS = 1_800;

function helmFolder(): string {
  return join(cacheFolder(), `helm-${VERSION}-${process.arch}`);
}

export function helmProgram(): string {
  return join(helmFolder(), "helm");
}

/** Null, or what keeps this machine from having Helm, and what to do. */
export function helmObstacle(): string | null {
  return existsSync(helmProgram()) ? null : goObstacle();
}

/** Builds it when it is missing; several callers at once build once. */
export async function ensureHelm(tell: (line: string) => void = console.error): Promise<void> {
  if (existsSync(helmProgram())) return;
  await mkdir(cacheFolder(), { recursive: true });
  const release = await lock(cacheFolder(), {
    lockfilePath: `${helmFolder()}.lock`,
    stale: 30_000,
    retries: { retries: LOCK_PATIENCE_SECONDS, factor: 1, minTimeout: 1000, maxTimeout: 1000 },
  });
  try {
    if (!existsSync(helmProgram())) await build(tell);
  } finally {
    await release();
  }
}

async function build(tell: (line: string) => void): Promise<void> {
  tell(`Building Helm ${VERSION} from its Go module, once: about 3 minutes on two cores.`);
  // Only the rename makes it whole.
  const unfinished = `${helmFolder()}-unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  const child = spawn("nice", ["-n", "19", "go", "install", "-trimpath", "-ldflags=-s -w", `${MODULE}@${VERSION}`], {
    cwd: cacheFolder(),
    env: { ...process.env, CGO_ENABLED: "0", GOBIN: unfinished, GOFLAGS: "" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`go install ${MODULE}@${VERSION} ended with ${code}; above is what it said.`);
  await rename(unfinished, helmFolder());
}
