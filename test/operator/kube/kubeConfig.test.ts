// Which cluster KUBECONFIG means, and the message when it means none.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RejectedError } from "../../../model/errors.ts";
import { loadCluster } from "../../../operator/kube/kubeConfig.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-kubeconfig-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, namespace: string | undefined, isCurrent: boolean): Promise<string> {
  const path = join(folder, name);
  const kubeconfig = {
    clusters: [{ name, cluster: { server: `https://${name}.example:6443` } }],
    users: [{ name, user: { token: "secret" } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    ...(isCurrent && { "current-context": name }),
  };
  await writeFile(path, JSON.stringify(kubeconfig));
  return path;
}

function refusal(kubeconfig: string | undefined): string {
  try {
    loadCluster(kubeconfig);
  } catch (error) {
    const { reason, message } = error as RejectedError;
    return `${reason}: ${message}`;
  }
  return "accepted";
}

test("a file gives the cluster of its current context, and its namespace", async () => {
  const { kubeConfig, namespace } = loadCluster(await write("seoul", "climate", true));
  expect([kubeConfig.getCurrentCluster()?.server, namespace]).toEqual(["https://seoul.example:6443", "climate"]);
});

test("of several files the first that names a current context decides", async () => {
  const paths = [
    await write("users", undefined, false),
    await write("busan", undefined, true),
    await write("jeju", "x", true),
  ];
  const { kubeConfig, namespace } = loadCluster(paths.join(delimiter));
  expect([kubeConfig.getCurrentCluster()?.server, namespace]).toEqual(["https://busan.example:6443", undefined]);
  expect(kubeConfig.getClusters()).toHaveLength(3);
});

test("what cannot be used is named, with the remedy", async () => {
  const broken = join(folder, "broken");
  await writeFile(broken, "clusters: [");
  const absent = join(folder, "absent");
  expect(refusal(broken)).toBe(
    `KubeConfigUnreadable: KUBECONFIG names "${broken}", which is not a readable kubeconfig`,
  );
  expect(refusal(absent)).toBe(
    `KubeConfigUnreadable: KUBECONFIG names "${absent}", which is not a readable kubeconfig`,
  );
  expect(refusal(await write("nowhere", undefined, false))).toContain("kubectl config use-context");
  expect(refusal(undefined)).toContain("set KUBECONFIG, or run in a pod");
});
