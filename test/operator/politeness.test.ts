// How many calls the operator makes to the API server, counted in between: next to none when idle, few writes for a batch.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findCondition } from "../../model/climateBatch.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type SeenRequest, startFaultProxy } from "../support/faultProxy.ts";
import { playJobController } from "../support/jobController.ts";
import { type OperatorCluster, openOperatorCluster } from "../support/operatorCluster.ts";
import { createClimate, SIX_SHARDS } from "../support/sixShards.ts";

const IDLE_MS = 20_000;
const WRITES_A_BATCH = 8;
const JUNK = 200;

const isWrite = ({ method }: SeenRequest) => method !== "GET";
/** The Event of the junk is counted up once more at the end. */
const isJunk = ({ path }: SeenRequest) => path.includes("/events/operator.");
const isLease = ({ path }: SeenRequest) => path.includes("/leases/");

describeOnApiServer("the calls of the operator to the API server", () => {
  let cluster: OperatorCluster;
  let climate: TestDatabase;
  beforeAll(async () => {
    climate = await createClimate();
    cluster = await openOperatorCluster();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  test.concurrent(`less than a request a second when idle, at most ${WRITES_A_BATCH} writes for a batch of six shards`, async () => {
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await using proxy = await startFaultProxy(cluster.server.kubeconfig);
    await using operator = space.start({ through: proxy.kubeConfig });
    await eventually(
      "it leads and listens",
      () =>
        ["startedLeading", "listenerConnected"].every((event) => operator.lines.some((line) => line.event === event)) ||
        undefined,
    );
    const before = proxy.seen.length;
    // What any session may send costs the API server one Event, and no call about the Lease.
    for (let one = 0; one < JUNK; one++)
      await database.client.query("SELECT pg_notify('aiops_trigger', $1)", [`junk ${one}`]);
    await sleep(IDLE_MS);
    const idle = proxy.seen.slice(before);
    expect(idle.length).toBeLessThan(IDLE_MS / 1000);
    expect(idle.length).toBeGreaterThan(0);
    expect(idle.filter((one) => isLease(one) && !isWrite(one))).toEqual([]);
    expect(idle.filter(({ path }) => path.includes("/events")).length).toBeLessThanOrEqual(2);
    expect(await space.events()).toEqual(["Warning UnknownPayload"]);

    const started = proxy.seen.length;
    await using _jobs = playJobController(space);
    await space.apply("polite", SIX_SHARDS);
    await space.reaches("polite", "Published");
    await operator.stop();
    const junk = operator.lines.filter(({ event }) => event === "unknownPayload");
    expect(junk.map(({ times }) => times)).toEqual([undefined, JUNK - 1]);
    const writes = proxy.seen.slice(started).filter((one) => isWrite(one) && !isLease(one) && !isJunk(one));
    console.log(
      `measured: the operator calls the API server ${((idle.length * 1000) / IDLE_MS).toFixed(2)} times a second when idle, and writes ${writes.length} times for a batch`,
    );
    expect(writes.length).toBeGreaterThanOrEqual(4);
    expect(writes.length).toBeLessThanOrEqual(WRITES_A_BATCH);
  });

  test.concurrent("a request that waits costs no call, however often any session says that there are requests", async () => {
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await using proxy = await startFaultProxy(cluster.server.kubeconfig);
    await using _operator = space.start({ through: proxy.kubeConfig });
    await space.apply("runs", SIX_SHARDS);
    await space.reaches("runs", "Planned");
    await database.client.query("SELECT climatebatch.request_batch('hazard')");
    const name = await eventually("its ClimateBatch waits", async () => {
      const waiting = (await space.batches()).find(({ metadata }) => metadata.name !== "runs");
      const isSeen = findCondition(waiting?.status, "Planned")?.reason === "Queued";
      return isSeen ? waiting!.metadata.name : undefined;
    });
    const before = proxy.seen.length;
    for (let one = 0; one < JUNK; one++) {
      await database.client.query("SELECT pg_notify('climatebatch_requests', $1)", [`hazard ${one}`]);
      await sleep(20);
    }
    const reads = proxy.seen.slice(before).filter(({ path }) => path.endsWith(`/climatebatches/${name}`));
    expect(reads.length).toBeLessThan(3);
  });
});
