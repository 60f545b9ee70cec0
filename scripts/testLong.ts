// `npm run test:long`: every test with all its seeded points, and docs/test-long.md committed with what came out.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const REPORT = "docs/test-long.md";
const DEFAULT_SEED = 1;

const git = (...words: string[]) => execFileSync("git", words, { cwd: ROOT, encoding: "utf8" }).trim();

const seed = process.env.SEED ?? String(DEFAULT_SEED);
const commit = git("rev-parse", "HEAD");
const isClean = git("status", "--porcelain") === "";
const started = performance.now();
const child = spawn("vitest", ["run", ...process.argv.slice(2)], {
  cwd: ROOT,
  env: { ...process.env, LONG: "1", SEED: seed },
  stdio: ["ignore", "pipe", "inherit"],
});
const lines: string[] = [];
let rest = "";
child.stdout.setEncoding("utf8").on("data", (text: string) => {
  process.stdout.write(text);
  const parts = (rest + text).split("\n");
  rest = parts.pop()!;
  lines.push(...parts);
});
const [exitCode] = await once(child, "close");
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
const measured = lines
  .filter((line) => line.startsWith("measured: "))
  .map((line) => `- ${line.slice("measured: ".length)}`);
const report = [
  "# The last long test run",
  "",
  "Made by `npm run test:long`; not edited by hand.",
  "",
  `- outcome: ${lines.findLast((line) => /^\d+ passed, \d+ failed/.test(line)) ?? "the run did not end"}`,
  `- commit: ${commit}${isClean ? "" : " with uncommitted changes"}`,
  `- seed: ${seed}`,
  `- took: ${minutes} minutes on ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`,
  ...measured,
  "",
].join("\n");
await writeFile(`${ROOT}${REPORT}`, report);
git("add", REPORT);
git("commit", "--quiet", "-m", `Report the long test run of ${commit.slice(0, 9)}`, "--", REPORT);
process.exitCode = exitCode;
