// Which cluster tests and development get on this machine: kind where Docker runs, else the local one.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { kubectlProgram } from "./binaries.ts";
import { kindObstacle, makeKindCluster } from "./kindCluster.ts";
import { localCluster } from "./localCluster.ts";
import { localClusterObstacle } from "./prerequisites.ts";

/** The value of TEST_KUBECONFIG that keeps tests from any cluster. */
const NO_CLUSTER = "none";

export type Report = (line: string) => void;

export interface Cluster {
  readonly kind: "local" | "kind" | "given";
  /** Path; the same at each `up`. */
  readonly kubeconfig: string;
  /** Where pods reach servers that this machine runs. */
  nodeAddress(): Promise<string>;
  isUp(): Promise<boolean>;
  /** Joins the one that runs. */
  up(report: Report): Promise<void>;
  /** Nothing of it is left, whatever state it was in. */
  down(): Promise<void>;
  /** Gives an image that was built on this machine to the node. */
  load(image: string, report: Report): Promise<void>;
  readonly logs: readonly string[];
  /** Killed: connections are refused. */
  stopApiServer(): Promise<void>;
  startApiServer(): Promise<void>;
  /** Stopped in its tracks: nothing answers, connections stay. */
  pauseApiServer(): Promise<void>;
  resumeApiServer(): Promise<void>;
  /** What runs on the node runs on; nothing is started, ended or result. */
  pauseKubelet(): Promise<void>;
  resumeKubelet(): Promise<void>;
}

/** TEST_KUBECONFIG names another: any of kind, or one that takes its images and databases from elsewhere. */
export function chooseCluster(): Cluster {
  const given = process.env.TEST_KUBECONFIG || undefined;
  if (given === undefined) return kindObstacle() === null ? makeKindCluster() : localCluster;
  if (given === localCluster.kubeconfig) return localCluster;
  const context = spawnSync(kubectlProgram(), ["--kubeconfig", given, "config", "current-context"], {
    encoding: "utf8",
  });
  const kindName = /^kind-(\S+)/.exec(context.stdout ?? "")?.[1];
  return kindName === undefined ? makeGivenCluster(given) : makeKindCluster(kindName, given);
}

/** Null, or why this machine can have none. */
export function clusterObstacle(): string | null {
  const given = process.env.TEST_KUBECONFIG;
  if (given === NO_CLUSTER) return `TEST_KUBECONFIG=${NO_CLUSTER} says so.`;
  if (given) return existsSync(given) ? null : `TEST_KUBECONFIG names a file that is not there: ${given}.`;
  const kind = kindObstacle();
  const local = localClusterObstacle();
  return kind === null || local === null ? null : `${local} (${kind})`;
}

function makeGivenCluster(kubeconfig: string): Cluster {
  const refuse = (what: string) => async () => {
    throw new Error(`Tests cannot ${what} of the cluster that ${kubeconfig} names: use kind or the local one for it.`);
  };
  return {
    kind: "given",
    kubeconfig,
    logs: [],
    isUp: async () => true,
    up: async () => undefined,
    down: async () => undefined,
    async nodeAddress() {
      const address = process.env.TEST_NODE_ADDRESS;
      if (address) return address;
      throw new Error("Set TEST_NODE_ADDRESS to the address of this machine that pods of the given cluster can reach.");
    },
    load: refuse("load images into a node"),
    stopApiServer: refuse("stop the API server"),
    startApiServer: refuse("start the API server"),
    pauseApiServer: refuse("pause the API server"),
    resumeApiServer: refuse("resume the API server"),
    pauseKubelet: refuse("pause the kubelet"),
    resumeKubelet: refuse("resume the kubelet"),
  };
}
