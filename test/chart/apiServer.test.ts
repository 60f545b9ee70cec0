// What the chart renders, judged by a real API server (defaults, what it refuses beyond schemas, Pod Security `restricted`; nothing is
// kept) and by kubeconform. Kinds of the Prometheus Operator and of Kueue are judged by their own definitions.

import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectlProgram, kubernetesVersion } from "../cluster/binaries.ts";
import { goDefinitions, goProgram } from "../cluster/goModules.ts";
import { run, waitUntil } from "../cluster/processes.ts";
import { type ApiServer, apiServerAvailable, startApiServer } from "../support/apiServer.ts";
import { CHART, EVERYTHING, find, NAMESPACE, type Rendered, render, renderText, VALUE_SETS } from "../support/chart.ts";
import { describeWith } from "../support/goModules.ts";
import { writeJsonSchemas } from "../support/jsonSchemas.ts";

const DEFINITIONS = [
  `${CHART}/files/climatebatches.yaml`,
  ...["podmonitors", "servicemonitors", "prometheusrules"].map(
    (plural) => `${goDefinitions("prometheus-operator")}/monitoring.coreos.com_${plural}.yaml`,
  ),
  ...["clusterqueues", "localqueues", "resourceflavors"].map(
    (plural) => `${goDefinitions("kueue")}/kueue.x-k8s.io_${plural}.yaml`,
  ),
];
const VERSION = kubernetesVersion().slice(1);
const EVERY_SET = Object.entries(VALUE_SETS);

/** As a CronJob asks for them, named. */
function batchesIn(objects: readonly Rendered[]): object[] {
  return objects
    .filter(({ kind, data }) => kind === "ConfigMap" && data["batch.yaml"] !== undefined)
    .map(({ metadata: { name }, data }) => {
      const batch = loadYaml(data["batch.yaml"]) as { metadata?: object };
      return { ...batch, metadata: { ...batch.metadata, name } };
    });
}

const rendered = async (kind: string, name: string) => find(await render(EVERYTHING), kind, name);

/** One field of one object is not as its kind has it. */
const MISTAKES = [
  {
    what: "a misspelt field of a Deployment's container",
    async object() {
      const deployment = await rendered("Deployment", "cb-climatebatch-operator");
      deployment.spec.template.spec.containers[0].imagePullPolcy = "Always";
      return deployment;
    },
    says: /imagePullPolcy/,
  },
  {
    what: "a word for the number of replicas",
    async object() {
      const deployment = await rendered("Deployment", "cb-climatebatch-operator");
      deployment.spec.replicas = "two";
      return deployment;
    },
    says: /replicas/,
  },
  {
    what: "a misspelt field of a PodMonitor's endpoint",
    async object() {
      const monitor = await rendered("PodMonitor", "cb-climatebatch-operator");
      monitor.spec.podMetricsEndpoints[0].intervall = "30s";
      return monitor;
    },
    says: /intervall/,
  },
  {
    what: "a misspelt field of a ClimateBatch",
    async object() {
      const [batch] = batchesIn(await render(EVERYTHING)) as { spec: Record<string, unknown> }[];
      batch!.spec.grd = "korea";
      return batch!;
    },
    says: /grd/,
  },
];

describeWith(["helm", "prometheus-operator", "kueue"], "objects of the chart", () => {
  describe.skipIf(apiServerAvailable() !== null)("at an API server", () => {
    let server: ApiServer;
    const kubectl = (words: readonly string[], input?: string) =>
      run(kubectlProgram(), ["--kubeconfig", server.kubeconfig, `--namespace=${NAMESPACE}`, ...words], { input });
    /** Warnings are what Pod Security has against the pods of a Deployment or CronJob. Lines: an object each. */
    const judge = async (manifests: string) => {
      const how = ["--dry-run=server", "--server-side", "--validate=strict", "--warnings-as-errors"];
      return (await kubectl(["apply", ...how, "--filename=-"], manifests)).trim().split("\n");
    };
    const judgeObject = (object: object) => judge(JSON.stringify(object));
    beforeAll(async () => {
      server = await startApiServer();
      await kubectl(["apply", "--server-side", ...DEFINITIONS.map((file) => `--filename=${file}`)]);
      await kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
      const levels = ["enforce", "warn"].map((how) => [`pod-security.kubernetes.io/${how}`, "restricted"]);
      const metadata = { name: NAMESPACE, labels: Object.fromEntries(levels) };
      await kubectl(["create", "--filename=-"], JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata }));
    });
    afterAll(() => server?.stop());

    test.each(EVERY_SET)("are accepted without a warning: %s", async (_, values) => {
      const manifests = (await renderText(values)).split(/^---$/m).filter((one) => /^kind:/m.test(one));
      expect(await judge(manifests.join("---"))).toHaveLength(manifests.length);
    });

    test.each(EVERY_SET)("ask for ClimateBatches that are accepted: %s", async (_, values) => {
      const asked = batchesIn(await render(values));
      for (const batch of asked) await judgeObject(batch);
      expect(asked.length).toBe(values === VALUE_SETS.bare ? 0 : 2);
    });

    test("a pod that may be root is not", async () => {
      const [pod] = (await render(VALUE_SETS.quick!)).filter(({ kind }) => kind === "Pod");
      const loose = { ...pod!, spec: { ...pod!.spec, securityContext: {} } };
      await expect(judgeObject(loose)).rejects.toThrow(/violates PodSecurity "restricted/);
    });

    test.each(MISTAKES)("a mistake is refused: $what", async ({ object, says }) => {
      await expect(object().then(judgeObject)).rejects.toThrow(says);
    });

    test("the page about Kueue makes queues as Kueue defines them, for the label that its values give", async () => {
      const page = readFileSync(join(CHART, "../../docs/kueue.md"), "utf8");
      const [values, queues] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) => block!);
      expect(await judge(queues!)).toEqual([
        "resourceflavor.kueue.x-k8s.io/default serverside-applied (server dry run)",
        "clusterqueue.kueue.x-k8s.io/climate serverside-applied (server dry run)",
        "localqueue.kueue.x-k8s.io/climate serverside-applied (server dry run)",
      ]);
      expect(batchesIn(await render({ ...VALUE_SETS.quick, ...(loadYaml(values!) as object) }))).toContainEqual(
        expect.objectContaining({
          metadata: { name: "cb-climatebatch-probability", labels: { "kueue.x-k8s.io/queue-name": "climate" } },
        }),
      );
    });

    describeWith(["kubeconform"], "by kubeconform", () => {
      let schemas: string;
      beforeAll(async () => {
        schemas = await mkdtemp(join(tmpdir(), "climatebatch-schemas-"));
        const read = (path: string) => kubectl(["get", `--raw=${path}`]);
        // Some moments after a definition is established.
        await waitUntil("OpenAPI tells of all definitions", 30_000, async () => {
          const index = await read("/openapi/v3");
          const groups = ["climate.aiops.dev/v1alpha1", "monitoring.coreos.com/v1", "kueue.x-k8s.io/v1beta2"];
          return groups.every((group) => index.includes(`"apis/${group}"`)) || undefined;
        });
        await writeJsonSchemas(schemas, VERSION, read);
      });
      afterAll(() => rm(schemas, { recursive: true, force: true }));

      const conform = async (manifests: string) => {
        const how = ["-strict", `-kubernetes-version=${VERSION}`, `-schema-location=${schemas}`];
        return JSON.parse(
          await run(goProgram("kubeconform"), [...how, "-summary", "-output=json"], { input: manifests }),
        );
      };
      const counted = (valid: number) => ({ valid, invalid: 0, errors: 0, skipped: 0 });

      test.each(EVERY_SET)("are valid, and the ClimateBatches they ask for: %s", async (_, values) => {
        const text = await renderText(values);
        const objects = await render(values);
        expect((await conform(text)).summary).toEqual(counted(objects.length));
        const asked = batchesIn(objects);
        expect((await conform(asked.map((one) => JSON.stringify(one)).join("\n---\n"))).summary).toEqual(
          counted(asked.length),
        );
      });

      test.each(MISTAKES)("a mistake is invalid: $what", async ({ object, says }) => {
        await expect(object().then((one) => conform(JSON.stringify(one)))).rejects.toThrow(says);
      });
    });
  });
});
