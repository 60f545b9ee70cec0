// A cluster with real pods for end-to-end tests: the one that TEST_KUBECONFIG names, else this machine's own, brought up by
// the first test. Every wait has a deadline and shows the object on failure.
import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { kubectlProgram } from "../cluster/binaries.ts";
import { type Cluster, chooseCluster } from "../cluster/cluster.ts";
import { buildImage, type IMAGES } from "../cluster/images.ts";
import { type RunOptions, run } from "../cluster/processes.ts";
import { type DatabaseProxy, startDatabaseProxy } from "./databaseProxy.ts";
import { describeUnless } from "./programs.ts";

const WAIT_SECONDS = 60;

/** What is left of the words of `kubectl` when the cluster is known. */
export type Kubectl = (words: readonly string[], options?: RunOptions) => Promise<string>;

export interface TestCluster
  extends Pick<
    Cluster,
    | "kubeconfig"
    | "stopApiServer"
    | "startApiServer"
    | "pauseApiServer"
    | "resumeApiServer"
    | "pauseKubelet"
    | "resumeKubelet"
  > {
  readonly kubectl: Kubectl;
  /** Where pods reach servers of this machine. */
  readonly nodeAddress: string;
  createNamespace(): Promise<Namespace>;
  /** Builds the image from the sources as they are and gives it to the node; pods use it with imagePullPolicy Never. */
  provideImage(program: keyof typeof IMAGES): Promise<string>;
  loadImage(image: string): Promise<void>;
  /** A database of this machine, at an address for pods. */
  exposeDatabase(databaseUrl: string): Promise<DatabaseProxy>;
}

/** Deleted, with all that is in it, when the test is done; no one waits for the end of that. */
export interface Namespace extends AsyncDisposable {
  readonly name: string;
  /** In this namespace. */
  readonly kubectl: Kubectl;
  apply(...objects: readonly object[]): Promise<void>;
  /** `kubectl wait --for`: condition=Complete, jsonpath='{.status.phase}'=Running, create, delete. */
  waitFor(object: string, state: string, seconds?: number): Promise<void>;
}

/** Null, or why there is no cluster for tests here and how to get one. */
export function clusterAvailable(): string | null {
  return inject("clusterObstacle");
}

/** `describe`, skipped where no cluster can run, under a name that says why. */
export function describeOnCluster(name: string, body: () => void): void {
  describeUnless(clusterAvailable(), name, body);
}

export async function useCluster(): Promise<TestCluster> {
  const cluster = chooseCluster();
  const report = (line: string) => console.log(line);
  await cluster.up(report);
  const kubectl: Kubectl = (words, options) =>
    run(kubectlProgram(), ["--kubeconfig", cluster.kubeconfig, ...words], options);
  const nodeAddress = await cluster.nodeAddress();
  return {
    kubeconfig: cluster.kubeconfig,
    stopApiServer: cluster.stopApiServer,
    startApiServer: cluster.startApiServer,
    pauseApiServer: cluster.pauseApiServer,
    resumeApiServer: cluster.resumeApiServer,
    pauseKubelet: cluster.pauseKubelet,
    resumeKubelet: cluster.resumeKubelet,
    kubectl,
    nodeAddress,
    createNamespace: () => createNamespace(kubectl),
    async provideImage(program) {
      const image = await buildImage(program, report);
      await cluster.load(image, report);
      return image;
    },
    loadImage: (image) => cluster.load(image, report),
    exposeDatabase: (databaseUrl) => startDatabaseProxy(databaseUrl, nodeAddress),
  };
}

async function createNamespace(everywhere: Kubectl): Promise<Namespace> {
  const name = `test-${randomUUID().slice(0, 8)}`;
  await everywhere(["create", "namespace", name]);
  const kubectl: Kubectl = (words, options) => everywhere(["--namespace", name, ...words], options);
  // Pods are refused until controllers have made it.
  await kubectl(["wait", "--for=create", "serviceaccount/default", `--timeout=${WAIT_SECONDS}s`]);
  return {
    name,
    kubectl,
    async apply(...objects) {
      const list = { apiVersion: "v1", kind: "List", items: objects };
      await kubectl(["apply", "--filename=-"], { input: JSON.stringify(list) });
    },
    async waitFor(object, state, seconds = WAIT_SECONDS) {
      try {
        await kubectl(["wait", object, `--for=${state}`, `--timeout=${seconds}s`]);
      } catch (cause) {
        const look = (...words: string[]) => kubectl(words).catch((error: Error) => error.message);
        const seen = [
          await look("describe", object),
          await look("get", "pods"),
          await look("events", "--types=Warning"),
        ];
        throw new Error(`${object} did not reach ${state} within ${seconds} s:\n${seen.join("\n\n")}`, { cause });
      }
    },
    async [Symbol.asyncDispose]() {
      await everywhere(["delete", "namespace", name, "--wait=false"]);
    },
  };
}
