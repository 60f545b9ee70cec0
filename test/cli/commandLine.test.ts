// The command line: help, words, JSON, and where the database's address comes from.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ALIASES, COMMANDS, GROUPS } from "../../cli/commands.ts";
import { describeCommand, SCREEN_LINES } from "../../cli/help.ts";
import { parseWords } from "../../cli/parse.ts";
import { RUN } from "../support/batches.ts";
import { cli, runCommands, startCli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { pauseAt } from "../support/pauses.ts";
import { childrenOf } from "../support/processTree.ts";

const CLONE = join(import.meta.dirname, "../..");
const BIN = join(CLONE, "bin/climatebatch.mjs");

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 4 });
  expect((await cli(database.url, ...RUN)).code).toBe(0);
});
afterAll(() => database.drop());

const LISTED = Object.entries(COMMANDS).filter(([, { hidden }]) => !hidden);

test("help lists every command in its group, and the five things that are loaded", async () => {
  const { code, stdout } = await startCli(["--help"]).ended;
  expect(code).toBe(0);
  const groups = stdout.split("\n\n").filter((block) => GROUPS.some((group) => block.startsWith(`${group}\n`)));
  expect(groups.map((block) => block.split("\n")[0])).toEqual(GROUPS);
  for (const [name, { group, summary }] of LISTED) {
    const own = groups[GROUPS.indexOf(group)];
    if (name.startsWith("load ")) expect(own).toMatch(new RegExp(`^  load .*\\b${name.slice(5)}\\b`, "m"));
    else expect(own).toContain(`  ${name} `);
    expect(summary).toMatch(/^[a-z]/);
  }
  expect(stdout).not.toMatch(/^ {2}(basins|connectivity|ingest|attributes)\b/m);
  expect(await startCli(["load", "--help"]).ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/load climate .*load storms .*load sea-levels .*load sea-level-rise .*load ground /s),
  });
});

test.each(Object.keys(COMMANDS))(
  "the help of %s is one screen that describes its options, the rest under --all",
  async (name) => {
    const { usage } = await COMMANDS[name]!.load();
    for (const width of [80, 100]) {
      const lines = describeCommand(name, usage, false, width).split("\n");
      expect(lines.length, lines.join("\n")).toBeLessThanOrEqual(SCREEN_LINES);
      expect(lines.filter((line) => line.length > width)).toEqual([]);
    }
    const whole = describeCommand(name, usage, true, 100);
    for (const [option, { describe }] of Object.entries(usage.options)) {
      expect(whole).toMatch(new RegExp(`^ +(-\\w, )?--(no-)?${option}\\b`, "m"));
      expect(describe).toMatch(/\w{2,}/);
    }
  },
);

test("an option that several commands have is of one kind and has one short letter, which no other option has", async () => {
  const kinds = new Map<string, string>();
  const letters = new Map<string, string>();
  for (const { load } of Object.values(COMMANDS)) {
    for (const [name, { short, type }] of Object.entries((await load()).usage.options)) {
      // One name or several is the same to people: --scenario A of load, --scenario A,B of run.
      const kind = type === "switch" || type === "flag" ? "flag" : type === "number" ? "number" : "text";
      expect(`${kind} ${short}`, name).toBe(kinds.get(name) ?? `${kind} ${short}`);
      kinds.set(name, `${kind} ${short}`);
      if (short === undefined) continue;
      expect(letters.get(short) ?? name).toBe(name);
      letters.set(short, name);
    }
  }
});

test.each([
  { words: "all --scenario a,b --scenario c --period 2021-2040", scenario: ["a", "b", "c"] },
  { words: "all --scenario a b c -p 2021-2040", scenario: ["a", "b", "c"] },
  { words: "--scenario a all", scenario: ["a"] },
  { words: "--scenario a b all", scenario: ["a", "b"] },
  { words: "all -s a -- ", scenario: ["a"] },
  { words: "all", scenario: undefined },
])("run $words computes $scenario", async ({ words, scenario }) => {
  const { usage } = await COMMANDS.run!.load();
  const given = words.split(" ").filter((word) => word !== "");
  expect(parseWords(usage, given)).toMatchObject({ calculation: "all", scenario, publish: true, json: false });
});

test("flags are turned off by --no-, numbers may be negative, periods become periods", async () => {
  const [run, load] = await Promise.all([COMMANDS.run!.load(), COMMANDS["load climate"]!.load()]);
  expect(parseWords(run.usage, ["all", "--no-publish", "--period", "2021-2040"])).toMatchObject({
    publish: false,
    period: [{ firstYear: 2021, lastYear: 2040 }],
    basePeriod: { firstYear: 1991, lastYear: 2020 },
  });
  const words = ["a.csv", "--scenario", "s", "--latitude", "-37.5", "--missing", "-99.9", "b.csv"];
  expect(parseWords(load.usage, words)).toMatchObject({
    file: ["a.csv", "b.csv"],
    latitude: -37.5,
    missing: ["-99.9"],
    map: [],
  });
});

test("an option of before means the option of today", async () => {
  const { usage } = await COMMANDS.link!.load();
  const before = parseWords(usage, ["--from", "stations", "--cells", "cells.csv"]);
  expect(before).toMatchObject({ cellsFile: "cells.csv" });
  expect(before).toEqual(parseWords(usage, ["--from", "stations", "--cells-file", "cells.csv"]));
});

test.each(Object.entries(ALIASES))("the old name %s means %s, options and all", async (alias, name) => {
  const help = ["--help", "--all"];
  const [old, now] = await runCommands([
    [alias, ...help],
    [...name.split(" "), ...help],
  ]);
  expect(old).toEqual(now);
  expect(old!.stdout).toContain(`Usage: climatebatch ${name} `);
});

/** Prints the processor time of its process [s] when that ends. */
const CPU_TIME = `data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();console.error((user+system)/1e6)})`;

test.each(["", "run", "load climate", "index", "submit", "doctor"])(
  "climatebatch %s --help needs less than 0.4 s of processor time",
  (command) => {
    const words = [...command.split(" ").filter((word) => word !== ""), "--help"];
    const seconds = Array.from({ length: 5 }, () =>
      Number(spawnSync(process.execPath, ["--import", CPU_TIME, BIN, ...words], { encoding: "utf8" }).stderr),
    );
    // The lowest: the first may compile, and others may have been disturbed.
    expect(Math.min(...seconds)).toBeGreaterThan(0.01);
    expect(Math.min(...seconds)).toBeLessThan(0.4);
  },
);

test("the executable of a clone names itself in what it prints, from any folder", async () => {
  const relative = spawnSync("./climatebatch", ["status", "--hurry"], { cwd: CLONE, encoding: "utf8" });
  expect(relative).toMatchObject({ status: 2, stderr: expect.stringContaining("Help: ./climatebatch status --help") });
  const env = { ...process.env, PATH: [CLONE, process.env.PATH].join(delimiter) };
  const found = spawnSync("climatebatch", ["status", "--hurry"], { cwd: tmpdir(), env, encoding: "utf8" });
  expect(found).toMatchObject({ status: 2, stderr: expect.stringMatching(/^Help: climatebatch status --help$/m) });
  const absolute = spawnSync(join(CLONE, "climatebatch"), ["--version"], { cwd: tmpdir(), encoding: "utf8" });
  expect(absolute).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test.each([["status"], ["status", "1"], ["logs", "1"], ["migrate"], [...RUN], ["publish", "1"]])(
  "%s %s with --json prints one JSON value and nothing else",
  async (...words) => {
    const { code, stdout } = await cli(database.url, ...words.filter((word) => word !== undefined), "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toBeTypeOf("object");
  },
);

test("a reader that has seen enough of an export is no error", async () => {
  const words = ["export", "probability", "--format", "json", "--output", "-"];
  await using program = startCli([...words, "--database", database.url]);
  program.child.stdout!.destroy();
  expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
});

test("a .env that cannot be read is refused, not taken for none", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "climatebatch-env-"));
  try {
    await mkdir(join(cwd, ".env"));
    expect(await startCli(["status"], { cwd }).ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^\.env of this folder cannot be read: EISDIR/),
    });
  } finally {
    await rm(cwd, { recursive: true });
  }
});

async function inFolderWithEnv(text: string, work: (cwd: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-env-"));
  try {
    await writeFile(join(folder, ".env"), text);
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("the address is read from .env in the working folder, by URL or by parts; the environment wins, --database more", async () => {
  const { hostname, port, username, password, pathname } = new URL(database.url);
  const parts = `DATABASE_HOST=${hostname}\nDATABASE_PORT=${port}\nDATABASE_USER=${username}\nDATABASE_PASSWORD=${password}\n`;
  const seesBatch = { code: 0, stdout: expect.stringContaining("published") };
  await inFolderWithEnv(`DATABASE_URL=${database.url}\n`, async (cwd) => {
    expect(await startCli(["status", "1"], { cwd }).ended).toMatchObject(seesBatch);
  });
  await inFolderWithEnv(`${parts}DATABASE_NAME=nowhere\n`, async (cwd) => {
    const env = { DATABASE_NAME: pathname.slice(1) };
    expect(await startCli(["status", "1"], { cwd, env }).ended).toMatchObject(seesBatch);
    expect(await startCli(["status", "1", "--database", database.url], { cwd }).ended).toMatchObject(seesBatch);
    expect(await startCli(["status", "1"], { cwd }).ended).toMatchObject({ code: 2 });
  });
});

test("problems of DATABASE_* are reported all together, without passwords", async () => {
  const text = "DATABASE_URL=mysql://user:secret@host\nDATABASE_PORT=http\nDATABASE_PASSWORD=secret\n";
  await inFolderWithEnv(text, async (cwd) => {
    const { code, stderr } = await startCli(["status"], { cwd }).ended;
    expect(code).toBe(2);
    expect(stderr).toContain("The environment has 2 problems:");
    expect(stderr).toContain("DATABASE_URL: expected postgres://user:password@host:port/name");
    expect(stderr).toMatch(/DATABASE_PORT: .*; found "http"/);
    expect(stderr).not.toContain("secret");
  });
});

test("a reader that has seen enough, such as head, is no error", async () => {
  await using program = startCli(["explain", "drought", "--json"]);
  program.child.stdout!.destroy();
  expect(await program.ended).toMatchObject({ code: 0, stderr: "" });
});

test("shards find the compiled code that the command keeps, in a folder of the user alone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-compiled-"));
  try {
    await using pause = await pauseAt(database, { calculation: "hazard", cell: 1 });
    const words = [BIN, ...RUN, "--new", "--no-publish", "--database", database.url];
    const runner = spawn(process.execPath, words, { env: { PATH: process.env.PATH, HOME: folder } });
    const ended = once(runner, "close");
    await pause.reached();
    const environments = childrenOf(runner.pid!).map((shard) => readFileSync(`/proc/${shard}/environ`, "utf8"));
    expect(environments.flatMap((one) => one.split("\0"))).toContain(
      `NODE_COMPILE_CACHE=${join(folder, ".cache/climatebatch/compiled")}`,
    );
    await pause.release();
    expect(await ended).toEqual([0, null]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
