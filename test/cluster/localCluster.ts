// A real Kubernetes with one node, made of processes of this machine: no Docker, no virtual machine, no registry.
// One per machine, for all clones; `up` joins it, `down` takes away everything but the images.
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lock } from "proper-lockfile";
import { binariesFolder, ensureBinaries, kubectlProgram } from "./binaries.ts";
import { cacheFolder } from "./cache.ts";
import type { Cluster, Report } from "./cluster.ts";
import {
  apiServerWords,
  certificate,
  etcdWords,
  waitForApiServer,
  writeCertificates,
  writeKubeconfig,
} from "./controlPlane.ts";
import { buildPauseImage, imageId, writeArchive } from "./images.ts";
import {
  addNodeAddress,
  ctr,
  NODE_ADDRESS,
  NODE_NAME,
  PAUSE_IMAGE,
  POD_RANGE,
  removeContainers,
  removeTraces,
  startContainerd,
  startKubelet,
} from "./node.ts";
import { ensurePackages, localClusterObstacle } from "./prerequisites.ts";
import { Daemons, run, waitUntil } from "./processes.ts";

const STATE = join(cacheFolder(), "state");
const RUN = "/run/climatebatch-cluster";
const KUBECONFIG = join(STATE, "kubeconfig");
const LOADED = join(STATE, "loaded-images.json");
const API_PORT = 16443;
const NODE_PATIENCE_MS = 60_000;

const folders = { binaries: binariesFolder(), state: STATE, run: RUN };
const plane = { binaries: folders.binaries, folder: STATE, sockets: RUN, address: NODE_ADDRESS, port: API_PORT };
const daemons = new Daemons(RUN, join(STATE, "logs"));
/** In the order of their start. */
const DAEMONS = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
  "containerd",
  "kubelet",
] as const;

export const localCluster: Cluster = {
  kind: "local",
  kubeconfig: KUBECONFIG,
  nodeAddress: async () => NODE_ADDRESS,
  isUp: async () => DAEMONS.every((name) => daemons.isAlive(name)),
  up: (report) => locked(() => up(report)),
  down: () => locked(down),
  load: (image, report) => locked(() => load(image, report)),
  logs: DAEMONS.map((name) => daemons.logFile(name)),
  async stopApiServer() {
    await daemons.signal("kube-apiserver", "SIGKILL");
  },
  async startApiServer() {
    await daemons.restart("kube-apiserver");
    await waitForApiServer(plane, () => daemons.assertAlive("kube-apiserver"));
  },
  pauseApiServer: () => daemons.signal("kube-apiserver", "SIGSTOP"),
  resumeApiServer: () => daemons.signal("kube-apiserver", "SIGCONT"),
  pauseKubelet: () => daemons.signal("kubelet", "SIGSTOP"),
  resumeKubelet: () => daemons.signal("kubelet", "SIGCONT"),
};

async function locked<T>(work: () => Promise<T>): Promise<T> {
  await mkdir(STATE, { recursive: true, mode: 0o700 });
  const release = await lock(STATE, { stale: 30_000, retries: { retries: 900, factor: 1, minTimeout: 1000 } });
  try {
    return await work();
  } finally {
    await release();
  }
}

async function up(report: Report): Promise<void> {
  const obstacle = localClusterObstacle();
  if (obstacle !== null) throw new Error(obstacle);
  await ensureBinaries(report);
  await ensurePackages(report);
  if (await localCluster.isUp()) return;
  // What an earlier one left half: a killed daemon, a restarted machine.
  await down();
  refuseBesideAnother();
  try {
    await startAll();
  } catch (error) {
    await down();
    throw error;
  }
}

async function startAll(): Promise<void> {
  await rm(join(STATE, "logs"), { recursive: true, force: true });
  await mkdir(RUN, { recursive: true, mode: 0o700 });
  await addNodeAddress();
  await writeCertificates(plane, ["10.96.0.1", "kubernetes.default.svc"]);
  const kubeconfig = (identity: "admin" | "node" | "proxy") =>
    writeKubeconfig(plane, identity, identity === "admin" ? KUBECONFIG : join(STATE, `${identity}.kubeconfig`));
  const admin = await kubeconfig("admin");
  await kubeconfig("node");
  const proxy = await kubeconfig("proxy");
  await startContainerd(folders, daemons);
  await loadPauseImage();
  await daemons.start("etcd", etcdWords(plane));
  await daemons.start(
    "kube-apiserver",
    apiServerWords(plane, [
      `--kubelet-client-certificate=${certificate(plane, "kubelet-client.crt")}`,
      `--kubelet-client-key=${certificate(plane, "kubelet-client.key")}`,
      "--kubelet-preferred-address-types=InternalIP",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged",
    ]),
  );
  await waitForApiServer(plane, () => {
    for (const name of ["etcd", "kube-apiserver"]) daemons.assertAlive(name);
  });
  const program = (name: string) => join(folders.binaries, name);
  await daemons.start("kube-controller-manager", [
    program("kube-controller-manager"),
    `--kubeconfig=${admin}`,
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
    "--use-service-account-credentials",
    `--service-account-private-key-file=${certificate(plane, "service-accounts.key")}`,
    `--root-ca-file=${certificate(plane, "ca.crt")}`,
  ]);
  await daemons.start("kube-scheduler", [
    program("kube-scheduler"),
    `--kubeconfig=${admin}`,
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
  ]);
  await daemons.start("kube-proxy", [
    program("kube-proxy"),
    `--kubeconfig=${proxy}`,
    `--cluster-cidr=${POD_RANGE}`,
    `--hostname-override=${NODE_NAME}`,
    // Pods are on one bridge: without it the answer of a service's pod goes past the rules to its caller.
    "--masquerade-all",
    "--healthz-bind-address=127.0.0.1",
    "--conntrack-max-per-core=0",
  ]);
  await startKubelet(folders, daemons, certificate(plane, "ca.crt"));
  await waitForNode();
}

async function waitForNode(): Promise<void> {
  await waitUntil(`node ${NODE_NAME} is Ready and has the default service account`, NODE_PATIENCE_MS, async () => {
    for (const name of DAEMONS) daemons.assertAlive(name);
    const kubectl = (...words: string[]) =>
      run(kubectlProgram(), ["--kubeconfig", KUBECONFIG, "get", ...words]).catch(() => "");
    const ready = `jsonpath={.status.conditions[?(@.type=="Ready")].status}`;
    const isReady = (await kubectl("node", NODE_NAME, "--output", ready)) === "True";
    return (isReady && (await kubectl("serviceaccount", "default")) !== "") || undefined;
  });
}

/** Two would fight over ports, rules and groups. */
function refuseBesideAnother(): void {
  const network = readlinkSync("/proc/self/ns/net");
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
      if (!["kubelet", "k3s", "k3s-server", "kube-proxy"].includes(name)) continue;
      if (readlinkSync(`/proc/${pid}/ns/net`) !== network) continue;
      throw new Error(
        `Another Kubernetes runs on this machine: process ${pid} is ${name}. Set TEST_KUBECONFIG to use it for tests, or stop it.`,
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
}

async function down(): Promise<void> {
  if (![RUN, join(STATE, "etcd")].some(existsSync)) return;
  for (const name of ["kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager"]) await daemons.stop(name);
  // These have nothing to save, and would wait for open watches.
  for (const name of ["kube-apiserver", "etcd"]) {
    await daemons.signal(name, "SIGKILL");
    await daemons.stop(name);
  }
  const keepsImages = daemons.isAlive("containerd");
  if (keepsImages) await removeContainers(folders);
  await daemons.stop("containerd");
  await removeTraces(folders);
  // Without containerd, images there have no running containers.
  for (const name of ["etcd", "certificates", ...(keepsImages ? [] : ["containerd"])]) {
    await rm(join(STATE, name), { recursive: true, force: true });
  }
}

async function loadPauseImage(): Promise<void> {
  const names = (await ctr(folders, "images", "list", "--quiet")).split("\n");
  if (names.includes(PAUSE_IMAGE)) return;
  await buildPauseImage(PAUSE_IMAGE, join(folders.binaries, "pause"));
  await load(PAUSE_IMAGE, () => undefined);
}

/** Loads an image of our own store, unless this very one is loaded already. */
async function load(image: string, report: Report): Promise<void> {
  const loaded: Record<string, string> = JSON.parse(await readFile(LOADED, "utf8").catch(() => "{}"));
  const names = (await ctr(folders, "images", "list", "--quiet")).split("\n");
  const id = await imageId(image);
  if (loaded[image] === id && names.includes(image)) return report(`${image} is loaded already.`);
  const archive = join(STATE, "image.tar");
  try {
    await writeArchive(image, archive);
    await ctr(folders, "images", "import", archive);
  } finally {
    await rm(archive, { force: true });
  }
  await writeFile(LOADED, JSON.stringify({ ...loaded, [image]: id }));
  report(`Loaded ${image}.`);
}
