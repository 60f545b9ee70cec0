// The operator's own pod on a real kubelet: a ClimateBatch becomes pods that compute its shards, and published results; and
// what people see of it with kubectl and our commands.
import { afterAll, beforeAll, expect, test } from "vitest";
import { digestExports, RUN } from "../support/batches.ts";
import { cli, eventually, startCli } from "../support/cli.ts";
import { describeOnCluster, type TestCluster, useCluster } from "../support/cluster.ts";
import {
  type OperatorImages,
  type OperatorSpace,
  openOperatorSpace,
  prepareOperator,
} from "../support/operatorPods.ts";
import { CELLS, createClimate, SIX_SHARDS } from "../support/sixShards.ts";

describeOnCluster("the operator in a pod", () => {
  let cluster: TestCluster;
  let images: OperatorImages;
  let space: OperatorSpace;
  beforeAll(async () => {
    cluster = await useCluster();
    images = await prepareOperator(cluster);
    space = await openOperatorSpace(cluster, { climate: await createClimate(), images });
    await space.scale(1);
  }, 600_000);
  afterAll(() => space?.[Symbol.asyncDispose]());

  test("computes six shards in an Indexed Job, two pods at a time, and publishes what a local run computes", async () => {
    const { namespace, database } = space;
    await space.apply("six-shards", SIX_SHARDS);
    const { status } = await space.waitFor("six-shards", "Published");
    expect(status).toMatchObject({ progress: "6/6", cells: CELLS, rejectedCells: 1 });

    await namespace.waitFor(`job/${status!.jobName}`, "condition=Complete");
    const job = JSON.parse(await namespace.kubectl(["get", "job", status!.jobName!, "--output=json"]));
    expect(job.spec).toMatchObject({ completionMode: "Indexed", completions: 6, parallelism: 2 });
    expect(job.status).toMatchObject({ completedIndexes: "0-5", succeeded: 6 });

    const inCluster = await digestExports(database.client);
    expect((await cli(database.url, ...RUN, "--new")).code).toBe(0);
    expect(await digestExports(database.client)).toEqual(inCluster);
  });

  test("kubectl reports where a batch is, by its short name and its category, in a line and in full", async () => {
    const { kubectl } = space.namespace;
    const line = /^six-shards +All +Complete +6\/6 +True +\d+/m;
    expect(await kubectl(["get", "cb"])).toMatch(line);
    expect(await kubectl(["get", "climate"])).toMatch(line);
    const described = await kubectl(["describe", "cb", "six-shards"]);
    expect(described).toContain("Batch 1 is complete; consumers read its probability and hazard results.");
    expect(described).toMatch(/Normal +Planned .* Batch 1: 12 cells in 6 shards\./);
    expect(described).toMatch(/Normal +Published /);
    await kubectl(["wait", "--for=condition=Complete", "climatebatch/six-shards", "--timeout=1s"]);
  });

  test("a shard's log has a JSON line per event: cells, what each risk came to in how many seconds, rejected coordinates", async () => {
    const { status } = await space.read("six-shards");
    const words = ["logs", `--selector=job-name=${status!.jobName}`, "--tail=-1"];
    const lines = (await space.namespace.kubectl(words))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const of = (event: string) => lines.filter((line) => line.event === event);
    expect(
      of("started")
        .map(({ shard }) => shard)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5]);
    expect(of("done").every(({ cells, seconds }) => cells === 2 && seconds > 0)).toBe(true);
    expect(of("riskComputed")).toContainEqual(
      expect.objectContaining({ risk: "high_temperature", results: 4, withoutNumbers: 0, seconds: expect.any(Number) }),
    );
    const rejected = of("cellRejected");
    // The check of temperatures reports it.
    expect(rejected.map(({ risk }) => risk)).toEqual(
      expect.arrayContaining(["drought", "high_temperature", "water_scarcity", "wildfire"]),
    );
    for (const line of rejected)
      expect(line).toMatchObject({
        level: "warn",
        latitude: 33,
        longitude: 126.7,
        detail: expect.stringContaining("999"),
      });
  });

  test("climatebatch submit --wait creates a batch and stays until it is published; its key makes no second one", async () => {
    const words = ["submit", "hazard", "--yearly", "Asia/Seoul", "--wait", "--json", "-n", space.namespace.name];
    const submit = async () => {
      const ended = await startCli([...words, "--scenario", "future", "--period", "2021-2040", "--parallelism", "2"], {
        env: { KUBECONFIG: cluster.kubeconfig },
      }).ended;
      return { code: ended.code, result: JSON.parse(ended.stdout) };
    };
    const name = expect.stringMatching(/^yearly-hazard-\d{4}$/);
    expect(await submit()).toMatchObject({ code: 0, result: { name, created: true, end: "published" } });
    expect(await submit()).toMatchObject({ code: 0, result: { name, created: false, end: "published" } });
  });

  test("climatebatch submit reports what the API server refuses", async () => {
    const { code, stderr } = await startCli(["submit", "hazard", "-n", space.namespace.name, "-f", "-"], {
      env: { KUBECONFIG: cluster.kubeconfig },
      input: "spec: {gird: korea}\napiVersion: climate.aiops.dev/v1alpha1\nkind: ClimateBatch\n",
    }).ended;
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('unknown field "spec.gird"') });
  });

  test("climatebatch operator does the same outside the cluster, and gives the lease back on Ctrl-C", async () => {
    await using own = await openOperatorSpace(cluster, { climate: await createClimate(), images });
    const { name } = own.namespace;
    await using operator = startCli(
      [
        ...["operator", "-n", name, "--job-image", images.job],
        ...["--database", own.urls.operator, "--job-database", own.urls.job],
      ],
      { env: { KUBECONFIG: cluster.kubeconfig, JOB_IMAGE_PULL_POLICY: "Never" } },
    );
    await own.apply("developed", SIX_SHARDS);
    await own.waitFor("developed", "Published");
    operator.kill("SIGINT");
    expect((await operator.ended).code).toBe(0);
    const holder = ["get", "lease", "climatebatch-operator", "--output=jsonpath={.spec.holderIdentity}"];
    expect(await eventually("the lease is free", async () => (await own.namespace.kubectl(holder)) || "free")).toBe(
      "free",
    );
  });
});
