// Every call against a real API server, and every way it can fail on a proxy in front of it.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ApiError,
  isAlreadyExists,
  isConflict,
  isNotFound,
  isRetryable,
  NO_ANSWER,
} from "../../../operator/kube/apiError.ts";
import { KUBE_RESOURCES } from "../../../operator/kube/client.ts";
import { microTime, type WatchEvent } from "../../../operator/kube/wireFormat.ts";
import { describeOnApiServer } from "../../support/apiServer.ts";
import type { SeenRequest } from "../../support/faultProxy.ts";
import { type KubeCluster, openKubeCluster } from "../../support/kubeCluster.ts";

const JOB = {
  metadata: { name: "spi-1", labels: { "climate.aiops.dev/batch": "spi" } },
  spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "shard", image: "shard:1" }] } } },
};

async function errorOf(work: Promise<unknown>): Promise<ApiError> {
  return work.then(
    () => {
      throw new Error("expected a failure");
    },
    (error: ApiError) => error,
  );
}

/** "verb resource", as RBAC would have to grant it. */
function permissionOf({ method, path, isWatch }: SeenRequest): string {
  const [, plural, name, subresource] = path.split("/namespaces/")[1]!.split("/");
  if (plural === undefined) return "get namespaces";
  const verbs: Record<string, string> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
  const reading = isWatch ? "watch" : name === undefined ? "list" : "get";
  return `${verbs[method] ?? reading} ${[plural, subresource].filter(Boolean).join("/")}`;
}

describeOnApiServer("the client", () => {
  let cluster: KubeCluster;
  beforeAll(async () => {
    cluster = await openKubeCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test("uses every verb it names and no other, and each is accepted by the API server", async () => {
    await using space = await cluster.openNamespace();
    const { api, proxy } = space;
    const batch = await space.create("spi", { shards: 6 });
    const kind = { apiVersion: "climate.aiops.dev/v1alpha1", kind: "ClimateBatch" };
    await api.climateBatches.create({ ...kind, metadata: { name: "spei" }, spec: { shards: 6 } });
    const { resourceVersion } = (await api.climateBatches.list({})).metadata;
    const controller = new AbortController();
    const watching = { resourceVersion, timeoutSeconds: 10, inactivityMs: 10_000 };
    await api.climateBatches.watch(watching, controller.signal);
    await api.climateBatches.get("spi");
    const patched = await api.climateBatches.patchStatus("spi", { status: { done: 2 } });
    const job = await api.jobs.create(JOB);
    await api.jobs.watch(watching, controller.signal);
    const suspended = await api.jobs.patch("spi-1", { spec: { suspend: true } });
    const jobs = await api.jobs.list({ labelSelector: "climate.aiops.dev/batch=spi" });
    await api.jobs.get("spi-1");
    await api.pods.list({ labelSelector: "batch.kubernetes.io/job-name=spi-1" });
    const lease = await api.leases.create({
      metadata: { name: "operator" },
      spec: { renewTime: microTime(new Date()) },
    });
    await api.leases.get("operator");
    await api.leases.update(lease);
    const regarding = { kind: "Job", name: "spi-1", namespace: space.namespace };
    const event = await api.events.create({
      metadata: { name: "spi.1" },
      eventTime: microTime(new Date()),
      type: "Normal",
      reason: "Tested",
      action: "Test",
      reportingController: "climate.aiops.dev/operator",
      reportingInstance: "test",
      regarding,
    });
    await api.events.list({ fieldSelector: `regarding.uid=${batch.metadata.uid}` });
    await api.namespace();
    await api.events.patch(event.metadata.name, { series: { count: 2, lastObservedTime: microTime(new Date()) } });
    await api.jobs.delete("spi-1", { uid: job.metadata.uid, propagationPolicy: "Background" });
    await api.climateBatches.delete("spi", { uid: batch.metadata.uid, propagationPolicy: "Foreground" });
    controller.abort();

    const named = Object.values(KUBE_RESOURCES).flatMap(({ resource, verbs }) =>
      verbs.map((verb) => `${verb} ${resource}`),
    );
    expect([...new Set(proxy.seen.map(permissionOf))].sort()).toEqual(named.sort());
    expect(patched.status).toEqual({ done: 2 });
    expect(suspended.spec?.suspend).toBe(true);
    expect(jobs.items.map(({ metadata }) => metadata.name)).toEqual(["spi-1"]);
  });

  test("instants are strings, from lists and from watches alike", async () => {
    await using space = await cluster.openNamespace();
    const { metadata } = await space.api.jobs.list({});
    const created = await space.api.jobs.create(JOB);
    const controller = new AbortController();
    const events = await space.api.jobs.watch(
      { resourceVersion: metadata.resourceVersion, timeoutSeconds: 10, inactivityMs: 10_000 },
      controller.signal,
    );
    const reported: WatchEvent<typeof created>[] = [];
    for await (const event of events) {
      reported.push(event);
      break;
    }
    const listed = await space.api.jobs.list({});
    expect(reported[0]?.object.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(listed.items[0]?.metadata.creationTimestamp).toBe(reported[0]?.object.metadata.creationTimestamp);
  });

  test("failures say which fate they are: absent, there already, written by another, another object of the name", async () => {
    await using space = await cluster.openNamespace();
    const { api } = space;
    const batch = await space.create("spi");
    await api.jobs.create(JOB);
    const absent = await errorOf(api.climateBatches.get("spei"));
    const there = await errorOf(api.jobs.create(JOB));
    const stale = { metadata: { resourceVersion: "1" }, status: { done: 1 } };
    const overtaken = await errorOf(api.climateBatches.patchStatus("spi", stale));
    const other = { uid: "00000000-0000-0000-0000-000000000000", propagationPolicy: "Background" } as const;
    const notThisOne = await errorOf(api.climateBatches.delete("spi", other));

    expect([isNotFound(absent), isAlreadyExists(absent), isRetryable(absent)]).toEqual([true, false, false]);
    expect([isAlreadyExists(there), isConflict(there)]).toEqual([true, false]);
    for (const error of [overtaken, notThisOne]) {
      expect([error.status, isConflict(error), isAlreadyExists(error)]).toEqual([409, true, false]);
    }
    expect(absent.message).toContain(`climatebatches/spei: climatebatches.climate.aiops.dev "spei" not found`);
    expect((await api.climateBatches.get("spi")).metadata.uid).toBe(batch.metadata.uid);
  });

  test.each([429, 503])("HTTP %i with Retry-After is waited out and not reported", async (status) => {
    await using space = await cluster.openNamespace();
    await space.create("spi");
    space.proxy.fault(() => true, { status, headers: { "retry-after": "1" }, body: "busy" }, 2);
    const startedAtMs = performance.now();
    await space.api.climateBatches.get("spi");
    expect(space.proxy.seen).toHaveLength(3);
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(2_000);
  });

  test.each([
    { name: "a 500", fault: { status: 500, body: { reason: "InternalError", message: "etcd" } }, status: 500 },
    { name: "a 503 without Retry-After", fault: { status: 503, body: "starting" }, status: 503 },
    {
      name: "a long Retry-After",
      fault: { status: 429, headers: { "retry-after": "600" } },
      status: 429,
      waitMs: 600_000,
    },
    { name: "a 401", fault: { status: 401, body: { reason: "Unauthorized" } }, status: 401 },
    { name: "a reset", fault: "reset" as const, status: 0, reason: "ECONNRESET" },
    { name: "silence", fault: "blackhole" as const, status: 0, reason: NO_ANSWER.timeout },
    {
      name: "an answer that is no JSON",
      fault: { status: 200, body: "<html>" },
      status: 0,
      reason: NO_ANSWER.unreadable,
    },
  ])("$name is a transient failure, reported after one try", async ({ fault, status, reason, waitMs }) => {
    await using space = await cluster.openNamespace();
    space.proxy.fault(() => true, fault);
    const error = await errorOf(space.makeApi({ timeoutMs: 500 }).jobs.list({}));
    expect([error.status, isRetryable(error), error.retryAfterMs]).toEqual([status, true, waitMs]);
    if (reason !== undefined) expect(error.reason).toBe(reason);
    expect(space.proxy.seen).toHaveLength(1);
  });

  test("a refused connection is transient", async () => {
    await using space = await cluster.openNamespace();
    await space.proxy[Symbol.asyncDispose]();
    const refused = await errorOf(space.api.jobs.list({}));
    expect([refused.reason, isRetryable(refused)]).toEqual(["ECONNREFUSED", true]);
  });

  test("an idle connection that died is met once: the next call goes over a new one", async () => {
    await using space = await cluster.openNamespace();
    const api = space.makeApi({ timeoutMs: 500 });
    await Promise.all([api.jobs.list({}), api.jobs.list({}), api.jobs.list({})]);
    space.proxy.blackholeConnected();
    const met = await errorOf(api.jobs.list({}));
    expect(met.reason).toBe(NO_ANSWER.timeout);
    await api.jobs.list({});
  });

  test("an idle connection that was reset is replaced without any session noticing", async () => {
    await using space = await cluster.openNamespace();
    await space.api.jobs.list({});
    space.proxy.resetConnected();
    await space.api.jobs.list({});
  });

  test("the caller's signal ends a call, a wait for a token and a wait for the server's patience, with its reason", async () => {
    await using space = await cluster.openNamespace();
    const reason = new Error("shutting down");
    const broken = async (api: typeof space.api, path: string) => {
      const controller = new AbortController();
      const call = errorOf(api.jobs.get(path, controller.signal));
      setTimeout(() => controller.abort(reason), 50);
      return call;
    };
    space.proxy.fault(({ path }) => path.endsWith("silent"), "blackhole");
    space.proxy.fault(({ path }) => path.endsWith("busy"), { status: 429, headers: { "retry-after": "20" } });
    const slow = space.makeApi({ qps: 0.01, burst: 1 });
    await slow.jobs.list({});
    expect(await broken(space.api, "silent")).toBe(reason);
    expect(await broken(space.api, "busy")).toBe(reason);
    expect(await broken(slow, "limited")).toBe(reason);
  });

  test("calls keep to the rate limit", async () => {
    await using space = await cluster.openNamespace();
    const api = space.makeApi({ qps: 20, burst: 5 });
    const startedAtMs = performance.now();
    await Promise.all(Array.from({ length: 25 }, () => api.jobs.list({})));
    expect(performance.now() - startedAtMs).toBeGreaterThanOrEqual(990);
  });
});
