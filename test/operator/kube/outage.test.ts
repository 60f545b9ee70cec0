// The API server away, with the limits that the operator runs with; and how few calls it gets in quiet times.
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../model/clock.ts";
import { LeaderElector } from "../../../operator/kube/lease.ts";
import { type Reflector, startReflector } from "../../../operator/kube/reflector.ts";
import type { ReflectorLimits } from "../../../operator/kube/reflectorLimits.ts";
import type { KubeObject, ListWatch } from "../../../operator/kube/wireFormat.ts";
import { describeOnApiServer } from "../../support/apiServer.ts";
import { eventually } from "../../support/cli.ts";
import { type KubeCluster, openKubeCluster, SILENT } from "../../support/kubeCluster.ts";

const DOWN_MS = 10_000;
const QUIET_MS = 20_000;

function follow<T extends KubeObject>(
  source: ListWatch<T>,
  changes: string[],
  limits: Partial<ReflectorLimits> = {},
): Reflector<T> {
  return startReflector({
    name: "test",
    source,
    onChange: (object, old) => changes.push(`${object ? "+" : "-"}${(object ?? old)!.metadata.name}`),
    limits,
    clock: systemClock,
    random: Math.random,
    log: SILENT,
  });
}

describeOnApiServer("an API server that goes away", () => {
  let cluster: KubeCluster;
  beforeAll(async () => {
    cluster = await openKubeCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test("stopped for ten seconds and started: the reflector continues, and repeats nothing", async () => {
    await using space = await cluster.openNamespace();
    const changes: string[] = [];
    await space.create("before");
    const reflector = follow(space.api.climateBatches, changes);
    await reflector.synced;
    await cluster.server.restart(DOWN_MS);
    await space.create("after");
    const attempts = () => space.proxy.seen.filter(({ isWatch }) => isWatch).length;
    const attemptsBefore = attempts();
    await eventually("the new object is reported", () => changes.includes("+after") || undefined);
    await reflector.stop();
    // The first attempt after its backoff succeeds; one may have begun before the server was ready.
    expect(attempts() - attemptsBefore).toBeLessThanOrEqual(2);
    expect(changes).toEqual(["+before", "+after"]);
  });

  test("frozen, its connections open: the reflector notices, and continues afterwards", async () => {
    await using space = await cluster.openNamespace();
    const changes: string[] = [];
    const reflector = follow(space.makeApi({ timeoutMs: 1_000 }).climateBatches, changes, { inactivityMs: 1_000 });
    await reflector.synced;
    const seenBefore = space.proxy.seen.length;
    cluster.server.pause();
    await eventually("it has tried again without success", () => space.proxy.seen.length > seenBefore + 2 || undefined);
    const [heardMs, turnMs] = [reflector.lastHeardMs(), reflector.lastTurnMs()];
    await eventually("it is alive, though it hears nothing", () => reflector.lastTurnMs() > turnMs || undefined);
    expect(reflector.lastHeardMs()).toBe(heardMs);
    cluster.server.resume();
    await space.create("after");
    await eventually("the new object is reported", () => changes.includes("+after") || undefined);
    await reflector.stop();
    expect(changes).toEqual(["+after"]);
  });

  test("in quiet times two reflectors and a leader send less than one request a second", async () => {
    await using space = await cluster.openNamespace();
    const reflectors = [follow(space.api.climateBatches, []), follow(space.api.jobs, [])];
    const controller = new AbortController();
    const elector = new LeaderElector({
      leases: space.makeApi().leases,
      name: "operator",
      namespace: space.namespace,
      identity: "first",
      onStartedLeading: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
      onStoppedLeading: () => undefined,
      clock: systemClock,
      random: Math.random,
      log: SILENT,
    });
    const run = elector.run(controller.signal);
    await Promise.all(reflectors.map(({ synced }) => synced));
    await eventually("it leads and watches", () => {
      return (elector.isLeader() && space.proxy.seen.filter(({ isWatch }) => isWatch).length === 2) || undefined;
    });
    const seenBefore = space.proxy.seen.length;
    const fromMs = performance.now();
    const quietFor = () => performance.now() - fromMs;
    await eventually("a quiet while", () => quietFor() > QUIET_MS || undefined);
    const perSecond = (space.proxy.seen.length - seenBefore) / (quietFor() / 1000);
    controller.abort();
    await run;
    await Promise.all(reflectors.map((reflector) => reflector.stop()));
    expect(perSecond).toBeLessThan(1);
  });
});
