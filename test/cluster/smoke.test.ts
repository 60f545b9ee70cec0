import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { beforeAll, expect, inject, test } from "vitest";
import { EXIT_CODES } from "../../model/podContract.ts";
import { describeOnCluster, type Namespace, type TestCluster, useCluster } from "../support/cluster.ts";
import { createTestDatabase } from "../support/database.ts";
import { indexedJob } from "../support/podPrograms.ts";
import { chooseCluster } from "./cluster.ts";
import { run } from "./processes.ts";

/** Of operator/main.ts. */
const REJECTED_CONFIGURATION = 2;
const WHO_AM_I = `
  const fs = require("node:fs");
  let written;
  try { fs.writeFileSync("/app/x", ""); written = "written"; } catch (error) { written = error.code; }
  console.log(JSON.stringify({ user: process.getuid(), group: process.getgid(), written, pid: process.pid }));`;

describeOnCluster("the cluster", () => {
  let cluster: TestCluster;
  let image: string;

  beforeAll(async () => {
    cluster = await useCluster();
    image = await cluster.provideImage("job");
  }, 600_000);

  test("has a node that is ready", async () => {
    await cluster.kubectl(["wait", "node", "--all", "--for=condition=Ready", "--timeout=30s"]);
  });

  test("completes an Indexed Job of the job image, whose logs can be read", async () => {
    await using namespace = await cluster.createNamespace();
    await namespace.apply(indexedJob("help", { image, words: ["--help"], completions: 3 }));

    await namespace.waitFor("job/help", "condition=Complete");

    const indexes = await namespace.kubectl(["get", "job/help", "--output=jsonpath={.status.completedIndexes}"]);
    expect(indexes).toBe("0-2");
    expect(await namespace.kubectl(["logs", "job/help"])).toContain("Usage: climatebatch COMMAND");
  });

  test("runs the image as a user without rights, with nothing to write to", async () => {
    await using namespace = await cluster.createNamespace();
    await namespace.apply(indexedJob("who", { image, command: ["node", "--eval", WHO_AM_I] }));

    await namespace.waitFor("job/who", "condition=Complete");

    const result = JSON.parse(await namespace.kubectl(["logs", "job/who"]));
    expect(result).toEqual({ user: 10001, group: 10001, written: "EROFS", pid: 1 });
  });

  test("runs a shard when the image is requested nothing, and reports its end by the exit code", async () => {
    await using namespace = await cluster.createNamespace();
    await namespace.apply(indexedJob("shard", { image }));

    await namespace.waitFor("job/shard", "condition=Failed");

    expect(await exitCode(namespace, "shard")).toBe(EXIT_CODES.failShard);
    expect(await namespace.kubectl(["logs", "job/shard"])).toContain("CLIMATEBATCH_BATCH");
  });

  test("runs the operator's image, which names the configuration that it lacks", async () => {
    await using namespace = await cluster.createNamespace();
    await namespace.apply(indexedJob("operator", { image: await cluster.provideImage("operator") }));

    await namespace.waitFor("job/operator", "condition=Failed");

    expect(await exitCode(namespace, "operator")).toBe(REJECTED_CONFIGURATION);
    expect(await namespace.kubectl(["logs", "job/operator"])).toContain("JOB_IMAGE");
  });

  test("reaches a database of this machine from its pods", async () => {
    await using database = await createTestDatabase({ from: "empty" });
    await using exposed = await cluster.exposeDatabase(database.url);
    await using namespace = await cluster.createNamespace();
    const environment = { DATABASE_URL: exposed.url };
    await namespace.apply(indexedJob("migrate", { image, words: ["migrate"], environment }));

    await namespace.waitFor("job/migrate", "condition=Complete");

    const { rows } = await database.client.query("SELECT to_regclass('climatebatch.batches') IS NOT NULL AS migrated");
    expect(rows).toEqual([{ migrated: true }]);
  });

  test("refuses connections while its API server is stopped, and knows everything afterwards", async () => {
    await using namespace = await cluster.createNamespace();
    await cluster.stopApiServer();
    await expect(cluster.kubectl(["get", "nodes"])).rejects.toThrow(/refused/);

    await cluster.startApiServer();

    expect(await cluster.kubectl(["get", "namespace", namespace.name])).toContain("Active");
  });

  const mayTakeDown = inject("isClusterOurs") && chooseCluster().kind === "local";
  test.runIf(mayTakeDown)(
    `leaves nothing behind when it is taken down twice, and comes up again with its images${mayTakeDown ? "" : " (only where this run brought the local cluster up)"}`,
    async () => {
      const local = chooseCluster();
      await local.down();
      await local.down();

      expect(await local.isUp()).toBe(false);
      expect(await processesWith(/climatebatch-cluster|climatebatch\/cluster\/state/)).toEqual([]);
      expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain("climatebatch-cluster");
      expect(await run("ip", ["-brief", "link"])).not.toMatch(/cb-(node|pods)/);
      expect(await run("iptables-save", [])).not.toContain("KUBE-");

      const again = await useCluster();
      await using namespace = await again.createNamespace();
      await namespace.apply(indexedJob("help", { image, words: ["--help"] }));
      await namespace.waitFor("job/help", "condition=Complete");
    },
  );
});

async function exitCode({ kubectl }: Namespace, job: string): Promise<number> {
  const code = "jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}";
  return Number(await kubectl(["get", "pods", `--selector=job-name=${job}`, `--output=${code}`]));
}

async function processesWith(words: RegExp): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return commands.filter((command) => words.test(command)).map((command) => command.replaceAll("\0", " "));
}
