// What tests of operator/kube share: an API server with a ClimateBatch definition, a namespace each, a proxy that misbehaves,
// and an administrator for what the operator itself may not do.
import { randomUUID } from "node:crypto";
import { KubeConfig } from "@kubernetes/client-node";
import { systemClock } from "../../model/clock.ts";
import { type KubeApi, makeKubeApi } from "../../operator/kube/client.ts";
import { Transport } from "../../operator/kube/transport.ts";
import type { KubeObject } from "../../operator/kube/wireFormat.ts";
import { type ApiServer, startApiServer } from "./apiServer.ts";
import { eventually } from "./cli.ts";
import { type FaultProxy, startFaultProxy } from "./faultProxy.ts";

export interface TestBatch extends KubeObject {
  readonly spec: { readonly shards?: number; readonly ballast?: string };
  readonly status?: { readonly done?: number };
}

export const SILENT = { info: () => undefined, warn: () => undefined };
const RATE = { qps: 1_000, burst: 1_000, timeoutMs: 10_000, clock: systemClock, random: Math.random };
const GROUP = "climate.aiops.dev";
const BATCHES = { apiVersion: `${GROUP}/v1alpha1`, kind: "ClimateBatch" };

/** As little of a definition as these tests need; the product's own is tested elsewhere. */
const DEFINITION = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `climatebatches.${GROUP}` },
  spec: {
    group: GROUP,
    scope: "Namespaced",
    names: { plural: "climatebatches", singular: "climatebatch", kind: "ClimateBatch", listKind: "ClimateBatchList" },
    versions: [
      {
        name: "v1alpha1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

export interface KubeCluster extends AsyncDisposable {
  readonly server: ApiServer;
  /** A new namespace behind a proxy of its own. */
  openNamespace(): Promise<KubeNamespace>;
}

export interface KubeNamespace extends AsyncDisposable {
  readonly namespace: string;
  readonly proxy: FaultProxy;
  /** The operator's client, through the proxy. */
  readonly api: KubeApi<TestBatch>;
  makeApi(rate?: Partial<typeof RATE>): KubeApi<TestBatch>;
  /** Past the proxy and with all rights. */
  create(name: string, spec?: TestBatch["spec"]): Promise<TestBatch>;
  patch(name: string, spec: TestBatch["spec"]): Promise<TestBatch>;
  remove(name: string): Promise<void>;
  call<T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<T>;
}

export async function openKubeCluster(): Promise<KubeCluster> {
  const server = await startApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const admin = new Transport({ ...RATE, kubeConfig });
  const call = <T>(method: "GET" | "POST" | "DELETE", path: string, body?: unknown) =>
    admin.call<T>({ method, path, ...withJson(body) });
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await call("POST", definitions, DEFINITION);
  await eventually("the definition is served", () =>
    call(`GET`, `/apis/${GROUP}/v1alpha1/namespaces/default/climatebatches`).then(
      () => true as const,
      () => undefined,
    ),
  );

  async function openNamespace(): Promise<KubeNamespace> {
    const namespace = `test-${randomUUID().slice(0, 8)}`;
    await call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    const proxy = await startFaultProxy(server.kubeconfig);
    const apis: KubeApi<TestBatch>[] = [];
    const makeApi = (rate: Partial<typeof RATE> = {}) => {
      apis.push(makeKubeApi<TestBatch>({ ...RATE, ...rate, kubeConfig: proxy.kubeConfig, namespace }));
      return apis.at(-1)!;
    };
    const batches = `/apis/${GROUP}/v1alpha1/namespaces/${namespace}/climatebatches`;
    return {
      namespace,
      proxy,
      api: makeApi(),
      makeApi,
      call,
      create: (name, spec = {}) => call("POST", batches, { ...BATCHES, metadata: { name }, spec }),
      patch: (name, spec) =>
        admin.call({
          method: "PATCH",
          path: `${batches}/${name}`,
          body: JSON.stringify({ spec }),
          contentType: "application/merge-patch+json",
        }),
      remove: (name) => call("DELETE", `${batches}/${name}`),
      async [Symbol.asyncDispose]() {
        for (const api of apis) api.close();
        await proxy[Symbol.asyncDispose]();
      },
    };
  }

  return {
    server,
    openNamespace,
    async [Symbol.asyncDispose]() {
      admin.close();
      await server.stop();
    },
  };
}

function withJson(body: unknown) {
  return body === undefined ? {} : { body: JSON.stringify(body), contentType: "application/json" };
}
