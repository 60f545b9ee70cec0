// What the doctor reads from the API server, in one namespace, permissions included; it writes nothing.
import type { V1CronJob, V1Deployment } from "@kubernetes/client-node";
import { CLIMATE_BATCH } from "../../../model/climateBatch.ts";
import { systemClock } from "../../../model/clock.ts";
import type { StoredBatch } from "../../../operator/context.ts";
import { SCHEMA_PATH, type ServedSchemas } from "../../../operator/definition.ts";
import { isNotFound } from "../../../operator/kube/apiError.ts";
import type { Job, Lease, Pod } from "../../../operator/kube/client.ts";
import type { Cluster } from "../../../operator/kube/kubeConfig.ts";
import { listAll } from "../../../operator/kube/listAll.ts";
import { Transport } from "../../../operator/kube/transport.ts";
import type { KubeObject, ListOptions, ObjectList, Stored } from "../../../operator/kube/wireFormat.ts";
import type { EventFacts } from "../../../operator/reconcile/obstacles.ts";
import type { ScheduleReader } from "../../../operator/schedules.ts";

export type CronJob = Stored<V1CronJob>;
export type Deployment = Stored<V1Deployment>;

const PAGE = 500;

export interface Permission {
  readonly group: string;
  /** plural, or plural/subresource */
  readonly resource: string;
  readonly verb: string;
  readonly name?: string | undefined;
}

export class ClusterReader implements ScheduleReader {
  readonly namespace: string;
  /** Address of the API server. */
  readonly server: string;
  readonly #transport: Transport;
  readonly #signal: AbortSignal;

  constructor({ kubeConfig }: Cluster, namespace: string, signal: AbortSignal) {
    this.namespace = namespace;
    this.server = kubeConfig.getCurrentCluster()!.server;
    this.#signal = signal;
    const rate = { qps: 20, burst: 60, timeoutMs: 15_000 };
    this.#transport = new Transport({ ...rate, kubeConfig, clock: systemClock, random: Math.random });
  }

  /** "v1.34.4" */
  async version(): Promise<string> {
    return (await this.#get<{ gitVersion: string }>("/version")).gitVersion;
  }

  async knowsClimateBatches(): Promise<boolean> {
    const resources = await this.#find<{ resources: readonly { name: string }[] }>(`/apis/${CLIMATE_BATCH.apiVersion}`);
    return resources?.resources.some(({ name }) => name === CLIMATE_BATCH.plural) ?? false;
  }

  /** null: not published yet, some seconds after the definition was made. */
  schemas(): Promise<ServedSchemas | null> {
    return this.#find(SCHEMA_PATH);
  }

  async deployments(labelSelector: string): Promise<readonly Deployment[]> {
    return this.#list("apps/v1", "deployments", { labelSelector });
  }

  async cronJobs(labelSelector: string): Promise<readonly CronJob[]> {
    return this.#list("batch/v1", "cronjobs", { labelSelector });
  }

  async jobs(labelSelector: string): Promise<readonly Job[]> {
    return this.#list("batch/v1", "jobs", { labelSelector });
  }

  async pods(labelSelector: string): Promise<readonly Pod[]> {
    return this.#list("v1", "pods", { labelSelector });
  }

  async events(fieldSelector: string): Promise<readonly EventFacts[]> {
    return this.#list<EventFacts & KubeObject>("events.k8s.io/v1", "events", { fieldSelector });
  }

  lease(name: string): Promise<Lease | null> {
    return this.#find(this.#path("coordination.k8s.io/v1", "leases", name));
  }

  async climateBatches(): Promise<readonly StoredBatch[]> {
    return this.#list(CLIMATE_BATCH.apiVersion, CLIMATE_BATCH.plural);
  }

  /** Whether a ServiceAccount of the namespace may do it there; the reader needs the right to review access. */
  async mayDo(serviceAccount: string, { group, resource, verb, name }: Permission): Promise<boolean> {
    const [plural, subresource] = resource.split("/");
    const resourceAttributes = { namespace: this.namespace, verb, group, resource: plural, subresource, name };
    const groups = [`system:serviceaccounts:${this.namespace}`, "system:serviceaccounts", "system:authenticated"];
    const user = `system:serviceaccount:${this.namespace}:${serviceAccount}`;
    const review = await this.#transport.call<{ status: { allowed: boolean } }>(
      {
        method: "POST",
        path: this.#path("authorization.k8s.io/v1", "localsubjectaccessreviews"),
        contentType: "application/json",
        body: JSON.stringify({
          apiVersion: "authorization.k8s.io/v1",
          kind: "LocalSubjectAccessReview",
          metadata: { namespace: this.namespace },
          spec: { user, groups, resourceAttributes },
        }),
      },
      this.#signal,
    );
    return review.status.allowed;
  }

  close(): void {
    this.#transport.close();
  }

  #get<T>(path: string): Promise<T> {
    return this.#transport.call<T>({ method: "GET", path }, this.#signal);
  }

  #find<T>(path: string): Promise<T | null> {
    return this.#get<T>(path).catch((error) => {
      if (isNotFound(error)) return null;
      throw error;
    });
  }

  async #list<T extends KubeObject>(
    apiVersion: string,
    plural: string,
    selectors: Pick<ListOptions, "labelSelector" | "fieldSelector"> = {},
  ): Promise<readonly T[]> {
    const list = ({ ...query }: ListOptions) => {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      const search = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]));
      return this.#get<ObjectList<T>>(`${this.#path(apiVersion, plural)}?${search}`);
    };
    const options = { ...selectors, pageSize: PAGE, transform: (object: T) => object };
    return (await listAll({ list }, options, this.#signal)).objects;
  }

  #path(apiVersion: string, plural: string, name?: string): string {
    const root = apiVersion.includes("/") ? "apis" : "api";
    const steps = [root, ...apiVersion.split("/"), "namespaces", this.namespace, plural, name];
    return `/${steps.filter((step) => step !== undefined).join("/")}`;
  }
}
