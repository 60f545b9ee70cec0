// The chart installed in a namespace of a real cluster, with a database of its own that was never migrated: for end-to-end tests.
import { CLIMATE_BATCH, type ClimateBatch, type NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { CHART, helm, type Values } from "./chart.ts";
import { clusterAvailable, type Kubectl, type Namespace, type TestCluster, useCluster } from "./cluster.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { createDatabaseUsers } from "./databaseUsers.ts";
import type { OperatorImages } from "./operatorPods.ts";
import { describeUnless, missingPrograms } from "./programs.ts";

export const RELEASE = "cb";
export const DEFINITION = `${CLIMATE_BATCH.plural}.${CLIMATE_BATCH.group}`;
export const OPERATOR = "cb-climatebatch-operator";
const PATIENCE = "120s";

export interface Installation extends AsyncDisposable {
  readonly namespace: Namespace;
  readonly kubectl: Kubectl;
  readonly database: TestDatabase;
  /** `helm install` or `upgrade`, of another chart or with other values on request. */
  install(options?: { readonly chart?: string; readonly values?: Values; readonly timeout?: string }): Promise<string>;
  /** Where the migration finds the database. */
  giveOwner(url: string): Promise<void>;
  readonly urls: ChartDatabase["urls"];
  helm(...words: readonly string[]): Promise<string>;
  apply(name: string, spec: NewClimateBatchSpec): Promise<void>;
  read(name: string): Promise<ClimateBatch>;
  /** What the Job's pod wrote, when it has ended well. */
  runJob(name: string, ...words: readonly string[]): Promise<string>;
}

/** `describe`, skipped where no cluster can run or there is no Helm, under a name that says why. */
export function describeChartOnCluster(name: string, body: () => void): void {
  describeUnless(clusterAvailable() ?? missingPrograms("helm"), name, body);
}

/** The cluster without the definition, which the chart brings, and both images on its node. */
export async function useEmptyCluster(): Promise<{ readonly cluster: TestCluster; readonly images: OperatorImages }> {
  const cluster = await useCluster();
  await cluster.kubectl(["delete", "crd", DEFINITION, "--ignore-not-found"]);
  const images = { operator: await cluster.provideImage("operator"), job: await cluster.provideImage("job") };
  return { cluster, images };
}

/** The images as built here, on a node that has other work, and a batch small enough to wait for. */
export function smallValues(images: OperatorImages, batch: Partial<NewClimateBatchSpec>) {
  const [operator, job] = [images.operator, images.job].map((image) => {
    const [, repository, tag] = /^(.*):([^:]+)$/.exec(image)!;
    return { repository, tag };
  });
  const resources = { requests: { cpu: "20m", memory: "64Mi" } };
  return {
    image: { operator, job, pullPolicy: "Never" },
    operator: { resources, pollSeconds: 5, terminationGracePeriodSeconds: 10 },
    job: { resources, terminationGracePeriodSeconds: 5, parallelWorkers: 2 },
    schedules: { resources, probability: { batch }, hazard: { batch } },
  };
}

export interface ChartDatabase extends AsyncDisposable {
  /** Never migrated. */
  readonly database: TestDatabase;
  /** As pods name it, each with a user of its own. */
  readonly urls: Readonly<Record<"owner" | "operator" | "job", string>>;
}

export async function openChartDatabase(cluster: TestCluster): Promise<ChartDatabase> {
  await using opening = new AsyncDisposableStack();
  const migrated = await createTestDatabase();
  const database = await createTestDatabase({ from: "empty" });
  const users = await createDatabaseUsers(migrated, ["owner", "operator", "job"]);
  opening.defer(async () => {
    await database.drop();
    await migrated.drop();
    await users.drop();
  });
  await database.client.query(
    `GRANT CREATE ON DATABASE ${new URL(database.url).pathname.slice(1)} TO climatebatch_owner;
     GRANT CREATE ON SCHEMA public TO climatebatch_owner`,
  );
  const exposed = opening.use(await cluster.exposeDatabase(database.url));
  const { host } = new URL(exposed.url);
  const inPods = (user: "owner" | "operator" | "job") =>
    Object.assign(new URL(users.urlOf(user, database)), { host }).href;
  const closing = opening.move();
  return {
    database,
    urls: { owner: inPods("owner"), operator: inPods("operator"), job: inPods("job") },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

export interface InstallationOptions {
  /** Closed with the installation. */
  readonly chartDatabase?: ChartDatabase;
  /** As in the chart's values; the Secret is the test's. */
  readonly tls?: { readonly mode: string; readonly certificatesSecret: string };
}

export async function openInstallation(
  cluster: TestCluster,
  images: OperatorImages,
  batch: Partial<NewClimateBatchSpec>,
  { chartDatabase, tls }: InstallationOptions = {},
): Promise<Installation> {
  await using opening = new AsyncDisposableStack();
  const { database, urls } = opening.use(chartDatabase ?? (await openChartDatabase(cluster)));
  const namespace = opening.use(await cluster.createNamespace());
  const { kubectl } = namespace;
  const levels = ["enforce", "audit", "warn"].map((how) => `pod-security.kubernetes.io/${how}=restricted`);
  await cluster.kubectl(["label", "namespace", namespace.name, ...levels]);
  const operator = new URL(urls.operator);
  await namespace.apply(
    // The three ways to name a database.
    secret("operator-database", {
      DATABASE_HOST: operator.hostname,
      DATABASE_PORT: operator.port,
      DATABASE_NAME: operator.pathname.slice(1),
      DATABASE_USER: operator.username,
      DATABASE_PASSWORD: operator.password,
    }),
    secret("job-database", { uri: urls.job }),
    secret("owner-database", { DATABASE_URL: urls.owner }),
  );
  const defaults = {
    ...smallValues(images, batch),
    database: {
      operator: { existingSecret: "operator-database" },
      job: { existingSecret: "job-database", urlKey: "uri" },
      migrations: { existingSecret: "owner-database" },
      ...(tls !== undefined && { tls }),
    },
  };
  const inNamespace = ["--kubeconfig", cluster.kubeconfig, "--namespace", namespace.name];
  const read = async (name: string): Promise<ClimateBatch> =>
    JSON.parse(await kubectl(["get", "climatebatch", name, "--output=json"]));
  const closing = opening.move();
  return {
    namespace,
    kubectl,
    database,
    read,
    urls,
    giveOwner: (url) => namespace.apply(secret("owner-database", { DATABASE_URL: url })),
    install: ({ chart = CHART, values = {}, timeout = PATIENCE } = {}) =>
      helm(["upgrade", "--install", RELEASE, chart, ...inNamespace, "--wait", `--timeout=${timeout}`], {
        ...defaults,
        ...values,
      }),
    helm: (...words) => helm([...words, ...inNamespace]),
    async apply(name, spec) {
      const { apiVersion, kind } = CLIMATE_BATCH;
      await namespace.apply({ apiVersion, kind, metadata: { name }, spec });
    },
    async runJob(name, ...words) {
      await kubectl(["create", "job", name, ...words]);
      await namespace.waitFor(`job/${name}`, "condition=Complete");
      return kubectl(["logs", `job/${name}`]);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

export function secret(name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name }, stringData };
}
