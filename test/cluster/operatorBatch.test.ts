// The operator's own pod on a real kubelet: a ClimateBatch becomes pods that compute its shards, and published results.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { digestExports, RUN } from "../support/batches.ts";
import { cli } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import { describeOnCluster, type TestCluster, useCluster } from "../support/cluster.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type OperatorSpace, openOperatorSpace, prepareOperator } from "../support/operatorPods.ts";

const CELLS = 12;
export const SIX_SHARDS: NewClimateBatchSpec = {
  calculation: "All",
  cellsPerShard: 2,
  parallelism: 2,
  scenarios: ["future"],
  periods: [{ startYear: 2021, endYear: 2040 }],
};

describeOnCluster("the operator in a pod", () => {
  let cluster: TestCluster;
  let climate: TestDatabase;
  let space: OperatorSpace;

  beforeAll(async () => {
    cluster = await useCluster();
    climate = await createTestDatabase();
    await writePastAndFuture(climate.client, { cells: CELLS, implausible: [7] });
    await climate.client.end();
    space = await openOperatorSpace(cluster, { climate, images: await prepareOperator(cluster) });
    await space.scale(1);
  }, 600_000);
  afterAll(() => space?.[Symbol.asyncDispose]());

  test("computes six shards in an Indexed Job, two pods at a time, and publishes what a local run computes", async () => {
    const { namespace, database } = space;
    await space.apply("six-shards", SIX_SHARDS);
    const { status } = await space.waitFor("six-shards", "Published");
    expect(status).toMatchObject({ progress: "6/6", cells: CELLS, rejectedCells: 1 });
    const job = JSON.parse(await namespace.kubectl(["get", "job", status!.jobName!, "--output=json"]));
    expect(job.spec).toMatchObject({ completionMode: "Indexed", completions: 6, parallelism: 2 });
    expect(job.status).toMatchObject({ completedIndexes: "0-5", succeeded: 6 });

    const inCluster = await digestExports(database.client);
    expect((await cli(database.url, ...RUN, "--new")).code).toBe(0);
    expect(await digestExports(database.client)).toEqual(inCluster);
  });

  test("reads well with kubectl", async () => {
    const { kubectl } = space.namespace;
    console.log(await kubectl(["get", "cb"]));
    console.log(await kubectl(["describe", "cb", "six-shards"]));
    console.log(await kubectl(["logs", "job/six-shards-x"]).catch(String));
    console.log(await kubectl(["events", "--for", "climatebatch/six-shards"]));
  });
});
