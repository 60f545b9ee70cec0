// The pages of the project: those at the root, in docs/ and beside the chart.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** Files of the clone, new ones included, as paths from its root. */
export function listFiles(): string[] {
  return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .split("\n")
    .filter((path) => path !== "" && existsSync(join(ROOT, path)));
}

export function listPages(): string[] {
  return listFiles().filter((path) => path.endsWith(".md") && /^(docs\/|charts\/|[A-Z])/.test(path));
}
