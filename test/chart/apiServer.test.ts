// What the chart renders, judged by a real API server (defaults, what it refuses beyond schemas, Pod Security `restricted`; nothing is
// kept) and by kubeconform. Kinds of the Prometheus Operator and of Kueue are judged by their own definitions.

import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectlProgram, kubernetesVersion } from "../cluster/binaries.ts";
import { goDefinitions, goProgram } from "../cluster/goModules.ts";
import { run, waitUntil } from "../cluster/processes.ts";
import { type ApiServer, startApiServer } from "../support/apiServer.ts";
import { CHART, EVERYTHING, NAMESPACE, type Rendered, render, renderText, VALUE_SETS } from "../support/chart.ts";
import { writeJsonSchemas } from "../support/jsonSchemas.ts";
import { describeWith } from "../support/programs.ts";

const DEFINITIONS = [
  `${CHART}/files/climatebatches.yaml`,
  ...["podmonitors", "servicemonitors", "prometheusrules"].map(
    (plural) => `${goDefinitions("prometheus-operator")}/monitoring.coreos.com_${plural}.yaml`,
  ),
  ...["clusterqueues", "localqueues", "resourceflavors"].map(
    (plural) => `${goDefinitions("kueue")}/kueue.x-k8s.io_${plural}.yaml`,
  ),
];
const STRICTLY = ["--dry-run=server", "--server-side", "--validate=strict", "--warnings-as-errors", "--filename=-"];
const VERSION = kubernetesVersion().slice(1);
const EVERY_SET = Object.entries(VALUE_SETS);

/** As a CronJob requests them, named. */
function batchesIn(objects: readonly Rendered[]): Rendered[] {
  return objects
    .filter(({ kind, data }) => kind === "ConfigMap" && data["batch.yaml"] !== undefined)
    .map(({ metadata: { name }, data }) => {
      const batch = loadYaml(data["batch.yaml"]) as Rendered;
      return { ...batch, metadata: { ...batch.metadata, name } };
    });
}

/** One field of one object that is not as its kind has it. */
const MISTAKES = [
  {
    what: "a misspelt field of a container",
    kind: "Deployment",
    spoil: ({ spec }: Rendered) => Object.assign(spec.template.spec.containers[0], { imagePullPolcy: "Always" }),
    says: /imagePullPolcy/,
  },
  {
    what: "a word for a number",
    kind: "Deployment",
    spoil: ({ spec }: Rendered) => Object.assign(spec, { replicas: "two" }),
    says: /replicas/,
  },
  {
    what: "a misspelt field of an endpoint",
    kind: "PodMonitor",
    spoil: ({ spec }: Rendered) => Object.assign(spec.podMetricsEndpoints[0], { intervall: "30s" }),
    says: /intervall/,
  },
  {
    what: "a misspelt field of a spec",
    kind: "ClimateBatch",
    spoil: ({ spec }: Rendered) => Object.assign(spec, { grd: "korea" }),
    says: /grd/,
  },
].map(({ spoil, ...mistake }) => ({
  ...mistake,
  async makeObject() {
    const objects = await render(EVERYTHING);
    const object = [...objects, ...batchesIn(objects)].find(({ kind }) => kind === mistake.kind)!;
    spoil(object);
    return JSON.stringify(object);
  },
}));
/** Kinds that OpenAPI publishes some moments after a definition is established. */
const DEFINED = {
  "climate.aiops.dev/v1alpha1": ["ClimateBatch"],
  "monitoring.coreos.com/v1": ["PodMonitor", "PrometheusRule", "ServiceMonitor"],
};

describeWith(["kube-apiserver", "helm", "prometheus-operator", "kueue", "kubeconform"], "objects of the chart", () => {
  let server: ApiServer;
  const kubectl = (words: readonly string[], input?: string) =>
    run(kubectlProgram(), ["--kubeconfig", server.kubeconfig, `--namespace=${NAMESPACE}`, ...words], { input });
  /** Warnings are what Pod Security has against the pods of a Deployment or CronJob. Lines: an object each. */
  const judge = async (manifests: string) => {
    return (await kubectl(["apply", ...STRICTLY], manifests)).trim().split("\n");
  };
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
    const requested = batchesIn(await render(values));
    expect(requested.length).toBe(values === VALUE_SETS.bare ? 0 : 2);
    if (requested.length === 0) return;
    const manifests = requested.map((batch) => JSON.stringify(batch)).join("\n---\n");
    expect(await judge(manifests)).toHaveLength(requested.length);
  });

  test("a pod that may be root is not", async () => {
    const [pod] = (await render(VALUE_SETS.quick!)).filter(({ kind }) => kind === "Pod");
    const loose = { ...pod!, spec: { ...pod!.spec, securityContext: {} } };
    await expect(judge(JSON.stringify(loose))).rejects.toThrow(/violates PodSecurity "restricted/);
  });

  test.each(MISTAKES)("refused is $what of a $kind", async ({ makeObject, says }) => {
    await expect(makeObject().then(judge)).rejects.toThrow(says);
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

  describeWith(["argo-cd", "flux-source", "flux-helm"], "the page about GitOps", () => {
    const page = readFileSync(join(CHART, "../../docs/gitops.md"), "utf8");
    const [argo, flux] = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block]) => block!);
    const release = flux!.split(/^---$/m)[1]!;
    const kinds = [
      `${goDefinitions("argo-cd")}/application-crd.yaml`,
      `${goDefinitions("flux-source")}/source.toolkit.fluxcd.io_ocirepositories.yaml`,
      `${goDefinitions("flux-helm")}/helm.toolkit.fluxcd.io_helmreleases.yaml`,
    ];
    beforeAll(async () => {
      await kubectl(["apply", "--server-side", ...kinds.map((file) => `--filename=${file}`)]);
      await kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
      await kubectl(["create", "namespace", "argocd"]);
    });

    test("has manifests that Argo CD's and Flux's own definitions accept", async () => {
      const accepted = (manifest: string) =>
        run(kubectlProgram(), ["--kubeconfig", server.kubeconfig, "apply", ...STRICTLY], { input: manifest });
      expect(await accepted(argo!)).toContain("application.argoproj.io/climatebatch serverside-applied");
      expect(await accepted(flux!)).toMatch(/ocirepository.*climatebatch.*\n.*helmrelease.*climatebatch/);
      await expect(accepted(argo!.replace("valuesObject", "valueObject"))).rejects.toThrow(/valueObject/);
    });

    test.each([
      { tool: "Argo CD", values: loadYaml<Rendered>(argo!).spec.source.helm.valuesObject },
      { tool: "Flux", values: loadYaml<Rendered>(release).spec.values },
    ])("has values for $tool with which the chart is accepted", async ({ values }) => {
      const manifests = (await renderText(values)).split(/^---$/m).filter((one) => /^kind:/m.test(one));
      expect(await judge(manifests.join("---"))).toHaveLength(manifests.length);
    });

    test("has a chart without lookups, and without hooks but those of helm test", () => {
      const folder = join(CHART, "templates");
      const templates = readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(yaml|tpl)$/.test(name))
        .map((name) => readFileSync(join(folder, name), "utf8"))
        .join("\n");
      expect(templates).not.toMatch(/\blookup\b/);
      expect([...templates.matchAll(/helm\.sh\/hook" "([\w-]+)"/g)].map(([, hook]) => hook)).toEqual(["test"]);
    });
  });

  describe("at kubeconform", () => {
    let schemas: string;
    beforeAll(async () => {
      schemas = await mkdtemp(join(tmpdir(), "climatebatch-schemas-"));
      const read = (path: string) => kubectl(["get", `--raw=${path}`]);
      for (const [group, kinds] of Object.entries(DEFINED)) {
        await waitUntil(`OpenAPI publishes ${kinds}`, 30_000, async () => {
          const text = await read(`/openapi/v3/apis/${group}`).catch(() => "");
          return kinds.every((kind) => text.includes(`"kind":"${kind}"`)) || undefined;
        });
      }
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
      const requested = batchesIn(objects);
      expect((await conform(requested.map((one) => JSON.stringify(one)).join("\n---\n"))).summary).toEqual(
        counted(requested.length),
      );
    });

    test.each(MISTAKES)("invalid is $what of a $kind", async ({ makeObject, says }) => {
      await expect(makeObject().then(conform)).rejects.toThrow(says);
    });
  });
});
