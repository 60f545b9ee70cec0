// Nothing moves, and why, on a real scheduler, Job controller and kubelet: each cause is made, named wherever a person looks, and
// taken away; the batch then continues within 15 s.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CheckReport } from "../../cli/doctor/finding.ts";
import { findCondition, type NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { eventually, startCli } from "../support/cli.ts";
import { describeOnCluster, type TestCluster, useCluster } from "../support/cluster.ts";
import {
  type OperatorImages,
  type OperatorSpace,
  openOperatorSpace,
  prepareOperator,
} from "../support/operatorPods.ts";
import { createClimate, SIX_SHARDS } from "../support/sixShards.ts";

const ABSENT = "absent-here";
const NODE_LABEL = "climatebatch-standstill";
const SCHEDULE_LABEL = "climatebatch-schedule";
const NOTICED_MS = 15_000;

interface Case {
  readonly reason: string;
  readonly words: RegExp;
  readonly spec?: Partial<NewClimateBatchSpec>;
  /** Makes the cause. */
  readonly obstruct?: (space: OperatorSpace) => Promise<unknown>;
  /** Takes it away. */
  readonly fix: (space: OperatorSpace, name: string) => Promise<unknown>;
}

const env = (configMap: string) => ({
  env: [{ name: "LANG", valueFrom: { configMapKeyRef: { name: configMap, key: "lang" } } }],
});
const volume = (configMap: string) => ({
  volumes: [{ name: "files", configMap: { name: configMap } }],
  volumeMounts: [{ name: "files", mountPath: "/data/files" }],
});
const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { lang: "C" } });

describeOnCluster("nothing moves on a cluster", () => {
  let cluster: TestCluster;
  let images: OperatorImages;
  let space: OperatorSpace;
  beforeAll(async () => {
    cluster = await useCluster();
    images = await prepareOperator(cluster);
    space = await openOperatorSpace(cluster, { climate: await createClimate(), images });
    await space.namespace.kubectl([
      ...["set", "env", "deployment/operator"],
      ...[`JOB_ALLOWED_PRIORITY_CLASSES=${ABSENT}`, `JOB_ALLOWED_SERVICE_ACCOUNTS=${ABSENT}`],
    ]);
    await space.scale(1);
  }, 600_000);
  afterAll(async () => {
    await cluster?.kubectl(["label", "node", "--all", `${NODE_LABEL}-`, `${SCHEDULE_LABEL}-`]);
    await cluster?.kubectl(["delete", "priorityclass", ABSENT, "--ignore-not-found"]);
    await space?.[Symbol.asyncDispose]();
  });

  const progressing = async (name: string) => findCondition((await space.read(name)).status, "Progressing");

  async function progresses(name: string, reason: string, status: "True" | "False"): Promise<string> {
    return eventually(`Progressing of ${name} is ${status} for ${reason}`, async () => {
      const now = await progressing(name);
      return now?.reason === reason && now.status === status ? now.message : undefined;
    });
  }

  async function metrics(): Promise<string> {
    const pods = ["get", "pods", "--selector=app=operator", "--output=jsonpath={.items[*].metadata.name}"];
    const [pod] = (await space.namespace.kubectl(pods)).split(" ");
    return cluster.kubectl([
      "get",
      "--raw",
      `/api/v1/namespaces/${space.namespace.name}/pods/${pod}:8080/proxy/metrics`,
    ]);
  }

  async function events() {
    const { items } = JSON.parse(await space.namespace.kubectl(["get", "events.v1.events.k8s.io", "--output=json"]));
    return items as { type: string; reason: string; note: string }[];
  }

  async function look() {
    const at = ["--kubeconfig", cluster.kubeconfig, "--namespace", space.namespace.name];
    const [status, doctor] = await Promise.all([
      startCli(["status", "--cluster", ...at]).ended,
      startCli(["doctor", "--json", ...at]).ended,
    ]);
    return { status: status.stdout, doctor: JSON.parse(doctor.stdout) as CheckReport[] };
  }

  const findingsOf = (reports: readonly CheckReport[], name: string) =>
    reports.find(({ check }) => check === name)!.findings;

  /** In an Event, by `climatebatch status`, by the doctor, and in the metric that the alert ClimateBatchStalled reads. */
  async function isNamed(name: string, { reason, words }: Pick<Case, "reason" | "words">): Promise<void> {
    await eventually(`the Event ${reason}`, async () =>
      (await events()).find((one) => one.type === "Warning" && one.reason === reason && words.test(one.note)),
    );
    const { status, doctor } = await look();
    expect(findingsOf(doctor, "ClimateBatches")).toContainEqual(
      expect.objectContaining({
        level: "problem",
        found: expect.stringMatching(new RegExp(`^${name}: .*${reason}: .*${words.source}`)),
      }),
    );
    const [, shown] = new RegExp(`${name} does not move since \\S+ \\(${reason}\\): (.*)`).exec(status) ?? [];
    expect(shown).toMatch(words);
    expect(await metrics()).toMatch(new RegExp(`^climatebatch_stalled_seconds\\{reason="${reason}"\\} \\d`, "m"));
  }

  async function remove(name: string): Promise<void> {
    await space.namespace.kubectl(["delete", "climatebatch", name, "--wait"]);
    await space.namespace.kubectl([
      ...["wait", "--for=delete", "pod", `--selector=climate.aiops.dev/batch=${name}`, "--timeout=60s"],
    ]);
  }

  const CASES: readonly Case[] = [
    {
      reason: "QuotaExceeded",
      words: /exceeded quota: small/,
      // The operator's own pod is there already.
      obstruct: ({ namespace }) =>
        namespace.apply({
          apiVersion: "v1",
          kind: "ResourceQuota",
          metadata: { name: "small" },
          spec: { hard: { pods: "1" } },
        }),
      fix: ({ namespace }) =>
        namespace.kubectl(["patch", "resourcequota/small", '--patch={"spec":{"hard":{"pods":"9"}}}']),
    },
    {
      reason: "LimitRange",
      words: /maximum memory usage per Container is 256Mi/,
      spec: { template: { resources: { limits: { memory: "1Gi" } } } },
      obstruct: ({ namespace }) =>
        namespace.apply({
          apiVersion: "v1",
          kind: "LimitRange",
          metadata: { name: "small" },
          spec: { limits: [{ type: "Container", max: { memory: "256Mi" } }] },
        }),
      fix: ({ namespace }) => namespace.kubectl(["delete", "limitrange/small"]),
    },
    {
      reason: "PriorityClassMissing",
      words: /no PriorityClass with name absent-here was found/,
      spec: { template: { priorityClassName: ABSENT } },
      fix: () => cluster.kubectl(["create", "priorityclass", ABSENT, "--value=1"]),
    },
    {
      reason: "ServiceAccountMissing",
      words: /serviceaccount "absent-here" not found/,
      spec: { template: { serviceAccountName: ABSENT } },
      fix: ({ namespace }) => namespace.kubectl(["create", "serviceaccount", ABSENT]),
    },
    {
      reason: "ConfigMapMissing",
      words: /configmap "of-env" not found/,
      spec: { template: env("of-env") },
      fix: ({ namespace }) => namespace.apply(configMap("of-env")),
    },
    {
      reason: "ConfigMapMissing",
      words: /configmap "of-volume" not found/,
      spec: { template: volume("of-volume") },
      fix: ({ namespace }) => namespace.apply(configMap("of-volume")),
    },
    {
      reason: "SecretMissing",
      words: /secret "job-database" not found/,
      obstruct: ({ namespace }) => namespace.kubectl(["delete", "secret/job-database"]),
      fix: ({ namespace, urls }) =>
        namespace.kubectl(["create", "secret", "generic", "job-database", `--from-literal=DATABASE_URL=${urls.job}`]),
    },
    {
      reason: "Unschedulable",
      words: /didn't match Pod's node affinity\/selector/,
      spec: { template: { nodeSelector: { [NODE_LABEL]: "yes" } } },
      fix: () => cluster.kubectl(["label", "node", "--all", `${NODE_LABEL}=yes`]),
    },
    {
      reason: "Unschedulable",
      words: /Insufficient memory/,
      spec: { template: { resources: { requests: { memory: "4Ti" } } } },
      fix: (own, name) => own.patch(name, { template: { resources: { requests: { memory: "64Mi" } } } }),
    },
    {
      reason: "OutOfMemory",
      words: /exceeded its memory limit: raise spec\.template\.resources\.limits\.memory/,
      spec: { template: { resources: { limits: { memory: "24Mi" } } }, backoffLimitPerShard: 6 },
      fix: (own, name) => own.patch(name, { template: { resources: { limits: { memory: "512Mi" } } } }),
    },
  ];

  test.each(CASES.map((one, at) => ({ ...one, name: `stalled-${at}` })))(
    "$reason: named everywhere as $words, and a fix is noticed within 15 s",
    async ({ name, reason, words, spec, obstruct, fix }) => {
      await obstruct?.(space);
      await space.apply(name, { ...SIX_SHARDS, ...spec });
      expect(await progresses(name, reason, "False")).toMatch(words);
      await isNamed(name, { reason, words });
      await fix(space, name);
      const fixedAtMs = performance.now();
      await progresses(name, "Running", "True");
      const tookMs = performance.now() - fixedAtMs;
      console.log(`${reason}: noticed after ${(tookMs / 1000).toFixed(1)} s`);
      expect(tookMs).toBeLessThan(NOTICED_MS);
      await remove(name);
    },
  );

  test("ImageNotPulled: named everywhere, and a fix of the operator's setting is noticed", async () => {
    const setImage = async (image: string) => {
      await space.namespace.kubectl(["set", "env", "deployment/operator", `JOB_IMAGE=${image}`]);
      await space.namespace.kubectl(["rollout", "status", "deployment/operator", "--timeout=60s"]);
    };
    await setImage("example.invalid/none:1");
    await space.apply("imageless", SIX_SHARDS);
    const words = /example\.invalid\/none:1/;
    expect(await progresses("imageless", "ImageNotPulled", "False")).toMatch(words);
    await isNamed("imageless", { reason: "ImageNotPulled", words });
    await setImage(images.job);
    await progresses("imageless", "Running", "True");
    await remove("imageless");
  });

  test("a schedule's pod that stays pending: an Event, status, doctor and metric name the cause until it is gone", async () => {
    const labels = { "app.kubernetes.io/component": "schedule" };
    const container = { name: "submit", image: images.job, imagePullPolicy: "Never", args: ["submit", "hazard"] };
    const pod = { restartPolicy: "Never", nodeSelector: { [SCHEDULE_LABEL]: "yes" }, containers: [container] };
    await space.namespace.apply({
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "yearly", labels },
      spec: {
        schedule: "0 2 1 1 *",
        jobTemplate: { metadata: { labels }, spec: { backoffLimit: 0, template: { metadata: { labels }, spec: pod } } },
      },
    });
    await space.namespace.kubectl(["create", "job", "yearly-now", "--from=cronjob/yearly"]);
    const reason = "Unschedulable";
    const words = /didn't match Pod's node affinity\/selector/;
    // Batches before it had Events with the same words.
    await eventually("its Event", async () =>
      (await events()).find(({ reason: of, note }) => of === reason && note.includes("yearly-now") && words.test(note)),
    );
    const { status, doctor } = await look();
    expect(status).toMatch(/job\/yearly-now does not move since \S+ \(Unschedulable\): Pod yearly-now-\S+: 0\/1 nodes/);
    expect(findingsOf(doctor, "last firings")).toContainEqual(
      expect.objectContaining({ level: "problem", found: expect.stringMatching(words) }),
    );
    expect(await metrics()).toMatch(/^climatebatch_stalled_seconds\{reason="Unschedulable"\} \d/m);

    await cluster.kubectl(["label", "node", "--all", `${SCHEDULE_LABEL}=yes`]);
    const fixedAtMs = performance.now();
    await eventually("it is measured no more", async () => !(await metrics()).includes("Unschedulable") || undefined);
    expect(performance.now() - fixedAtMs).toBeLessThan(NOTICED_MS);
    expect((await look()).status).not.toContain("yearly-now does not move");
  });
});
