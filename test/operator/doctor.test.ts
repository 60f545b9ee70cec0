// `climatebatch doctor --cluster` on a real API server, with an operator that really runs: all well, and one thing after the
// other made wrong. What controllers would write into statuses, the test writes.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dumpYaml, loadYaml } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClusterReader } from "../../cli/doctor/cluster/clusterReader.ts";
import { lastFiringsCheck } from "../../cli/doctor/cluster/scheduleChecks.ts";
import { CLUSTER_CHECKS, OPERATOR_DATABASE_CHECKS } from "../../cli/doctor/examineInstallation.ts";
import type { CheckReport } from "../../cli/doctor/finding.ts";
import { systemClock } from "../../model/clock.ts";
import { KUBE_RESOURCES } from "../../operator/kube/client.ts";
import { loadCluster } from "../../operator/kube/kubeConfig.ts";
import { kubectlProgram } from "../cluster/binaries.ts";
import { run } from "../cluster/processes.ts";
import { describeOnApiServer } from "../support/apiServer.ts";
import { startCli } from "../support/cli.ts";
import { createTestDatabase, type TestDatabase } from "../support/database.ts";
import { startFaultProxy } from "../support/faultProxy.ts";
import { type OperatorCluster, type OperatorNamespace, openOperatorCluster } from "../support/operatorCluster.ts";
import { SIX_SHARDS } from "../support/sixShards.ts";

const DEFINITION = "climatebatches.climate.aiops.dev";
const DAY_MS = 86_400_000;

describeOnApiServer("climatebatch doctor --cluster", () => {
  let cluster: OperatorCluster;
  let database: TestDatabase;
  let space: OperatorNamespace;
  beforeAll(async () => {
    database = await createTestDatabase();
    cluster = await openOperatorCluster();
    space = await cluster.openNamespace(database.url);
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
    await database?.drop();
  });

  const kubectl = (words: readonly string[], input?: object) =>
    run(kubectlProgram(), ["--kubeconfig", cluster.server.kubeconfig, `--namespace=${space.namespace}`, ...words], {
      input: JSON.stringify(input),
    });
  const create = (object: object) => kubectl(["create", "--filename=-"], object);
  const setStatus = (object: string, status: object) =>
    kubectl(["patch", object, "--subresource=status", "--type=merge", `--patch=${JSON.stringify({ status })}`]);

  async function examine(
    more: readonly string[] = ["--database", database.url],
    kubeconfig = cluster.server.kubeconfig,
  ) {
    const words = ["doctor", "--json", "--kubeconfig", kubeconfig, "--namespace", space.namespace, ...more];
    const { code, stdout, stderr } = await startCli(words, { env: {} }).ended;
    expect(stderr).toBe("");
    const reports = JSON.parse(stdout) as CheckReport[];
    const of = (check: string) =>
      (reports.find((one) => one.check === check)?.findings ?? []).map(
        ({ level, found, advice }) => `${level}: ${found}${advice === null ? "" : ` → ${advice}`}`,
      );
    return { code, of, names: reports.map(({ check }) => check) };
  }

  test("an installation without a fault: operator, leader, rights, and the next firings in local time and in UTC", async () => {
    await using _operator = space.start();
    await create(operatorDeployment(space));
    await setStatus("deployment/cb-operator", { replicas: 2, readyReplicas: 2, updatedReplicas: 2 });
    await create(operatorRole());
    const account = `--serviceaccount=${space.namespace}:cb-operator`;
    await kubectl(["create", "rolebinding", "cb-operator", "--role=cb-operator", account]);
    await create(cronJob("cb-probability", { schedule: "0 2 1 1 *", timeZone: "Asia/Seoul" }));
    await create(cronJob("cb-hazard", { schedule: "0 4 1 1 *", timeZone: "Asia/Seoul", suspend: true }));
    await expect
      .poll(async () => (await examine()).of("leader"), { timeout: 30_000 })
      .toEqual([expect.stringMatching(/^ok: \S+ leads since \d{4}-/)]);

    const { code, of, names } = await examine();

    expect(code).toBe(0);
    expect(names).toEqual([
      "API server",
      ...CLUSTER_CHECKS.map(({ name }) => name),
      "connection",
      ...OPERATOR_DATABASE_CHECKS.map(({ name }) => name),
    ]);
    expect(of("API server")).toEqual([expect.stringMatching(/^ok: Kubernetes v1\.34\.\d+ at https:/)]);
    expect(of("definition")).toEqual([expect.stringMatching(/^ok: climatebatches are served as climate/)]);
    expect(of("operator")).toEqual([
      expect.stringMatching(/^ok: cb-operator .*: 2 of 2 are ready; example\/operator:1$/),
    ]);
    expect(of("rights")).toEqual([expect.stringMatching(/^ok: ServiceAccount cb-operator may do all/)]);
    expect(of("next firings")).toEqual([
      expect.stringMatching(/^warning: cb-hazard: \d{4}-01-01 04:00 Asia\/Seoul, .* 19:00 UTC, but it is suspended → /),
      expect.stringMatching(/^ok: cb-probability: \d{4}-01-01 02:00 Asia\/Seoul, that is \d{4}-12-31 17:00 UTC$/),
    ]);
    expect(of("last firings")[1]).toMatch(/^ok: cb-probability has not been due yet/);
    expect(of("listeners")).toEqual([expect.stringMatching(/^ok: listening: .* sent in this database$/)]);
    expect(of("permissions")[0]).toMatch(/^ok: the user may plan batches/);
  });

  test("an operator that is gone: no leader, pods that are not ready, rights that were taken, no listener", async () => {
    await setStatus("deployment/cb-operator", { replicas: 2, readyReplicas: 0 });
    await kubectl(["delete", "rolebinding", "cb-operator"]);
    const { code, of } = await examine();
    expect(code).toBe(1);
    expect(of("operator")).toEqual([
      expect.stringMatching(/^problem: .* 0 of 2 are ready; .* → kubectl describe pods/),
    ]);
    expect(of("leader")).toEqual([
      expect.stringMatching(/^problem: no replica holds the lease operator: .* → .*kubectl logs/),
    ]);
    expect(of("rights")).toEqual([
      expect.stringMatching(/^problem: .* may not create climatebatches\.climate\.aiops\.dev, .* → helm upgrade/),
    ]);
    expect(of("listeners")).toEqual([expect.stringMatching(/^problem: no session listens/)]);
    await kubectl(["scale", "deployment/cb-operator", "--replicas=0"]);
    expect((await examine()).of("operator")[0]).toMatch(/^problem: .*scaled to 0 → kubectl scale .*--replicas=2/);
  });

  test("schedules: a firing that was missed, one whose Job failed, one that succeeded", async () => {
    const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
    await create(cronJob("cb-often", { schedule: "0 0 * * *", timeZone: "UTC" }));
    await setStatus("cronjob/cb-often", { lastScheduleTime: ago(3), lastSuccessfulTime: ago(3) });
    const of = async (name: string) => (await examine()).of("last firings").find((one) => one.includes(name));
    // What was due before it was created is no fault.
    expect(await of("cb-often")).toMatch(/^ok: cb-often: .* UTC: its ClimateBatch was requested/);
    const reader = new ClusterReader(
      loadCluster(cluster.server.kubeconfig),
      space.namespace,
      AbortSignal.timeout(60_000),
    );
    const clock = { ...systemClock, now: () => new Date(Date.now() + 2 * DAY_MS) };
    const later = await lastFiringsCheck.look({ cluster: reader, clock, operators: [] });
    reader.close();
    expect(later.find(({ found }) => found.startsWith("cb-often"))).toMatchObject({
      level: "problem",
      found: expect.stringMatching(/00:00 UTC was missed$/),
      advice: expect.stringMatching(/kubectl create job --from=cronjob\/cb-often cb-often-by-hand/),
    });
    await setStatus("cronjob/cb-often", { lastScheduleTime: ago(0.01), lastSuccessfulTime: ago(1) });
    expect(await of("cb-often")).toMatch(
      /^problem: .*its Job did not end well → kubectl logs .*kubectl create job --from/,
    );
  });

  test("schedules: a Job whose pod is refused is named with the cause, and not said to run", async () => {
    const labels = { "app.kubernetes.io/component": "schedule" };
    const pod = { restartPolicy: "Never", containers: [{ name: "submit", image: "example/job:1", args: ["submit"] }] };
    await create({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "cb-often-1", labels },
      spec: { template: { metadata: { labels }, spec: pod } },
    });
    const uid = await kubectl(["get", "job/cb-often-1", "--output=jsonpath={.metadata.uid}"]);
    const lastTimestamp = new Date().toISOString();
    await create({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "refused" },
      involvedObject: { apiVersion: "batch/v1", kind: "Job", name: "cb-often-1", namespace: space.namespace, uid },
      ...{ type: "Warning", reason: "FailedCreate", firstTimestamp: lastTimestamp, lastTimestamp, count: 1 },
      message: 'Error creating: pods "cb-often-1-x" is forbidden: exceeded quota: small',
    });
    await setStatus("cronjob/cb-often", {
      lastScheduleTime: lastTimestamp,
      active: [{ apiVersion: "batch/v1", kind: "Job", name: "cb-often-1", namespace: space.namespace, uid }],
    });
    const found = (await examine()).of("last firings").filter((one) => one.includes("cb-often"));
    expect(found).toEqual([
      expect.stringMatching(/^problem: the Job cb-often-1 of \S+ .*\(QuotaExceeded\): exceeded quota: small → /),
    ]);
    await kubectl(["delete", "job/cb-often-1", "cronjob/cb-often"]);
  });

  test("ClimateBatches: one that no operator has seen is new, one that failed says how to continue", async () => {
    await space.apply("waiting", SIX_SHARDS);
    await space.apply("broken", SIX_SHARDS);
    const condition = { status: "True", observedGeneration: 1, lastTransitionTime: "2026-01-01T00:00:00Z" };
    const failed = { ...condition, type: "Failed", reason: "ShardsFailed", message: "1 shards failed (3); no room" };
    await setStatus("climatebatch/broken", { conditions: [failed] });
    const { of } = await examine();
    const forgiving = await examine(["--warn-only", "ClimateBatches", "last firings", "--database", database.url]);
    expect(forgiving.of("ClimateBatches")[1]).toMatch(/^warning: last \S+: broken failed/);
    expect(of("ClimateBatches")).toEqual([
      "ok: waiting was created just now",
      expect.stringMatching(
        /^problem: last \S+: broken failed \(ShardsFailed\): .*no room → .*kubectl patch climatebatch broken .*"retries":1/,
      ),
    ]);
  });

  test("a definition that OpenAPI does not publish yet, as right after its creation, keeps no operator from leading", async () => {
    await using proxy = await startFaultProxy(cluster.server.kubeconfig);
    proxy.fault(({ path }) => path.startsWith("/openapi/"), { status: 404 }, 99);
    await using operator = space.start({ through: proxy.kubeConfig });
    await expect
      .poll(() => operator.lines.map(({ event }) => event), { timeout: 30_000 })
      .toEqual(expect.arrayContaining(["startedLeading"]));
    expect(proxy.seen.filter(({ path }) => path.startsWith("/openapi/")).length).toBeGreaterThan(0);
  });

  test("an older definition is reported by the doctor and by the operator's log; so is a missing one", async () => {
    const crd = JSON.parse(await kubectl(["get", "crd", DEFINITION, "--output=json"])) as Definition;
    delete crd.spec.versions[0]!.schema.openAPIV3Schema.properties.status.properties.rowsWritten;
    await kubectl(["replace", "--filename=-"], crd);
    const reported = /^problem: the definition is older .* lacks status\.rowsWritten → helm upgrade/;
    await expect.poll(async () => (await examine()).of("definition")[0], { timeout: 30_000 }).toMatch(reported);
    {
      await using operator = space.start();
      await expect
        .poll(() => operator.lines.find(({ event }) => event === "definitionOutdated"), { timeout: 30_000 })
        .toMatchObject({ missing: ["status.rowsWritten"] });
    }
    await kubectl(["delete", "crd", DEFINITION]);
    await expect
      .poll(async () => (await examine()).of("definition")[0], { timeout: 30_000 })
      .toMatch(/^problem: the API server does not know climatebatches /);
  });

  test("without an address of the database the cluster is looked at; without an API server, the database", async () => {
    const alone = await examine([]);
    expect(alone.of("connection")).toEqual([
      expect.stringMatching(/^unknown: not looked at: no address is known here/),
    ]);
    expect(alone.of("API server")[0]).toMatch(/^ok: /);
    const folder = await mkdtemp(join(tmpdir(), "climatebatch-doctor-"));
    try {
      const config = loadYaml(await readFile(cluster.server.kubeconfig, "utf8")) as {
        clusters: { cluster: { server: string } }[];
      };
      config.clusters[0]!.cluster.server = "https://127.0.0.1:1";
      await writeFile(join(folder, "config"), dumpYaml(config));
      const away = await examine(["--database", database.url], join(folder, "config"));
      expect(away.code).toBe(4);
      expect(away.of("API server")[0]).toMatch(
        /^problem: no answer from https:\/\/127\.0\.0\.1:1: .* → Check --kubeconfig/,
      );
      expect(away.of("leader")).toEqual(["unknown: not looked at: the API server does not answer"]);
      expect(away.of("schema")).toEqual(["ok: the schema is this version's"]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("a check that there is not is refused with the names of all", async () => {
    const words = ["doctor", "--kubeconfig", cluster.server.kubeconfig, "--warn-only", "ledaer"];
    const { code, stderr } = await startCli(words, { env: {} }).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /--warn-only expects names of checks, but got "ledaer"\. Known checks: definition, operator, leader/,
    );
  });
});

interface Definition {
  readonly spec: {
    readonly versions: {
      readonly schema: {
        readonly openAPIV3Schema: { readonly properties: { readonly status: { properties: Record<string, object> } } };
      };
    }[];
  };
}

function operatorDeployment({ installation }: OperatorNamespace): object {
  const labels = { "app.kubernetes.io/component": "operator" };
  const env = [
    { name: "CLIMATEBATCH_INSTALLATION", value: installation },
    { name: "LEASE_NAME", value: "operator" },
  ];
  const containers = [{ name: "operator", image: "example/operator:1", env }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "cb-operator", labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { serviceAccountName: "cb-operator", containers } },
    },
  };
}

function operatorRole(): object {
  const rules = Object.values(KUBE_RESOURCES).map(({ group, resource, verbs }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs,
  }));
  return { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "cb-operator" }, rules };
}

function cronJob(name: string, schedule: object): object {
  const containers = [{ name: "submit", image: "example/job:1", args: ["submit", "probability"] }];
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name, labels: { "app.kubernetes.io/component": "schedule" } },
    spec: { ...schedule, jobTemplate: { spec: { template: { spec: { restartPolicy: "Never", containers } } } } },
  };
}
