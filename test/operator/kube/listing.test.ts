// Ten thousand objects: pages of 500, a store no larger than what the transform keeps, and a list that outlives its pages.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import pMap from "p-map";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../model/clock.ts";
import { dropManagedFields } from "../../../operator/kube/listAll.ts";
import { startReflector } from "../../../operator/kube/reflector.ts";
import { describeOnApiServer } from "../../support/apiServer.ts";
import {
  type KubeCluster,
  type KubeNamespace,
  openKubeCluster,
  SILENT,
  type TestBatch,
} from "../../support/kubeCluster.ts";

const OBJECTS = 10_000;
const BALLAST_BYTES = 4_000;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapMiB(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** What the operator's transform does: keeps what is read, drops the rest. */
function dropBallast(batch: TestBatch): TestBatch {
  const { ballast: _, ...spec } = batch.spec;
  return { ...dropManagedFields(batch), spec };
}

describeOnApiServer("ten thousand objects", () => {
  let cluster: KubeCluster;
  let space: KubeNamespace;
  beforeAll(async () => {
    cluster = await openKubeCluster();
    space = await cluster.openNamespace();
    const ballast = "x".repeat(BALLAST_BYTES);
    const names = Array.from({ length: OBJECTS }, (_, at) => `batch-${at}`);
    await pMap(names, (name) => space.create(name, { shards: 1, ballast }), { concurrency: 32 });
  });
  afterAll(async () => {
    await space?.[Symbol.asyncDispose]();
    await cluster?.[Symbol.asyncDispose]();
  });

  function listAgain(transform: (batch: TestBatch) => TestBatch) {
    const common = { clock: systemClock, random: Math.random, log: SILENT };
    return startReflector({
      name: "climatebatches",
      source: space.api.climateBatches,
      transform,
      onChange: () => undefined,
      ...common,
    });
  }
  const lists = () => space.proxy.seen.filter(({ isWatch }) => !isWatch);

  test("are listed in twenty pages, and held by what the transform keeps of them", async () => {
    const listsBefore = lists().length;
    const heapBefore = heapMiB();
    let seen = 0;
    let peakMiB = 0;
    const reflector = listAgain((batch) => {
      if (++seen % 1_000 === 0) peakMiB = Math.max(peakMiB, heapMiB() - heapBefore);
      return dropBallast(batch);
    });
    await reflector.synced;
    const heldMiB = heapMiB() - heapBefore;
    const pages = lists().slice(listsBefore);
    const size = reflector.store.size;
    await reflector.stop();
    expect(size).toBe(OBJECTS);
    expect(pages.map(({ query }) => query.get("limit"))).toEqual(Array(OBJECTS / 500).fill("500"));
    expect(pages.every(({ query }) => !query.has("resourceVersion"))).toBe(true);
    // The ballast alone is 38 MiB.
    expect(heldMiB).toBeLessThan(15);
    expect(peakMiB).toBeLessThan(25);
  });

  test("are listed all the same when a page's token has expired on the way", async () => {
    const isThirdPage = () => lists().length - listsBefore === 3;
    const listsBefore = lists().length;
    const gone = { kind: "Status", code: 410, reason: "Expired", message: "the continue token is too old" };
    space.proxy.fault(isThirdPage, { status: 410, body: gone });
    const reflector = listAgain(dropBallast);
    await reflector.synced;
    const { size } = reflector.store;
    await reflector.stop();
    const pages = lists().slice(listsBefore);
    expect(size).toBe(OBJECTS);
    expect(pages.map(({ query }) => query.get("limit"))).toEqual(["500", "500", "500", null]);
  });
});
