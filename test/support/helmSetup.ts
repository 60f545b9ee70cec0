// Before tests of the chart: Helm is built, once per machine. What keeps it from being built is told to the tests, which then are
// skipped by name.
import type { TestProject } from "vitest/node";
import { ensureHelm, helmObstacle } from "../cluster/helm.ts";
import { obstacleTo } from "./apiServerSetup.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Null where there is Helm. */
    readonly helmObstacle: string | null;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const obstacle = helmObstacle() ?? (await obstacleTo(ensureHelm()));
  if (obstacle !== null) console.error(`Tests of the chart are skipped. ${obstacle}`);
  project.provide("helmObstacle", obstacle);
}
