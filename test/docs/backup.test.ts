// docs/backup.md, block by block: a database of PostgreSQL 16 with a batch published, one unfinished and one failed is dumped, restored in
// PostgreSQL 18, and continues there. A clone of it knows whose installation it is.
import { mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { finishBatch } from "../../database/batches.ts";
import { connect } from "../../database/connect.ts";
import { openEmbeddedServer } from "../../database/embeddedServer.ts";
import { claimInstallation, type InstallationClaim } from "../../database/installations.ts";
import { migrate } from "../../database/migrate.ts";
import { planRequest } from "../../database/planRequest.ts";
import { grantRoles } from "../../database/roles.ts";
import { claimShard, failShard } from "../../database/shards.ts";
import { emptySlots } from "../../database/slots.ts";
import type { Calculation } from "../../model/calculations.ts";
import { run } from "../cluster/processes.ts";
import { digestExports, RUN, readSeen, readShards } from "../support/batches.ts";
import { cli, startShard } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { ROLES_SQL } from "../support/databaseUsers.ts";
import { listShellBlocks, ROOT } from "../support/pages.ts";
import { type PlainServer, postgresBinaries, startPlainServer } from "../support/postgresTools.ts";
import { describeWith } from "../support/programs.ts";
import { digestTables } from "../support/tableDigests.ts";

const CELLS = 6;
const SHARDS = 3;
const [PUBLISHED, UNFINISHED, FAILED] = ["1", "2", "3"];
const FIRST_CLUSTER: InstallationClaim = {
  installation: "climate/climatebatch",
  clusterUid: "first-uid",
  namespace: "climate",
  apiServer: "https://first.example.org",
  takeOver: false,
};
const SECOND_CLUSTER = { ...FIRST_CLUSTER, clusterUid: "second-uid", apiServer: "https://second.example.org" };

/** In three shards; the first one is computed. */
async function begin(url: string, client: Client, calculation: Calculation): Promise<string> {
  const request = { calculation, scenarios: ["future"], periods: [{ firstYear: 2021, lastYear: 2040 }] };
  const planned = await planRequest(client, request, {
    parallelism: 1,
    parallelismSetting: "workers",
    cellsPerShard: CELLS / SHARDS,
  });
  const { batchId } = planned!.batch;
  await emptySlots(client, batchId);
  expect((await startShard(url, batchId, 0).ended).code).toBe(0);
  return batchId;
}

describeWith(["postgres-tools"], "a database that moves", () => {
  let source: PlainServer;
  let target: Awaited<ReturnType<typeof openEmbeddedServer>>;
  let folder: string;
  let before: Client;
  let after: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "climatebatch-backup-"));
    await symlink(join(ROOT, "database"), join(folder, "database"));
    source = await startPlainServer(16);
    target = await openEmbeddedServer(join(folder, "new"));
    before = await connect(source.url, { purpose: "test" });
    await before.query(await readFile(ROLES_SQL, "utf8"));
    await migrate(before);
    await grantRoles(before);
    await writePastAndFuture(before, { cells: CELLS });
    await claimInstallation(before, FIRST_CLUSTER);
    expect((await cli(source.url, ...RUN)).code).toBe(0);
    expect(await begin(source.url, before, "hazard")).toBe(UNFINISHED);
    expect(await begin(source.url, before, "probability")).toBe(FAILED);
    for (const completionIndex of [1, 2]) {
      const shard = await claimShard(before, { batchId: FAILED!, jobAttempt: 1, completionIndex, worker: "test" });
      await failShard(before, shard!, "Lost", "the machine is gone");
    }
    await finishBatch(before, FAILED!, null);
  });
  afterAll(async () => {
    await before?.end();
    await after?.end();
    await target?.release();
    await source?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test("every command of the page succeeds, and every table has the same content", async () => {
    const blocks = listShellBlocks("docs/backup.md").filter((block) => !block.startsWith("helm"));
    expect(blocks).toHaveLength(4);
    const env = {
      HOME: folder,
      PATH: [postgresBinaries(18), ROOT, process.env.PATH].join(delimiter),
      ADMIN_URL: source.url,
      NEW_ADMIN_URL: target.url,
    };
    for (const block of blocks) await run("bash", ["--norc", "-euo", "pipefail", "-c", block], { cwd: folder, env });

    after = await connect(target.url, { purpose: "test" });
    expect(await digestTables(after)).toEqual(await digestTables(before));
    expect(await digestExports(after)).toEqual(await digestExports(before));
    const history = await readFile(join(folder, "history.csv"), "utf8");
    expect(history.match(/(?<=,)(completed|running|failed)(?=,)/g)!.sort()).toEqual(["completed", "failed", "running"]);
  });

  test("the unfinished batch resumes where the dump was taken, and is published", async () => {
    const [done] = await readShards(after, UNFINISHED!);
    const { code, stderr } = await cli(target.url, "run", "hazard", ...RUN.slice(2));
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining(`batch ${UNFINISHED}`) });
    const shards = await readShards(after, UNFINISHED!);
    expect(shards.map(({ state }) => state)).toEqual(["done", "done", "done"]);
    expect(shards[0]).toEqual(done);
    expect((await readSeen(after)).hazard).toMatchObject([{ batch: UNFINISHED }]);
  });

  test("the failed batch is retried and published, and one goes back to the batch before it", async () => {
    expect(await cli(target.url, "retry", FAILED!)).toMatchObject({ code: 0 });
    expect((await readSeen(after)).probability).toMatchObject([{ batch: FAILED }]);
    expect(await cli(target.url, "publish", PUBLISHED!)).toMatchObject({ code: 0 });
    expect(await readSeen(after)).toMatchObject({
      probability: [{ batch: PUBLISHED }],
      hazard: [{ batch: PUBLISHED }],
    });
    expect(await digestExports(after)).toEqual(await digestExports(before));
  });

  test("a second cluster with the copy is refused with both named, and takes it over only on purpose", async () => {
    const refusal = await claimInstallation(after, SECOND_CLUSTER).catch((error: Error) => error.message);
    expect(refusal).toContain(FIRST_CLUSTER.apiServer);
    expect(refusal).toContain(SECOND_CLUSTER.apiServer);
    expect(refusal).toContain("takeOver: true");
    const { takenFrom } = await claimInstallation(after, { ...SECOND_CLUSTER, takeOver: true });
    expect(takenFrom).toContain("first-uid");
    // The original has its own database, and goes on.
    expect(await claimInstallation(before, FIRST_CLUSTER)).toEqual({ takenFrom: null });
  });

  if (process.env.LONG === undefined) return;
  test("pg_upgrade in place keeps batches, slots and what is published", async () => {
    const [tables, exports] = [await digestTables(before), await digestExports(before)];
    await before.end();
    await source.stop();
    await using upgraded = await startPlainServer(18, { upgrades: source });
    before = await connect(upgraded.url, { purpose: "test" });
    expect(await digestTables(before)).toEqual(tables);
    expect(await digestExports(before)).toEqual(exports);
    expect(await cli(upgraded.url, "retry", FAILED!)).toMatchObject({ code: 0 });
    expect((await readSeen(before)).probability).toMatchObject([{ batch: FAILED }]);
    await before.end();
  });
});
