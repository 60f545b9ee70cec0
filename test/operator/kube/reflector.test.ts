// A reflector without faults, and that only stop() ends it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../model/clock.ts";
import { startReflector } from "../../../operator/kube/reflector.ts";
import { describeOnApiServer } from "../../support/apiServer.ts";
import { eventually } from "../../support/cli.ts";
import {
  type KubeCluster,
  type KubeNamespace,
  openKubeCluster,
  SILENT,
  type TestBatch,
} from "../../support/kubeCluster.ts";
import { GONE, isList, isWatch, openWatched, Watched } from "../../support/watched.ts";

describeOnApiServer("a reflector", () => {
  let cluster: KubeCluster;
  beforeAll(async () => {
    cluster = await openKubeCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());
  test("lists what is there, then follows additions, changes and deletions with the object and the old one", async () => {
    const pairs: unknown[] = [];
    await using opened = await openWatched(
      cluster,
      {},
      { onChange: (object, old) => pairs.push([object?.spec.shards, old?.spec.shards]) },
    );
    const { space, watched } = opened;
    await space.create("second", { shards: 1 });
    await space.patch("second", { shards: 2 });
    await space.remove("second");
    await eventually("four changes", () => pairs.length === 4 || undefined);
    expect(pairs.slice(1)).toEqual([
      [1, undefined],
      [2, 1],
      [undefined, 2],
    ]);
    expect(watched.names()).toEqual(["first"]);
    expect(watched.reflector.store.get("first")?.kind).toBe("ClimateBatch");
    expect(watched.reflector.store.get("first")?.metadata.managedFields).toBeUndefined();
    const query = space.proxy.seen.find(isWatch)!.query;
    expect(query.get("allowWatchBookmarks")).toBe("true");
    expect(Number(query.get("timeoutSeconds"))).toBeGreaterThanOrEqual(290);
  });

  test("objects say their kind although lists of built-in ones leave it out", async () => {
    await using space = await cluster.openNamespace();
    const containers = [{ name: "shard", image: "shard:1" }];
    await space.api.jobs.create({
      metadata: { name: "spi-1" },
      spec: { template: { spec: { restartPolicy: "Never", containers } } },
    });
    const common = { clock: systemClock, random: Math.random, log: SILENT, onChange: () => undefined };
    const reflector = startReflector({ name: "jobs", source: space.api.jobs, ...common });
    await reflector.synced;
    const { apiVersion, kind } = reflector.store.get("spi-1")!;
    await reflector.stop();
    expect([apiVersion, kind]).toEqual(["batch/v1", "Job"]);
  });

  test("a label selector holds for lists and watches", async () => {
    await using opened = await openWatched(cluster, {}, { labelSelector: "!ignored" });
    const { seen } = opened.space.proxy;
    expect(seen.map(({ query }) => query.get("labelSelector"))).toEqual(["!ignored", "!ignored"]);
  });

  test("an object deleted and created again between two watches is reported as gone and as new", async () => {
    await using opened = await openWatched(cluster);
    const { space, watched } = opened;
    space.proxy.fault(isWatch, { status: 410, body: GONE });
    space.proxy.blackholeConnected();
    await space.remove("first");
    const created = await space.create("first");
    await watched.ends("-first", "+first");
    expect(watched.changes).toEqual(["+first", "-first", "+first"]);
    expect(watched.reflector.store.get("first")?.metadata.uid).toBe(created.metadata.uid);
  });

  test("an exception of a handler ends it and comes out of `stopped`", async () => {
    const bug = new Error("a bug in the handler");
    const thrower = (object?: TestBatch) => {
      if (object?.metadata.name === "second") throw bug;
    };
    await using opened = await openWatched(cluster, {}, { onChange: thrower });
    const stopped = expect(opened.watched.reflector.stopped).rejects.toBe(bug);
    await opened.space.create("second");
    await stopped;
  });

  test("stop() really stops: during a watch, a list, and a wait for the next try", async () => {
    const situations: ((space: KubeNamespace) => void)[] = [
      () => undefined,
      ({ proxy }) => proxy.fault(() => true, "blackhole", 1_000),
      ({ proxy }) => proxy.fault(() => true, { status: 500 }, 1_000),
    ];
    for (const prepare of situations) {
      await using opened = await openWatched(cluster, { backoff: { minMs: 20, maxMs: 50, jitter: 0 } });
      const { space, watched } = opened;
      const seenBefore = space.proxy.seen.length;
      prepare(space);
      space.proxy.resetConnected();
      await eventually("it tries again", () => space.proxy.seen.length > seenBefore || undefined);
      await watched.reflector.stop();
      await watched.reflector.stopped;
      const seenAtStop = space.proxy.seen.length;
      space.proxy.heal();
      await space.create("late");
      // As many calls as would have been made in twenty delays.
      await Promise.all(Array.from({ length: 20 }, () => space.call("GET", "/version")));
      expect(space.proxy.seen.length).toBe(seenAtStop);
      expect(watched.changes).not.toContain("+late");
    }
  });

  test("stopped before the first list it says that it is not synced", async () => {
    await using space = await cluster.openNamespace();
    space.proxy.fault(() => true, { status: 500 }, 1_000);
    const { reflector } = new Watched(space);
    await eventually("it has tried", () => space.proxy.seen.length > 0 || undefined);
    await reflector.stop();
    expect(await reflector.synced).toBe(false);
  });

  test("what a watch kept silent about is found by the audit and counted", async () => {
    await using opened = await openWatched(cluster, { auditMs: 1_500, inactivityMs: 60_000 });
    const { space, watched } = opened;
    await space.create("second");
    await watched.ends("+second");
    space.proxy.blackholeConnected();
    await space.create("third");
    await space.patch("second", { shards: 7 });
    await space.remove("first");
    await eventually("the audit found them", () => watched.missed === 3 || undefined);
    await space.create("fourth");
    await watched.ends("+fourth");
    expect(watched.names()).toEqual(["fourth", "second", "third"]);
    expect(watched.reflector.store.get("second")?.spec.shards).toBe(7);
    expect(watched.changes).toHaveLength(6);
  });

  test("an audit beside a healthy, busy watch counts nothing", async () => {
    await using opened = await openWatched(cluster, { auditMs: 200, settleMs: 200 });
    const { space, watched } = opened;
    for (let at = 0; at < 100; at++) {
      await space.create(`batch-${at}`);
      if (at % 2 === 0) await space.remove(`batch-${at}`);
    }
    const audits = () => space.proxy.seen.filter(isList).length;
    const before = audits();
    await eventually("two more audits", () => audits() > before + 1 || undefined);
    expect(watched.missed).toBe(0);
    expect(watched.names()).toHaveLength(51);
  });
});
