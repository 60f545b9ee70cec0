// The programs of the local cluster, built from Go modules once per version into a cache outside the clone.
// binaries/go.mod names the version, binaries/main.go the programs.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeOnce } from "./cache.ts";
import { go, goObstacle } from "./go.ts";

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

export type Binary = (typeof LINKS)[number] | "pause" | "certificates";

export function kubernetesVersion(): string {
  return /k8s\.io\/kubernetes (v[0-9.]+)/.exec(readFileSync(join(SOURCES, "go.mod"), "utf8"))![1]!;
}

/** Of this version, whether it is built or not. */
export function binariesFolder(): string {
  return join(cacheFolder(), versionKey(), "bin");
}

export function areBinariesBuilt(): boolean {
  return existsSync(binariesFolder());
}

/** Ours when it is built, else the one on the PATH. */
export function kubectlProgram(): string {
  return areBinariesBuilt() ? join(binariesFolder(), "kubectl") : "kubectl";
}

/** Null, or why this machine neither has the programs nor can build them, and what to do. */
export function binariesObstacle(): string | null {
  if (process.platform !== "linux") {
    return `The local cluster needs Linux; this is ${process.platform}. Run Docker and install kind, or set TEST_KUBECONFIG to a cluster for tests.`;
  }
  return areBinariesBuilt() ? null : goObstacle();
}

/** Builds what is missing; several callers at once build once. */
export async function ensureBinaries(report: (line: string) => void = console.error): Promise<string> {
  const folder = binariesFolder();
  if (areBinariesBuilt()) return folder;
  const obstacle = binariesObstacle();
  if (obstacle !== null) throw new Error(obstacle);
  await makeOnce(folder, (unfinished) => build(unfinished, report));
  return folder;
}

async function build(folder: string, report: (line: string) => void): Promise<void> {
  const started = performance.now();
  report(
    `Building Kubernetes ${kubernetesVersion()} from Go modules, once for this version: 5 to 10 minutes on two cores.`,
  );
  const how = { cwd: SOURCES, env: { GOFLAGS: "-mod=readonly -buildvcs=false" } };
  await go(["build", "-trimpath", "-ldflags=-s -w", "-o", `${folder}/`, "./certificates", "./pause"], how);
  await go(["build", "-trimpath", `-ldflags=${versionStamp()}`, "-o", join(folder, "kubernetes"), "."], how);
  for (const name of LINKS) await symlink("kubernetes", join(folder, name));
  report(`Built in ${((performance.now() - started) / 60_000).toFixed(1)} minutes: ${binariesFolder()}`);
}

/** Without it the programs report v0.0.0, which Helm refuses. */
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

function versionKey(): string {
  const digest = createHash("sha256");
  for (const name of SOURCE_FILES) digest.update(readFileSync(join(SOURCES, name)));
  return `${kubernetesVersion()}-${process.arch}-${digest.digest("hex").slice(0, 12)}`;
}
