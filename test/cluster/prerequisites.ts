// What the local cluster needs of the machine beside its own programs: Linux, root with its powers, and a few packages,
// which are installed where that is possible.
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { binariesObstacle } from "./binaries.ts";
import { run } from "./processes.ts";

/** Program → Debian package. */
const PROGRAMS = {
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  buildah: "buildah",
  iptables: "iptables",
  ip: "iproute2",
  umount: "mount",
  setpriv: "util-linux",
} as const;
const CNI_PACKAGE = "containernetworking-plugins";
const CNI_FOLDERS = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];
/** Bits of the effective capabilities, capabilities(7). */
const CAPABILITIES = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;

export function cniFolder(): string {
  const folder = CNI_FOLDERS.find((one) => existsSync(join(one, "bridge")));
  if (folder === undefined) throw new Error(describeMissing([CNI_PACKAGE]));
  return folder;
}

/** Null, or why the local cluster cannot run on this machine, even after installing packages, and how to fix it. */
export function localClusterObstacle(): string | null {
  const instead = "Or run Docker with kind, or set TEST_KUBECONFIG to a cluster for tests.";
  const obstacle = binariesObstacle();
  if (obstacle !== null) return obstacle;
  if (process.getuid?.() !== 0) return `The local cluster needs root; this is user ${process.getuid?.()}. ${instead}`;
  const lacking = lackingCapabilities();
  if (lacking.length > 0) {
    return `The local cluster needs ${lacking.join(" and ")}, which this root lacks: start the container privileged. ${instead}`;
  }
  const missing = missingPackages();
  return missing.length === 0 || canInstall() ? null : `${describeMissing(missing)} ${instead}`;
}

export async function ensurePackages(report: (line: string) => void): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (!canInstall()) throw new Error(describeMissing(missing));
  report(`Installing the Debian packages that the cluster needs: ${missing.join(" ")}`);
  await installPackages(missing);
}

/** Debian's, as root. */
export async function installPackages(names: readonly string[]): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "--quiet=2"], { env });
  await run("apt-get", ["install", "--yes", "--quiet=2", "--no-install-recommends", ...names], { env });
}

function missingPackages(): string[] {
  const packages = Object.entries(PROGRAMS)
    .filter(([program]) => !isOnPath(program))
    .map(([, name]) => name as string);
  if (!CNI_FOLDERS.some((folder) => existsSync(join(folder, "bridge")))) packages.push(CNI_PACKAGE);
  return [...new Set(packages)];
}

export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}

export function canInstall(): boolean {
  return existsSync("/etc/debian_version") && isOnPath("apt-get");
}

function describeMissing(packages: readonly string[]): string {
  return `The local cluster needs programs of these packages: ${packages.join(" ")} (Debian's names); install them, as root.`;
}

function lackingCapabilities(): string[] {
  const effective = BigInt(
    `0x${/^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`,
  );
  return Object.entries(CAPABILITIES)
    .filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n)
    .map(([name]) => name);
}
