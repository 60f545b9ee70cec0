// Many ClimateBatches that wait for one, on a real API server: they cost next to nothing while they wait, and the end of the
// one before them is a matter of the next few. Fewer here than in the long run, which has a thousand.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { readClusterBatches } from "../../cli/clusterStatus.ts";
import { findCondition } from "../../model/climateBatch.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase } from "../support/database.ts";
import { type SeenRequest, startFaultProxy } from "../support/faultProxy.ts";
import { playJobController } from "../support/jobController.ts";
import { openOperatorCluster } from "../support/operatorCluster.ts";
import { isLong } from "../support/random.ts";
import { CELLS, createClimate, SIX_SHARDS } from "../support/sixShards.ts";

const WAITING = isLong ? 1_000 : 100;
/** In the long run it holds two looks of those near their turn, which come every 30 s; a short one may hold one or none. */
const IDLE_MS = isLong ? 65_000 : 5_000;
const AT_ONCE = 10;
const WRITES_AN_END = 10;
const NEXT_JOB_MS = 2_000;
/** What follows from an end is written until so long nothing was. */
const QUIET_MS = 1_000;
const NAMED = 3;

const ONE_SHARD = { ...SIX_SHARDS, cellsPerShard: CELLS };
const nameOf = (at: number) => `waiting-${String(at).padStart(4, "0")}`;
const isStatus = ({ method, path }: SeenRequest) => method === "PATCH" && path.endsWith("/status");
const isNewJob = ({ method, path }: SeenRequest) => method === "POST" && path.endsWith("/jobs");

describeOnApiServer(`${WAITING} batches that wait`, () => {
  test("few calls while they wait, few writes at an end, the next Job soon, and no message that lists them", async () => {
    await using cluster = await openOperatorCluster();
    const climate = await createClimate();
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await using proxy = await startFaultProxy(cluster.server.kubeconfig);
    await using operator = space.start({ through: proxy.kubeConfig });
    let isHeld = true;
    let endedMs = Number.NaN;
    const observed: typeof space = {
      ...space,
      async patchJob(name, patch, subresource) {
        await space.patchJob(name, patch, subresource);
        endedMs = performance.now();
      },
    };
    await using _jobs = playJobController(observed, { isHeld: () => isHeld });
    await space.apply("first", ONE_SHARD);
    await space.reaches("first", "Planned");
    const [job] = await eventually("its Job", async () => {
      const jobs = await space.jobs();
      return jobs.length > 0 ? jobs : undefined;
    });
    // Its pod runs: the operator has no reason to look why it does not.
    const startTime = new Date().toISOString().replace(/\.\d+Z/, "Z");
    await space.patchJob(job!.metadata.name, { status: { startTime, active: 1, ready: 1 } }, "status");
    for (let at = 0; at < WAITING; at += AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, WAITING - at) }, (_, more) =>
          // Each requests something else: of equal ones only the newest would stay.
          space.apply(nameOf(at + more), { ...ONE_SHARD, maxRejectedCells: CELLS + at + more }),
        ),
      );
    const shownOf = async () =>
      (await space.batches())
        .filter(({ metadata }) => metadata.name !== "first")
        .map(({ status }) => findCondition(status, "Progressing"));
    // Looked at only when nothing more is written: a list of a thousand is work for this process, which is the operator's too.
    await eventually("all are queued", async () => {
      await quiet();
      return (await shownOf()).every((shown) => shown?.reason === "Queued") || undefined;
    });

    const before = proxy.seen.length;
    await sleep(IDLE_MS);
    const idle = proxy.seen.length - before;
    expect(idle).toBeGreaterThan(0);
    expect(idle).toBeLessThan(IDLE_MS / 1000 + (isLong ? 0 : NAMED));

    const messages = (await shownOf()).map((shown) => shown!.message);
    expect(messages).toHaveLength(WAITING);
    expect(messages).toContain("Waits for first.");
    // More than a page of the API server.
    const { namespace } = space;
    const listed = await readClusterBatches({ kubeconfig: cluster.server.kubeconfig, namespace }, 0);
    expect(listed.map(({ reason }) => reason).sort()).toEqual([...Array(WAITING).fill("Queued"), "Running"]);
    for (const message of messages) expect(message.match(/first|waiting-\d+/g)?.length ?? 0).toBeLessThanOrEqual(NAMED);

    const released = proxy.seen.length;
    isHeld = false;
    await eventually("the first has ended", () => (Number.isNaN(endedMs) ? undefined : true));
    isHeld = true;
    const next = await eventually("the next Job", () => proxy.seen.slice(released).find(isNewJob));
    await space.reaches("first", "Complete");
    await quiet();
    const writes = proxy.seen.slice(released).filter(isStatus);
    const afterMs = next.atMs - endedMs;
    console.log(
      `measured: ${WAITING} waiting batches cost ${((idle * 1000) / IDLE_MS).toFixed(2)} calls of the API server a second; the end of the one before them writes ${writes.length} statuses, and the next Job is created ${(afterMs / 1000).toFixed(2)} s later`,
    );
    // The others are not even read.
    expect(proxy.seen.length - released).toBeLessThan(WAITING);
    expect(writes.length).toBeGreaterThan(1);
    expect(writes.length).toBeLessThanOrEqual(WRITES_AN_END);
    expect(afterMs).toBeLessThan(NEXT_JOB_MS);
    expect(proxy.seen.slice(released).filter(isNewJob)).toHaveLength(1);
    await operator.stop();

    function quiet() {
      const isMatter = ({ path }: SeenRequest) => !path.includes("/leases/");
      return eventually("nothing more is written", () => {
        const last = proxy.seen.findLast(isMatter);
        return performance.now() - (last?.atMs ?? 0) > QUIET_MS || undefined;
      });
    }
  });
});
