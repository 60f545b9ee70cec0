// What the chart renders, judged by a real API server: schemas, defaults, unknown fields, and Pod Security `restricted`. Nothing is
// kept. Stricter than schemas from files, which do not know what the server refuses.

import { loadYaml } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kubectlProgram } from "../cluster/binaries.ts";
import { run } from "../cluster/processes.ts";
import { type ApiServer, apiServerAvailable, startApiServer } from "../support/apiServer.ts";
import { CHART, describeWithHelm, NAMESPACE, render, renderText, VALUE_SETS } from "../support/chart.ts";

/** Of the Prometheus Operator, whose definitions are not here. */
const MONITORING = "apiVersion: monitoring.coreos.com/v1";

describeWithHelm("objects of the chart", () => {
  describe.skipIf(apiServerAvailable() !== null)("at an API server", () => {
    let server: ApiServer;
    const kubectl = (words: readonly string[], input?: string) =>
      run(kubectlProgram(), ["--kubeconfig", server.kubeconfig, `--namespace=${NAMESPACE}`, ...words], { input });
    /** Warnings are what Pod Security has against the pods of a Deployment or CronJob. Lines: an object each. */
    const judge = async (manifests: string) => {
      const how = ["--dry-run=server", "--server-side", "--validate=strict", "--warnings-as-errors"];
      return (await kubectl(["apply", ...how, "--filename=-"], manifests)).trim().split("\n");
    };
    beforeAll(async () => {
      server = await startApiServer();
      await kubectl(["apply", "--server-side", `--filename=${CHART}/files/climatebatches.yaml`]);
      await kubectl(["wait", "--for=condition=Established", "crd/climatebatches.climate.aiops.dev"]);
      const levels = ["enforce", "warn"].map((how) => [`pod-security.kubernetes.io/${how}`, "restricted"]);
      const metadata = { name: NAMESPACE, labels: Object.fromEntries(levels) };
      await kubectl(["create", "--filename=-"], JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata }));
    });
    afterAll(() => server?.stop());

    test.each(Object.entries(VALUE_SETS))("are accepted without a warning: %s", async (_, values) => {
      const manifests = (await renderText(values))
        .split(/^---$/m)
        .filter((one) => /^kind:/m.test(one) && !one.includes(MONITORING));
      expect(await judge(manifests.join("---"))).toHaveLength(manifests.length);
    });

    test.each(Object.entries(VALUE_SETS))("ask for ClimateBatches that are accepted: %s", async (_, values) => {
      const asked = (await render(values))
        .filter(({ kind, data }) => kind === "ConfigMap" && data["batch.yaml"] !== undefined)
        .map(({ data }) => loadYaml(data["batch.yaml"]) as { metadata?: object });
      for (const [at, batch] of asked.entries())
        await judge(JSON.stringify({ ...batch, metadata: { ...batch.metadata, name: `batch-${at}` } }));
      expect(asked.length).toBe(values === VALUE_SETS.bare ? 0 : 2);
    });

    test("a pod that may be root is not", async () => {
      const [pod] = (await render(VALUE_SETS.quick!)).filter(({ kind }) => kind === "Pod");
      const loose = { ...pod!, spec: { ...pod!.spec, securityContext: {} } };
      await expect(judge(JSON.stringify(loose))).rejects.toThrow(/violates PodSecurity "restricted/);
    });
  });
});
