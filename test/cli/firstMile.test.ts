// What a new user meets: no database yet, an output that cannot be written, a publication that would take something away.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RUN } from "../support/batches.ts";
import { CHILD_ENV, cli, eventually, runCommands, startCli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

const MAIN = join(import.meta.dirname, "../../cli/main.ts");

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "climatebatch-first-"));
  await writePastAndFuture(database.client, { cells: 4 });
  expect((await cli(database.url, ...RUN)).code).toBe(0);
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const LOOKING = [
  "status",
  "logs 1",
  "data",
  "run all",
  "retry 1",
  "publish 1",
  "export hazard --output -",
  "report --output -",
  "scenario",
  "basins",
  "connectivity",
  "link --from stations --within-km 30",
  "doctor",
];

test("no command makes a database by looking: each says where it looked and how to name one", async () => {
  const cwd = await mkdtemp(join(folder, "empty-"));
  const results = await runCommands(
    LOOKING.map((words) => words.split(" ")),
    { cwd },
  );
  expect(results.map(({ code, stdout, stderr }, at) => ({ words: LOOKING[at], code, stdout, stderr }))).toEqual(
    LOOKING.map((words) => ({
      words,
      code: 2,
      stdout: "",
      stderr: `There is no database in ${cwd}/.climatebatch/data. Name one by --database, DATABASE_* or .env, or make one: climatebatch load climate FILE --scenario NAME, or to try things: climatebatch sample\n`,
    })),
  );
  expect(await readdir(cwd)).toEqual([]);
});

test("where the sample is, its address is named", async () => {
  const cwd = await mkdtemp(join(folder, "sampled-"));
  expect(await startCli(["sample", "--cells", "1"], { cwd }).ended).toMatchObject({ code: 0 });
  const { code, stderr } = await startCli(["status"], { cwd }).ended;
  expect(code).toBe(2);
  expect(stderr).toContain("The sample is here: --database embedded:.climatebatch/sample.");
  const sample = await startCli(["status", "--database", "embedded:.climatebatch/sample"], { cwd }).ended;
  expect(sample).toMatchObject({ code: 0, stdout: expect.stringContaining("No batch yet") });
});

test.each([
  { words: ["export", "hazard", "--output", "{folder}"], message: "it is a folder" },
  { words: ["report", "--output", "{folder}"], message: "it is a folder" },
  { words: ["export", "hazard", "--output", "{folder}/none/hazard.csv"], message: "there is no such folder" },
  {
    words: ["index", "WSDI", "--input", "none.csv", "--output", "/dev/null/wsdi.csv"],
    message: "a part of its path is no folder",
  },
  {
    words: ["wind", "--tracks", "none.txt", "--points", "none.csv", "--output", "{folder}/none/wind.csv"],
    message: "there is no such folder",
  },
])("$words is refused before anything is read: $message", async ({ words, message }) => {
  const named = words.map((word) => word.replace("{folder}", folder));
  const usesDatabase = !["index", "wind"].includes(words[0]!);
  const { code, stderr } = await startCli([...named, ...(usesDatabase ? ["--database", database.url] : [])]).ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^--output ".*" cannot be written: /);
  expect(stderr).toContain(`${message}. Give a file in a folder that exists and is yours.`);
});

test("an embedded database in a place that cannot hold one is an error of the user, no bug", async () => {
  const { code, stderr } = await startCli(["sample", "--database", "embedded:/dev/null/data"]).ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^\/dev\/null\/data cannot be used: a part of its path is no folder/);
});

test.skipIf(process.platform !== "linux")(
  "a full disk behind standard output is an error, not a reader that left",
  async () => {
    const full = await open("/dev/full", "w");
    try {
      const words = ["export", "hazard", "--output", "-", "--database", database.url];
      const child = spawn(process.execPath, [MAIN, ...words], { stdio: ["ignore", full.fd, "pipe"] });
      let stderr = "";
      child.stderr!.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
      });
      const [code] = await once(child, "close");
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("the disk is full") });
    } finally {
      await full.close();
    }
  },
);

test.skipIf(process.platform === "win32")(
  "Ctrl-C while the embedded server starts names the command that resumes, and leaves the server whole",
  async () => {
    const cwd = await mkdtemp(join(folder, "interrupted-"));
    // A terminal sends it to the whole group of processes.
    const child = spawn(process.execPath, [MAIN, "sample", "--cells", "1"], { cwd, env: CHILD_ENV, detached: true });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    await eventually("the server starts", () =>
      existsSync(join(cwd, ".climatebatch/sample/pgdata/postmaster.pid")) ? true : undefined,
    );
    process.kill(-child.pid!, "SIGINT");
    const [code] = await once(child, "close");
    expect({ code, stderr }).toEqual({ code: 130, stderr: "Stopped. Resume: climatebatch sample --cells 1\n" });
    expect(await startCli(["sample", "--cells", "1"], { cwd }).ended).toMatchObject({ code: 0 });
  },
);

/** Root of a namespace of its own may mount; some systems forbid such namespaces. */
const OWN_MOUNTS = ["--user", "--map-root-user", "--mount"];
const mayMount = spawnSync("unshare", [...OWN_MOUNTS, "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

test.skipIf(!mayMount)(
  "a full disk is named, with what to do, and with space again the same command works",
  async () => {
    const disk = await mkdtemp(join(folder, "disk-"));
    const program = `"${process.execPath}" "${MAIN}"`;
    const script = `mount -t tmpfs -o size=60m none "${disk}" && cd "${disk}"
    ${program} sample --cells 40; echo "code $?" >&2
    head --bytes=1G /dev/zero > rest 2> /dev/null
    ${program} sample --output regional.nc; echo "code $?" >&2
    rm rest; mount -o remount,size=1g "${disk}"
    ${program} sample --cells 1 2> /dev/null; echo "code $?" >&2`;
    const child = spawn("unshare", [...OWN_MOUNTS, "bash", "--norc", "-c", script], { env: CHILD_ENV });
    let stderr = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    await once(child, "close");
    const lines = stderr.split("\n").filter((line) => !line.startsWith("synthetic climate"));
    expect(lines).toEqual([
      // The server answers so itself, unless it was its log that did not fit.
      expect.stringMatching(/^The (server's disk|disk that holds .*) is full: .*\. The same command may work later\.$/),
      "code 4",
      '--output "regional.nc" cannot be written: the disk is full. Free some of it, or give a file on another disk.',
      "code 2",
      "code 0",
      "",
    ]);
  },
);

test.each([
  { words: ["status", "99", "--json"], reason: "UnknownBatch", message: /^There is no batch 99/, exitCode: 2 },
  { words: ["run", "--json"], reason: "WrongWords", message: /^Missing CALCULATION/, exitCode: 2 },
  { words: ["rum", "--json"], reason: "WrongWords", message: /^There is no command "rum"/, exitCode: 2 },
])("errors of $words are JSON", async ({ words, reason, message, exitCode }) => {
  const { code, stderr, stdout } = await cli(database.url, ...words);
  expect([code, stdout]).toEqual([exitCode, ""]);
  expect(JSON.parse(stderr)).toEqual({ error: { reason, message: expect.stringMatching(message), exitCode } });
});

test("a run that would take something from readers says so at once, and publishes on purpose", async () => {
  const words = [...RUN, "--risk", "high_temperature"];
  const refused = await cli(database.url, ...words);
  expect(refused.code).toBe(3);
  expect(refused.stderr).toMatch(
    /^batch \d+: .*\nreaders of probability would lose .*drought.*: the batch will be computed, but not published without --allow-fewer \(now, or later: climatebatch publish \d+ --allow-fewer\)\n/,
  );
  const onPurpose = await cli(database.url, ...words, "--new", "--allow-fewer");
  expect(onPurpose.code).toBe(0);
  expect(onPurpose.stderr).toMatch(/\npublishing will take from readers of probability: .*drought/);
  expect(onPurpose.stdout).toMatch(/Batch \d+ is published\.\n$/);
});
