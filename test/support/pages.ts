// The pages of the project: those at the root, in docs/ and beside the chart.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
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

export function listShellBlocks(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
}

/** Commands of a page's shell blocks; a backslash continues a line. */
export function listShellCommands(page: string): string[] {
  return listShellBlocks(page).flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, "")
      .split("\n")
      .map((line) => line.replace(/\s+#.*$/, "").trim())
      .filter((line) => line !== ""),
  );
}

/** Command lines of climatebatch, in blocks and in the text; of those with an ellipsis, what is before it. */
export function listCommandLines(page: string): string[] {
  const prose = readFileSync(join(ROOT, page), "utf8").replaceAll(/^```.*?^```$/gms, "");
  const inline = [...prose.matchAll(/`((?:\.\/)?climatebatch [a-z][^`]*)`/g)].map(([, line]) => line!);
  return [...listShellCommands(page), ...inline]
    .filter((line) => /^(\.\/)?climatebatch [a-z]/.test(line) && !line.includes("|"))
    .map((line) => line.replaceAll(/\s+/g, " "));
}
