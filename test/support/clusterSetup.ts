// Before end-to-end tests: whether a cluster can run here. It comes up with the first test that uses it, and goes with the last,
// unless it was up before. Nothing is built here; where something is missing the tests are skipped by name.
import type { TestProject } from "vitest/node";
import { chooseCluster, clusterObstacle } from "../cluster/cluster.ts";
import { missingPrograms } from "./programs.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Null where a cluster can run. */
    readonly clusterObstacle: string | null;
    /** This run may take the cluster down and up again: it was not up before. */
    readonly isClusterOurs: boolean;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = chooseCluster();
  const obstacle = clusterObstacle() ?? (cluster.kind === "local" ? missingPrograms("kube-apiserver") : null);
  if (obstacle !== null) console.error(`Tests that need a cluster are skipped: ${obstacle}`);
  project.provide("clusterObstacle", obstacle);
  const isOurs = obstacle === null && cluster.kind !== "given" && !(await cluster.isUp());
  project.provide("isClusterOurs", isOurs);
  return async () => {
    if (isOurs && (await cluster.isUp())) await cluster.down();
  };
}
