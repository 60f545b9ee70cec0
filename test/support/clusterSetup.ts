// Before end-to-end tests: what the cluster needs is installed and built. It comes up with the first test that uses it, and
// goes with the last, unless it was up before. What keeps it from coming up is told to the tests, which are skipped by name.
import type { TestProject } from "vitest/node";
import { ensureBinaries } from "../cluster/binaries.ts";
import { chooseCluster, clusterObstacle } from "../cluster/cluster.ts";
import { ensurePackages } from "../cluster/prerequisites.ts";
import { obstacleTo } from "./apiServerSetup.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Null where a cluster can run. */
    readonly clusterObstacle: string | null;
    /** This run may take the cluster down and up again: nobody used it before. */
    readonly isClusterOurs: boolean;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = chooseCluster();
  const obstacle = clusterObstacle();
  const prepare = async () => {
    if (cluster.kind !== "local") return;
    await ensureBinaries();
    await ensurePackages(console.error);
  };
  const unprepared = obstacle ?? (await obstacleTo(prepare()));
  if (unprepared !== null) console.error(`Tests that need a cluster are skipped. ${unprepared}`);
  project.provide("clusterObstacle", unprepared);
  const isOurs = unprepared === null && cluster.kind !== "given" && !(await cluster.isUp());
  project.provide("isClusterOurs", isOurs);
  return async () => {
    if (isOurs && (await cluster.isUp())) await cluster.down();
  };
}
