// The operator as users run it, in pods of a real cluster: its image, a service account with the rights of its Role and no
// more, the database by a Secret, as the group roles allow. It gives access to its processes: the leader can be killed.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ClimateBatch, NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { CLIMATE_BATCH } from "../../model/climateBatch.ts";
import { KUBE_RESOURCES } from "../../operator/kube/client.ts";
import { eventually } from "./cli.ts";
import type { Namespace, TestCluster } from "./cluster.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import type { DatabaseProxy } from "./databaseProxy.ts";
import { createDatabaseUsers } from "./databaseUsers.ts";
import { TIGHT_CONTAINER } from "./podPrograms.ts";

const DEFINITION = fileURLToPath(new URL("../../crds/climatebatches.yaml", import.meta.url));
const LEASE = "climatebatch-operator";
const OPERATOR_PROGRAM = "operator/main.ts";
const PATIENCE_SECONDS = 90;

/** The definition of ClimateBatches, and both images from the sources as they are. */
export async function prepareOperator(cluster: TestCluster): Promise<OperatorImages> {
  await cluster.kubectl(["apply", "--server-side", "--force-conflicts", `--filename=${DEFINITION}`]);
  await cluster.kubectl(["wait", "--for=condition=Established", `crd/${CLIMATE_BATCH.plural}.${CLIMATE_BATCH.group}`]);
  return { operator: await cluster.provideImage("operator"), job: await cluster.provideImage("job") };
}

export interface OperatorImages {
  readonly operator: string;
  readonly job: string;
}

/** A namespace, and the operator in it once it was started. */
export interface OperatorPods extends AsyncDisposable {
  readonly namespace: Namespace;
  /** How the operator's pods and those of the shards name it, each with a user of its own. */
  readonly urls: { readonly operator: string; readonly job: string };
  /** Resolves when so many pods are ready; from 0 on. */
  scale(replicas: number): Promise<void>;
  apply(name: string, spec: NewClimateBatchSpec): Promise<void>;
  patch(name: string, spec: Partial<NewClimateBatchSpec>): Promise<void>;
  read(name: string): Promise<ClimateBatch>;
  batchNames(): Promise<readonly string[]>;
  waitFor(name: string, condition: string, seconds?: number): Promise<ClimateBatch>;
  /** Name of the pod that leads. */
  leader(): Promise<string>;
  /** The operator's processes in that pod. */
  processesIn(pod: string): Promise<readonly number[]>;
  /** SIGKILL for the operator's process in that pod, as the kernel gives it. */
  kill(pod: string): Promise<void>;
  /** All log lines that the operator's pods wrote, those of containers that were killed before included. */
  logLines(): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** With a database of its own. */
export interface OperatorSpace extends OperatorPods {
  readonly database: TestDatabase;
  /** The way of all pods to the database, which can be cut. */
  readonly exposed: DatabaseProxy;
}

export interface SpaceOptions {
  /** Its database is a copy of this one. */
  readonly climate: TestDatabase;
  readonly images: OperatorImages;
}

export async function openOperatorSpace(
  cluster: TestCluster,
  { climate, images }: SpaceOptions,
): Promise<OperatorSpace> {
  await using opening = new AsyncDisposableStack();
  const database = await createTestDatabase({ from: new URL(climate.url).pathname.slice(1) });
  const users = await createDatabaseUsers(database, ["operator", "job"]);
  opening.defer(async () => {
    await database.drop();
    await users.drop();
  });
  const [asOperator, asJob] = [users.urlOf("operator"), users.urlOf("job")];
  const exposed = opening.use(await cluster.exposeDatabase(asOperator));
  const inPods = (url: string) => Object.assign(new URL(url), { host: new URL(exposed.url).host }).href;
  const pods = opening.use(
    await openOperatorPods(cluster, images, { operator: inPods(asOperator), job: inPods(asJob) }),
  );
  const closing = opening.move();
  return { ...pods, database, exposed, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

export async function openOperatorPods(
  cluster: TestCluster,
  images: OperatorImages,
  urls: OperatorPods["urls"],
): Promise<OperatorPods> {
  await using opening = new AsyncDisposableStack();
  const namespace = opening.use(await cluster.createNamespace());
  const { kubectl } = namespace;
  await namespace.apply(...operatorObjects(namespace.name, images, urls));

  const read = async (name: string): Promise<ClimateBatch> =>
    JSON.parse(await kubectl(["get", "climatebatch", name, "--output=json"]));
  const processesIn = async (pod: string) =>
    processesOf(await kubectl(["get", "pod", pod, "--output=jsonpath={.metadata.uid}"]), OPERATOR_PROGRAM);
  const leader = () =>
    eventually("a replica leads", async () => {
      const path = "jsonpath={.spec.holderIdentity}";
      const holder = await kubectl(["get", "lease", LEASE, `--output=${path}`, "--ignore-not-found"]);
      // An identity is the pod's name and digits that distinguish its processes.
      return holder === "" ? undefined : holder.replace(/-[0-9a-f]{8}$/, "");
    });

  const closing = opening.move();
  return {
    namespace,
    urls,
    read,
    leader,
    async scale(replicas) {
      await kubectl(["scale", "deployment/operator", `--replicas=${replicas}`]);
      await kubectl(["rollout", "status", "deployment/operator", `--timeout=${PATIENCE_SECONDS}s`]);
      if (replicas > 0) await leader();
    },
    async apply(name, spec) {
      const { apiVersion, kind } = CLIMATE_BATCH;
      await namespace.apply({ apiVersion, kind, metadata: { name }, spec });
    },
    async patch(name, spec) {
      await kubectl(["patch", "climatebatch", name, "--type=merge", `--patch=${JSON.stringify({ spec })}`]);
    },
    async batchNames() {
      const names = await kubectl(["get", "climatebatches", "--output=jsonpath={.items[*].metadata.name}"]);
      return names.split(" ").filter((name) => name !== "");
    },
    async waitFor(name, condition, seconds = PATIENCE_SECONDS) {
      await namespace.waitFor(`climatebatch/${name}`, `condition=${condition}`, seconds);
      return read(name);
    },
    processesIn,
    async kill(pod) {
      for (const pid of await processesIn(pod)) process.kill(pid, "SIGKILL");
    },
    async logLines() {
      const pods = (await kubectl(["get", "pods", "--selector=app=operator", "--output=name"])).trim().split("\n");
      const texts = await Promise.all(
        pods.flatMap((pod) => [
          kubectl(["logs", pod, "--previous"]).catch(() => ""),
          kubectl(["logs", pod]).catch(() => ""),
        ]),
      );
      return texts
        .flatMap((text) => text.split("\n").filter((line) => line.startsWith("{")))
        .map((line) => JSON.parse(line));
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Processes of a pod that run this program; the node must be this machine. */
export function processesOf(podUid: string, program: string): number[] {
  const underscored = podUid.replaceAll("-", "_");
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const group = readFileSync(`/proc/${pid}/cgroup`, "utf8");
        if (!group.includes(podUid) && !group.includes(underscored)) return false;
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(program);
      } catch {
        // It ended meanwhile.
        return false;
      }
    })
    .map(Number);
}

function operatorObjects(namespace: string, images: OperatorImages, urls: OperatorPods["urls"]): readonly object[] {
  const name = "operator";
  const labels = { app: name };
  const secret = (of: string, url: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: of },
    stringData: { DATABASE_URL: url },
  });
  const environment = {
    CLIMATEBATCH_INSTALLATION: namespace,
    DATABASE_FOLDER: "/etc/database",
    JOB_IMAGE: images.job,
    JOB_IMAGE_PULL_POLICY: "Never",
    JOB_DATABASE_SECRET: "job-database",
    JOB_TERMINATION_GRACE_SECONDS: "5",
    PARALLEL_WORKERS: "2",
    POLL_SECONDS: "5",
  };
  const container = {
    name,
    image: images.operator,
    imagePullPolicy: "Never",
    env: Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
    ports: [{ name: "probes", containerPort: 8080 }],
    readinessProbe: { httpGet: { path: "/readyz", port: "probes" }, periodSeconds: 1 },
    livenessProbe: { httpGet: { path: "/healthz", port: "probes" } },
    securityContext: TIGHT_CONTAINER,
    volumeMounts: [{ name: "database", mountPath: "/etc/database", readOnly: true }],
  };
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name },
      rules: Object.values(KUBE_RESOURCES).map(({ group, resource, verbs }) => ({
        apiGroups: [group],
        resources: [resource],
        verbs,
      })),
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
    secret("operator-database", urls.operator),
    secret("job-database", urls.job),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, labels },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            terminationGracePeriodSeconds: 10,
            containers: [container],
            volumes: [{ name: "database", secret: { secretName: "operator-database" } }],
          },
        },
      },
    },
  ];
}
