// The operator's environment, read once; all problems are reported together.
import { basename, posix } from "node:path";
import { z } from "zod";
import {
  describeReplicas,
  type Environment,
  type ReadReplicas,
  readDatabaseUrl,
  readMountedDatabaseUrl,
  readReplicas,
} from "../database/address.ts";
import type { NewClimateBatchSpec, PodOverrides } from "../model/climateBatch.ts";
import { RejectedError } from "../model/errors.ts";
import { DEFAULT_TRIGGER_CHANNEL } from "../model/requests.ts";
import { type Cluster, loadCluster } from "./kube/kubeConfig.ts";
import type { PodSettings } from "./objects/job.ts";
import type { Policy } from "./reconcile/observe.ts";

export interface OperatorConfig {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Called at every connect: credentials rotate. */
  readonly readUrl: () => Promise<string>;
  readonly policy: Policy;
  readonly pods: PodSettings;
  /** A user's own bins, rates and anchors, such as of a mounted ConfigMap; read again for each batch. */
  readonly methodsFile: string | undefined;
  /** For ClimateBatches that requests create. */
  readonly requestDefaults: Partial<NewClimateBatchSpec>;
  /** Take the installation from another cluster that has it. */
  readonly takeOver: boolean;
  readonly leaseName: string;
  /** Unique for each process. */
  readonly identity: string;
  readonly triggerChannel: string;
  readonly pollIntervalMs: number;
  readonly workers: number;
  readonly qps: number;
  readonly burst: number;
  readonly timeoutMs: number;
  /** null: nothing is served. */
  readonly probePort: number | null;
  readonly logLevel: string;
}

export const DEFAULT_LEASE = "climatebatch-operator";

const whole = (least: number, most: number) =>
  z.coerce.number({ error: "expected a whole number" }).int("expected a whole number").min(least).max(most);
const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "expected JSON" });
    return z.NEVER;
  }
});
const quantities = z.record(z.string(), z.union([z.string(), z.number()]));

/** "a, b" */
const names = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );

const OPERATOR_ENV = z
  .object({
    KUBECONFIG: z.string().optional(),
    CLIMATEBATCH_NAMESPACE: z.string().min(1).optional(),
    CLIMATEBATCH_INSTALLATION: z
      .string({ error: "expected a name that no other operator on the same database has" })
      .min(1)
      .max(200),
    CLIMATEBATCH_TAKE_OVER: z.enum(["true", "false"], { error: "expected true or false" }).default("false"),
    DATABASE_FOLDER: z.string().min(1).optional(),
    DATABASE_SSLMODE: z.string().optional(),
    DATABASE_SSLROOTCERT: z.string().optional(),
    DATABASE_READ_HOSTS: z.string().optional(),
    DATABASE_READ_WAIT_SECONDS: z.string().optional(),
    JOB_IMAGE: z.string({ error: "expected the image of the job program" }).min(1),
    JOB_IMAGE_PULL_POLICY: z
      .enum(["Always", "IfNotPresent", "Never"], { error: "expected Always, IfNotPresent or Never" })
      .optional(),
    JOB_IMAGE_PULL_SECRETS: z.string().optional(),
    JOB_SERVICE_ACCOUNT: z.string().min(1).optional(),
    JOB_DATABASE_SECRET: z.string().min(1).optional(),
    JOB_DATABASE_URL_KEY: z.string().min(1).optional(),
    JOB_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "expected postgres://…" }).optional(),
    JOB_CERTIFICATES_SECRET: z.string().min(1).optional(),
    JOB_RUN_AS_USER: whole(1, 2 ** 31 - 1).default(10_001),
    JOB_RESOURCES: json
      .pipe(z.strictObject({ requests: quantities.exactOptional(), limits: quantities.exactOptional() }))
      .optional(),
    JOB_ALLOWED_SECRETS: names,
    JOB_ALLOWED_SERVICE_ACCOUNTS: names,
    JOB_ALLOWED_PRIORITY_CLASSES: names,
    JOB_TEMPLATE: json.pipe(z.record(z.string(), z.unknown())).optional(),
    JOB_TERMINATION_GRACE_SECONDS: whole(1, 3600).default(30),
    PARALLEL_WORKERS: whole(1, 1000).optional(),
    SUCCESSFUL_HISTORY_LIMIT: whole(0, 10_000).default(10),
    FAILED_HISTORY_LIMIT: whole(0, 10_000).default(5),
    LEASE_NAME: z.string().min(1).default(DEFAULT_LEASE),
    METHODS_FILE: z.string().min(1).optional(),
    NOTIFY_CHANNEL: z.string().min(1).default(DEFAULT_TRIGGER_CHANNEL),
    POLL_SECONDS: whole(1, 3600).default(60),
    OPERATOR_WORKERS: whole(1, 100).default(2),
    KUBE_QPS: whole(1, 1000).default(20),
    KUBE_BURST: whole(1, 1000).default(40),
    KUBE_TIMEOUT_SECONDS: whole(1, 300).default(15),
    PROBE_PORT: whole(0, 65_535).default(8080),
    LOG_LEVEL: z
      .enum(["debug", "info", "warn", "error"], { error: "expected debug, info, warn or error" })
      .default("info"),
  })
  .refine(
    ({ JOB_DATABASE_SECRET, JOB_DATABASE_URL }) =>
      (JOB_DATABASE_SECRET === undefined) !== (JOB_DATABASE_URL === undefined),
    {
      path: ["JOB_DATABASE_SECRET"],
      error: "expected either it or JOB_DATABASE_URL: where pods find the database",
    },
  );
export const OPERATOR_VARIABLES = Object.keys(OPERATOR_ENV.shape) as readonly (keyof typeof OPERATOR_ENV.shape)[];

/** Mount path of the database's certificates in a pod; a DATABASE_URL may refer to it: ?sslrootcert=/etc/climatebatch/ca.crt */
const CERTIFICATES_PATH = "/etc/climatebatch";

export function readOperatorConfig(environment: Environment, identity: string): OperatorConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = OPERATOR_ENV.safeParse(given);
  const problems: string[] = parsed.success ? [] : parsed.error.issues.map((issue) => describeProblem(issue, given));
  const note = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
      problems.push(...error.message.split("\n").filter((line) => !line.startsWith("The environment has")));
      return undefined;
    }
  };
  const folder = given.DATABASE_FOLDER;
  const url = folder === undefined ? note(() => readDatabaseUrl(given)) : undefined;
  // The other parts of the address may be wrong, or in the folder.
  const { DATABASE_READ_HOSTS, DATABASE_READ_WAIT_SECONDS } = given;
  const replicas = note(() => readReplicas({ DATABASE_READ_HOSTS, DATABASE_READ_WAIT_SECONDS }));
  const cluster = note(() => loadCluster(given.KUBECONFIG));
  const namespace = given.CLIMATEBATCH_NAMESPACE ?? cluster?.namespace;
  if (cluster !== undefined && namespace === undefined)
    problems.push(
      "CLIMATEBATCH_NAMESPACE: expected the namespace to work in; it is not set, and the context names none",
    );
  if (problems.length > 0 || !parsed.success) {
    const listed = problems.map((problem) => `  ${problem.trim()}`).join("\n");
    throw new RejectedError("InvalidConfiguration", `The environment has ${problems.length} problems:\n${listed}`);
  }
  const { data } = parsed;
  return {
    cluster: cluster!,
    namespace: namespace!,
    readUrl: async () => url ?? readMountedDatabaseUrl(folder!, given),
    policy: {
      installation: data.CLIMATEBATCH_INSTALLATION,
      successfulHistoryLimit: data.SUCCESSFUL_HISTORY_LIMIT,
      failedHistoryLimit: data.FAILED_HISTORY_LIMIT,
    },
    pods: buildPodSettings(data, replicas!),
    requestDefaults: {
      ...(data.PARALLEL_WORKERS !== undefined && { parallelism: data.PARALLEL_WORKERS }),
      ...(data.JOB_TEMPLATE !== undefined && { template: data.JOB_TEMPLATE as PodOverrides }),
    },
    methodsFile: data.METHODS_FILE,
    takeOver: data.CLIMATEBATCH_TAKE_OVER === "true",
    leaseName: data.LEASE_NAME,
    identity,
    triggerChannel: data.NOTIFY_CHANNEL,
    pollIntervalMs: data.POLL_SECONDS * 1000,
    workers: data.OPERATOR_WORKERS,
    qps: data.KUBE_QPS,
    burst: data.KUBE_BURST,
    timeoutMs: data.KUBE_TIMEOUT_SECONDS * 1000,
    probePort: data.PROBE_PORT === 0 ? null : data.PROBE_PORT,
    logLevel: data.LOG_LEVEL,
  };
}

type OperatorEnv = z.infer<typeof OPERATOR_ENV>;

function buildPodSettings(data: OperatorEnv, replicas: ReadReplicas): PodSettings {
  const certificates = data.JOB_CERTIFICATES_SECRET;
  const name = "climatebatch-certificates";
  const pullSecrets = (data.JOB_IMAGE_PULL_SECRETS ?? "").split(",").filter((secret) => secret !== "");
  return {
    image: data.JOB_IMAGE,
    runAsUser: data.JOB_RUN_AS_USER,
    terminationGracePeriodSeconds: data.JOB_TERMINATION_GRACE_SECONDS,
    allowed: {
      secrets: data.JOB_ALLOWED_SECRETS,
      serviceAccounts: data.JOB_ALLOWED_SERVICE_ACCOUNTS,
      priorityClasses: data.JOB_ALLOWED_PRIORITY_CLASSES,
    },
    imagePullSecrets: pullSecrets.map((secret) => ({ name: secret.trim() })),
    ...(data.JOB_IMAGE_PULL_POLICY !== undefined && { imagePullPolicy: data.JOB_IMAGE_PULL_POLICY }),
    ...(data.JOB_SERVICE_ACCOUNT !== undefined && { serviceAccountName: data.JOB_SERVICE_ACCOUNT }),
    ...locateDatabase(data, replicas),
    ...(data.JOB_RESOURCES !== undefined && { resources: data.JOB_RESOURCES as NonNullable<PodSettings["resources"]> }),
    ...(certificates !== undefined && {
      volumes: [{ name, secret: { secretName: certificates } }],
      volumeMounts: [{ name, mountPath: CERTIFICATES_PATH, readOnly: true }],
    }),
  };
}

/** Pods use the operator's standbys and TLS settings, with the path at which a certificates Secret is mounted in them. */
function locateDatabase(
  data: OperatorEnv,
  replicas: ReadReplicas,
): Pick<PodSettings, "databaseEnv" | "databaseEnvFrom"> {
  const { JOB_DATABASE_SECRET: name, JOB_DATABASE_URL_KEY: key, JOB_DATABASE_URL: url, DATABASE_SSLMODE: mode } = data;
  const file = data.DATABASE_SSLROOTCERT;
  const isMounted = file !== undefined && data.JOB_CERTIFICATES_SECRET !== undefined;
  const authorities = isMounted ? posix.join(CERTIFICATES_PATH, basename(file)) : file;
  const secretKeyRef = name === undefined || key === undefined ? undefined : { name, key };
  return {
    databaseEnv: [
      ...(url === undefined ? [] : [{ name: "DATABASE_URL", value: url }]),
      ...(secretKeyRef === undefined ? [] : [{ name: "DATABASE_URL", valueFrom: { secretKeyRef } }]),
      ...(mode === undefined ? [] : [{ name: "DATABASE_SSLMODE", value: mode }]),
      ...(authorities === undefined ? [] : [{ name: "DATABASE_SSLROOTCERT", value: authorities }]),
      ...Object.entries(describeReplicas(replicas)).map(([name, value]) => ({ name, value })),
    ],
    ...(name !== undefined && key === undefined && { databaseEnvFrom: [{ secretRef: { name } }] }),
  };
}

/** Addresses may contain passwords: their values are never shown. */
function describeProblem({ path, message }: z.core.$ZodIssue, environment: Environment): string {
  const name = String(path[0]);
  const value = environment[name];
  const found =
    value === undefined ? "it is not set" : name.includes("URL") ? "found another value" : `found "${value}"`;
  return `${name}: ${message}; ${found}`;
}
