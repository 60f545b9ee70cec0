// Events as people see them: written to a real API server, counted up, cut off; rules of time on a clock that the test moves.
import type { EventsV1Event } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../model/clock.ts";
import { ApiError } from "../../../operator/kube/apiError.ts";
import { EventRecorder, type EventRecorderOptions } from "../../../operator/kube/events.ts";
import type { KubeObject, ObjectList, Stored } from "../../../operator/kube/wireFormat.ts";
import { describeOnApiServer } from "../../support/apiServer.ts";
import { FakeClock } from "../../support/fakeClock.ts";
import { type KubeCluster, type KubeNamespace, openKubeCluster, SILENT } from "../../support/kubeCluster.ts";

const REPORTER = { controller: "climate.aiops.dev/operator", instance: "operator-0" };
const PLANNED = { type: "Normal", reason: "Planned", action: "Plan", note: "6 shards of 500 cells" } as const;
const FAILED = { type: "Warning", reason: "ShardsFailed", action: "Watch", note: "shard 3 failed" } as const;

function makeRecorder(space: KubeNamespace, more: Partial<EventRecorderOptions> = {}): EventRecorder {
  const common = { clock: systemClock, random: Math.random, log: SILENT, reporter: REPORTER };
  return new EventRecorder({ events: space.makeApi({ timeoutMs: 500 }).events, ...common, ...more });
}

async function listEvents(space: KubeNamespace): Promise<readonly Stored<EventsV1Event>[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${space.namespace}/events`;
  return (await space.call<ObjectList<Stored<EventsV1Event>>>("GET", path)).items;
}

const patience = () => AbortSignal.timeout(10_000);

describeOnApiServer("the event recorder", () => {
  let cluster: KubeCluster;
  beforeAll(async () => {
    cluster = await openKubeCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test("names the object as kubectl events --for selects it", async () => {
    await using space = await cluster.openNamespace();
    const batch = await space.create("spi");
    const recorder = makeRecorder(space);
    recorder.record(batch, PLANNED);
    await recorder.flush(patience());
    const [event] = await listEvents(space);
    expect(event).toMatchObject({
      ...PLANNED,
      reportingController: REPORTER.controller,
      reportingInstance: REPORTER.instance,
      regarding: {
        apiVersion: "climate.aiops.dev/v1alpha1",
        kind: "ClimateBatch",
        name: "spi",
        uid: batch.metadata.uid,
      },
      eventTime: expect.stringMatching(/\.\d{6}Z$/),
    });
    const selected = await space.call<ObjectList<unknown>>(
      "GET",
      `/api/v1/namespaces/${space.namespace}/events?fieldSelector=involvedObject.kind=ClimateBatch,involvedObject.name=spi`,
    );
    expect(selected.items).toHaveLength(1);
  });

  test("a repeated event is one object with a count, another note is another event", async () => {
    await using space = await cluster.openNamespace();
    const batch = await space.create("spi");
    const recorder = makeRecorder(space);
    for (let at = 0; at < 20; at++) recorder.record(batch, FAILED);
    recorder.record(batch, { ...FAILED, note: "shard 4 failed" });
    await recorder.flush(patience());
    const events = await listEvents(space);
    const reported = events.map(({ note, series }) => `${note} ${series?.count ?? 1}`).sort();
    expect(reported).toEqual(["shard 3 failed 20", "shard 4 failed 1"]);
    const writes = space.proxy.seen.map(({ method }) => method);
    expect(writes).toEqual(["POST", "PATCH", "POST", "PATCH"]);
  });

  test("a series continues in a new event when the API server has forgotten the old one", async () => {
    await using space = await cluster.openNamespace();
    const batch = await space.create("spi");
    const recorder = makeRecorder(space);
    recorder.record(batch, FAILED);
    await recorder.flush(patience());
    const [first] = await listEvents(space);
    await space.call("DELETE", `/apis/events.k8s.io/v1/namespaces/${space.namespace}/events/${first!.metadata.name}`);
    recorder.record(batch, FAILED);
    await recorder.flush(patience());
    expect((await listEvents(space)).map(({ series }) => series?.count)).toEqual([2]);
  });

  test("notes of any length and script are cut to what the API server takes", async () => {
    await using space = await cluster.openNamespace();
    const batch = await space.create("spi");
    const recorder = makeRecorder(space);
    recorder.record(batch, { ...PLANNED, note: "가뭄".repeat(600) });
    await recorder.flush(patience());
    const [event] = await listEvents(space);
    expect(event?.note).toMatch(/^(가뭄)+가?…$/);
    expect(Buffer.byteLength(event!.note!)).toBeGreaterThan(1015);
  });

  test("trouble that passes is waited out, what is refused is dropped and counted, and nothing throws", async () => {
    await using space = await cluster.openNamespace();
    const batch = await space.create("spi");
    const dropped: string[] = [];
    const limits = { backoff: { minMs: 10, maxMs: 20, jitter: 0 } };
    const recorder = makeRecorder(space, { limits, onDropped: (why) => dropped.push(why) });
    space.proxy.fault(() => true, "reset");
    space.proxy.fault(() => true, { status: 500 });
    recorder.record(batch, PLANNED);
    await recorder.flush(patience());
    expect(await listEvents(space)).toHaveLength(1);
    space.proxy.fault(() => true, { status: 403, body: { reason: "Forbidden" } });
    recorder.record(batch, FAILED);
    await recorder.flush(patience());
    expect(dropped).toEqual(["refused"]);
  });

  test("with the API away flushing ends when its signal says so", async () => {
    await using space = await cluster.openNamespace();
    const batch = await space.create("spi");
    const recorder = makeRecorder(space);
    space.proxy.fault(() => true, "blackhole", 1_000);
    recorder.record(batch, PLANNED);
    recorder.record(batch, FAILED);
    // Without the signal it would try until the API answers, which it does not here.
    const signal = AbortSignal.timeout(300);
    await recorder.flush(signal);
    expect(signal.aborted).toBe(true);
  });
});

/** Remembers writes; for rules that take hours. */
function openLedger() {
  const clock = new FakeClock();
  const writes: string[] = [];
  const dropped: string[] = [];
  let isAway = false;
  const answer = async (write: string) => {
    if (isAway) throw new ApiError(403, "Forbidden", "no");
    writes.push(write);
    return {} as Stored<EventsV1Event>;
  };
  const recorder = new EventRecorder({
    events: {
      create: (event) => answer(`create ${event.note}`),
      list: async () => ({ apiVersion: "", kind: "", metadata: { resourceVersion: "" }, items: [] }),
      patch: (_, patch) => answer(`count ${(patch as { series: { count: number } }).series.count}`),
    },
    reporter: REPORTER,
    clock,
    random: () => 0,
    log: SILENT,
    onDropped: (why) => dropped.push(why),
  });
  const metadata = { name: "spi", namespace: "climate", uid: "uid-1", resourceVersion: "1", creationTimestamp: "" };
  const batch: KubeObject = { apiVersion: "climate.aiops.dev/v1alpha1", kind: "ClimateBatch", metadata };
  const goAway = () => {
    isAway = true;
  };
  return { clock, writes, dropped, recorder, batch, goAway };
}

test("a series is written at its second event and then at most every five minutes, the last count included", async () => {
  const { clock, writes, recorder, batch } = openLedger();
  for (let second = 0; second < 700; second++) {
    recorder.record(batch, FAILED);
    await clock.advance(1_000);
  }
  await clock.advance(600_000);
  expect(writes).toEqual(["create shard 3 failed", "count 2", "count 301", "count 601", "count 700"]);
});

test("after six quiet minutes the same words are a new event", async () => {
  const { clock, writes, recorder, batch } = openLedger();
  recorder.record(batch, FAILED);
  await clock.advance(361_000);
  recorder.record(batch, FAILED);
  await clock.advance(0);
  expect(writes).toEqual(["create shard 3 failed", "create shard 3 failed"]);
});

test("an hour of a failure loop with ever new words writes fewer than twenty events", async () => {
  const { clock, writes, dropped, recorder, batch } = openLedger();
  for (let second = 0; second < 3_600; second++) {
    recorder.record(batch, { ...FAILED, note: `attempt ${second} failed` });
    await clock.advance(1_000);
  }
  expect(writes.length).toBeLessThan(20);
  expect(writes.length + dropped.length).toBe(3_600);
});

test("one object's flood does not silence another", async () => {
  const { clock, writes, recorder, batch } = openLedger();
  for (let at = 0; at < 100; at++) recorder.record(batch, { ...FAILED, note: `attempt ${at}` });
  recorder.record({ ...batch, metadata: { ...batch.metadata, uid: "uid-2" } }, PLANNED);
  await clock.advance(0);
  expect(writes.at(-1)).toBe(`create ${PLANNED.note}`);
});

test("recording never throws, also when nothing can be written", async () => {
  const { clock, dropped, recorder, batch, goAway } = openLedger();
  goAway();
  for (let at = 0; at < 5; at++) recorder.record(batch, { ...FAILED, note: `attempt ${at}` });
  await clock.advance(60_000);
  expect(dropped).toEqual(Array(5).fill("refused"));
});
