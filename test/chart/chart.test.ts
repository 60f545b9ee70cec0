// The chart rendered: what every switch does, and that things said in two places agree.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import pMap from "p-map";
import { expect, test } from "vitest";
import { ADDRESS_VARIABLES } from "../../database/address.ts";
import { OPERATOR_VARIABLES } from "../../operator/config.ts";
import { KUBE_RESOURCES } from "../../operator/kube/client.ts";
import { insertTable, renderChartDocs } from "../../scripts/generateChartDocs.ts";
import {
  BARE,
  CHART,
  describeWithHelm,
  EVERYTHING,
  find,
  helm,
  type Leaf,
  list,
  listLeaves,
  NAMESPACE,
  RELEASE,
  type Rendered,
  render,
  renderText,
  type SchemaType,
  VALUE_SETS,
  type Values,
  valueAt,
  withValue,
} from "../support/chart.ts";

const ROOT = join(CHART, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const inChart = (path: string) => readFileSync(join(CHART, path), "utf8");
const QUICK = VALUE_SETS.quick!;

test("the chart's schema, defaults and table are what npm run chart-docs makes", () => {
  const { table, schema, defaults } = renderChartDocs();
  expect(inChart("values.schema.json")).toBe(schema);
  expect(inChart("files/defaults.yaml")).toBe(defaults);
  expect(inChart("README.md")).toBe(insertTable(inChart("README.md"), table));
});

test("the chart has the package's version", () => {
  const { version } = JSON.parse(read("package.json"));
  expect(loadYaml(inChart("Chart.yaml"))).toMatchObject({ version, appVersion: version });
});

describeWithHelm("the chart", () => {
  test.each(Object.keys(VALUE_SETS))("is without a complaint of helm lint --strict: %s", async (name) => {
    expect(await helm(["lint", "--strict", CHART], VALUE_SETS[name])).toContain("0 chart(s) failed");
  });

  test.each([
    {
      what: "a misspelt value",
      values: { ...QUICK, replicaCuont: 2 },
      says: /additional properties 'replicaCuont' not allowed/,
    },
    {
      what: "a word for a number",
      values: { ...QUICK, operator: { replicas: "two" } },
      says: /operator\/replicas.*want integer/s,
    },
    {
      what: "a field that no ClimateBatch has",
      values: { ...QUICK, schedules: { hazard: { batch: { grd: "korea" } } } },
      says: /'grd' not allowed/,
    },
    {
      what: "a digest that is none",
      values: { ...QUICK, image: { job: { digest: "latest" } } },
      says: /digest.*does not match pattern/s,
    },
    { what: "no Secret", values: {}, says: /database\.operator\.existingSecret is needed: .*DATABASE_URL/ },
    {
      what: "a load whose CronJob would have too long a name",
      values: { ...QUICK, loads: { jobs: [{ name: "a".repeat(32), command: ["sample"] }] } },
      says: /has 53 characters, and the name of a CronJob may have 52/,
    },
    {
      what: "an explorer without a reader's Secret",
      values: { ...QUICK, explorer: { enabled: true } },
      says: /explorer\.enabled needs database\.explorer\.existingSecret/,
    },
    {
      what: "waiting for a schedule that is off",
      values: { ...QUICK, schedules: { hazardAfterProbability: true, probability: { enabled: false } } },
      says: /hazardAfterProbability needs schedules\.probability\.enabled/,
    },
  ])("refuses $what and says why", async ({ values, says }) => {
    await expect(renderText(values)).rejects.toThrow(says);
  });

  test("makes these objects, and no Secret", async () => {
    expect(list(await render(QUICK))).toEqual([
      "ClusterRole cb-climatebatch-climate-admin",
      "ClusterRole cb-climatebatch-climate-edit",
      "ClusterRole cb-climatebatch-climate-view",
      "ConfigMap cb-climatebatch-hazard",
      "ConfigMap cb-climatebatch-probability",
      "CronJob cb-climatebatch-hazard",
      "CronJob cb-climatebatch-probability",
      "CustomResourceDefinition climatebatches.climate.aiops.dev",
      "Deployment cb-climatebatch-operator",
      "NetworkPolicy cb-climatebatch-operator",
      "NetworkPolicy cb-climatebatch-schedule",
      "NetworkPolicy cb-climatebatch-shard",
      "NetworkPolicy cb-climatebatch-test",
      "Pod cb-climatebatch-test",
      "PodDisruptionBudget cb-climatebatch-operator",
      "Role cb-climatebatch-operator",
      "Role cb-climatebatch-schedule",
      "Role cb-climatebatch-test",
      "RoleBinding cb-climatebatch-operator",
      "RoleBinding cb-climatebatch-schedule",
      "RoleBinding cb-climatebatch-test",
      "ServiceAccount cb-climatebatch-job",
      "ServiceAccount cb-climatebatch-operator",
      "ServiceAccount cb-climatebatch-schedule",
      "ServiceAccount cb-climatebatch-test",
    ]);
  });

  test("with everything off makes the operator, its accounts and its test, and nothing of the whole cluster", async () => {
    expect(list(await render(BARE)).filter((one) => !one.endsWith("-test"))).toEqual([
      "Deployment cb-climatebatch-operator",
      "ServiceAccount cb-climatebatch-job",
      "ServiceAccount cb-climatebatch-operator",
      "ServiceAccount cb-climatebatch-schedule",
    ]);
  });

  test("places every kind of pod, and labels it", async () => {
    const objects = await render({ ...EVERYTHING, operator: { ...EVERYTHING.operator, ...EVERYTHING.tests } });
    const pods = [
      find(objects, "Deployment", "cb-climatebatch-operator").spec.template,
      find(objects, "CronJob", "cb-climatebatch-hazard").spec.jobTemplate.spec.template,
      find(objects, "CronJob", "cb-climatebatch-load-ssp245").spec.jobTemplate.spec.template,
      find(objects, "Deployment", "cb-climatebatch-explorer").spec.template,
      find(objects, "Pod", "cb-climatebatch-test"),
    ];
    const { podLabels, podAnnotations, ...placement } = EVERYTHING.tests;
    for (const { metadata, spec } of pods) {
      expect(spec).toMatchObject(placement);
      expect(metadata.labels).toMatchObject(podLabels);
      expect(metadata.annotations).toMatchObject(podAnnotations);
    }
  });

  test("loads are CronJobs: suspended without a schedule, with the owner's database, the files' volume and credentials", async () => {
    const objects = await render(EVERYTHING);
    const ssp245 = find(objects, "CronJob", "cb-climatebatch-load-ssp245").spec;
    const storms = find(objects, "CronJob", "cb-climatebatch-load-storms").spec;
    expect(ssp245).toMatchObject({ suspend: true, concurrencyPolicy: "Forbid" });
    expect(storms).toMatchObject({ suspend: false, schedule: "0 3 1 * *", timeZone: "Asia/Seoul" });
    const [container] = ssp245.jobTemplate.spec.template.spec.containers;
    expect(container.args).toEqual(["load", "climate", "s3://climate/ssp245.zarr/", "--scenario", "ssp245"]);
    expect(container.envFrom).toEqual([{ secretRef: { name: "object-storage" } }]);
    expect(container.env).toContainEqual({
      name: "DATABASE_URL",
      valueFrom: { secretKeyRef: { name: "owner-database", key: "uri" } },
    });
    const { volumes } = storms.jobTemplate.spec.template.spec;
    expect(volumes).toContainEqual({
      name: "data",
      persistentVolumeClaim: { claimName: "climate-files", readOnly: true },
    });
    expect(find(objects, "ServiceAccount", "cb-climatebatch-load").metadata.annotations).toMatchObject({
      "example.org/role": "reader",
    });
    expect(find(objects, "NetworkPolicy", "cb-climatebatch-load").spec.policyTypes).toEqual(["Ingress", "Egress"]);
  });

  test("the explorer reads as its own user, and only who may connects", async () => {
    const objects = await render({ ...EVERYTHING, networkPolicy: { explorerFrom: [{ podSelector: {} }] } });
    const { spec } = find(objects, "Deployment", "cb-climatebatch-explorer").spec.template;
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.containers[0].env).toContainEqual({
      name: "DATABASE_URL",
      valueFrom: { secretKeyRef: { name: "reader-database", key: "uri" } },
    });
    expect(find(objects, "Service", "cb-climatebatch-explorer").spec.ports).toEqual([
      { name: "http", port: 8090, targetPort: "http" },
    ]);
    expect(find(objects, "NetworkPolicy", "cb-climatebatch-explorer").spec.ingress).toMatchObject([
      // As the client names it.
      { ports: [{ protocol: "TCP", port: "http" }], _from: [{ podSelector: {} }] },
    ]);
  });

  test("places the pods of batches without a template of their own: of schedules, NOTIFYs and requests", async () => {
    const objects = await render(EVERYTHING);
    const { env } = find(objects, "Deployment", "cb-climatebatch-operator").spec.template.spec.containers[0];
    const variable = env.find(({ name }: { name: string }) => name === "JOB_TEMPLATE");
    expect(JSON.parse(variable.value)).toEqual(EVERYTHING.job.template);
    const batch = (name: string) => loadYaml<Rendered>(find(objects, "ConfigMap", name).data["batch.yaml"]).spec;
    expect(batch("cb-climatebatch-probability").template).toEqual(EVERYTHING.job.template);
    // What the schedule says itself goes first.
    expect(batch("cb-climatebatch-hazard")).toMatchObject({
      parallelism: 2,
      template: { nodeSelector: { pool: "large" }, priorityClassName: "batch" },
    });
  });

  test("installs the very definition of crds/, to be kept", async () => {
    const crd = find(await render(QUICK), "CustomResourceDefinition", "climatebatches.climate.aiops.dev");
    const { spec } = loadYaml(read("crds/climatebatches.yaml")) as Rendered;
    expect(crd.spec).toEqual(spec);
    expect(crd.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
    const dropped = await render({ ...QUICK, crds: { keep: false } });
    expect(find(dropped, "CustomResourceDefinition", crd.metadata.name).metadata.annotations).toBeUndefined();
  });

  test("gives the operator the rights for the calls it makes, its own Lease by name, and nothing about Secrets", async () => {
    const objects = await render(QUICK);
    const granted = find(objects, "Role", "cb-climatebatch-operator").rules as {
      apiGroups: string[];
      resources: string[];
      verbs: string[];
      resourceNames?: string[];
    }[];
    const flat = granted.flatMap(({ apiGroups: [group], resources: [resource], verbs, resourceNames = [] }) =>
      verbs.map((verb) => [verb, `${resource}.${group}`, ...resourceNames].join(" ")),
    );
    const { leases: _, ...others } = KUBE_RESOURCES;
    const needed = Object.values(others).flatMap(({ group, resource, verbs }) =>
      verbs.map((verb) => `${verb} ${resource}.${group}`),
    );
    const leases = ["create", "get", "update"].map((verb) =>
      verb === "create"
        ? "create leases.coordination.k8s.io"
        : `${verb} leases.coordination.k8s.io cb-climatebatch-operator`,
    );
    const owner = "update climatebatches/finalizers.climate.aiops.dev";
    expect(flat.sort()).toEqual([...needed, ...leases, owner].sort());
    expect(JSON.stringify(objects.filter(({ kind }) => kind.endsWith("Role")))).not.toMatch(/secrets|"\*"|pods\/exec/);
    expect(find(objects, "Role", "cb-climatebatch-schedule").rules).toEqual([
      { apiGroups: ["climate.aiops.dev"], resources: ["climatebatches"], verbs: ["create", "get"] },
    ]);
    // What is read by `helm test`, while it runs.
    expect(find(objects, "Role", "cb-climatebatch-test").rules).toEqual([
      { apiGroups: ["climate.aiops.dev"], resources: ["climatebatches"], verbs: ["list"] },
      { apiGroups: ["apps"], resources: ["deployments"], verbs: ["list"] },
      { apiGroups: ["batch"], resources: ["cronjobs", "jobs"], verbs: ["list"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
      { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["list"] },
      { apiGroups: ["authorization.k8s.io"], resources: ["localsubjectaccessreviews"], verbs: ["create"] },
      {
        apiGroups: ["coordination.k8s.io"],
        resources: ["leases"],
        resourceNames: ["cb-climatebatch-operator"],
        verbs: ["get"],
      },
    ]);
    const bindings = objects.filter(({ kind }) => kind === "ClusterRoleBinding");
    expect(bindings).toEqual([]);
  });

  test("sets only variables that the operator reads, each once, and none with a password", async () => {
    for (const values of Object.values(VALUE_SETS)) {
      const deployment = find(await render(values), "Deployment", deploymentName(values));
      const names = containerOf(deployment).env.map(({ name }: { name: string }) => name);
      const known: readonly string[] = [...OPERATOR_VARIABLES, ...ADDRESS_VARIABLES, "NODE_OPTIONS"];
      expect(names.filter((name: string) => !known.includes(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
      expect(names).not.toContain("DATABASE_PASSWORD");
    }
  });

  test("migrates with the owner's Secret before the operator starts, which never sees it", async () => {
    const pod = find(await render(EVERYTHING), "Deployment", "cb-climatebatch-operator").spec.template.spec;
    const [migrate] = pod.initContainers;
    expect(migrate.args).toEqual(["migrate"]);
    expect(migrate.env[0]).toEqual({
      name: "DATABASE_URL",
      valueFrom: { secretKeyRef: { name: "owner-database", key: "uri" } },
    });
    expect(JSON.stringify({ ...pod, initContainers: [] })).not.toContain("owner-database");
  });

  test("disruption budget and spread come with the second replica", async () => {
    const one = await render({ ...QUICK, operator: { replicas: 1 } });
    expect(list(one)).not.toContain("PodDisruptionBudget cb-climatebatch-operator");
    expect(
      find(one, "Deployment", "cb-climatebatch-operator").spec.template.spec.topologySpreadConstraints,
    ).toBeUndefined();
    const two = find(await render(QUICK), "Deployment", "cb-climatebatch-operator");
    expect(two.spec.template.spec.topologySpreadConstraints).toHaveLength(1);
    expect(two.spec.strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  test("two schedules ask for the year's batches in Seoul's time, once, however late", async () => {
    const objects = await render(QUICK);
    for (const [calculation, schedule] of [
      ["probability", "0 2 1 1 *"],
      ["hazard", "0 4 1 1 *"],
    ] as const) {
      const { spec } = find(objects, "CronJob", `cb-climatebatch-${calculation}`);
      expect(spec).toMatchObject({
        schedule,
        timeZone: "Asia/Seoul",
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 7 * 24 * 3600,
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
      });
      const [container] = spec.jobTemplate.spec.template.spec.containers;
      expect(container.args).toEqual([
        ...["submit", calculation, `--file=/etc/schedule/${calculation}/batch.yaml`],
        ...["--yearly=Asia/Seoul", "--scheduled-job=$(JOB_NAME)"],
      ]);
      expect(container.env).toEqual([
        { name: "JOB_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } } },
      ]);
    }
  });

  test("hazard waits for the year's probability batch when configured to", async () => {
    const { spec } = find(await render(EVERYTHING), "CronJob", "cb-climatebatch-hazard");
    const [first] = spec.jobTemplate.spec.template.spec.initContainers;
    expect(first.args.slice(0, 2)).toEqual(["submit", "probability"]);
    expect(first.args).toContain("--wait");
    expect(
      find(await render(QUICK), "CronJob", "cb-climatebatch-hazard").spec.jobTemplate.spec.template.spec.initContainers,
    ).toBeUndefined();
  });

  test("every pod of the chart is held to the strictest standard, and pulls by digest when there is one", async () => {
    const pods = podsOf(await render(EVERYTHING));
    expect(pods).toHaveLength(7);
    for (const pod of pods) {
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10001,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(pod.imagePullSecrets).toEqual([{ name: "registry" }]);
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.image).toMatch(/^climatebatch-(operator|job)@sha256:[0-9a-f]{64}$/);
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.resources.requests.memory).toBeDefined();
      }
    }
  });

  test("every value makes a difference", { timeout: 300_000 }, async () => {
    const values = loadYaml(inChart("values.yaml")) as Values;
    // With it the schedule of probability could not be switched off.
    const most: Values = { ...EVERYTHING, schedules: {} };
    const base = await renderText(most);
    const idle = await pMap(
      listLeaves(),
      async ({ path, schema: one }) => {
        const changed = change(valueAt(most, path) ?? valueAt(values, path), one, path.at(-1)!);
        const text = await renderText(withValue(most, path, changed) as Values);
        return text === base ? path.join(".") : null;
      },
      { concurrency: 2 },
    );
    expect(idle.filter((path) => path !== null)).toEqual([
      // A digest wins over the tag.
      "image.operator.tag",
      "image.job.tag",
    ]);
  });

  function deploymentName(values: Values): string {
    return `${(values.fullnameOverride as string | undefined) ?? `${RELEASE}-climatebatch`}-operator`;
  }
});

test("release and namespace of these tests are not the chart's own words", () => {
  expect(inChart("values.yaml")).not.toMatch(new RegExp(`: ${NAMESPACE}$`, "m"));
});

function containerOf(deployment: Rendered) {
  return deployment.spec.template.spec.containers[0];
}

function podsOf(objects: readonly Rendered[]) {
  return objects.flatMap(({ kind, spec }) => {
    if (kind === "Pod") return [spec];
    if (kind === "Deployment") return [spec.template.spec];
    return kind === "CronJob" ? [spec.jobTemplate.spec.template.spec] : [];
  });
}

/** Another one that the schema allows. */
function change(value: unknown, { type, enum: allowed }: Leaf["schema"], key: string): unknown {
  if (allowed !== undefined) return allowed.find((one) => one !== value && one !== "");
  if (key === "digest") return `sha256:${"f".repeat(64)}`;
  if (key === "batch") return { grid: "changed" };
  if (key === "schedule") return "5 5 5 5 *";
  if (key === "apiServerPorts" || key === "dnsPorts") return [8443];
  if (key === "interval") return "17s";
  if (key === "resources") return { requests: { memory: "17Mi" } };
  if (["hosts", "pullSecrets", "secrets", "serviceAccounts", "priorityClasses"].includes(key)) return ["changed"];
  if (key === "replicas") return value === 1 ? 2 : 1;
  if (key === "jobs") return [{ name: "changed", command: ["sample"] }];
  if (key === "temporarySize") return "17Gi";
  const is = (name: SchemaType) => [type].flat().includes(name);
  if (is("boolean")) return value !== true;
  if (is("integer")) return Number(value) + 1;
  if (is("array")) return [{ changed: "changed" }];
  if (is("object")) return { changed: "changed" };
  return "changed";
}
