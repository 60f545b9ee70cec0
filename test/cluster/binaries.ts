// The programs of the local cluster, built from Go modules once per version into a cache outside the clone.
// What they are is said by binaries/: go.mod names the version, main.go the programs.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { lock } from "proper-lockfile";

const SOURCES = join(import.meta.dirname, "binaries");
const SOURCE_FILES = ["go.mod", "go.sum", "main.go", "certificates/main.go", "pause/main.go"] as const;
const LINKS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-proxy",
  "kube-scheduler",
  "kubectl",
  "kubelet",
] as const;
/** From here on Go fetches by itself the newer Go that a module asks for. */
const OLDEST_GO = { major: 1, minor: 21 };
const LOCK_PATIENCE_MS = 30 * 60_000;

export type Binary = (typeof LINKS)[number] | "pause" | "certificates";

export function kubernetesVersion(): string {
  return /k8s\.io\/kubernetes (v[0-9.]+)/.exec(readFileSync(join(SOURCES, "go.mod"), "utf8"))![1]!;
}

/** The folder of this version's programs, whether they are built or not. */
export function binariesFolder(): string {
  return join(cacheFolder(), versionKey(), "bin");
}

/** Everything that is built or fetched once: CLIMATEBATCH_CLUSTER_CACHE, else the user's cache folder. */
export function cacheFolder(): string {
  const { CLIMATEBATCH_CLUSTER_CACHE: given, XDG_CACHE_HOME: users } = process.env;
  return given || join(users || join(homedir(), ".cache"), "climatebatch/cluster");
}

export function areBinariesBuilt(): boolean {
  return existsSync(binariesFolder());
}

/** Ours when it is built, else whatever the PATH has. */
export function kubectlProgram(): string {
  return areBinariesBuilt() ? join(binariesFolder(), "kubectl") : "kubectl";
}

/** Null, or what keeps this machine from building or having the programs, and what to do. */
export function binariesObstacle(): string | null {
  if (process.platform !== "linux") {
    return `The local cluster needs Linux; this is ${process.platform}. Run Docker and install kind, or set TEST_KUBECONFIG to a cluster for tests.`;
  }
  return areBinariesBuilt() ? null : goObstacle();
}

/** Null, or why there is no Go that can build for us. */
export function goObstacle(): string | null {
  const { status, stdout } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  const needed = `Go ${OLDEST_GO.major}.${OLDEST_GO.minor} or newer`;
  const remedy = `Install ${needed} (https://go.dev/dl) and put it on the PATH.`;
  if (status !== 0) return `${needed} is needed to build Kubernetes; there is no command go. ${remedy}`;
  const [major, minor] = stdout.replace("go", "").split(".").map(Number) as [number, number];
  const isOld = major === OLDEST_GO.major && minor < OLDEST_GO.minor;
  return isOld ? `${needed} is needed to build Kubernetes; found ${stdout.trim()}. ${remedy}` : null;
}

/** Builds what is missing; several callers at once build once. */
export async function ensureBinaries(tell: (line: string) => void = console.error): Promise<string> {
  const folder = binariesFolder();
  if (areBinariesBuilt()) return folder;
  const obstacle = binariesObstacle();
  if (obstacle !== null) throw new Error(obstacle);
  const parent = join(folder, "..");
  await mkdir(parent, { recursive: true });
  const release = await lock(parent, {
    stale: 30_000,
    retries: { retries: LOCK_PATIENCE_MS / 1000, factor: 1, minTimeout: 1000, maxTimeout: 1000 },
  });
  try {
    if (!areBinariesBuilt()) await build(parent, folder, tell);
  } finally {
    await release();
  }
  return folder;
}

async function build(parent: string, folder: string, tell: (line: string) => void): Promise<void> {
  const started = performance.now();
  tell(
    `Building Kubernetes ${kubernetesVersion()} from Go modules, once for this version: about 6 minutes on two cores.`,
  );
  // What a killed build left is never taken for whole: only the rename makes it the real folder.
  for (const name of await readdir(parent)) {
    if (name.startsWith("unfinished-")) await rm(join(parent, name), { recursive: true });
  }
  const unfinished = join(parent, `unfinished-${process.pid}`);
  await mkdir(unfinished);
  await go("build", "-trimpath", "-ldflags=-s -w", "-o", `${unfinished}/`, "./certificates", "./pause");
  await go("build", "-trimpath", `-ldflags=${versionStamp()}`, "-o", join(unfinished, "kubernetes"), ".");
  for (const name of LINKS) await symlink("kubernetes", join(unfinished, name));
  await rename(unfinished, folder);
  tell(`Built in ${((performance.now() - started) / 60_000).toFixed(1)} minutes: ${folder}`);
}

/** Without it the programs call themselves v0.0.0, and whoever checks versions (Helm) refuses. */
function versionStamp(): string {
  const version = kubernetesVersion();
  const [major, minor] = version.slice(1).split(".");
  const stamps = [
    `k8s.io/component-base/version.gitVersion=${version}`,
    `k8s.io/component-base/version.gitMajor=${major}`,
    `k8s.io/component-base/version.gitMinor=${minor}`,
    `k8s.io/client-go/pkg/version.gitVersion=${version}`,
  ];
  return `-s -w ${stamps.map((stamp) => `-X ${stamp}`).join(" ")}`;
}

async function go(...words: string[]): Promise<void> {
  // Niced: a build of minutes must not stop whatever else the machine does. No C compiler is needed.
  const child = spawn("nice", ["-n", "19", "go", ...words], {
    cwd: SOURCES,
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "close");
  if (code !== 0) {
    throw new Error(
      `go ${words[0]} ended with ${code}; above is what it said. It needs the Go module proxy (or a filled module cache) ` +
        `and about 4 GB for its build cache; run it again with: npm run cluster -- build`,
    );
  }
}

function versionKey(): string {
  const digest = createHash("sha256");
  for (const name of SOURCE_FILES) digest.update(readFileSync(join(SOURCES, name)));
  return `${kubernetesVersion()}-${process.arch}-${digest.digest("hex").slice(0, 12)}`;
}
