// Every call that the operator makes to the API server. The chart's Role grants exactly these resources and verbs.
import type { EventsV1Event, V1Job, V1Lease, V1Pod } from "@kubernetes/client-node";
import { CLIMATE_BATCH } from "../../model/climateBatch.ts";
import { SCHEMA_PATH, type ServedSchemas } from "../definition.ts";
import { readStatus } from "./apiError.ts";
import type { Request } from "./connections.ts";
import { Transport, type TransportOptions } from "./transport.ts";
import type { KubeObject, ListOptions, ListWatch, ObjectList, Stored, WatchEvent, Wire } from "./wireFormat.ts";

export type Verb = "create" | "delete" | "get" | "list" | "patch" | "update" | "watch";

interface Resource {
  readonly group: string;
  readonly version: string;
  /** As RBAC spells it: plural, or plural/subresource. */
  readonly resource: string;
  readonly verbs: readonly Verb[];
}

/** What RBAC must grant, in the operator's own namespace. A method that uses a verb absent here does not compile. */
export const KUBE_RESOURCES = {
  climateBatches: {
    group: CLIMATE_BATCH.group,
    version: CLIMATE_BATCH.version,
    resource: CLIMATE_BATCH.plural,
    verbs: ["create", "delete", "get", "list", "watch"],
  },
  climateBatchStatus: {
    group: CLIMATE_BATCH.group,
    version: CLIMATE_BATCH.version,
    resource: `${CLIMATE_BATCH.plural}/status`,
    verbs: ["patch"],
  },
  jobs: {
    group: "batch",
    version: "v1",
    resource: "jobs",
    verbs: ["create", "delete", "get", "list", "patch", "watch"],
  },
  /** Its own: RBAC grants it by a Role of that namespace. */
  namespaces: { group: "", version: "v1", resource: "namespaces", verbs: ["get"] },
  pods: { group: "", version: "v1", resource: "pods", verbs: ["list"] },
  leases: { group: "coordination.k8s.io", version: "v1", resource: "leases", verbs: ["create", "get", "update"] },
  events: { group: "events.k8s.io", version: "v1", resource: "events", verbs: ["create", "list", "patch"] },
} as const satisfies Record<string, Resource>;

type ResourceName = keyof typeof KUBE_RESOURCES;
type VerbOf<R extends ResourceName> = (typeof KUBE_RESOURCES)[R]["verbs"][number];

export type Job = Stored<V1Job>;
export type Pod = Stored<V1Pod>;
export type Lease = Stored<V1Lease>;
/** An object to be created: the API server fills in the rest. Dates of a model become strings on the way. */
export type NewJob = V1Job | Wire<V1Job>;
export type NewLease = Wire<V1Lease>;
export type NewEvent = Wire<EventsV1Event>;
/**
 * A JSON merge patch: absent keys stay, null removes, lists are replaced. With `metadata.resourceVersion` it conflicts when
 * another client wrote since, also when another object has the name by now; a status patch ignores
 * `metadata.uid` (measured on 1.34).
 */
export type MergePatch = Readonly<Record<string, unknown>>;

export interface DeleteOptions {
  /** Deletes only this object, not a later one of the same name. */
  readonly uid: string;
  /** Always given: the REST default for Jobs is Orphan, which leaves the pods. */
  readonly propagationPolicy: "Background" | "Foreground";
}

export type KubeApi<ClimateBatch extends KubeObject = KubeObject> = ReturnType<typeof makeKubeApi<ClimateBatch>>;

export interface KubeApiOptions extends TransportOptions {
  readonly namespace: string;
}

/**
 * Two of them share neither rate limit nor idle sockets: the lease is renewed on one of its own while reconciles wait for
 * tokens.
 */
export function makeKubeApi<ClimateBatch extends KubeObject>(options: KubeApiOptions) {
  const transport = new Transport(options);
  const { namespace } = options;

  function call<T, R extends ResourceName>(
    resource: R,
    verb: VerbOf<R>,
    { name, query, body, signal }: CallDetails,
  ): Promise<T> {
    const request = buildRequest(namespace, KUBE_RESOURCES[resource], verb, { name, query, body });
    return transport.call<T>(request, signal);
  }

  function listWatch<T extends KubeObject>(resource: "climateBatches" | "jobs"): ListWatch<T> {
    return {
      list: ({ ...query }, signal) => call(resource, "list", { query, signal }),
      async watch({ inactivityMs, ...query }, signal) {
        const details = { query: { ...query, watch: true, allowWatchBookmarks: true } };
        const request = buildRequest(namespace, KUBE_RESOURCES[resource], "watch", details);
        return failOnError(request.path, await transport.stream<WatchEvent<T>>({ ...request, inactivityMs }, signal));
      },
    };
  }

  type Signal = AbortSignal | undefined;
  return {
    climateBatches: {
      ...listWatch<ClimateBatch>("climateBatches"),
      /**
       * `metadata.generateName` instead of a name: the API server completes it. A field that the definition does not know is
       * refused, not dropped: a misspelt one would compute something else.
       */
      create: (body: object, signal?: Signal): Promise<ClimateBatch> =>
        call("climateBatches", "create", { query: STRICT, body, signal }),
      get: (name: string, signal?: Signal): Promise<ClimateBatch> => call("climateBatches", "get", { name, signal }),
      patchStatus: (name: string, body: MergePatch, signal?: Signal): Promise<ClimateBatch> =>
        call("climateBatchStatus", "patch", { name, body, signal }),
      delete: (name: string, how: DeleteOptions, signal?: Signal): Promise<void> =>
        call("climateBatches", "delete", { name, body: deleteBody(how), signal }),
    },
    jobs: {
      ...listWatch<Job>("jobs"),
      /** Strict: a misspelt field of spec.template is refused with its path. */
      create: (body: NewJob, signal?: Signal): Promise<Job> => call("jobs", "create", { query: STRICT, body, signal }),
      get: (name: string, signal?: Signal): Promise<Job> => call("jobs", "get", { name, signal }),
      patch: (name: string, body: MergePatch, signal?: Signal): Promise<Job> =>
        call("jobs", "patch", { name, body, signal }),
      delete: (name: string, how: DeleteOptions, signal?: Signal): Promise<void> =>
        call("jobs", "delete", { name, body: deleteBody(how), signal }),
    },
    pods: {
      list: ({ ...query }: ListOptions, signal?: Signal): Promise<ObjectList<Pod>> =>
        call("pods", "list", { query, signal }),
    },
    leases: {
      create: (body: NewLease, signal?: Signal): Promise<Lease> => call("leases", "create", { body, signal }),
      get: (name: string, signal?: Signal): Promise<Lease> => call("leases", "get", { name, signal }),
      update: (body: Lease, signal?: Signal): Promise<Lease> =>
        call("leases", "update", { name: body.metadata.name, body, signal }),
    },
    events: {
      create: (body: NewEvent, signal?: Signal): Promise<Stored<EventsV1Event>> =>
        call("events", "create", { body, signal }),
      list: ({ ...query }: ListOptions, signal?: Signal): Promise<ObjectList<Stored<EventsV1Event>>> =>
        call("events", "list", { query, signal }),
      patch: (name: string, body: MergePatch, signal?: Signal): Promise<Stored<EventsV1Event>> =>
        call("events", "patch", { name, body, signal }),
    },
    namespace: (signal?: Signal): Promise<KubeObject> =>
      transport.call({ method: "GET", path: `/api/v1/namespaces/${encodeURIComponent(namespace)}` }, signal),
    /** Needs no right of its own. */
    schemas: (signal?: Signal): Promise<ServedSchemas> => transport.call({ method: "GET", path: SCHEMA_PATH }, signal),
    /** Closes idle sockets; calls in flight end by their signals. */
    close: () => transport.close(),
  };
}

const STRICT = { fieldValidation: "Strict" } as const;

interface CallDetails {
  readonly name?: string | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

const METHODS: Readonly<Record<Verb, Request["method"]>> = {
  create: "POST",
  delete: "DELETE",
  get: "GET",
  list: "GET",
  patch: "PATCH",
  update: "PUT",
  watch: "GET",
};

/** Custom resources refuse a strategic merge patch (415), and client-node's default, a JSON patch, takes no object (400). */
const MERGE_PATCH = "application/merge-patch+json";

function buildRequest(
  namespace: string,
  { group, version, resource }: Resource,
  verb: Verb,
  { name, query = {}, body }: CallDetails,
): Request {
  const [plural, subresource] = resource.split("/");
  const root = group === "" ? ["api", version] : ["apis", group, version];
  const steps = [...root, "namespaces", namespace, plural, name, subresource].filter((step) => step !== undefined);
  const given = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]): [string, string] => [key, String(value)]);
  const search = new URLSearchParams(given).toString();
  return {
    method: METHODS[verb],
    path: `/${steps.map(encodeURIComponent).join("/")}${search && `?${search}`}`,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      contentType: verb === "patch" ? MERGE_PATCH : "application/json",
    }),
  };
}

function deleteBody({ uid, propagationPolicy }: DeleteOptions) {
  return { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid }, propagationPolicy };
}

/** An ERROR event is the failure of a watch whose response head was already sent. */
async function* failOnError<T>(path: string, events: AsyncIterable<WatchEvent<T>>): AsyncGenerator<WatchEvent<T>> {
  for await (const event of events) {
    if (event.type === "ERROR") throw readStatus(`WATCH ${path.split("?")[0]}`, event.object as object, 500);
    yield event;
  }
}
