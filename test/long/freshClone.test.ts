import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const TEN_MINUTES_MS = 600_000;

/** The system's own Node and npm, not those that this test runs under. */
const path = (process.env.PATH ?? "")
  .split(":")
  .filter((folder) => !folder.includes("node_modules"))
  .join(":");

async function postgresProcessesUnder(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes(folder)) found.push(command.replaceAll("\0", " "));
  }
  return found;
}

test("a fresh clone in a folder of mode 0700 starts, starts again, and leaves no process", {
  timeout: TEN_MINUTES_MS,
}, async () => {
  // mkdtemp makes it 0700.
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-clone-"));
  const clone = join(folder, "climatebatch");
  const environment = { PATH: path, HOME: process.env.HOME, DATABASE_URL: "postgres://unused@127.0.0.1:1/never-read" };
  try {
    await run("git", ["clone", "--quiet", ROOT, clone]);
    const npmStart = async () => {
      const started = performance.now();
      const { stdout } = await run("npm", ["start"], { cwd: clone, env: environment, maxBuffer: 1 << 26 });
      return { stdout, seconds: (performance.now() - started) / 1000 };
    };

    const first = await npmStart();
    const second = await npmStart();

    console.log(
      `measured: npm start on a fresh clone, install included: ${first.seconds.toFixed(1)} s; again: ${second.seconds.toFixed(1)} s`,
    );
    expect(first.stdout).toMatch(/Batch 1 is published/);
    const lines = first.stdout.trimEnd().split("\n");
    const report = lines.slice(-5).find((line) => line.startsWith("Report: "));
    expect(existsSync(/^Report: (.*?\.html) /.exec(report ?? "")?.[1] ?? "")).toBe(true);
    const findings = lines.slice(lines.findIndex((line) => line.startsWith("Hazard Score ")));
    expect(findings.indexOf("Batch 1 is published.")).toBeLessThanOrEqual(15);
    expect(second.stdout).toMatch(/The sample exists already/);
    expect(second.stdout).toMatch(/Batch 2 is published/);
    expect(await postgresProcessesUnder(clone)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
