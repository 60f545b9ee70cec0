// The pages about the chart, followed by a shell to the letter: install, monitor, schedule, troubleshoot, upgrade, remove.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writePastAndFuture } from "../support/climate.ts";
import type { TestCluster } from "../support/cluster.ts";
import {
  type ChartDatabase,
  DEFINITION,
  describeChartOnCluster,
  openChartDatabase,
  smallValues,
  useEmptyCluster,
} from "../support/installation.ts";
import { CELLS, SIX_SHARDS } from "../support/sixShards.ts";
import { kubectlProgram } from "./binaries.ts";
import { goProgram } from "./goModules.ts";
import { run } from "./processes.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "climate";
/** Of values.yaml. */
const OPERATOR_MEMORY_LIMIT_BYTES = 512 * 2 ** 20;
const { calculation: _, ...batch } = SIX_SHARDS;

describeChartOnCluster("the pages about the chart", () => {
  let cluster: TestCluster;
  let world: ChartDatabase;
  let folder: string;
  /** Where load-in-cluster.md finds its files. */
  let files = "";
  beforeAll(async () => {
    const { images, ...empty } = await useEmptyCluster();
    cluster = empty.cluster;
    await cluster.kubectl(["delete", "namespace", NAMESPACE, "--ignore-not-found"]);
    world = await openChartDatabase(cluster);
    folder = await mkdtemp(join(tmpdir(), "climatebatch-pages-"));
    await symlink(join(ROOT, "charts"), join(folder, "charts"));
    const database = {
      operator: { existingSecret: "climate-operator" },
      job: { existingSecret: "climate-job" },
      migrations: { existingSecret: "climate-owner" },
    };
    // JSON is YAML. Every pod of what else runs on the machine would delay the defaults of resources.
    await writeFile(join(folder, "my-values.yaml"), JSON.stringify({ ...smallValues(images, batch), database }));
  }, 600_000);
  afterAll(async () => {
    await cluster?.kubectl(["delete", "crd", DEFINITION, "--ignore-not-found", "--wait=false"]);
    await cluster?.kubectl(["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false"]);
    await world?.[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const shell = (script: string) =>
    run("bash", ["-euo", "pipefail", "-c", `cd "${folder}"\n${script}`], {
      env: {
        KUBECONFIG: cluster.kubeconfig,
        PATH: [dirname(goProgram("helm")), dirname(kubectlProgram()), process.env.PATH].join(delimiter),
        OPERATOR_URL: world.urls.operator,
        JOB_URL: world.urls.job,
        OWNER_URL: world.urls.owner,
        FILES: files,
      },
    });
  const follow = async (page: string, before?: (block: string) => Promise<void>) => {
    let result = "";
    for (const block of shellBlocks(page)) {
      await before?.(block);
      result += await shell(block);
    }
    return result;
  };

  test("install.md ends with published results", async () => {
    const result = await follow("install.md", async (block) => {
      // "Load data"
      if (block.includes("create job")) await writePastAndFuture(world.database.client, { cells: CELLS });
    });
    expect(result).toMatch(/^ok +leader /m);
    expect(result).toMatch(/^yearly-probability-\d{4} +Probability +Complete +6\/6 +True/m);
    const { rows } = await world.database.client.query("SELECT count(*)::int AS n FROM probability_results");
    expect(rows[0].n).toBeGreaterThan(0);
  });

  test("monitoring.md shows a replica's metrics, which fits into the memory that the chart gives it", async () => {
    const result = await follow("monitoring.md");
    expect(result).toMatch(/^climatebatch_database_up 1$/m);
    const bytes = Number(/^process_resident_memory_bytes (\S+)$/m.exec(result)![1]);
    console.log(`The operator's resident memory: ${Math.round(bytes / 2 ** 20)} MiB.`);
    expect(bytes).toBeLessThan(OPERATOR_MEMORY_LIMIT_BYTES / 2);
  });

  test("schedule.md changes the zone, suspends hazard, and orders hazard after probability", async () => {
    const result = await follow("schedule.md");
    expect(result).toMatch(/yearly-probability-\d{4} is there already\n.*yearly-probability-\d{4} is published/s);
    expect(result).toMatch(/yearly-hazard-\d{4} created/);
  });

  test("troubleshooting-cluster.md shows what it says it shows", async () => {
    const result = await follow("troubleshooting-cluster.md");
    expect(result).toContain('"event":"listenerConnected"');
    expect(result).toContain("Batch 1 is complete");
  });

  // After the others, whose batches would compute its scenario too.
  test("load-in-cluster.md loads a file of a web server", async () => {
    const server = createServer((_, response) => response.end(daysOf(2001))).listen(0, cluster.nodeAddress);
    await once(server, "listening");
    files = `http://${cluster.nodeAddress}:${(server.address() as AddressInfo).port}`;
    const result = await follow("load-in-cluster.md").finally(() => server.close());
    expect(result).toMatch(/365 rows: daily 2001-01-01 to 2001-12-31/);
    const { rows: stored } = await world.database.client.query(
      "SELECT count(*)::int AS days FROM climatebatch.climate_values WHERE scenario = 'loaded'",
    );
    expect(stored).toEqual([{ days: 365 }]);
  });

  test("a load reads a file of a volume, at /data", async () => {
    const data = await mkdtemp(join(tmpdir(), "climatebatch-volume-"));
    // Pods run as another user.
    await chmod(data, 0o755);
    await writeFile(join(data, "days.csv"), daysOf(2002));
    const volume = "climatebatch-files";
    const capacity = { storage: "1Mi" };
    const shared = { accessModes: ["ReadOnlyMany"], storageClassName: "" };
    const objects = [
      { kind: "PersistentVolume", metadata: { name: volume }, spec: { ...shared, capacity, hostPath: { path: data } } },
      {
        kind: "PersistentVolumeClaim",
        metadata: { name: "files", namespace: NAMESPACE },
        spec: { ...shared, volumeName: volume, resources: { requests: capacity } },
      },
    ].map((object) => ({ apiVersion: "v1", ...object }));
    const items = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    await cluster.kubectl(["apply", "--filename=-"], { input: items });
    try {
      const command = ["load", "climate", "/data/days.csv", "--scenario", "loaded"];
      const values = { loads: { jobs: [{ name: "volume", claim: "files", command }] } };
      await writeFile(join(folder, "volume.yaml"), JSON.stringify(values));
      const result = await shell(
        `helm upgrade climatebatch charts/climatebatch --namespace ${NAMESPACE} --reuse-values --values volume.yaml --wait
         kubectl create job volume --namespace ${NAMESPACE} --from=cronjob/climatebatch-load-volume
         kubectl wait job/volume --namespace ${NAMESPACE} --for=condition=Complete --timeout=300s
         kubectl logs job/volume --namespace ${NAMESPACE}`,
      );
      expect(result).toMatch(/365 rows: daily 2002-01-01 to 2002-12-31/);
    } finally {
      await cluster.kubectl(["delete", "persistentvolume", volume, "--wait=false"]);
      await rm(data, { recursive: true });
    }
  });

  test("upgrade.md upgrades, and leaves nothing behind at its end", async () => {
    await follow("upgrade.md");
    await expect(cluster.kubectl(["get", "namespace", NAMESPACE])).rejects.toThrow(/NotFound/);
    await expect(cluster.kubectl(["get", "crd", DEFINITION])).rejects.toThrow(/NotFound/);
    const roles = await cluster.kubectl(["get", "clusterroles", "--selector=app.kubernetes.io/instance=climatebatch"]);
    expect(roles).toBe("");
  });
});

/** A table of one place. */
function daysOf(year: number): string {
  const rows = Array.from({ length: 365 }, (_, day) => {
    return `${new Date(Date.UTC(year, 0, 1 + day)).toISOString().slice(0, 10)},37,127,${day % 30}`;
  });
  return `date,latitude,longitude,tasmax\n${rows.join("\n")}\n`;
}

function shellBlocks(page: string): string[] {
  const text = readFileSync(join(ROOT, "docs", page), "utf8");
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
  expect(blocks.length).toBeGreaterThan(0);
  return blocks;
}
