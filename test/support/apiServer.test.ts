import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectlProgram, kubernetesVersion } from "../cluster/binaries.ts";
import { run } from "../cluster/processes.ts";
import { type ApiServer, describeOnApiServer, startApiServer } from "./apiServer.ts";

describeOnApiServer("an API server of its own", () => {
  let api: ApiServer;
  const kubectl = (...words: string[]) => run(kubectlProgram(), ["--kubeconfig", api.kubeconfig, ...words]);

  beforeAll(async () => {
    api = await startApiServer();
  });
  afterAll(() => api.stop());

  test("answers with the version that is pinned", async () => {
    expect(JSON.parse(await kubectl("get", "--raw", "/version")).gitVersion).toBe(kubernetesVersion());
  });

  test("keeps its objects over a restart, on the same address", async () => {
    await kubectl("create", "configmap", "kept", "--from-literal=answer=42");
    await api.restart(200);
    expect(await kubectl("get", "configmap", "kept", "--output=jsonpath={.data.answer}")).toBe("42");
  });

  test("is silent while paused and answers afterwards", async () => {
    api.pause();
    const request = kubectl("get", "configmaps", "--request-timeout=500ms");
    await expect(request).rejects.toThrow(/exceeded/);
    api.resume();
    expect(await kubectl("get", "--raw", "/readyz")).toBe("ok");
  });

  test("is beside another", async () => {
    await using other = await startApiServer();
    expect(other.url).not.toBe(api.url);
    await kubectl("create", "namespace", "only-here");
    const elsewhere = run(kubectlProgram(), ["--kubeconfig", other.kubeconfig, "get", "namespace", "only-here"]);
    await expect(elsewhere).rejects.toThrow(/not found/);
  });
});
