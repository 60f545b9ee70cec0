// A real API server of its own for a test file, ready in seconds; and the words to skip by where none can run.
import { describe, inject } from "vitest";
import { type ApiServer, startApiOnly } from "../cluster/apiOnly.ts";
import { binariesObstacle } from "../cluster/binaries.ts";

export type { ApiServer } from "../cluster/apiOnly.ts";

/** Null, or what is missing for it on this machine and how to mend it. */
export function apiServerAvailable(): string | null {
  return inject("apiServerObstacle") ?? binariesObstacle();
}

export function startApiServer(): Promise<ApiServer> {
  return startApiOnly();
}

/** `describe`, skipped where no API server can run, under a name that says why. */
export function describeOnApiServer(name: string, body: () => void): void {
  describeUnless(apiServerAvailable(), name, body);
}

/** The setup of the run tells the whole obstacle once; names of tests carry its first sentence. */
export function describeUnless(obstacle: string | null, name: string, body: () => void): void {
  if (obstacle === null) describe(name, body);
  else describe.skip(`${name} (not here: ${/^.*?\.(?=\s|$)/.exec(obstacle)?.[0] ?? obstacle})`, body);
}
