// The one node of the local cluster: its network, containerd and kubelet; and how everything of it is taken away again.
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from "node:fs";
import { mkdir, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cniFolder } from "./prerequisites.ts";
import { type Daemons, run, waitUntil } from "./processes.ts";

/** Pods reach servers of this machine here; no dummy device is needed, every kernel with containers has bridges. */
export const NODE_ADDRESS = "10.123.0.1";
export const NODE_NAME = "node1";
export const POD_RANGE = "10.124.0.0/16";
const NODE_BRIDGE = "cb-node";
const POD_BRIDGE = "cb-pods";
export const PAUSE_IMAGE = "localhost/climatebatch-pause:1";
const POD_LOG_LINKS = "/var/log/containers";
const CGROUPS = "/sys/fs/cgroup";

export interface NodeFolders {
  readonly binaries: string;
  /** On a disk: images, volumes. */
  readonly state: string;
  /** Short paths, gone after a restart of the machine: sockets, mounts of running containers. */
  readonly run: string;
}

export async function addNodeAddress(): Promise<void> {
  await run("ip", ["link", "add", NODE_BRIDGE, "type", "bridge"]);
  await run("ip", ["address", "add", `${NODE_ADDRESS}/32`, "dev", NODE_BRIDGE]);
  await run("ip", ["link", "set", NODE_BRIDGE, "up"]);
  await writeFile("/proc/sys/net/ipv4/ip_forward", "1");
}

export function containerdSocket({ run }: NodeFolders): string {
  return join(run, "containerd.sock");
}

/** containerd's own command line, for the images and containers of Kubernetes. */
export function ctr(folders: NodeFolders, ...words: string[]): Promise<string> {
  return run("ctr", ["--address", containerdSocket(folders), "--namespace", "k8s.io", ...words]);
}

export async function startContainerd(folders: NodeFolders, daemons: Daemons): Promise<void> {
  const at = (name: string) => JSON.stringify(join(folders.state, name));
  const criPlugin = 'plugins."io.containerd.grpc.v1.cri"';
  const file = join(folders.state, "containerd.toml");
  await writeFile(
    file,
    `version = 2
root = ${at("containerd")}
state = ${JSON.stringify(join(folders.run, "containerd"))}
[grpc]
  address = ${JSON.stringify(containerdSocket(folders))}
[plugins."io.containerd.internal.v1.opt"]
  path = ${at("opt")}
[${criPlugin}]
  sandbox_image = "${PAUSE_IMAGE}"
  # Some machines forbid even root to lower oom scores; without this no pod starts there.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [${criPlugin}.cni]
    bin_dir = ${JSON.stringify(cniFolder())}
    conf_dir = ${at("cni")}
`,
  );
  const network = {
    cniVersion: "0.4.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: POD_BRIDGE,
        isGateway: true,
        ipam: {
          type: "host-local",
          dataDir: join(folders.run, "ipam"),
          ranges: [[{ subnet: POD_RANGE }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
  await mkdir(join(folders.state, "cni"), { recursive: true });
  await writeFile(join(folders.state, "cni/pods.conflist"), JSON.stringify(network));
  await daemons.start("containerd", ["containerd", "--config", file]);
  await waitUntil("containerd answers", 30_000, () => {
    daemons.assertAlive("containerd");
    return ctr(folders, "version").then(
      () => true,
      () => undefined,
    );
  });
}

export async function startKubelet(folders: NodeFolders, daemons: Daemons, authority: string): Promise<void> {
  const never = "0%";
  const config = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: NODE_ADDRESS,
    containerRuntimeEndpoint: `unix://${containerdSocket(folders)}`,
    cgroupDriver: "cgroupfs",
    failSwapOn: false,
    enforceNodeAllocatable: [],
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: authority } },
    authorization: { mode: "Webhook" },
    podLogsDir: join(folders.state, "pod-logs"),
    // A disk that is nearly full must neither evict pods nor collect images that no registry can give again.
    evictionHard: { "memory.available": "100Mi", "nodefs.available": never, "imagefs.available": never },
    imageGCHighThresholdPercent: 100,
  };
  const file = join(folders.state, "kubelet.json");
  await writeFile(file, JSON.stringify(config));
  await daemons.start("kubelet", [
    join(folders.binaries, "kubelet"),
    `--kubeconfig=${join(folders.state, "node.kubeconfig")}`,
    `--config=${file}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${NODE_ADDRESS}`,
    `--root-dir=${kubeletFolder(folders)}`,
    `--cert-dir=${join(folders.state, "certificates/kubelet")}`,
  ]);
}

function kubeletFolder({ state }: NodeFolders): string {
  return join(state, "kubelet");
}

/** Kills what runs in containers and forgets it; containerd must be alive. Images stay. */
export async function removeContainers(folders: NodeFolders): Promise<void> {
  for (const id of (await ctr(folders, "containers", "list", "--quiet")).split("\n").filter(Boolean)) {
    await ctr(folders, "tasks", "delete", "--force", id).catch(() => undefined);
    await ctr(folders, "containers", "delete", id);
  }
}

/** What the kernel and /var still hold when all daemons are gone: programs of pods, mounts, devices, rules, groups, links. */
export async function removeTraces(folders: NodeFolders): Promise<void> {
  await killPods(folders);
  for (const folder of [folders.run, folders.state]) {
    for (const mount of mountsUnder(folder)) await run("umount", ["--lazy", mount]);
  }
  for (const device of [POD_BRIDGE, NODE_BRIDGE]) {
    await run("ip", ["link", "delete", device]).catch(() => undefined);
  }
  await removePacketRules();
  removeCgroups();
  const links = existsSync(POD_LOG_LINKS) ? readdirSync(POD_LOG_LINKS) : [];
  for (const link of links.map((name) => join(POD_LOG_LINKS, name))) {
    if (readlinkSync(link).startsWith(folders.state)) await unlink(link);
  }
  await rm(folders.run, { recursive: true, force: true });
  await rm(kubeletFolder(folders), { recursive: true, force: true });
  await rm(join(folders.state, "pod-logs"), { recursive: true, force: true });
}

/** Normally none are left; when containerd was killed, its shims and what they hold live on. */
async function killPods(folders: NodeFolders): Promise<void> {
  const found = () =>
    readdirSync("/proc").filter((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, "utf8");
      try {
        if (/^State:\s+Z/m.test(read("status"))) return false;
        return read("cmdline").includes(`\0${containerdSocket(folders)}\0`) || read("cgroup").includes(":/kubepods/");
      } catch {
        return false;
      }
    });
  await waitUntil("the processes of pods end", 20_000, () => {
    const pids = found().map(Number);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    return pids.length === 0 || undefined;
  });
}

/** Innermost first. */
function mountsUnder(folder: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}

/** Every rule and chain of kubelet and kube-proxy has KUBE- in its line; the others are put back as they were. */
async function removePacketRules(): Promise<void> {
  for (const family of ["iptables", "ip6tables"]) {
    const saved = await run(`${family}-save`, []).catch(() => "");
    const others = saved.split("\n").filter((line) => !line.includes("KUBE-"));
    if (others.length < saved.split("\n").length) await run(`${family}-restore`, [], { input: others.join("\n") });
  }
}

function removeCgroups(): void {
  for (const root of [CGROUPS, ...foldersIn(CGROUPS)]) removeCgroup(join(root, "kubepods"));
}

function removeCgroup(group: string): void {
  for (const inner of foldersIn(group)) removeCgroup(inner);
  if (existsSync(group)) rmdirSync(group);
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
