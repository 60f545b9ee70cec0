// An operator at work in a test: a real API server with the product's definition, a real database, and the test as the Job
// controller, who runs each shard as the program and with the environment that the pod template says.
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { KubeConfig } from "@kubernetes/client-node";
import type { ClimateBatch, ClimateBatchSpec, NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { CLIMATE_BATCH } from "../../model/climateBatch.ts";
import { systemClock } from "../../model/clock.ts";
import type { OperatorConfig } from "../../operator/config.ts";
import type { StoredBatch } from "../../operator/context.ts";
import type { Job } from "../../operator/kube/client.ts";
import { Transport } from "../../operator/kube/transport.ts";
import type { KubeObject, ObjectList } from "../../operator/kube/wireFormat.ts";
import { startOperator } from "../../operator/start.ts";
import { kubectlProgram } from "../cluster/binaries.ts";
import { run } from "../cluster/processes.ts";
import { type ApiServer, startApiServer } from "./apiServer.ts";
import { eventually } from "./cli.ts";

const RATE = { qps: 1_000, burst: 1_000, timeoutMs: 10_000, clock: systemClock, random: Math.random };
const DEFINITION = fileURLToPath(new URL("../../crds/climatebatches.yaml", import.meta.url));

export interface OperatorCluster extends AsyncDisposable {
  readonly server: ApiServer;
  openNamespace(databaseUrl: string): Promise<OperatorNamespace>;
}

export interface LogLine {
  readonly event?: string;
  readonly action?: string;
  readonly message?: string;
  readonly [key: string]: unknown;
}

export interface RunningOperator extends AsyncDisposable {
  readonly lines: readonly LogLine[];
  /** Ends as after SIGTERM. */
  stop(): Promise<void>;
}

export interface OperatorNamespace {
  readonly namespace: string;
  readonly installation: string;
  apply(name: string, spec: NewClimateBatchSpec): Promise<StoredBatch>;
  change(name: string, spec: Partial<ClimateBatchSpec>): Promise<void>;
  remove(name: string): Promise<void>;
  /** Past the operator, with all rights; a path without a slash in front is of core/v1 in this namespace. */
  call<T>(method: "GET" | "POST" | "DELETE" | "PATCH", path: string, body?: unknown): Promise<T>;
  read(name: string): Promise<ClimateBatch>;
  batches(): Promise<readonly ClimateBatch[]>;
  jobs(): Promise<readonly Job[]>;
  patchJob(name: string, patch: object, subresource?: "status"): Promise<void>;
  /** "Normal Planned", in order of creation. */
  events(): Promise<readonly string[]>;
  /** Waits until the condition is True. */
  reaches(name: string, condition: string): Promise<ClimateBatch>;
  /** `onLine` sees every line of its log at once; `through` is another way to the API server. */
  start(options?: {
    readonly onLine?: (line: LogLine) => void;
    readonly through?: KubeConfig;
    readonly installation?: string;
    readonly takeOver?: boolean;
  }): RunningOperator;
}

export async function openOperatorCluster(): Promise<OperatorCluster> {
  const server = await startApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const admin = new Transport({ ...RATE, kubeConfig });
  const call = <T>(method: "GET" | "POST" | "DELETE" | "PATCH", path: string, body?: unknown) =>
    admin.call<T>({
      method,
      path,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        contentType: method === "PATCH" ? "application/merge-patch+json" : "application/json",
      }),
    });
  await run(kubectlProgram(), ["--kubeconfig", server.kubeconfig, "apply", "--filename", DEFINITION]);
  await eventually("the definition is served", () =>
    call("GET", `/apis/${CLIMATE_BATCH.apiVersion}/namespaces/default/climatebatches`).then(
      () => true as const,
      () => undefined,
    ),
  );

  async function openNamespace(databaseUrl: string): Promise<OperatorNamespace> {
    const namespace = `test-${randomUUID().slice(0, 8)}`;
    await call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    const batches = `/apis/${CLIMATE_BATCH.apiVersion}/namespaces/${namespace}/climatebatches`;
    const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;
    const read = (name: string) => call<ClimateBatch>("GET", `${batches}/${name}`);
    const { apiVersion, kind } = CLIMATE_BATCH;
    const lines: LogLine[] = [];
    return {
      namespace,
      installation: namespace,
      apply: (name, spec) => call("POST", batches, { apiVersion, kind, metadata: { name }, spec }),
      change: (name, spec) => call("PATCH", `${batches}/${name}`, { spec }),
      call: (method, path, body) =>
        call(method, path.startsWith("/") ? path : `/api/v1/namespaces/${namespace}/${path}`, body),
      remove: (name) => call("DELETE", `${batches}/${name}`),
      read,
      batches: async () => (await call<ObjectList<ClimateBatch & KubeObject>>("GET", batches)).items,
      jobs: async () => (await call<ObjectList<Job>>("GET", jobs)).items,
      patchJob: (name, patch, subresource) =>
        call("PATCH", `${jobs}/${name}${subresource === undefined ? "" : `/${subresource}`}`, patch),
      async events() {
        interface StoredEvent extends KubeObject {
          readonly eventTime: string;
          readonly type: string;
          readonly reason: string;
        }
        const { items } = await call<ObjectList<StoredEvent>>(
          "GET",
          `/apis/events.k8s.io/v1/namespaces/${namespace}/events`,
        );
        return [...items]
          .sort((a, b) => (a.eventTime < b.eventTime ? -1 : 1))
          .map(({ type, reason }) => `${type} ${reason}`);
      },
      async reaches(name, condition) {
        let last: ClimateBatch | undefined;
        try {
          return await eventually(`${name} is ${condition}`, async () => {
            last = await read(name);
            const isThere = last.status?.conditions?.some(
              ({ type, status }) => type === condition && status === "True",
            );
            return isThere ? last : undefined;
          });
        } catch (cause) {
          const result = [
            JSON.stringify(last?.status, undefined, 1),
            ...lines.slice(-20).map((line) => JSON.stringify(line)),
          ];
          throw new Error(`${name} never was ${condition}:\n${result.join("\n")}`, { cause });
        }
      },
      start: ({ onLine = () => undefined, through = kubeConfig, installation = namespace, takeOver = false } = {}) =>
        startHere({
          kubeConfig: through,
          namespace,
          databaseUrl,
          installation,
          takeOver,
          onLine(line) {
            lines.push(line);
            onLine(line);
          },
        }),
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

interface Here {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly databaseUrl: string;
  readonly installation: string;
  readonly takeOver: boolean;
  readonly onLine: (line: LogLine) => void;
}

function startHere(here: Here): RunningOperator {
  const { onLine } = here;
  const lines: LogLine[] = [];
  const write = (line: LogLine) => {
    lines.push(line);
    onLine(line);
  };
  const controller = new AbortController();
  const ended = startOperator(
    makeConfig(here),
    { clock: systemClock, random: Math.random, log: makeLog(write) },
    controller.signal,
  );
  ended.catch((error) => console.error(error));
  const stop = async () => {
    controller.abort();
    await ended;
  };
  return { lines, stop, [Symbol.asyncDispose]: stop };
}

function makeConfig({ kubeConfig, namespace, databaseUrl, installation, takeOver }: Here): OperatorConfig {
  return {
    cluster: { kubeConfig, namespace },
    namespace,
    readUrl: async () => databaseUrl,
    policy: { installation, successfulHistoryLimit: 10, failedHistoryLimit: 10 },
    pods: {
      image: "climatebatch-job",
      runAsUser: 10_001,
      terminationGracePeriodSeconds: 5,
      allowed: { secrets: [], serviceAccounts: [], priorityClasses: ["absent"] },
      databaseEnv: [{ name: "DATABASE_URL", value: databaseUrl }],
    },
    methodsFile: undefined,
    requestDefaults: { parallelism: 2 },
    takeOver,
    leaseName: "operator",
    identity: randomUUID(),
    triggerChannel: "aiops_trigger",
    pollIntervalMs: 2_000,
    workers: 2,
    qps: 200,
    burst: 200,
    timeoutMs: 10_000,
    probePort: 0,
    logLevel: "info",
  };
}

/** As much of a logger as the operator uses. */
function makeLog(write: (line: LogLine) => void): Parameters<typeof startOperator>[1]["log"] {
  const say = (line: LogLine, message?: string) => write(message === undefined ? line : { ...line, message });
  return { info: say, warn: say, error: say } as unknown as Parameters<typeof startOperator>[1]["log"];
}
