// What goes wrong in a cluster, done on purpose while a batch runs: shards that fail, operators killed, an API server that is
// away, pods evicted, pods that run on after Kubernetes forgot them. Nothing is lost, nothing is there twice.
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import type { ClimateBatchStatus } from "../../model/climateBatch.ts";
import { findCondition } from "../../model/climateBatch.ts";
import { EXIT_CODES } from "../../model/podContract.ts";
import { digestExports, RUN } from "../support/batches.ts";
import { cli, eventually, isAlive, startShard } from "../support/cli.ts";
import { writeScenario } from "../support/climate.ts";
import { describeOnCluster, type TestCluster, useCluster } from "../support/cluster.ts";
import type { TestDatabase } from "../support/database.ts";
import {
  type OperatorImages,
  type OperatorSpace,
  openOperatorSpace,
  prepareOperator,
  processesOf,
} from "../support/operatorPods.ts";
import { cellId, pauseAt } from "../support/pauses.ts";
import { choose, isLong, makeRandom, SEED } from "../support/random.ts";
import { CELLS, createClimate, SHARDS, SIX_SHARDS } from "../support/sixShards.ts";

const JOB_PROGRAM = "job/main.ts";
/** Longer than a lease lasts. */
const API_SERVER_AWAY_SECONDS = isLong ? 60 : 20;
const FAULTY_CELL = 8;
const FAULTY_SHARD = 4;
const FORGOTTEN_CELL = 2;
const FORGOTTEN_SHARD = 1;

describeOnCluster("faults around the operator's pods", () => {
  let cluster: TestCluster;
  let images: OperatorImages;
  let climate: TestDatabase;
  let reference: Record<string, string>;
  beforeAll(async () => {
    cluster = await useCluster();
    images = await prepareOperator(cluster);
    climate = await createClimate();
    await using space = await openOperatorSpace(cluster, { climate, images });
    expect((await cli(space.database.url, ...RUN)).code).toBe(0);
    reference = await digestExports(space.database.client);
  }, 600_000);

  async function open(replicas = 1): Promise<OperatorSpace> {
    const space = await openOperatorSpace(cluster, { climate, images });
    await space.scale(replicas);
    return space;
  }

  /** Every row of every shard once, and the bytes of a run on one machine. */
  async function expectWhole({ database }: OperatorSpace): Promise<void> {
    expect(await digestExports(database.client)).toEqual(reference);
    const { rows } = await database.client.query(
      "SELECT state, count(*)::int AS shards FROM climatebatch.batch_shards GROUP BY state",
    );
    expect(rows).toEqual([{ state: "done", shards: SHARDS }]);
  }

  async function jobs({ namespace }: OperatorSpace) {
    const { items } = JSON.parse(await namespace.kubectl(["get", "jobs", "--output=json"]));
    return items as { metadata: { name: string }; spec: { completions: number }; status: Record<string, unknown> }[];
  }

  async function shardPod({ namespace }: OperatorSpace, index: number): Promise<{ name: string; uid: string }> {
    const selector = `--selector=batch.kubernetes.io/job-completion-index=${index}`;
    return eventually(`a pod of index ${index} runs`, async () => {
      const { items } = JSON.parse(await namespace.kubectl(["get", "pods", selector, "--output=json"]));
      const running = items.find(
        ({ status, metadata }: { status: { phase: string }; metadata: { deletionTimestamp?: string } }) =>
          status.phase === "Running" && metadata.deletionTimestamp === undefined,
      );
      return running?.metadata as { name: string; uid: string } | undefined;
    });
  }

  /** The database refuses the rows of one cell, for reasons that are not in the data. */
  async function breakShard({ database: { client } }: OperatorSpace): Promise<() => Promise<unknown>> {
    await client.query(
      `CREATE FUNCTION climatebatch_test_fault() RETURNS trigger LANGUAGE plpgsql AS
       'BEGIN RAISE EXCEPTION ''the disk of this shard is on fire''; END'`,
    );
    await client.query(
      `CREATE TRIGGER test_fault BEFORE INSERT ON climatebatch.hazard_rows FOR EACH ROW
       WHEN (NEW.cell_id = ${await cellId(client, FAULTY_CELL)}) EXECUTE FUNCTION climatebatch_test_fault()`,
    );
    return () => client.query("DROP FUNCTION climatebatch_test_fault() CASCADE");
  }

  test("a shard that fails is named with its reason, the others are kept, and a retry runs its index alone", async () => {
    await using space = await open();
    const repair = await breakShard(space);
    await space.apply("faulty", SIX_SHARDS);
    const { status } = await space.waitFor("faulty", "Failed");
    expect(status).toMatchObject({ failedShards: String(FAULTY_SHARD), progress: "5/6" });
    const failed = findCondition(status, "Failed")!;
    expect(failed).toMatchObject({ reason: "ShardsFailed", message: expect.stringContaining(`(${FAULTY_SHARD})`) });
    expect(failed.message).toContain("the disk of this shard is on fire");
    const [first] = await jobs(space);
    expect(first!.status).toMatchObject({ failedIndexes: String(FAULTY_SHARD), succeeded: 5 });

    await repair();
    await space.patch("faulty", { retries: 1 });
    await space.waitFor("faulty", "Published");
    const second = (await jobs(space)).find(({ metadata }) => metadata.name !== first!.metadata.name);
    expect(second!.spec.completions).toBe(1);
    await expectWhole(space);
  });

  test("a retry after the data were fixed is refused and says that a new batch is needed", async () => {
    await using space = await open();
    const repair = await breakShard(space);
    await space.apply("faulty", SIX_SHARDS);
    await space.waitFor("faulty", "Failed");
    await repair();
    await writeScenario(space.database.client, "future", { cells: CELLS, only: [FAULTY_CELL], warmer: 1 });
    await space.patch("faulty", { retries: 1 });
    const refused = await eventually("the refusal is reported", async () => {
      const result = findCondition((await space.read("faulty")).status, "Failed");
      return result?.reason === "InputChanged" ? result : undefined;
    });
    expect(refused.message).toContain("start a new batch");
    expect(await jobs(space)).toHaveLength(1);
    await space.apply("again", SIX_SHARDS);
    await space.waitFor("again", "Published");
  });

  test("suspended in the middle, its pods go and its completed indexes stay; resumed, it goes on from there", async () => {
    await using space = await open();
    const pause = await pauseAt(space.database, { finishOf: 3 });
    await space.apply("held", SIX_SHARDS);
    await pause.reached();
    await eventually("the other shards are done", async () =>
      (await jobs(space))[0]?.status.completedIndexes === "0-2,4,5" ? true : undefined,
    );
    await space.patch("held", { suspend: true });
    await space.waitFor("held", "Suspended");
    await space.namespace.kubectl([
      "wait",
      "--for=delete",
      "pod",
      "--selector=climate.aiops.dev/batch=held,batch.kubernetes.io/job-completion-index=3",
      "--timeout=60s",
    ]);
    const { status } = (await jobs(space))[0]!;
    expect({ active: 0, ...status }).toMatchObject({ completedIndexes: "0-2,4,5", active: 0 });
    await pause[Symbol.asyncDispose]();
    await space.patch("held", { suspend: false });
    await space.waitFor("held", "Published");
    await expectWhole(space);
  });

  test("a pod that is evicted is replaced without counting as a failure", async () => {
    await using space = await open();
    const pause = await pauseAt(space.database, { calculation: "hazard", cell: 4 });
    await space.apply("evicted", { ...SIX_SHARDS, backoffLimitPerShard: 0 });
    await pause.reached();
    const pod = await shardPod(space, 2);
    const path = `/api/v1/namespaces/${space.namespace.name}/pods/${pod.name}/eviction`;
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod.name } };
    await space.namespace.kubectl(["create", `--raw=${path}`, "--filename=-"], { input: JSON.stringify(eviction) });
    await pause[Symbol.asyncDispose]();
    await space.waitFor("evicted", "Published");
    await expectWhole(space);
  });

  test("a pod deleted by force, whose process runs on beside its replacement's, writes nothing any more", async () => {
    await using space = await open();
    const pause = await pauseAt(space.database, { calculation: "hazard", cell: FORGOTTEN_CELL });
    await space.apply("forgotten", SIX_SHARDS);
    await pause.reached();
    const pod = await shardPod(space, FORGOTTEN_SHARD);
    const [pid] = processesOf(pod.uid, JOB_PROGRAM);
    // As a node that lost its network: its processes continue. Kubernetes keeps the shard for its pod until it is deleted by force.
    await cluster.pauseKubelet();
    onTestFinished(() => cluster.resumeKubelet());
    const { kubectl } = space.namespace;
    await kubectl(["delete", "pod", pod.name, "--force", "--grace-period=0", "--wait=false"]);
    await kubectl(["patch", "pod", pod.name, "--type=merge", '--patch={"metadata":{"finalizers":null}}']);
    await kubectl(["wait", "--for=delete", `pod/${pod.name}`, "--timeout=30s"]);
    const { status } = await space.read("forgotten");
    // On another node the replacement begins; this cluster has none, so this machine lends it a process.
    await using replacement = startShard(space.database.url, status!.batchId!, FORGOTTEN_SHARD);
    await eventually("the replacement has claimed the shard", async () => {
      const { rows } = await space.database.client.query(
        "SELECT attempt FROM climatebatch.batch_shards WHERE shard = $1",
        [FORGOTTEN_SHARD],
      );
      return rows[0].attempt === 2 ? true : undefined;
    });
    expect(isAlive(pid!)).toBe(true);
    await pause[Symbol.asyncDispose]();
    expect((await replacement.ended).code).toBe(EXIT_CODES.done);
    await eventually("the forgotten process has ended", () => (isAlive(pid!) ? undefined : true));
    await cluster.resumeKubelet();
    await space.waitFor("forgotten", "Published");
    await expectWhole(space);
  });

  test(`the API server away for ${API_SERVER_AWAY_SECONDS} s in the middle of a batch: the operator goes on without a restart`, async () => {
    await using space = await open();
    await space.apply("patient", SIX_SHARDS);
    await space.waitFor("patient", "Planned");
    await cluster.stopApiServer();
    await sleep(API_SERVER_AWAY_SECONDS * 1000);
    await cluster.startApiServer();
    await space.waitFor("patient", "Published", 120);
    const restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}";
    expect(await space.namespace.kubectl(["get", "pods", "--selector=app=operator", `--output=${restarts}`])).toBe("0");
    await expectWhole(space);
  }, 240_000);

  const random = makeRandom(`${SEED} seconds of a run`);
  const seconds = [...Array(30).keys()].map(() => Math.round(random() * 100) / 10);
  test.each(choose(seconds, 5, 30, "kills of the leader"))(
    `the leader killed %d s after a batch was created (seed ${SEED}): one Job, whole results`,
    async (second) => {
      await using space = await open(2);
      const leader = await space.leader();
      await space.apply("survives", SIX_SHARDS);
      await sleep(second * 1000);
      await space.kill(leader);
      const { status } = await space.waitFor("survives", "Published");
      expect(status).toMatchObject<Partial<ClimateBatchStatus>>({ attempt: 1 });
      expect(await jobs(space)).toHaveLength(1);
      await expectWhole(space);
    },
  );
});
