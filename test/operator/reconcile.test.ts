// The operator whole, on a real API server and a real database, shards run as the real program: from a ClimateBatch, a NOTIFY
// or a request to published results, whatever happens in between.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recordRequest } from "../../database/requests.ts";
import { type ClimateBatch, findCondition } from "../../model/climateBatch.ts";
import { EXIT_CODES } from "../../model/podContract.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { digestExports, readLatestBatch, readSeen } from "../support/batches.ts";
import { cli, eventually } from "../support/cli.ts";
import { writeScenario } from "../support/climate.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { playJobController } from "../support/jobController.ts";
import {
  type LogLine,
  type OperatorCluster,
  type OperatorNamespace,
  openOperatorCluster,
} from "../support/operatorCluster.ts";
import { CELLS, createClimate, SIX_SHARDS } from "../support/sixShards.ts";

describeOnApiServer("the operator", () => {
  let cluster: OperatorCluster;
  let climate: TestDatabase;
  beforeAll(async () => {
    climate = await createClimate();
    cluster = await openOperatorCluster();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  /** A namespace and a copy of the climate, its own for each test. */
  async function open(): Promise<{ space: OperatorNamespace; database: TestDatabase } & AsyncDisposable> {
    const database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    return { space, database, [Symbol.asyncDispose]: () => database.drop() };
  }

  const ended = (space: OperatorNamespace, name: string): Promise<ClimateBatch> =>
    eventually(`${name} has ended`, async () => {
      const batch = await space.read(name);
      const isOver = batch.status?.conditions?.some(
        ({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"),
      );
      return isOver ? batch : undefined;
    });

  test("makes an Indexed Job of a ClimateBatch, and publishes what a local run computes, to the byte", async () => {
    await using world = await open();
    const { space, database } = world;
    {
      await using _operator = space.start();
      await using jobs = playJobController(space);
      await space.apply("sample", SIX_SHARDS);
      const { status } = await space.reaches("sample", "Published");

      expect(status).toMatchObject({
        progress: "6/6",
        cells: CELLS,
        shards: { total: 6, pending: 0, running: 0, done: 6, failed: 0 },
        rejectedCells: 1,
        attempt: 1,
      });
      expect(status!.conditions!.find(({ type }) => type === "Complete")?.status).toBe("True");
      const [job, ...others] = await space.jobs();
      expect(others).toEqual([]);
      expect(job!.spec).toMatchObject({ completionMode: "Indexed", completions: 6, parallelism: 2 });
      expect(jobs.runs).toHaveLength(6);
    }
    expect(await space.events()).toEqual(["Normal Planned", "Normal Published"]);
    const inCluster = await digestExports(database.client);
    const local = await cli(database.url, "run", "all", "--new", "--scenario", "future", "--period", "2021-2040");
    expect(local.code).toBe(0);
    expect(await digestExports(database.client)).toEqual(inCluster);
  });

  test("killed after every single thing it does and started again, it comes to the same end", async () => {
    await using world = await open();
    const { space, database } = world;
    await using _jobs = playJobController(space);
    await space.apply("sample", SIX_SHARDS);
    let restarts = 0;
    for (let isOver = false; !isOver; restarts++) {
      const acted = Promise.withResolvers<void>();
      const onLine = ({ event }: LogLine) => (event === "acted" || event === "recorded") && acted.resolve();
      await using _operator = space.start({ onLine });
      await Promise.race([acted.promise, sleep(20_000)]);
      const { status } = await space.read("sample");
      isOver = status?.conditions?.some(({ type, status }) => type === "Published" && status === "True") === true;
      expect(restarts).toBeLessThan(20);
    }
    expect(restarts).toBeGreaterThan(4);
    expect(await space.jobs()).toHaveLength(1);
    const { rows } = await database.client.query("SELECT state FROM climatebatch.batches");
    expect(rows).toEqual([{ state: "complete" }]);
  });

  test("a batch whose publication was refused answers an equal ClimateBatch: no shard runs again", async () => {
    await using world = await open();
    const { space, database } = world;
    await using _operator = space.start();
    await using jobs = playJobController(space);
    await space.apply("sample", SIX_SHARDS);
    await space.reaches("sample", "Published");
    const fewer = { ...SIX_SHARDS, risks: ["HighTemperature"] } as const;
    await space.apply("fewer", fewer);
    await space.reaches("fewer", "Complete");
    const runs = jobs.runs.length;
    await space.apply("again", fewer);
    const { status } = await space.reaches("again", "Complete");

    expect(findCondition(status, "Complete")).toMatchObject({
      reason: "AlreadyAnswered",
      message: expect.stringMatching(/its publication was refused. Nothing is computed again. Incomplete: Readers/),
    });
    expect(jobs.runs).toHaveLength(runs);
    const { rows } = await database.client.query("SELECT reason FROM climatebatch.batches ORDER BY batch_id");
    expect(rows).toEqual([{ reason: null }, { reason: "Incomplete" }]);
  });

  test("a shard that fails is named, the others are kept, and a retry runs it alone", async () => {
    await using world = await open();
    const { space } = world;
    await using _operator = space.start();
    let isBroken = true;
    await using jobs = playJobController(space, {
      instead: (_, at) => (isBroken && at === 4 ? EXIT_CODES.failShard : undefined),
    });
    await space.apply("sample", SIX_SHARDS);
    const failed = await space.reaches("sample", "Failed");
    expect(failed.status).toMatchObject({ failedShards: "4", progress: "5/6" });
    expect(failed.status!.conditions!.find(({ type }) => type === "Failed")).toMatchObject({ reason: "ShardsFailed" });

    isBroken = false;
    await space.change("sample", { retries: 1 });
    const done = await space.reaches("sample", "Published");

    expect(done.status).toMatchObject({ attempt: 2, progress: "6/6", retriesUsed: 1 });
    expect(done.status!.failedShards).toBeUndefined();
    const second = (await space.jobs()).find(({ metadata }) => metadata.name.endsWith("-2"));
    expect(second!.spec).toMatchObject({ completions: 1 });
    expect(jobs.runs).toHaveLength(7);
  });

  test("a retry after the input changed is refused with the reason, and stays refused", async () => {
    await using world = await open();
    const { space, database } = world;
    await using _operator = space.start();
    await using _jobs = playJobController(space, { instead: (_, at) => (at === 1 ? EXIT_CODES.failShard : undefined) });
    await space.apply("sample", SIX_SHARDS);
    await space.reaches("sample", "Failed");
    await writeScenario(database.client, "future", { cells: CELLS, only: [3], warmer: 1 });
    await space.change("sample", { retries: 1 });
    const refused = await eventually("the refusal is reported", async () => {
      const { status } = await space.read("sample");
      const reported = status?.conditions?.find(({ type }) => type === "Failed");
      return reported?.reason === "InputChanged" ? reported : undefined;
    });
    expect(refused.message).toContain("start a new batch");
    expect(await space.jobs()).toHaveLength(1);
  });

  test("suspended and resumed, it keeps what was done", async () => {
    await using world = await open();
    const { space } = world;
    await using _operator = space.start();
    let isHeld = false;
    await using jobs = playJobController(space, {
      instead: () => {
        isHeld = true;
        return undefined;
      },
      isHeld: () => isHeld,
    });
    await space.apply("sample", SIX_SHARDS);
    await eventually("two shards are done", async () =>
      (await space.jobs())[0]?.status?.succeeded === 2 ? true : undefined,
    );
    await space.change("sample", { suspend: true });
    await space.reaches("sample", "Suspended");
    expect((await space.jobs())[0]!.spec!.suspend).toBe(true);
    isHeld = false;
    await space.change("sample", { suspend: false });
    const unhold = setInterval(() => {
      isHeld = false;
    }, 100);
    await space.reaches("sample", "Published");
    clearInterval(unhold);
    expect(jobs.runs).toHaveLength(6);
  });

  test("deleted while it runs, it is cancelled in the database and gives way to the next", async () => {
    await using world = await open();
    const { space, database } = world;
    await using _operator = space.start();
    await using _jobs = playJobController(space, { isHeld: () => true });
    await space.apply("first", SIX_SHARDS);
    await eventually("its Job is there", async () => ((await space.jobs()).length === 1 ? true : undefined));
    await space.apply("second", SIX_SHARDS);
    await eventually("the second waits", async () => {
      const { status } = await space.read("second");
      return status?.conditions?.some(({ reason }) => reason === "Queued") ? true : undefined;
    });
    await space.remove("first");
    await eventually("the second has a Job", async () => ((await space.jobs()).length === 2 ? true : undefined));
    const { rows } = await database.client.query("SELECT state, reason FROM climatebatch.batches ORDER BY batch_id");
    expect(rows).toEqual([
      { state: "cancelled", reason: "Deleted" },
      { state: "running", reason: null },
    ]);
  });

  test("a later batch that replaces cancels the one that runs", async () => {
    await using world = await open();
    const { space } = world;
    await using _operator = space.start();
    await using _jobs = playJobController(space, { isHeld: () => true });
    await space.apply("first", SIX_SHARDS);
    await eventually("its Job is there", async () => ((await space.jobs()).length === 1 ? true : undefined));
    // Ages are in whole seconds.
    await sleep(1_100);
    await space.apply("second", { ...SIX_SHARDS, concurrencyPolicy: "Replace" });
    const { status } = await space.reaches("first", "Failed");
    expect(status!.conditions!.find(({ type }) => type === "Failed")).toMatchObject({ reason: "Replaced" });
    await space.reaches("second", "Planned");
  });

  test("what cannot be computed is refused with the reason, once", async () => {
    await using world = await open();
    const { space } = world;
    await using _operator = space.start();
    await space.apply("unknown", { calculation: "Hazard", grid: "nowhere" });
    const { status } = await space.reaches("unknown", "Failed");
    expect(status!.conditions!.find(({ type }) => type === "Failed")).toMatchObject({ reason: "UnknownGrid" });
    expect(status!.conditions!.find(({ type }) => type === "Failed")!.message).toContain("test-grid");
  });

  test("a second cluster with the same name is refused and cancels nothing; a take-over on purpose moves the name", async () => {
    await using world = await open();
    const { space, database } = world;
    // The uid of the namespace is what identifies a cluster, so another namespace is another cluster.
    const second = await cluster.openNamespace(database.url);
    const { installation } = space;
    const first = space.start();
    await using _jobs = playJobController(space, { isHeld: () => true });
    await space.apply("sample", SIX_SHARDS);
    await space.reaches("sample", "Planned");
    {
      await using other = second.start({ installation });
      await second.apply("other", SIX_SHARDS);
      const refusal = await eventually("the refusal is reported", async () => {
        const { status } = await second.read("other");
        const progressing = status?.conditions?.find(({ type }) => type === "Progressing");
        return progressing?.reason === "InstallationTaken" ? progressing.message : undefined;
      });
      for (const name of [space.namespace, second.namespace]) expect(refusal).toContain(`namespace ${name} (uid `);
      expect(refusal).toContain("CLIMATEBATCH_TAKE_OVER=true");
      expect(other.lines.filter(({ event }) => event === "installationTaken")).toHaveLength(1);
    }
    const running = "SELECT climate_batch AS name FROM climatebatch.batches WHERE state = 'running'";
    expect((await database.client.query(running)).rows).toEqual([{ name: "sample" }]);

    await first.stop();
    await using _other = second.start({ installation, takeOver: true });
    await second.reaches("other", "Planned");
    const { rows } = await database.client.query("SELECT namespace FROM climatebatch.installations");
    expect(rows).toEqual([{ namespace: second.namespace }]);
  });

  test("a misspelt field of the template is refused with its path; corrected, the batch continues", async () => {
    await using world = await open();
    const { space } = world;
    await using _operator = space.start();
    await using _jobs = playJobController(space);
    const template = { tolerations: [{ key: "batch", operator: "Exists", efect: "NoSchedule" }] };
    await space.apply("sample", { ...SIX_SHARDS, template });
    const refused = await eventually("the refusal is reported", async () => {
      const { status } = await space.read("sample");
      const progressing = status?.conditions?.find(({ type }) => type === "Progressing");
      return progressing?.reason === "InvalidTemplate" ? progressing : undefined;
    });
    expect(refused.message).toContain("spec.template.spec.tolerations[0].efect");
    expect(await space.jobs()).toEqual([]);
    await space.change("sample", { template: { tolerations: [{ key: "batch", operator: "Exists" }] } });
    await space.reaches("sample", "Published");
  });

  test("a template that uses what the installation does not allow plans nothing; corrected, the batch continues", async () => {
    await using world = await open();
    const { space, database } = world;
    await using _operator = space.start();
    await using _jobs = playJobController(space);
    await space.apply("sample", { ...SIX_SHARDS, template: { serviceAccountName: "admin" } });
    await eventually("the refusal is reported", async () => {
      const { status } = await space.read("sample");
      const planned = status?.conditions?.find(({ type }) => type === "Planned");
      return planned?.message.includes('"admin" is not allowed in this installation') || undefined;
    });
    const { rows } = await database.client.query("SELECT FROM climatebatch.batches");
    expect(rows).toEqual([]);
    // A merge patch removes what is null.
    await space.change("sample", { template: { serviceAccountName: null as unknown as string } });
    await space.reaches("sample", "Published");
  });

  test("a NOTIFY becomes one published batch, with nothing else typed", async () => {
    await using world = await open();
    const { space, database } = world;
    await using first = space.start();
    await using second = space.start();
    await using _jobs = playJobController(space);
    await eventually("both listen", () =>
      [first, second].every(({ lines }) => lines.some(({ event }) => event === "listenerConnected")) ? true : undefined,
    );
    await database.client.query("NOTIFY aiops_trigger, 'probability'; NOTIFY aiops_trigger, 'tornado'");
    const name = await eventually("there is a batch", async () => (await space.batches())[0]?.metadata.name);
    const done = await ended(space, name);
    await space.reaches(name, "Published");

    expect(name).toMatch(/^probability-r\d+$/);
    expect(done.spec).toMatchObject({ calculation: "Probability", parallelism: 2 });
    expect(await space.batches()).toHaveLength(1);
    const { rows } = await database.client.query("SELECT state, outcome, batch_id FROM climatebatch.batch_requests");
    const batch = await readLatestBatch(database.client);
    expect(rows).toEqual([{ state: "finished", outcome: "batch", batch_id: batch!.batch_id }]);
    expect((await readSeen(database.client)).probability).toHaveLength(1);
    const warned = [first, second].flatMap(({ lines }) => lines.filter(({ event }) => event === "unknownPayload"));
    expect(warned.map(({ message }) => message)).toEqual(
      Array(2).fill(expect.stringMatching(/probability or hazard, found "tornado"/)),
    );
    expect(
      await eventually("it is reported", async () =>
        (await space.events()).find((reported) => reported.includes("Unknown")),
      ),
    ).toBe("Warning UnknownPayload");
  });

  test("a request made while no operator runs is answered after its start; its key stays taken", async () => {
    await using world = await open();
    const { space, database } = world;
    const requestKey = "yearly/hazard/2028";
    await recordRequest(database.client, { calculation: "hazard", source: "schedule", requestKey });
    await using _operator = space.start();
    await using jobs = playJobController(space);
    const name = await eventually("there is a batch", async () => (await space.batches())[0]?.metadata.name);
    await space.reaches(name, "Complete");
    const runs = jobs.runs.length;
    await space.remove(name);
    await space.apply("again", { calculation: "Hazard", requestKey });
    const { status } = await space.reaches("again", "Complete");
    expect(status!.conditions!.find(({ type }) => type === "Complete")).toMatchObject({ reason: "AlreadyAnswered" });
    expect(jobs.runs).toHaveLength(runs);
  });

  test("two operators make one batch of each ClimateBatch", async () => {
    await using world = await open();
    const { space, database } = world;
    await using _first = space.start();
    await using _second = space.start();
    await using _jobs = playJobController(space);
    await space.apply("sample", SIX_SHARDS);
    await space.reaches("sample", "Published");
    expect(await space.jobs()).toHaveLength(1);
    const { rows } = await database.client.query("SELECT state FROM climatebatch.batches");
    expect(rows).toEqual([{ state: "complete" }]);
  });
});
