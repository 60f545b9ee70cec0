import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { openEmbeddedServer } from "../../database/embeddedServer.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "climatebatch-embedded-"));
});

afterEach(async () => {
  const pid = await postmasterPid();
  if (pid !== null) process.kill(pid, "SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

async function postmasterPid(): Promise<number | null> {
  const text = await readFile(join(directory, "pgdata/postmaster.pid"), "utf8").catch(() => null);
  return text === null ? null : Number(text.split("\n")[0]);
}

async function answers(url: string): Promise<boolean> {
  const client = await connect(url, { purpose: "test", patienceMs: 0 }).catch(() => null);
  await client?.end();
  return client !== null;
}

/** The server notices the death of a user a moment later. */
async function countHolders(url: string): Promise<number> {
  const client = await connect(url, { purpose: "test" });
  const { rows } = await client.query(
    "SELECT count(*)::int AS holders FROM pg_stat_activity WHERE application_name = 'climatebatch holder of the embedded server'",
  );
  await client.end();
  return rows[0].holders;
}

test("the last of several users stops the server", async () => {
  const first = await openEmbeddedServer(directory);
  const second = await openEmbeddedServer(directory);

  await first.release();
  expect(await answers(second.url)).toBe(true);
  await second.release();

  expect(await answers(second.url)).toBe(false);
  expect(await postmasterPid()).toBeNull();
});

test("two first starts at the same time end in one server", async () => {
  const [first, second] = await Promise.all([openEmbeddedServer(directory), openEmbeddedServer(directory)]);
  expect(first.url).toBe(second.url);
  await first.release();
  await second.release();
});

test("what was written is there at the next start", async () => {
  const before = await openEmbeddedServer(directory);
  const writer = await connect(before.url, { purpose: "test" });
  await writer.query("CREATE TABLE public.kept AS SELECT 42 AS answer");
  await writer.end();
  await before.release();

  const after = await openEmbeddedServer(directory);
  const reader = await connect(after.url, { purpose: "test" });
  const { rows } = await reader.query("SELECT answer FROM public.kept");
  await reader.end();
  await after.release();

  expect(rows).toEqual([{ answer: 42 }]);
});

test("a server whose only user was killed is adopted, not started twice", async () => {
  const program = `import { openEmbeddedServer } from ${JSON.stringify(new URL("../../database/embeddedServer.ts", import.meta.url).href)};
    await openEmbeddedServer(${JSON.stringify(directory)}); console.log("open"); setInterval(() => {}, 1000);`;
  const user = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(user.stdout, "data");
  const orphan = await postmasterPid();
  user.kill("SIGKILL");
  await once(user, "close");

  const adopted = await openEmbeddedServer(directory);

  expect(await postmasterPid()).toBe(orphan);
  await expect.poll(() => countHolders(adopted.url)).toBe(1);
  await adopted.release();
  expect(await postmasterPid()).toBeNull();
});

test("a server killed together with its machine's memory is started again from its folder", async () => {
  const before = await openEmbeddedServer(directory);
  const killed = await postmasterPid();
  process.kill(killed!, "SIGKILL");

  const after = await openEmbeddedServer(directory);

  expect(await postmasterPid()).not.toBe(killed);
  expect(await answers(after.url)).toBe(true);
  await before.release().catch(() => undefined);
  await after.release();
});

test("a stranger's session keeps the server running for the program that comes next", async () => {
  const server = await openEmbeddedServer(directory);
  const stranger = await connect(server.url, { purpose: "test" });
  await stranger.query("SET application_name = 'psql'");

  await server.release();

  expect(await answers(server.url)).toBe(true);
  await stranger.end();
  const next = await openEmbeddedServer(directory);
  await next.release();
  expect(await postmasterPid()).toBeNull();
});

test.runIf(process.getuid?.() === 0)("root runs it as no one, in a folder that only root may enter", async () => {
  const server = await openEmbeddedServer(directory);
  const mode = execFileSync("stat", ["--format=%a", directory], { encoding: "utf8" }).trim();
  expect(mode).toBe("700");
  await server.release();
});
