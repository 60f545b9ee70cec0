import { describe, expect, test } from "vitest";
import { findCondition } from "../../../model/climateBatch.ts";
import { describeTransitions } from "../../../operator/objects/conditions.ts";
import type { Refusal } from "../../../operator/reconcile/actions.ts";
import { buildStatus, buildStatusPatch } from "../../../operator/reconcile/status.ts";
import { type ClimateBatchBuilder, climateBatch, POLICY } from "../../support/climateBatch.ts";
import { complete, failed, listConditions, NOW, refused, running, spi, write } from "../../support/writtenStatus.ts";

test("the numbers of a batch", () => {
  const batch = spi().completed("0-4,7").failed("9").rejected(3).job();
  expect(write(batch)).toMatchObject({
    batchId: "17",
    jobName: "spi-73706900-1",
    attempt: 1,
    cells: 480,
    shards: { total: 12, pending: 5, running: 0, done: 6, failed: 1 },
    progress: "6/12",
    failedShards: "9",
    rejectedCells: 3,
    rowsWritten: 6000,
    startTime: "2028-01-01T00:00:10Z",
  });
});

describe("progress of a running batch", () => {
  const before = () => spi().completed("0-4").job().recorded();

  test("is not written for every shard", () => {
    expect(buildStatus(before().completed("0-6").observation(), POLICY, NOW)).toBeNull();
  });

  test("is written when another third is done", () => {
    expect(write(before().completed("0-8")).progress).toBe("9/12");
  });

  test("starts again with another attempt", () => {
    const retried = spi().completed("0-9").failed("10-11").ended("failed", "ShardsFailed", "2 shards").job().recorded();
    const status = write(retried.retries(1).ended("running").failed("").attempt(2, 2).withoutJobs());
    expect(status).toMatchObject({ attempt: 2, retriesUsed: 1, progress: "10/12" });
    expect(status).not.toHaveProperty("jobName");
    expect(status).not.toHaveProperty("failedShards");
    expect(status).not.toHaveProperty("completionTime");
  });
});

test("ranges of failed shards stay readable, however many there are", () => {
  const ranges = Array.from({ length: 5000 }, (_, shard) => shard * 2).join(",");
  const { failedShards } = write(spi().shards(10_000).failed(ranges).ended("failed", "ShardsFailed", "many"));
  expect(failedShards).toMatch(/^0,2,4,.*,\d+,…$/);
  expect(failedShards!.length).toBeLessThanOrEqual(1010);
});

test("a condition's time moves with its status only", () => {
  const suspended = spi().planned().suspended().job({ suspended: true }).recorded(100);
  const resumed = write(suspended.spec({ suspend: false }).withoutJobs().job());
  expect(findCondition(resumed, "Suspended")!.lastTransitionTime).toBe("2028-01-01T00:16:40Z");
  expect(findCondition(resumed, "Complete")!.lastTransitionTime).toBe("2028-01-01T00:01:40Z");
});

test("a change of the spec is acknowledged in every condition", () => {
  const status = write(running().recorded().generation(7).ttl(60));
  expect([status.observedGeneration, ...status.conditions!.map((one) => one.observedGeneration)]).toEqual([
    7, 7, 7, 7, 7,
  ]);
});

test("the end of a batch has the time that the database knows", () => {
  expect(write(complete())).toMatchObject({
    completionTime: "2028-01-01T00:00:50Z",
    publishedTime: "2028-01-01T00:00:50Z",
  });
});

test("the end of a batch that was never planned has the time it was seen", () => {
  const status = write(spi(), refused("plan", "NoData"));
  expect(status.completionTime).toBe("2028-01-01T00:16:40Z");
});

test("the time of publishing outlives its being published", () => {
  expect(write(complete().recorded().notPublishedAnyMore()).publishedTime).toBe("2028-01-01T00:00:50Z");
});

test("a batch that is being deleted is not written to", () => {
  expect(buildStatus(running().beingDeleted().observation(), POLICY, NOW)).toBeNull();
});

test("the stuck pod and its node are named, and what to do", () => {
  const status = write(running().podTerminatingSince(300, "spi-7-x", "node-9"));
  const { message } = findCondition(status, "ShardStuck")!;
  expect(message).toContain("pod spi-7-x on node node-9 since 2028-01-01T00:05:00Z");
  expect(message).toContain("kubectl delete pod spi-7-x --force");
});

test("a pod that went after all ends ShardStuck", () => {
  const stuck = running().podTerminatingSince(300).recorded(1000);
  const gone = spi().planned().job().status(stuck.object().status!);
  expect(listConditions(write(gone))).toContain("ShardStuck=False PodsGone");
});

test("long messages are cut", () => {
  const status = write(spi().planned().ended("failed", "ShardsFailed", "x".repeat(50_000)));
  expect(findCondition(status, "Failed")!.message).toHaveLength(1024);
});

test("the patch removes what is gone", () => {
  const before = failed().recorded().object().status!;
  const after = write(failed().recorded().retries(1));
  expect(before).toHaveProperty("completionTime");
  expect(buildStatusPatch(before, after).status).toMatchObject({ completionTime: null, observedGeneration: 1 });
  expect(buildStatusPatch(undefined, after).status).toEqual(after);
});

describe("events", () => {
  const between = (before: ClimateBatchBuilder | null, after: ClimateBatchBuilder, refusal: Refusal | null = null) =>
    describeTransitions(before?.object().status, write(after, refusal)).map(
      ({ severity, reason }) => `${severity} ${reason}`,
    );

  test.each<[string, ClimateBatchBuilder | null, ClimateBatchBuilder, string[]]>([
    ["planning reports the shards", null, running(), ["Normal Planned"]],
    ["waiting names the other batch", null, spi().beside(climateBatch("old").createdAt(-60)), ["Normal Queued"]],
    [
      "another installation's batch is a warning",
      null,
      running().ofInstallation("there"),
      ["Warning OtherInstallation"],
    ],
    [
      "progress is no event",
      spi().completed("0").job().recorded(),
      spi().completed("0-8").job().recorded().completed("0-9"),
      [],
    ],
    ["completing and publishing together are one event", running().recorded(), complete(), ["Normal Published"]],
    [
      "completing without publishing reports that it is complete",
      running().recorded(),
      complete().unpublished().notPublishedAnyMore(),
      ["Normal Complete"],
    ],
    ["failing is a warning", running().recorded(), failed(), ["Warning ShardsFailed"]],
    [
      "suspending is an event",
      running().recorded(),
      spi().planned().suspended().job({ suspended: true }),
      ["Normal Suspended"],
    ],
    ["a conflict is a warning", spi().planned().recorded(), spi().planned().foreignJob(), ["Warning Conflict"]],
    [
      "a later publication is an event",
      complete().recorded(),
      complete().recorded().notPublishedAnyMore(),
      ["Normal Superseded"],
    ],
  ])("%s", (_, before, after, events) => {
    const planned = before?.object().status;
    expect(between(before, planned === undefined ? after : after.status({ ...planned }))).toEqual(events);
  });

  test("a refused publication is a warning, once", () => {
    const before = running().recorded();
    const after = complete().notPublishedAnyMore().status(before.object().status!);
    const refusal = refused("publish", "Incomplete");
    expect(between(before, after, refusal)).toEqual(["Normal Complete", "Warning Incomplete"]);
    expect(between(after.recorded(100, refusal), after, refusal)).toEqual([]);
  });

  test("a stuck pod is a warning, once", () => {
    const stuck = running().recorded().podTerminatingSince(300);
    expect(between(running().recorded(), stuck)).toEqual(["Warning PodTerminating"]);
    expect(between(stuck.recorded(1000), stuck)).toEqual([]);
  });
});
