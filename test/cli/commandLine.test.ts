// What the commands say: help, JSON, and where the database's address comes from.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pMap from "p-map";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RUN } from "../support/batches.ts";
import { cli, startCli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await writePastAndFuture(database.client, { cells: 4 });
  expect((await cli(database.url, ...RUN)).code).toBe(0);
});
afterAll(() => database.drop());

test("help lists every command with a description, and each command's help describes every option", async () => {
  const help = async (...words: string[]) => {
    const { code, stdout } = await startCli([...words, "--help"]).ended;
    return { words, code, stdout };
  };
  const top = await help();
  const commands = [...top.stdout.matchAll(/^ {2}climatebatch ([a-z-]+)\b.* {2}\w/gm)].map(([, name]) => name!);
  expect(commands).toEqual(expect.arrayContaining(["start", "migrate", "sample", "ingest", "run", "retry", "export"]));

  for (const { words, code, stdout } of [top, ...(await pMap(commands, (name) => help(name), { concurrency: 3 }))]) {
    expect({ words, code }).toEqual({ words, code: 0 });
    expect(stdout).toMatch(/^climatebatch /);
    const options = [...stdout.split("\nExamples:")[0]!.matchAll(/^ {2}(?:-\w, | {4})?--([a-z-]+)(.*)$/gm)];
    expect(options.length).toBeGreaterThan(1);
    for (const [line, , description] of options) expect(description, line).toMatch(/ \w{2,}/);
  }
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

test("problems of DATABASE_* are told all together, without passwords", async () => {
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
