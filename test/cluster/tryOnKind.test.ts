// scripts/tryOnKind.sh as far as it goes without Docker: in this cluster, with a database of the test.
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestCluster } from "../support/cluster.ts";
import { createTestDatabase } from "../support/database.ts";
import { DEFINITION, describeChartOnCluster, useEmptyCluster } from "../support/installation.ts";
import type { OperatorImages } from "../support/operatorPods.ts";
import { kubectlProgram } from "./binaries.ts";
import { goProgram } from "./goModules.ts";
import { run } from "./processes.ts";

const SCRIPT = join(import.meta.dirname, "../../scripts/tryOnKind.sh");
const NAMESPACE = "try-on-kind";
const CELLS = 12;

describeChartOnCluster("the script of docs/kind.md", () => {
  let cluster: TestCluster;
  let images: OperatorImages;
  beforeAll(async () => {
    ({ cluster, images } = await useEmptyCluster());
  }, 600_000);
  afterAll(async () => {
    await cluster?.kubectl(["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false"]);
    await cluster?.kubectl(["delete", "crd", DEFINITION, "--ignore-not-found", "--wait=false"]);
  });

  test("ends with nine risks of a place, published after two NOTIFYs", async () => {
    await using database = await createTestDatabase({ from: "empty" });
    await using exposed = await cluster.exposeDatabase(database.url);
    const [, prefix, tag] = /^(.*)climatebatch-operator:(.*)$/.exec(images.operator)!;
    const output = await run("bash", [SCRIPT], {
      env: {
        PATH: [dirname(goProgram("helm")), dirname(kubectlProgram()), process.env.PATH].join(delimiter),
        KUBECONFIG: cluster.kubeconfig,
        DATABASE_URL: exposed.url,
        NAMESPACE,
        IMAGE_PREFIX: prefix!,
        IMAGE_TAG: tag!,
        CELLS: String(CELLS),
      },
    });
    expect(output).toMatch(/climatebatch.climate.aiops.dev\/\S+ condition met/);
    for (const risk of ["coastal flood", "typhoon", "wildfire"]) expect(output.toLowerCase()).toContain(risk);
    const { rows } = await database.client.query("SELECT count(DISTINCT risk)::int AS risks FROM hazard_results");
    expect(rows).toEqual([{ risks: 9 }]);
  });
});
