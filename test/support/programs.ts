// Programs that some tests need beside Node and PostgreSQL; where one is missing those tests are skipped by name.
import { describe } from "vitest";
import { areBinariesBuilt } from "../cluster/binaries.ts";
import { type GoModule, isGoModuleBuilt } from "../cluster/goModules.ts";
import { arePostgresToolsInstalled } from "./postgresTools.ts";

export type NeededProgram = "kube-apiserver" | "postgres-tools" | GoModule;

function isBuilt(name: NeededProgram): boolean {
  if (name === "kube-apiserver") return areBinariesBuilt();
  return name === "postgres-tools" ? arePostgresToolsInstalled() : isGoModuleBuilt(name);
}

/** Null when all are built, else which are not and what builds them. */
export function missingPrograms(...names: readonly NeededProgram[]): string | null {
  const missing = names.filter((name) => !isBuilt(name));
  return missing.length === 0 ? null : `not built: ${missing.join(", ")}; npm run test:cluster builds what is missing.`;
}

/** `describe`, skipped where one of them is missing, under a name that says so. */
export function describeWith(names: readonly NeededProgram[], name: string, body: () => void): void {
  describeUnless(missingPrograms(...names), name, body);
}

/** Names of skipped tests carry the first sentence of the obstacle. */
export function describeUnless(obstacle: string | null, name: string, body: () => void): void {
  if (obstacle === null) describe(name, body);
  else describe.skip(`${name} (skipped here: ${/^.*?\.(?=\s|$)/.exec(obstacle)?.[0] ?? obstacle})`, body);
}
