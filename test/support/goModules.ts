// What tests take from Go modules, and the words to skip by where it cannot be had.
import { inject } from "vitest";
import type { GoModule } from "../cluster/goModules.ts";
import { describeUnless } from "./apiServer.ts";

/** Null when all are there, else what keeps this machine from having one. */
export function lacking(...names: readonly GoModule[]): string | null {
  const obstacles = inject("goModuleObstacles");
  for (const name of names) {
    const obstacle = obstacles[name];
    if (obstacle === undefined) throw new Error(`goModulesSetup.ts does not provide ${name} for this project`);
    if (obstacle !== null) return obstacle;
  }
  return null;
}

/** `describe`, skipped where one of them cannot be had, under a name that says why. */
export function describeWith(names: readonly GoModule[], name: string, body: () => void): void {
  describeUnless(lacking(...names), name, body);
}
