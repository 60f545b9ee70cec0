// Nothing moves, and why: quota, LimitRange, PriorityClass, admission webhook and policy of a real API server, grants, schema and
// mode of a real database. The test creates pods as the Job controller does, with its Events and its backoff.
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readClusterBatches } from "../../cli/clusterStatus.ts";
import type { CheckReport } from "../../cli/doctor/finding.ts";
import { findCondition, type NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { coerceError } from "../../model/errors.ts";
import type { Job } from "../../operator/kube/client.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { eventually, startCli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { createDatabaseUsers } from "../support/databaseUsers.ts";
import { type SeenRequest, startFaultProxy } from "../support/faultProxy.ts";
import {
  type OperatorCluster,
  type OperatorNamespace,
  openOperatorCluster,
  type RunningOperator,
} from "../support/operatorCluster.ts";
import { createClimate, SIX_SHARDS } from "../support/sixShards.ts";
import { makeAuthority } from "../support/tlsServer.ts";

/** The Job controller's backoff has reached its minute, unless something makes it look again. */
const CONTROLLER_BACKOFF_MS = 60_000;
const NOTICED_MS = 15_000;

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

  interface Cause {
    readonly reason: string;
    readonly words: RegExp;
  }

  /** In an Event, by `climatebatch status`, by the doctor, and in the metric that the alert ClimateBatchStalled reads. */
  async function isNamed(space: OperatorNamespace, operator: RunningOperator, { reason, words }: Cause): Promise<void> {
    await eventually(
      `the Event ${reason}`,
      async () => (await space.events()).includes(`Warning ${reason}`) || undefined,
    );
    const { kubeconfig } = cluster.server;
    const { namespace } = space;
    expect(await readClusterBatches({ kubeconfig, namespace }, 0)).toMatchObject([
      { name: "sample", reason, message: expect.stringMatching(words), isStalled: true },
    ]);
    const doctor = await startCli(["doctor", "--json", "--kubeconfig", kubeconfig, "--namespace", namespace]).ended;
    const reports = JSON.parse(doctor.stdout) as CheckReport[];
    expect(reports.find(({ check }) => check === "ClimateBatches")!.findings).toMatchObject([
      { level: "problem", found: expect.stringMatching(new RegExp(`^sample: .*${reason}: .*${words.source}`)) },
    ]);
    const { port } = operator.lines.find(({ event }) => event === "probesStarted")!;
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(new RegExp(`^climatebatch_stalled_seconds\\{reason="${reason}"\\} \\d`, "m"));
  }

  interface Case {
    readonly reason: string;
    readonly words: RegExp;
    readonly spec?: Partial<NewClimateBatchSpec>;
    readonly obstruct?: (space: OperatorNamespace) => Promise<unknown>;
    readonly fix: (space: OperatorNamespace) => Promise<unknown>;
  }
  const quota = (pods: string) => ({ status: { hard: { pods }, used: { pods: "0" } } });
  const NOWHERE = { url: "https://127.0.0.1:9/policy" };
  const webhook = (space: OperatorNamespace, resources: string[], group: string, clientConfig: object = NOWHERE) => ({
    metadata: { name: `away-${space.namespace}` },
    webhooks: [
      {
        name: "policy.example.com",
        clientConfig,
        rules: [{ apiGroups: [group], apiVersions: ["v1"], operations: ["CREATE"], resources }],
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": space.namespace } },
        failurePolicy: "Fail",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        timeoutSeconds: 1,
      },
    ],
  });
  const POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
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
      reason: "LimitRange",
      words: /must be less than or equal to memory limit of 64Mi/,
      spec: { template: { resources: { requests: { memory: "128Mi" } } } },
      obstruct: (space) =>
        space.call("POST", "limitranges", {
          metadata: { name: "defaults" },
          spec: { limits: [{ type: "Container", default: { memory: "64Mi" } }] },
        }),
      fix: (space) => space.call("DELETE", "limitranges/defaults"),
    },
    {
      reason: "PriorityClassMissing",
      words: /no PriorityClass with name absent was found/,
      spec: { template: { priorityClassName: "absent" } },
      fix: (space) =>
        space.call("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "absent" }, value: 1 }),
    },
    {
      reason: "WebhookUnavailable",
      words: /failed calling webhook "policy.example.com"/,
      obstruct: (space) => space.call("POST", WEBHOOKS, webhook(space, ["pods"], "")),
      fix: (space) => space.call("DELETE", `${WEBHOOKS}/away-${space.namespace}`),
    },
    {
      reason: "RuntimeClassMissing",
      words: /RuntimeClass .*absent.* not found/,
      spec: { template: { runtimeClassName: "absent" } },
      fix: (space) =>
        space.call("POST", "/apis/node.k8s.io/v1/runtimeclasses", { metadata: { name: "absent" }, handler: "runc" }),
    },
    {
      reason: "PolicyRefused",
      words: /ValidatingAdmissionPolicy 'owners-.*' .*denied request: no owner label/,
      async obstruct({ call, namespace }) {
        const name = `owners-${namespace}`;
        await call("POST", POLICIES, {
          metadata: { name },
          spec: {
            failurePolicy: "Fail",
            matchConstraints: {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
              resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
            },
            validations: [{ expression: "'owner' in object.metadata.labels", message: "no owner label" }],
          },
        });
        await call("POST", `${POLICIES.replace("policies", "policybindings")}`, {
          metadata: { name },
          spec: { policyName: name, validationActions: ["Deny"] },
        });
        const pod = { metadata: { name: "probe" }, spec: { containers: [{ name: "a", image: "a" }] } };
        await eventually("the policy is enforced", () =>
          call("POST", "pods?dryRun=All", pod).then(
            () => undefined,
            () => true as const,
          ),
        );
      },
      fix: ({ call, namespace }) =>
        call("DELETE", `${POLICIES.replace("policies", "policybindings")}/owners-${namespace}`),
    },
  ];

  test.concurrent.each(CASES)(
    "$reason: the status names it, and a fix is noticed within 15 s",
    async ({ reason, words, ...one }) => {
      await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
      const space = await cluster.openNamespace(database.url);
      await one.obstruct?.(space);
      await using operator = space.start();
      await using _pods = playPodCreation(space);
      await space.apply("sample", { ...SIX_SHARDS, ...one.spec });
      expect(await shows(space, reason, "False")).toMatch(words);
      await isNamed(space, operator, { reason, words });

      const fixedAtMs = performance.now();
      await one.fix(space);
      await shows(space, "Running", "True");
      expect(performance.now() - fixedAtMs).toBeLessThan(NOTICED_MS);
      await eventually("the Event Running", async () => (await space.events()).includes("Normal Running") || undefined);
    },
  );

  test.concurrent("a webhook that keeps the Job itself from being created is named too", async () => {
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

  test.concurrent("an admission webhook that refuses, by its words", async () => {
    await using database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const space = await cluster.openNamespace(database.url);
    await using refusing = await startRefusingWebhook();
    await space.call("POST", WEBHOOKS, webhook(space, ["pods"], "", refusing.clientConfig));
    await using operator = space.start();
    await using _pods = playPodCreation(space);
    await space.apply("sample", SIX_SHARDS);
    const words = /admission webhook "policy.example.com" denied the request: no owner/;
    expect(await shows(space, "WebhookRefused", "False")).toMatch(words);
    await isNamed(space, operator, { reason: "WebhookRefused", words });
    await space.call("DELETE", `${WEBHOOKS}/away-${space.namespace}`);
    await shows(space, "Running", "True");
  });

  interface DatabaseCase extends Cause {
    /** Statements of an administrator; `user` is the operator's. */
    readonly obstruct: (user: string, database: string) => string;
    readonly fix: (user: string, database: string) => string;
  }
  const DATABASE_CASES: readonly DatabaseCase[] = [
    {
      reason: "DatabaseReadOnly",
      words: /The server is read-only/,
      obstruct: (_, database) => `ALTER DATABASE "${database}" SET default_transaction_read_only = on`,
      fix: (_, database) => `ALTER DATABASE "${database}" RESET default_transaction_read_only`,
    },
    {
      reason: "MissingGrant",
      words: /permission denied for table batches/,
      obstruct: () => "REVOKE INSERT ON climatebatch.batches FROM climatebatch_operator",
      fix: () => "GRANT INSERT ON climatebatch.batches TO climatebatch_operator",
    },
    {
      reason: "SchemaTooOld",
      words: /Run: climatebatch migrate/,
      obstruct: () => `CREATE TABLE public.migrated AS SELECT * FROM climatebatch.schema_migrations;
        DELETE FROM climatebatch.schema_migrations WHERE version > 11`,
      fix: () => "INSERT INTO climatebatch.schema_migrations SELECT * FROM public.migrated WHERE version > 11",
    },
    {
      reason: "SchemaTooNew",
      words: /version 999/,
      obstruct: () => "INSERT INTO climatebatch.schema_migrations (version, name) VALUES (999, '999.contract.sql')",
      fix: () => "DELETE FROM climatebatch.schema_migrations WHERE version = 999",
    },
    {
      reason: "PasswordRefused",
      words: /password authentication failed/,
      obstruct: (user) => `ALTER ROLE ${user} PASSWORD 'rotated'`,
      fix: (user) => `ALTER ROLE ${user} PASSWORD 'secret'`,
    },
  ];

  async function openDatabase() {
    const database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
    const users = await createDatabaseUsers(database, ["operator"]);
    const name = new URL(database.url).pathname.slice(1);
    return {
      space: await cluster.openNamespace(users.urlOf("operator")),
      run: (statement: DatabaseCase["fix"]) => database.client.query(statement(users.loginOf("operator"), name)),
      async [Symbol.asyncDispose]() {
        await database.drop();
        await users.drop();
      },
    };
  }

  test.concurrent.each(DATABASE_CASES)(
    "$reason before a batch is planned: not called silent, and a fix is noticed within 15 s",
    async ({ obstruct, fix, ...cause }) => {
      await using opened = await openDatabase();
      const { space, run } = opened;
      await run(obstruct);
      await using operator = space.start();
      await using _pods = playPodCreation(space);
      await space.apply("sample", SIX_SHARDS);
      expect(await shows(space, cause.reason, "False")).toMatch(cause.words);
      await isNamed(space, operator, cause);
      await run(fix);
      const fixedAtMs = performance.now();
      await shows(space, "Running", "True");
      expect(performance.now() - fixedAtMs).toBeLessThan(NOTICED_MS);
    },
  );

  test.concurrent("a grant that is taken while pods run: whether they progress is unknown, and why", async () => {
    await using opened = await openDatabase();
    const { space, run } = opened;
    await using operator = space.start();
    await using _pods = playPodCreation(space);
    await space.apply("sample", SIX_SHARDS);
    await shows(space, "Running", "True");
    await run(() => "REVOKE SELECT ON climatebatch.batches FROM climatebatch_operator");
    await space.change("sample", { ttlSecondsAfterFinished: 86_400 });
    const words = /permission denied for table batches/;
    expect(await shows(space, "MissingGrant", "Unknown")).toMatch(words);
    await isNamed(space, operator, { reason: "MissingGrant", words });
    await run(() => "GRANT SELECT ON climatebatch.batches TO climatebatch_operator");
    const fixedAtMs = performance.now();
    await shows(space, "Running", "True");
    expect(performance.now() - fixedAtMs).toBeLessThan(NOTICED_MS);
  });
});

/** Denies everything. */
async function startRefusingWebhook(): Promise<AsyncDisposable & { readonly clientConfig: object }> {
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-webhook-"));
  const authority = await makeAuthority(folder, "webhook");
  const { certificate, key } = await authority.issue("/CN=webhook", "IP:127.0.0.1");
  const server = createServer(
    { cert: await readFile(certificate), key: await readFile(key) },
    async (request, answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { apiVersion, kind, request: review } = JSON.parse(Buffer.concat(chunks).toString());
      const response = { uid: review.uid, allowed: false, status: { message: "no owner" } };
      answer.setHeader("content-type", "application/json").end(JSON.stringify({ apiVersion, kind, response }));
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const caBundle = (await readFile(authority.certificate)).toString("base64");
  return {
    clientConfig: { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, caBundle },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}
