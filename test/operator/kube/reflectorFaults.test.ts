// A reflector on a real API server behind a proxy that fails it in every way known.
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnApiServer } from "../../support/apiServer.ts";
import { eventually } from "../../support/cli.ts";
import type { Fault } from "../../support/faultProxy.ts";
import { type KubeCluster, openKubeCluster } from "../../support/kubeCluster.ts";
import { GONE, isList, isWatch, openWatched } from "../../support/watched.ts";

describeOnApiServer("a reflector in trouble", () => {
  let cluster: KubeCluster;
  beforeAll(async () => {
    cluster = await openKubeCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());
  test("a watch that is silently cut off is noticed by its inactivity, and nothing is lost", async () => {
    await using opened = await openWatched(cluster);
    const { space, watched } = opened;
    space.proxy.blackholeConnected();
    await space.create("unseen");
    await watched.ends("+unseen");
    // By the watch that follows the silent one, not by an audit.
    expect(watched.missed).toBe(0);
    expect(watched.changes).toEqual(["+first", "+unseen"]);
    expect(watched.lists).toEqual(["first"]);
  });

  test("events that come twice are reported once, and those that come in reverse are put right by an audit", async () => {
    await using opened = await openWatched(cluster, { auditMs: 2_000, settleMs: 300 });
    const { space, watched } = opened;
    await space.patch("first", { shards: 1 });
    await watched.ends("+first", "~first");
    space.proxy.repeatEvents((lines) => lines);
    await space.patch("first", { shards: 2 });
    await watched.ends("~first", "~first");
    expect(watched.changes).toEqual(["+first", "~first", "~first"]);

    space.proxy.repeatEvents((lines) => lines.toReversed());
    const shards = () => [...watched.reflector.store.values()].map(({ spec }) => spec.shards);
    await eventually("the old event has arrived", () => watched.changes.length > 3 || undefined);
    await eventually("the newest state is back", () => shards().join() === "2" || undefined);
  });

  test("after an HTTP 410 it lists, reports deletions and repeats nothing", async () => {
    await using opened = await openWatched(cluster);
    const { space, watched } = opened;
    await space.create("second");
    await watched.ends("+second");
    // Deaf to what follows, and refused at its old position.
    space.proxy.fault(isWatch, { status: 410, body: GONE });
    space.proxy.blackholeConnected();
    await space.remove("first");
    await space.create("third");
    await watched.ends("-first", "+third");
    expect(watched.lists).toEqual(["first", "gone"]);
    expect(watched.changes).toEqual(["+first", "+second", "-first", "+third"]);
  });

  test("after an ERROR event 410 it lists, reports deletions and repeats nothing", async () => {
    await using opened = await openWatched(cluster);
    const { space, watched } = opened;
    await space.create("second");
    await watched.ends("+second");
    space.proxy.fault(isList, { delayMs: 500 });
    expect(space.proxy.describeWatches({ type: "ERROR", object: GONE })).toBe(1);
    // No watch is open now.
    await space.remove("first");
    await space.create("third");
    await watched.ends("-first", "+third");
    expect(watched.lists).toEqual(["first", "gone"]);
    expect(watched.changes).toEqual(["+first", "+second", "-first", "+third"]);
  });

  test.each([
    {
      name: "an ERROR event 500",
      line: { type: "ERROR", object: { kind: "Status", code: 500, reason: "InternalError" } },
    },
    { name: "a line that is no JSON", line: "<html>" },
    { name: "half a line", line: '{"type":"ADDED","obj' },
  ])("after $name it continues at its position", async ({ line }) => {
    await using opened = await openWatched(cluster);
    const { space, watched } = opened;
    await space.create("second");
    await watched.ends("+second");
    expect(space.proxy.describeWatches(line)).toBe(1);
    await space.create("third");
    await watched.ends("+third");
    expect(watched.lists).toEqual(["first"]);
    expect(watched.failures).toHaveLength(1);
    expect(watched.changes).toEqual(["+first", "+second", "+third"]);
  });

  test.each<{ name: string; fault: Fault }>([
    { name: "ECONNRESET", fault: "reset" },
    { name: "401", fault: { status: 401, body: { reason: "Unauthorized" } } },
    { name: "403", fault: { status: 403, body: { reason: "Forbidden" } } },
    { name: "404, as while the definition is absent", fault: { status: 404, body: "404 page not found" } },
    { name: "429 with Retry-After", fault: { status: 429, headers: { "retry-after": "1" }, body: "busy" } },
    { name: "500", fault: { status: 500, body: { reason: "InternalError" } } },
    { name: "an answer that is no JSON", fault: { status: 200, body: "<html>" } },
    { name: "an answer that ends at once", fault: { status: 200, body: "" } },
  ])("$name on every watch and then on every list never stops it", async ({ fault }) => {
    await using opened = await openWatched(cluster);
    const { space, watched } = opened;
    const seenBefore = space.proxy.seen.length;
    space.proxy.fault(({ method }) => method === "GET", fault, 6);
    space.proxy.resetConnected();
    await space.create("second");
    await watched.ends("+second");
    const met = space.proxy.seen.slice(seenBefore);
    expect(met.length).toBeGreaterThan(6);
    expect(watched.changes).toEqual(["+first", "+second"]);
    await space.remove("second");
    await watched.ends("-second");
  });
});
