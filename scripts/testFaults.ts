// `npm run test:faults -- --seed N --points N`: the crash matrix, and docs/faults.md written with its outcome.
// Without a cluster the points on one machine run alone, and the report says so.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describePoint, drawPoints, type Point } from "../test/faults/points.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const REPORT = join(ROOT, "docs/faults.md");

const { values } = parseArgs({
  options: { seed: { type: "string", default: "1" }, points: { type: "string", default: "20" } },
});
const [seed, count] = [values.seed, values.points].map(Number) as [number, number];
if (!Number.isInteger(seed) || !Number.isInteger(count) || count < 1) {
  console.error("--seed expects a whole number, --points a whole number from 1.");
  process.exit(2);
}

interface Outcome extends Point {
  readonly outcome: string;
  readonly seconds: number;
}

const folder = mkdtempSync(join(tmpdir(), "climatebatch-faults-"));
const file = join(folder, "outcomes");
const started = performance.now();
/** Each half waits for its servers most of the time, and shares none with the other. */
async function runHalf(name: string): Promise<number | null> {
  const child = spawn("vitest", ["run", "--project", "cluster", "test/faults/matrix.test.ts", "-t", name], {
    cwd: ROOT,
    env: { ...process.env, FAULTS_SEED: String(seed), FAULTS_POINTS: String(count), FAULTS_OUTCOMES: file },
    stdio: "inherit",
  });
  const [status] = await once(child, "exit");
  return status;
}
const statuses = await Promise.all(["faults on one machine", "faults on a cluster"].map(runHalf));
const outcomes = (existsSync(file) ? readFileSync(file, "utf8") : "")
  .split("\n")
  .filter(Boolean)
  .map((line): Outcome => JSON.parse(line));
rmSync(folder, { recursive: true });

const git = (...words: string[]) => execFileSync("git", words, { cwd: ROOT, encoding: "utf8" }).trim();
const isClean = git("status", "--porcelain") === "";
const broken = outcomes.filter(({ outcome }) => outcome.startsWith("BROKEN"));
const missing = drawPoints(seed, count).filter(({ number }) => !outcomes.some((one) => one.number === number));
const cell = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll("|", "/").slice(0, 60);
const page = [
  "# What happens when programs and servers fail?",
  "",
  "Made by `npm run test:faults`; not edited by hand.",
  "",
  "At each point one or two of these fail while a batch is computed: a shard, the runner, `serve`, the operator that leads,",
  "PostgreSQL (stopped immediately and started, or failed over to its standby), the API server, the kubelet. After each point:",
  "",
  "- the batch is published, by itself or after the step that its message names;",
  "- the published bytes equal those of a run without faults;",
  "- readers that queried both views all the time saw one whole batch at a time;",
  "- no Job, pod, process, session, slot, running shard or spool file is left.",
  "",
  "The stages are `climatebatch run`, `climatebatch serve`, and the operator with pods on a kubelet.",
  "",
  `- seed: ${seed}; points: ${count}, of which ${outcomes.length} ran, ${broken.length} broke a promise`,
  `- commit: ${git("rev-parse", "HEAD")}${isClean ? "" : " with uncommitted changes"}`,
  `- took: ${Math.round((performance.now() - started) / 60_000)} minutes on ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  ...(missing.length > 0
    ? [
        `- not run, because no cluster can run there or the run ended early: points ${missing.map(({ number }) => number).join(", ")}`,
      ]
    : []),
  "",
  "| point | stage | faults | servers away [s] | took [s] | until published |",
  "| ---: | --- | --- | ---: | ---: | --- |",
  ...outcomes
    .toSorted((a, b) => a.number - b.number)
    .map(({ number, stage, faults, awayMs, seconds, outcome }) => {
      const away = (awayMs / 1000).toFixed(1);
      return `| ${number} | ${stage} | ${faults.join(", ")} | ${away} | ${seconds} | ${cell(outcome)} |`;
    }),
  "",
];
writeFileSync(REPORT, page.join("\n"));
for (const point of broken) console.error(`${describePoint(point)}: ${point.outcome}`);
process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
