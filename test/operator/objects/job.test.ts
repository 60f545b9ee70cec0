import type { V1Container } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { BATCH_NAME_MAX_LENGTH, type ClimateBatchSpec, type PodOverrides } from "../../../model/climateBatch.ts";
import { EXIT_CODES, POD_ENV } from "../../../model/podContract.ts";
import { buildJob, childJobName, type JobAttempt, type PodSettings } from "../../../operator/objects/job.ts";
import { KUEUE_QUEUE_LABEL, LABELS } from "../../../operator/objects/labels.ts";
import { climateBatch } from "../../support/climateBatch.ts";

const SETTINGS: PodSettings = {
  image: "climatebatch-job:1",
  databaseEnvFrom: [{ secretRef: { name: "climatebatch-database" } }],
  databaseEnv: [{ name: "PGSSLMODE", value: "verify-full" }],
  volumes: [{ name: "climatebatch-ca", configMap: { name: "ca" } }],
  volumeMounts: [{ name: "climatebatch-ca", mountPath: "/etc/climatebatch", readOnly: true }],
  imagePullSecrets: [{ name: "registry" }],
  serviceAccountName: "climatebatch-job",
  runAsUser: 10_001,
  resources: { requests: { cpu: "500m" } },
  terminationGracePeriodSeconds: 20,
};
const FIRST: JobAttempt = { batchId: "17", attempt: 1, completions: 12 };
const SECOND: JobAttempt = { batchId: "17", attempt: 2, completions: 3 };

const build = (spec: Partial<ClimateBatchSpec> = {}, attempt = FIRST, settings = SETTINGS) =>
  buildJob(climateBatch("spi").spec(spec).object(), attempt, settings);
const podOf = (template: PodOverrides, settings = SETTINGS) => build({ template }, FIRST, settings).spec!.template;
const containerOf = (template: PodOverrides, settings = SETTINGS): V1Container =>
  podOf(template, settings).spec!.containers[0]!;

describe("the Job of an attempt", () => {
  test("computes one shard per completion index", () => {
    expect(build({ parallelism: 4, backoffLimitPerShard: 2 }).spec).toMatchObject({
      completionMode: "Indexed",
      completions: 12,
      parallelism: 4,
      backoffLimitPerIndex: 2,
      podReplacementPolicy: "Failed",
      suspend: false,
    });
  });

  test("of a retry is over the failed shards only, under another name", () => {
    const retry = build({}, SECOND);
    expect(retry.spec).toMatchObject({ completions: 3, parallelism: 3 });
    expect(retry.metadata!.name).not.toBe(build().metadata!.name);
  });

  test("belongs to its batch, which waits for it when deleted in the foreground", () => {
    const { metadata } = climateBatch("spi").object();
    expect(build().metadata).toMatchObject({
      namespace: "climate",
      ownerReferences: [
        { kind: "ClimateBatch", name: "spi", uid: metadata.uid, controller: true, blockOwnerDeletion: true },
      ],
    });
  });

  test("is built the same every time", () => {
    expect(build()).toEqual(build());
  });

  test("judges a pod by disruption first, then by the exit codes of our container", () => {
    expect(build().spec!.podFailurePolicy!.rules).toEqual([
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      { action: "FailJob", onExitCodes: { containerName: "shard", operator: "In", values: [EXIT_CODES.failBatch] } },
      { action: "FailIndex", onExitCodes: { containerName: "shard", operator: "In", values: [EXIT_CODES.failShard] } },
    ]);
  });

  test("stops early only when requested, and never after more shards than it has", () => {
    expect(build().spec).not.toHaveProperty("maxFailedIndexes");
    expect(build({ maxFailedShards: 5 }).spec!.maxFailedIndexes).toBe(5);
    expect(build({ maxFailedShards: 5 }, SECOND).spec!.maxFailedIndexes).toBe(3);
    expect(build({ maxFailedShards: 0 }).spec!.maxFailedIndexes).toBe(0);
  });

  test("has the deadline of the batch, and none of its own", () => {
    expect(build().spec).not.toHaveProperty("activeDeadlineSeconds");
    expect(build({ activeDeadlineSeconds: 60 }).spec!.activeDeadlineSeconds).toBe(60);
    expect(build({ ttlSecondsAfterFinished: 60 }).spec).not.toHaveProperty("ttlSecondsAfterFinished");
  });

  test("is created suspended when its batch is", () => {
    expect(build({ suspend: true }).spec!.suspend).toBe(true);
  });

  test("carries the queue of its batch, so that Kueue can hold it back", () => {
    const queued = climateBatch("spi").label(KUEUE_QUEUE_LABEL, "climate").label("team", "a").object();
    const { metadata, spec } = buildJob(queued, FIRST, SETTINGS);
    expect(metadata!.labels).toMatchObject({ [KUEUE_QUEUE_LABEL]: "climate" });
    expect(metadata!.labels).not.toHaveProperty("team");
    expect(spec!.template.metadata!.labels).not.toHaveProperty(KUEUE_QUEUE_LABEL);
  });
});

describe("the pods", () => {
  test("run the shard program with what the contract promises", () => {
    const shard = containerOf({});
    expect(shard).toMatchObject({ name: "shard", image: "climatebatch-job:1", command: ["node", "job/main.ts"] });
    expect(shard.env).toEqual([
      { name: "PGSSLMODE", value: "verify-full" },
      { name: POD_ENV.batch, value: "17" },
      { name: POD_ENV.jobAttempt, value: "1" },
    ]);
    expect(shard.envFrom).toEqual([{ secretRef: { name: "climatebatch-database" } }]);
  });

  test("meet the restricted Pod Security Standard", () => {
    const { spec } = podOf({});
    expect(spec).toMatchObject({
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(spec!.containers[0]!.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
    });
  });

  test("have a place to write beside their read-only root, and what the operator is configured with", () => {
    const { spec } = podOf({});
    expect(spec!.volumes!.map(({ name }) => name)).toEqual(["climatebatch-tmp", "climatebatch-ca"]);
    expect(spec!.containers[0]!.volumeMounts!.map(({ mountPath }) => mountPath)).toEqual(["/tmp", "/etc/climatebatch"]);
    expect(spec).toMatchObject({ serviceAccountName: "climatebatch-job", terminationGracePeriodSeconds: 20 });
    expect(spec!.containers[0]!.resources).toEqual({ requests: { cpu: "500m" } });
  });

  test("need nothing that the operator is not configured with", () => {
    const { spec } = podOf({}, { image: "job", runAsUser: 1, terminationGracePeriodSeconds: 5 });
    for (const absent of ["serviceAccountName", "imagePullSecrets", "tolerations", "nodeSelector", "affinity"])
      expect(spec).not.toHaveProperty(absent);
    for (const absent of ["resources", "envFrom", "imagePullPolicy"])
      expect(spec!.containers[0]).not.toHaveProperty(absent);
  });
});

describe("overrides of the template", () => {
  const OVERRIDES: PodOverrides = {
    labels: { team: "climate", [LABELS.batch]: "forged" },
    annotations: { note: "x" },
    resources: { limits: { memory: "1Gi" } },
    nodeSelector: { pool: "batch" },
    tolerations: [{ key: "batch", operator: "Exists" }],
    affinity: { nodeAffinity: {} },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" }],
    priorityClassName: "low",
    runtimeClassName: "gvisor",
    serviceAccountName: "other",
    imagePullSecrets: [{ name: "mine" }, { name: "registry" }],
    env: [
      { name: "PGAPPNAME", value: "mine" },
      { name: POD_ENV.batch, value: "666" },
      { name: POD_ENV.jobAttempt, value: "666" },
      { name: POD_ENV.completionIndex, value: "666" },
      { name: "DATABASE_URL", value: "postgres://elsewhere" },
      { name: "PGSSLMODE", value: "disable" },
    ],
    volumes: [
      { name: "scratch", emptyDir: {} },
      { name: "climatebatch-tmp", hostPath: { path: "/" } },
    ],
    volumeMounts: [
      { name: "scratch", mountPath: "/scratch" },
      { name: "scratch", mountPath: "/tmp" },
    ],
  };

  test("place the pods", () => {
    expect(podOf(OVERRIDES).spec).toMatchObject({
      nodeSelector: { pool: "batch" },
      tolerations: [{ key: "batch", operator: "Exists" }],
      affinity: { nodeAffinity: {} },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" }],
      priorityClassName: "low",
      runtimeClassName: "gvisor",
      serviceAccountName: "other",
      imagePullSecrets: [{ name: "registry" }, { name: "mine" }],
    });
    expect(containerOf(OVERRIDES).resources).toEqual({ limits: { memory: "1Gi" } });
  });

  test("label the pods and the Job, but not as something they are not", () => {
    const { metadata, spec } = build({ template: OVERRIDES });
    for (const labels of [metadata!.labels, spec!.template.metadata!.labels])
      expect(labels).toMatchObject({
        team: "climate",
        [LABELS.batch]: "spi",
        [LABELS.batchId]: "17",
        [LABELS.attempt]: "1",
      });
    expect(spec!.template.metadata!.annotations).toEqual({
      note: "x",
      "kubectl.kubernetes.io/default-container": "shard",
    });
  });

  test("lose against the environment that is the operator's", () => {
    expect(containerOf(OVERRIDES).env).toEqual([
      { name: "PGAPPNAME", value: "mine" },
      { name: "PGSSLMODE", value: "verify-full" },
      { name: POD_ENV.batch, value: "17" },
      { name: POD_ENV.jobAttempt, value: "1" },
    ]);
  });

  test("lose against the volumes that are the operator's", () => {
    const { volumes, containers } = podOf(OVERRIDES).spec!;
    expect(volumes!.map(({ name }) => name)).toEqual(["climatebatch-tmp", "climatebatch-ca", "scratch"]);
    expect(volumes![0]).toHaveProperty("emptyDir");
    expect(containers[0]!.volumeMounts!.map(({ name, mountPath }) => `${name} ${mountPath}`)).toEqual([
      "climatebatch-tmp /tmp",
      "climatebatch-ca /etc/climatebatch",
      "scratch /scratch",
    ]);
  });

  test("cannot reach what else is the operator's", () => {
    const forged = { ...OVERRIDES, containers: [], restartPolicy: "Always", hostNetwork: true, securityContext: {} };
    const { spec } = podOf(forged as PodOverrides);
    expect(spec).toMatchObject({ restartPolicy: "Never", securityContext: { runAsNonRoot: true } });
    expect(spec).not.toHaveProperty("hostNetwork");
    expect(spec!.containers).toHaveLength(1);
  });
});

describe("names of Jobs", () => {
  const uid = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

  test("name the batch, its uid and the attempt", () => {
    expect(childJobName({ name: "spi", uid }, 1)).toBe("spi-0f1e2d3c-1");
  });

  test("differ between two batches of one name", () => {
    expect(childJobName({ name: "spi", uid: "11111111-0000" }, 1)).not.toBe(childJobName({ name: "spi", uid }, 1));
  });

  test("leave pods their host names, whatever the batch is called and however often it is retried", () => {
    const longest = childJobName({ name: "x".repeat(BATCH_NAME_MAX_LENGTH), uid }, 101);
    expect(`${longest}-9999`.length).toBeLessThanOrEqual(63);
    expect(longest).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  });
});
