// Before tests that need an API server: its programs are built, once per machine. What keeps them from being built is told
// to the tests, which then are skipped by name.
import type { TestProject } from "vitest/node";
import { binariesObstacle, ensureBinaries } from "../cluster/binaries.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Null where an API server can run. */
    readonly apiServerObstacle: string | null;
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const obstacle = binariesObstacle() ?? (await obstacleTo(ensureBinaries()));
  if (obstacle !== null) console.error(`Tests that need an API server are skipped. ${obstacle}`);
  project.provide("apiServerObstacle", obstacle);
}

/** Null when the attempt succeeds, else what it complains about. */
export function obstacleTo(attempt: Promise<unknown>): Promise<string | null> {
  return attempt.then(
    () => null,
    (error: Error) => error.message,
  );
}
