// `climatebatch status --cluster` on a real API server: no batch, one that no operator has seen, one that failed, one whose results
// are complete and not published; and an API server that refuses or does not answer.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dumpYaml, loadYaml } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { COMMAND_EXIT_CODES } from "../../cli/command.ts";
import { findCondition } from "../../model/climateBatch.ts";
import { EXIT_CODES } from "../../model/podContract.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { cli, eventually, startCli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { playJobController } from "../support/jobController.ts";
import { type OperatorCluster, type OperatorNamespace, openOperatorCluster } from "../support/operatorCluster.ts";
import { freePort } from "../support/serve.ts";
import { CELLS, createClimate, SIX_SHARDS } from "../support/sixShards.ts";

const ONE_SHARD = { ...SIX_SHARDS, cellsPerShard: CELLS };

describeOnApiServer("climatebatch status --cluster", () => {
  let cluster: OperatorCluster;
  let database: TestDatabase;
  let space: OperatorNamespace;
  beforeAll(async () => {
    const climate = await createClimate();
    database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    cluster = await openOperatorCluster();
    space = await cluster.openNamespace(database.url);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await database?.drop();
  });

  const status = (kubeconfig: string, ...words: readonly string[]) =>
    startCli(["status", "--cluster", "--kubeconfig", kubeconfig, "--namespace", space.namespace, ...words]).ended;

  async function shown(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await status(cluster.server.kubeconfig, ...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  }

  test("without a batch, and with one that no operator has seen", async () => {
    expect(await shown()).toBe("No ClimateBatch in this namespace. Create one: climatebatch submit all\n");
    await space.apply("unseen", ONE_SHARD);
    expect(await shown()).toMatch(
      /^ClimateBatch +calculation +state .*\n-+ .*\nunseen +All +NotSeen .*\n\nunseen does not move since \S+ \(NotSeen\): No operator has looked at it: climatebatch doctor --cluster\n$/,
    );
    await space.remove("unseen");
  });

  test("a row count that does not match is named here, in the status, an Event, doctor and status, and nothing is published", async () => {
    // As when another process changed what a shard has written.
    await database.client.query(`
      CREATE FUNCTION one_less() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.result_rows := NEW.result_rows - 1; RETURN NEW; END $$;
      CREATE TRIGGER one_less BEFORE UPDATE OF result_rows ON climatebatch.batch_shards
        FOR EACH ROW WHEN (NEW.state = 'done') EXECUTE FUNCTION one_less()`);
    await using operator = space.start();
    await using _jobs = playJobController(space, {
      instead: ({ metadata }) => (metadata.name.startsWith("failing") ? EXIT_CODES.failBatch : undefined),
    });
    await space.apply("sample", ONE_SHARD);
    await space.reaches("sample", "Complete");
    const published = await eventually("publishing was refused", async () => {
      const condition = findCondition((await space.read("sample")).status, "Published");
      return condition?.reason === "RowCountMismatch" ? condition : undefined;
    });
    expect(published).toMatchObject({
      status: "False",
      message: expect.stringMatching(/its shards report \d+ result rows, but it must have \d+\. It is never published/),
    });
    await eventually("the Event", async () => (await space.events()).includes("Warning RowCountMismatch") || undefined);
    const [here, doctor] = await Promise.all([
      cli(database.url, "status"),
      startCli([
        ...["doctor", "--json", "--kubeconfig", cluster.server.kubeconfig, "--namespace", space.namespace],
        ...["--database", database.url],
      ]).ended,
    ]);
    expect(here.stdout).toMatch(/complete \(RowCountMismatch\)/);
    expect(doctor.stdout).toMatch(/RowCountMismatch: Batch 1: its shards report/);

    const { port } = operator.lines.find(({ event }) => event === "probesStarted")!;
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain(
      'climatebatch_last_batch_not_published{calculation="all",reason="RowCountMismatch"} 1\n',
    );

    await space.apply("failing", { ...ONE_SHARD, maxRejectedCells: CELLS });
    await space.reaches("failing", "Failed");
    const [lines, words] = await Promise.all([shown("--json"), shown()]);
    expect(JSON.parse(lines)).toMatchObject([
      { name: "failing", isStalled: false, isRefused: false },
      { name: "sample", reason: "RowCountMismatch", isStalled: false, isRefused: true, batchId: "1" },
    ]);
    expect(words).toContain(
      `sample is complete, but not published, since ${published.lastTransitionTime} (RowCountMismatch): ${published.message}\n`,
    );
    expect(words).not.toContain("failing does not move");
    const { rows } = await database.client.query("SELECT FROM climatebatch.publications WHERE batch_id IS NOT NULL");
    expect(rows).toEqual([]);
  });

  test("without rights, and without an API server: what to check, or to try again", async () => {
    await space.call("POST", "serviceaccounts", { metadata: { name: "powerless" } });
    const answer = await space.call<{ status: { token: string } }>("POST", "serviceaccounts/powerless/token", {
      spec: {},
    });
    const ends = async (change: { readonly user?: object; readonly server?: string }) => {
      const kubeconfig = loadYaml<{
        clusters: { cluster: { server: string } }[];
        users: { user: object }[];
      }>(await readFile(cluster.server.kubeconfig, "utf8"));
      if (change.user !== undefined) kubeconfig.users[0]!.user = change.user;
      if (change.server !== undefined) kubeconfig.clusters[0]!.cluster.server = change.server;
      await writeFile(changed, dumpYaml(kubeconfig));
      return status(changed);
    };
    const folder = await mkdtemp(join(tmpdir(), "cluster-status-"));
    const changed = join(folder, "kubeconfig");
    const [refused, away] = [
      await ends({ user: { token: answer.status.token } }),
      await ends({ server: `https://127.0.0.1:${await freePort()}` }),
    ];
    await rm(folder, { recursive: true });
    expect(refused).toMatchObject({ code: COMMAND_EXIT_CODES.rejected, stdout: "" });
    expect(refused.stderr).toMatch(/powerless.* cannot list .*Check --kubeconfig and the rights in namespace/s);
    expect(away).toMatchObject({ code: COMMAND_EXIT_CODES.unavailable, stdout: "" });
    expect(away.stderr).toMatch(/Cannot reach the API server: .*ECONNREFUSED/s);
  });
});
