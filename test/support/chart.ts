// The chart as Helm renders it, as objects; and the value sets that tests render it with.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadAllYaml } from "@kubernetes/client-node";
import { goProgram } from "../cluster/goModules.ts";
import { run } from "../cluster/processes.ts";
import { describeWith } from "./programs.ts";

export const CHART = fileURLToPath(new URL("../../charts/climatebatch", import.meta.url));
export const RELEASE = "cb";
export const NAMESPACE = "climate";

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind, looked into by tests
  readonly [key: string]: any;
}

export type Values = Readonly<Record<string, unknown>>;

/** `describe`, skipped where there is no Helm, under a name that says why. */
export function describeWithHelm(name: string, body: () => void): void {
  describeWith(["helm"], name, body);
}

export function helm(words: readonly string[], values?: Values): Promise<string> {
  if (values === undefined) return run(goProgram("helm"), words);
  return run(goProgram("helm"), [...words, "--values=-"], { input: JSON.stringify(values) });
}

const rendered = new Map<string, Promise<string>>();

/** Of the same values once: Helm takes its time, and the chart stays as it is. */
export function renderText(values: Values): Promise<string> {
  const key = JSON.stringify(values);
  const known = rendered.get(key) ?? helm(["template", RELEASE, CHART, `--namespace=${NAMESPACE}`], values);
  rendered.set(key, known);
  return known;
}

export async function render(values: Values): Promise<readonly Rendered[]> {
  return loadAllYaml(await renderText(values)).filter((one: unknown) => one !== null) as Rendered[];
}

export function find(objects: readonly Rendered[], kind: string, name: string): Rendered {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (found !== undefined) return found;
  throw new Error(`expected ${kind} ${name}, found ${list(objects).join(", ")}`);
}

/** "Kind name", sorted. */
export function list(objects: readonly Rendered[]): string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
}

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const secret = (existingSecret: string, urlKey = "") => ({ existingSecret, urlKey });
const QUICK = { database: { operator: secret("climate-database") } };

const PLACED = {
  podLabels: { sidecar: "none" },
  podAnnotations: { "example.org/note": "x" },
  nodeSelector: { pool: "system" },
  tolerations: [{ key: "dedicated", operator: "Exists" }],
  affinity: { nodeAffinity: {} },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: { "app.kubernetes.io/name": "climatebatch" } },
    },
  ],
  priorityClassName: "system-cluster-critical",
};

export type SchemaType = "string" | "integer" | "boolean" | "array" | "object" | "null";

/** A value of the chart with what values.schema.json says of it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly schema: {
    readonly type: SchemaType | readonly SchemaType[];
    readonly enum?: readonly string[];
    readonly pattern?: string;
    readonly [keyword: string]: unknown;
  };
}

/** Every value, in the order of the schema. */
export function listLeaves(): Leaf[] {
  const { properties } = JSON.parse(readFileSync(`${CHART}/values.schema.json`, "utf8"));
  const { global: _, ...own } = properties;
  return listUnder(own, []);
}

function listUnder(properties: Readonly<Record<string, object>>, path: readonly string[]): Leaf[] {
  return Object.entries(properties).flatMap(([key, schema]) =>
    "description" in schema
      ? [{ path: [...path, key], schema: schema as unknown as Leaf["schema"] }]
      : listUnder((schema as { properties: typeof properties }).properties, [...path, key]),
  );
}

export function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce((one, key) => (one as Values | undefined)?.[key], values);
}

export function withValue(values: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  return { ...(values as Values | undefined), [key]: withValue((values as Values | undefined)?.[key], rest, value) };
}

/** All that may be on, on. */
export const EVERYTHING = {
  commonLabels: { team: "climate" },
  commonAnnotations: { "example.org/owner": "climate" },
  image: { operator: { digest: DIGEST }, job: { digest: DIGEST }, pullSecrets: ["registry"] },
  database: {
    operator: secret("operator-database", "uri"),
    job: secret("job-database", "uri"),
    migrations: secret("owner-database", "uri"),
    explorer: secret("reader-database", "uri"),
    read: { hosts: ["database-ro"], waitSeconds: 10 },
    tls: { mode: "verify-full", certificatesSecret: "database-ca" },
  },
  operator: {
    extraEnv: [{ name: "NODE_OPTIONS", value: "--max-old-space-size=256" }],
    nodeSelector: { pool: "system" },
    tolerations: [{ key: "dedicated", operator: "Exists" }],
    affinity: { nodeAffinity: {} },
    priorityClassName: "system-cluster-critical",
    methodsConfigMap: "methods",
  },
  job: {
    parallelWorkers: 8,
    allow: { secrets: ["registry"], serviceAccounts: ["shards"], priorityClasses: ["*"] },
    template: { nodeSelector: { pool: "batch" }, priorityClassName: "batch" },
  },
  schedules: {
    hazardAfterProbability: true,
    ...PLACED,
    hazard: { batch: { parallelism: 2, template: { nodeSelector: { pool: "large" } } } },
  },
  loads: {
    jobs: [
      { name: "ssp245", command: ["load", "climate", "s3://climate/ssp245.zarr/", "--scenario", "ssp245"] },
      {
        name: "storms",
        command: ["load", "storms", "/data/bst_all.txt"],
        claim: "climate-files",
        schedule: "0 3 1 * *",
      },
    ],
    existingSecret: "object-storage",
    serviceAccount: { annotations: { "example.org/role": "reader" } },
    ...PLACED,
  },
  explorer: { enabled: true, ...PLACED },
  tests: PLACED,
  networkPolicy: { metricsFrom: [{ podSelector: {} }], egress: { enabled: true } },
  monitoring: {
    podMonitor: { enabled: true },
    serviceMonitor: { enabled: true },
    rules: { enabled: true },
    dashboard: { enabled: true },
  },
};

/** Nothing that may be off, on. */
export const BARE = {
  database: { operator: secret("climate-database"), migrations: { enabled: false } },
  crds: { create: false },
  operator: { replicas: 1 },
  schedules: { probability: { enabled: false }, hazard: { enabled: false } },
  rbac: { create: false, aggregateClusterRoles: false },
  networkPolicy: { enabled: false },
};

export const VALUE_SETS: Readonly<Record<string, Values>> = {
  quick: QUICK,
  everything: EVERYTHING,
  bare: BARE,
  "null for what has a default": {
    ...QUICK,
    nameOverride: null,
    commonLabels: null,
    operator: { replicas: null, podLabels: null, tolerations: null, resources: { limits: null } },
    job: { resources: { limits: { cpu: null, memory: "2Gi" } }, template: { nodeSelector: null } },
    schedules: null,
    monitoring: { dashboard: null },
  },
  "a user of OpenShift's range, labels of others": {
    ...QUICK,
    commonLabels: { "app.kubernetes.io/name": "other", "app.kubernetes.io/part-of": "risks" },
    operator: { podLabels: { "app.kubernetes.io/component": "other" } },
    job: { runAsUser: 1_000_650_000 },
    networkPolicy: { egress: { enabled: true, dnsPorts: [5353] } },
  },
  "no replica": { ...QUICK, operator: { replicas: 0 } },
  "a pod of its own parts": { ...QUICK, fullnameOverride: "risks", nameOverride: "risk" },
  "a Secret of CloudNativePG": { database: { operator: secret("pg-app", "uri") } },
  "TLS by the mode alone": { database: { ...QUICK.database, tls: { mode: "require" } } },
  "queued by Kueue, one scenario": {
    ...QUICK,
    schedules: {
      timeZone: "America/New_York",
      probability: {
        labels: { "kueue.x-k8s.io/queue-name": "climate" },
        batch: { scenarios: ["ssp585"], parallelism: 8, template: { nodeSelector: { pool: "batch" } } },
      },
      hazard: { suspend: true },
    },
  },
  "a place for the operator": {
    ...QUICK,
    operator: {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "topology.kubernetes.io/zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: { matchLabels: { "app.kubernetes.io/component": "operator" } },
        },
      ],
      podLabels: { sidecar: "none" },
      podAnnotations: { "example.org/scrape": "false" },
    },
  },
};
