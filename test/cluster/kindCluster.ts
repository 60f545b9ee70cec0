// The cluster where Docker runs: kind's, one node, under the name climatebatch.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { kubectlProgram } from "./binaries.ts";
import { cacheFolder } from "./cache.ts";
import type { Cluster } from "./cluster.ts";
import { goObstacle } from "./go.ts";
import { isOnPath } from "./prerequisites.ts";
import { run, waitUntil } from "./processes.ts";

const OUR_NAME = "climatebatch";
const KIND_VERSION = "v0.30.0";
const KIND_FOLDER = join(cacheFolder(), `kind-${KIND_VERSION}`);
const MANIFEST = "kube-apiserver.yaml";

export function dockerRuns(): boolean {
  return spawnSync("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 10_000 }).status === 0;
}

/** Null, or why there cannot be a kind cluster here. */
export function kindObstacle(): string | null {
  if (!dockerRuns()) return "Docker does not run here.";
  const hasKind = isOnPath("kind") || existsSync(join(KIND_FOLDER, "kind"));
  if (!hasKind && goObstacle() !== null)
    return `Docker runs, but there is neither kind ${KIND_VERSION} nor Go to build it.`;
  return isOnPath("kubectl") ? null : "Docker runs, but there is no kubectl on the PATH.";
}

async function kind(...words: string[]): Promise<string> {
  if (isOnPath("kind")) return run("kind", words);
  const program = join(KIND_FOLDER, "kind");
  if (!existsSync(program)) {
    await mkdir(KIND_FOLDER, { recursive: true });
    await run("go", ["install", `sigs.k8s.io/kind@${KIND_VERSION}`], { env: { GOBIN: KIND_FOLDER } });
  }
  return run(program, words);
}

/** Ours, or one that a user made and whose kubeconfig was given. */
export function makeKindCluster(
  name = OUR_NAME,
  kubeconfig = join(cacheFolder(), "kind-kubeconfig"),
): Cluster & { readonly kind: "kind" } {
  const onNode = (...words: string[]) => run("docker", ["exec", `${name}-control-plane`, ...words]);
  const isUp = async () => (await kind("get", "clusters")).split("\n").includes(name);
  return {
    kind: "kind",
    kubeconfig,
    logs: [],
    isUp,
    async nodeAddress() {
      const gateways = "--format={{range .IPAM.Config}}{{.Gateway}} {{end}}";
      const result = await run("docker", ["network", "inspect", "kind", gateways]);
      return result.split(" ").find((address) => address.includes("."))!;
    },
    async up(report) {
      if (await isUp()) {
        await kind("export", "kubeconfig", "--name", name, "--kubeconfig", kubeconfig);
      } else {
        report(`Creating the kind cluster ${name}.`);
        await kind("create", "cluster", "--name", name, "--kubeconfig", kubeconfig, "--wait=180s");
      }
    },
    async down() {
      await kind("delete", "cluster", "--name", name, "--kubeconfig", kubeconfig);
    },
    async load(image, report) {
      await kind("load", "docker-image", image, "--name", name);
      report(`Loaded ${image}.`);
    },
    async stopApiServer() {
      // The kubelet starts it again as long as its manifest is there.
      await onNode("mv", `/etc/kubernetes/manifests/${MANIFEST}`, `/etc/kubernetes/${MANIFEST}`);
      await onNode("pkill", "-KILL", "kube-apiserver");
    },
    async startApiServer() {
      await onNode("mv", `/etc/kubernetes/${MANIFEST}`, `/etc/kubernetes/manifests/${MANIFEST}`);
      await waitUntil("the API server of kind is ready", 120_000, () =>
        run(kubectlProgram(), ["--kubeconfig", kubeconfig, "get", "--raw=/readyz"]).then(
          () => true,
          () => undefined,
        ),
      );
    },
    pauseApiServer: async () => void (await onNode("pkill", "-STOP", "kube-apiserver")),
    resumeApiServer: async () => void (await onNode("pkill", "-CONT", "kube-apiserver")),
    pauseKubelet: async () => void (await onNode("pkill", "-STOP", "kubelet")),
    resumeKubelet: async () => void (await onNode("pkill", "-CONT", "kubelet")),
  };
}
