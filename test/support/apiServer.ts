// A real API server for a test file, ready in seconds.
import { describeWith } from "./programs.ts";

export { type ApiServer, startApiOnly as startApiServer } from "../cluster/apiOnly.ts";

/** `describe`, skipped where the API server is not built, under a name that says so. */
export function describeOnApiServer(name: string, body: () => void): void {
  describeWith(["kube-apiserver"], name, body);
}
