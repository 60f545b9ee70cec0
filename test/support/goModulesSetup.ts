// Before the tests of a project: what it takes from Go modules is there, built or fetched once per machine. What keeps it from that
// is told to the tests, which then are skipped by name.
import type { TestProject } from "vitest/node";
import { ensureGoModule, type GoModule, goModuleObstacle } from "../cluster/goModules.ts";
import { obstacleTo } from "./apiServerSetup.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Null for what is there. */
    readonly goModuleObstacles: Readonly<Partial<Record<GoModule, string | null>>>;
  }
}

const NEEDED: Readonly<Record<string, readonly GoModule[]>> = {
  apiServer: ["promtool"],
  chart: ["helm", "promtool", "kubeconform", "prometheus-operator", "kueue"],
  cluster: ["helm"],
};

export default async function setup(project: TestProject): Promise<void> {
  const obstacles: Partial<Record<GoModule, string | null>> = {};
  for (const name of NEEDED[project.name]!) {
    const obstacle = goModuleObstacle(name) ?? (await obstacleTo(ensureGoModule(name)));
    if (obstacle !== null) console.error(`Tests with ${name} are skipped. ${obstacle}`);
    obstacles[name] = obstacle;
  }
  project.provide("goModuleObstacles", obstacles);
}
