// Nothing moves, and why: quota, LimitRange, PriorityClass and admission webhook of a real API server; the test creates pods as
// the Job controller does, with its Events and its backoff.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readClusterBatches } from "../../cli/clusterStatus.ts";
import { findCondition, type NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { coerceError } from "../../model/errors.ts";
import type { Job } from "../../operator/kube/client.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { eventually } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { type SeenRequest, startFaultProxy } from "../support/faultProxy.ts";
import { type OperatorCluster, type OperatorNamespace, openOperatorCluster } from "../support/operatorCluster.ts";
import { createClimate, SIX_SHARDS } from "../support/sixShards.ts";

/** The Job controller's backoff has reached its minute, unless something makes it look again. */
const CONTROLLER_BACKOFF_MS = 60_000;

describeOnApiServer("nothing moves", () => {
  let cluster: OperatorCluster;
  let climate: TestDatabase;
  beforeAll(async () => {
    climate = await createClimate();
    cluster = await openOperatorCluster();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  /** Creates pods of each Job, one try after every change of the Job or after the backoff. */
  function playPodCreation(space: OperatorNamespace): AsyncDisposable {
    const end = new AbortController();
    const tries = new Map<string, { readonly version: string; readonly atMs: number }>();
    const step = async ({ metadata, spec, status }: Job) => {
      const key = `${metadata.uid} ${JSON.stringify(metadata.annotations)}`;
      const last = tries.get(key);
      if (status?.active || (last !== undefined && performance.now() - last.atMs < CONTROLLER_BACKOFF_MS)) return;
      tries.set(key, { version: metadata.resourceVersion, atMs: performance.now() });
      const { template, parallelism } = spec!;
      const labels = { ...template.metadata!.labels, "batch.kubernetes.io/controller-uid": metadata.uid };
      let refused: string | null = null;
      for (let at = 0; at < parallelism! && refused === null; at++) {
        const pod = { metadata: { generateName: `${metadata.name}-${at}-`, labels }, spec: template.spec };
        refused = await space.call("POST", "pods", pod).then(
          () => null,
          (error) => coerceError(error).message.replace(/^POST [^:]*: /, ""),
        );
      }
      if (refused !== null) {
        const { name, uid } = metadata;
        const now = new Date().toISOString();
        await space.call("POST", "events", {
          metadata: { generateName: `${name}.` },
          involvedObject: { apiVersion: "batch/v1", kind: "Job", name, namespace: space.namespace, uid },
          type: "Warning",
          reason: "FailedCreate",
          message: `Error creating: ${refused}`,
          firstTimestamp: now,
          lastTimestamp: now,
          count: 1,
        });
      }
      const pods = refused === null ? parallelism : 0;
      const startTime = status?.startTime ?? new Date().toISOString().replace(/\.\d+/, "");
      await space
        .patchJob(metadata.name, { status: { startTime, active: pods, ready: pods } }, "status")
        .catch(() => {});
    };
    const loop = (async () => {
      while (!end.signal.aborted) {
        for (const job of await space.jobs()) if (job.metadata.deletionTimestamp === undefined) await step(job);
        await sleep(50, undefined, { signal: end.signal }).catch(() => undefined);
      }
    })();
    return {
      async [Symbol.asyncDispose]() {
        end.abort();
        await loop;
      },
    };
  }

  const reasonOf = async (space: OperatorNamespace) => {
    const { status } = await space.read("sample");
    const progressing = findCondition(status, "Progressing");
    return { reason: progressing?.reason, status: progressing?.status, message: progressing?.message };
  };

  async function shows(space: OperatorNamespace, reason: string, status: string) {
    return eventually(`Progressing is ${status} for ${reason}`, async () => {
      const now = await reasonOf(space);
      return now.reason === reason && now.status === status ? now.message : undefined;
    });
  }

  interface Case {
    readonly reason: string;
    readonly words: RegExp;
    readonly spec?: Partial<NewClimateBatchSpec>;
    readonly obstruct: (space: OperatorNamespace) => Promise<unknown>;
    readonly fix: (space: OperatorNamespace) => Promise<unknown>;
  }
  const quota = (pods: string) => ({ status: { hard: { pods }, used: { pods: "0" } } });
  const webhook = (space: OperatorNamespace, resources: string[], group: string) => ({
    metadata: { name: `away-${space.namespace}` },
    webhooks: [
      {
        name: "policy.example.com",
        clientConfig: { url: "https://127.0.0.1:9/policy" },
        rules: [{ apiGroups: [group], apiVersions: ["v1"], operations: ["CREATE"], resources }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": space.namespace } },
        failurePolicy: "Fail",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        timeoutSeconds: 1,
      },
    ],
  });
  const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

  const CASES: readonly Case[] = [
    {
      reason: "QuotaExceeded",
      words: /exceeded quota: small/,
      async obstruct(space) {
        await space.call("POST", "resourcequotas", { metadata: { name: "small" }, spec: { hard: { pods: "0" } } });
        await space.call("PATCH", "resourcequotas/small/status", quota("0"));
      },
      async fix(space) {
        await space.call("PATCH", "resourcequotas/small", { spec: { hard: { pods: "9" } } });
        await space.call("PATCH", "resourcequotas/small/status", quota("9"));
      },
    },
    {
      reason: "LimitRange",
      words: /maximum memory usage per Container is 64Mi/,
      spec: { template: { resources: { limits: { memory: "1Gi" } } } },
      obstruct: (space) =>
        space.call("POST", "limitranges", {
          metadata: { name: "small" },
          spec: { limits: [{ type: "Container", max: { memory: "64Mi" } }] },
        }),
      fix: (space) => space.change("sample", { template: { resources: { limits: { memory: "32Mi" } } } }),
    },
    {
      reason: "PriorityClassMissing",
      words: /no PriorityClass with name absent was found/,
      spec: { template: { priorityClassName: "absent" } },
      obstruct: async () => undefined,
      fix: (space) =>
        space.call("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "absent" }, value: 1 }),
    },
    {
      reason: "WebhookUnavailable",
      words: /failed calling webhook "policy.example.com"/,
      obstruct: (space) => space.call("POST", WEBHOOKS, webhook(space, ["pods"], "")),
      fix: (space) => space.call("DELETE", `${WEBHOOKS}/away-${space.namespace}`),
    },
  ];

  test.each(CASES)(
    "$reason: the status names it, and a fix is noticed within 15 s",
    async ({ reason, words, ...one }) => {
      await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
      const space = await cluster.openNamespace(database.url);
      await one.obstruct(space);
      await using _operator = space.start();
      await using _pods = playPodCreation(space);
      await space.apply("sample", { ...SIX_SHARDS, ...one.spec });
      const message = await shows(space, reason, "False");
      expect(message).toMatch(words);
      const { namespace } = space;
      const kubeconfig = cluster.server.kubeconfig;
      expect(await readClusterBatches({ kubeconfig, namespace }, 0)).toMatchObject([
        { name: "sample", reason, message, isStalled: true, batchId: "1" },
      ]);
      await eventually(
        `the Event ${reason}`,
        async () => (await space.events()).includes(`Warning ${reason}`) || undefined,
      );

      const fixedAtMs = performance.now();
      await one.fix(space);
      await shows(space, "Running", "True");
      expect(performance.now() - fixedAtMs).toBeLessThan(15_000);
      await eventually("the Event Running", async () => (await space.events()).includes("Normal Running") || undefined);
    },
  );

  test("a webhook that keeps the Job itself from being created is named too", async () => {
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await space.call("POST", WEBHOOKS, webhook(space, ["jobs"], "batch"));
    await using _operator = space.start();
    await using _pods = playPodCreation(space);
    await space.apply("sample", SIX_SHARDS);
    expect(await shows(space, "WebhookUnavailable", "False")).toMatch(/policy.example.com/);
    await space.call("DELETE", `${WEBHOOKS}/away-${space.namespace}`);
    await shows(space, "Running", "True");
  });

  test("a refused Job is tried again after growing delays, at once when the object changes, and logged once", async () => {
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await using proxy = await startFaultProxy(cluster.server.kubeconfig);
    const isTry = ({ method, path }: SeenRequest) => method === "POST" && path.endsWith("/jobs");
    const message = 'jobs.batch "sample" is forbidden: exceeded quota: small';
    const refusal = { kind: "Status", status: "Failure", code: 403, reason: "Forbidden", message };
    proxy.fault(isTry, { status: 403, body: refusal }, 100);
    await using operator = space.start({ through: proxy.kubeConfig });
    const tries = () => proxy.seen.filter(isTry).map(({ atMs }) => atMs);
    const triedTimes = (times: number) =>
      eventually(`${times} tries`, () => (tries().length >= times ? tries() : undefined));
    await space.apply("sample", SIX_SHARDS);
    const [first, second, third] = await triedTimes(3);
    expect(second! - first!).toBeGreaterThan(1_900);
    expect(third! - second!).toBeGreaterThan(3_900);

    const changedAtMs = performance.now();
    await space.change("sample", { retries: 1 });
    await triedTimes(4);
    expect(performance.now() - changedAtMs).toBeLessThan(6_000);
    const lines = operator.lines.filter(({ event }) => event === "refused");
    expect(lines.map(({ reason }) => reason)).toEqual(["QuotaExceeded", "QuotaExceeded"].slice(0, lines.length));
    expect(lines.length).toBeLessThanOrEqual(2);
  });

  test("a database whose schema is too old is not called silent", async () => {
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    await database.client.query("DELETE FROM climatebatch.schema_migrations WHERE version > 11");
    const space = await cluster.openNamespace(database.url);
    await using _operator = space.start();
    await space.apply("sample", SIX_SHARDS);
    expect(await shows(space, "SchemaTooOld", "False")).toMatch(/Run: climatebatch migrate/);
  });
});
