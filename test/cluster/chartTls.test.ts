// The chart with a database that requires TLS: all its pods verify the server, by an authority from a Secret.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "../../database/connect.ts";
import { yearlyRequestKey } from "../../model/yearlyRequests.ts";
import { eventually } from "../support/cli.ts";
import { writePastAndFuture } from "../support/climate.ts";
import type { TestCluster } from "../support/cluster.ts";
import { databaseUrl } from "../support/database.ts";
import { ROLES_SQL } from "../support/databaseUsers.ts";
import {
  type ChartDatabase,
  DEFINITION,
  describeChartOnCluster,
  type Installation,
  OPERATOR,
  openInstallation,
  RELEASE,
  secret,
  useEmptyCluster,
} from "../support/installation.ts";
import { CELLS, SIX_SHARDS } from "../support/sixShards.ts";
import { ACCESS, type Authority, startTlsServer, type TlsServer } from "../support/tlsServer.ts";

const CA_SECRET = "database-ca";
const TLS = { mode: "verify-full", certificatesSecret: CA_SECRET };
const DISTRUST = "no authority in /etc/climatebatch/ca.crt vouches for the server. Put the certificate";
const { calculation: _, ...batch } = SIX_SHARDS;

/** A database of that server, empty, with a user for each kind of pod. */
async function openTlsDatabase(cluster: TestCluster, server: TlsServer): Promise<ChartDatabase> {
  await using opening = new AsyncDisposableStack();
  await server.set({ tls: true, access: ACCESS.tlsOnly });
  const name = "risks";
  await server.client.query(`CREATE DATABASE ${name}`);
  const url = `${databaseUrl(server.url, name)}?sslmode=verify-full&sslrootcert=${server.authority.certificate}`;
  const client = opening.adopt(await connect(url, { purpose: "test" }), (one) => one.end());
  await client.query(await readFile(ROLES_SQL, "utf8"));
  for (const user of ["owner", "operator", "job"])
    await client.query(`CREATE ROLE test_${user} LOGIN PASSWORD 'secret' IN ROLE climatebatch_${user}`);
  const exposed = opening.use(await cluster.exposeDatabase(databaseUrl(server.url, name)));
  const { host } = new URL(exposed.url);
  const inPods = (user: string) => `postgres://test_${user}:secret@${host}/${name}`;
  const closing = opening.move();
  const close = () => closing.disposeAsync();
  return {
    database: { url, client, drop: close, [Symbol.asyncDispose]: close },
    urls: { owner: inPods("owner"), operator: inPods("operator"), job: inPods("job") },
    [Symbol.asyncDispose]: close,
  };
}

describeChartOnCluster("the chart and a database that demands TLS", () => {
  let cluster: TestCluster;
  let server: TlsServer;
  let installation: Installation;
  beforeAll(async () => {
    const { images, ...empty } = await useEmptyCluster();
    cluster = empty.cluster;
    server = await startTlsServer(`IP:127.0.0.1,IP:${cluster.nodeAddress}`);
    const chartDatabase = await openTlsDatabase(cluster, server);
    installation = await openInstallation(cluster, images, batch, { chartDatabase, tls: TLS });
  }, 600_000);
  afterAll(async () => {
    await cluster?.kubectl(["delete", "crd", DEFINITION, "--ignore-not-found", "--wait=false"]);
    await installation?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  const trust = async ({ certificate }: Authority) =>
    installation.namespace.apply(secret(CA_SECRET, { "ca.crt": await readFile(certificate, "utf8") }));
  const ready = () =>
    installation.kubectl(["get", "deployment", OPERATOR, "--output=jsonpath={.status.readyReplicas}"]);
  const failingUpgrade = async (values: object) => {
    const upgrade = installation.install({
      values: { commonLabels: { attempt: "failing" }, ...values },
      timeout: "20s",
    });
    await expect(upgrade).rejects.toThrow(/context deadline exceeded|timed out|not ready/i);
    expect(await ready()).toBe("2");
  };

  test("migration, operators, schedule, shards and helm test work, and nothing is sent readable", async () => {
    await trust(server.authority);
    await installation.install();
    const { client } = installation.database;
    await writePastAndFuture(client, { cells: CELLS });
    await installation.runJob("probability-now", "--from=cronjob/cb-climatebatch-probability");
    const name = yearlyRequestKey("probability", new Date(), "Asia/Seoul").replaceAll("/", "-");
    await installation.namespace.waitFor(`climatebatch/${name}`, "condition=Published");
    expect(await installation.helm("test", RELEASE, "--logs")).toMatch(/^ok +connection /m);
    const { rows } = await client.query(
      `SELECT usename AS "user", bool_and(ssl) AS ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
       WHERE datname = current_database() GROUP BY usename ORDER BY usename`,
    );
    expect(rows).toEqual([
      { user: "postgres", ssl: true },
      { user: "test_operator", ssl: true },
    ]);
  });

  test("a shard that may not trust the server waits for two minutes, and then says so in its pod", async () => {
    await trust(server.stranger);
    await installation.apply("distrusting", { ...SIX_SHARDS, backoffLimitPerShard: 0, maxFailedShards: 0 });
    await installation.namespace.waitFor("climatebatch/distrusting", "condition=Failed", 240);
    const last = "{.items[*].status.containerStatuses[*].state.terminated.message}";
    const pods = ["get", "pods", "--selector=climate.aiops.dev/batch=distrusting", `--output=jsonpath=${last}`];
    expect(await installation.kubectl(pods)).toContain(DISTRUST);
  });

  test("a migration that may not trust the server says so in its pod, and the operators of before go on", async () => {
    await trust(server.stranger);
    await failingUpgrade({});
    const last = "{.items[*].status.initContainerStatuses[*]['state','lastState'].terminated.message}";
    const pods = ["get", "pods", "--selector=attempt=failing", `--output=jsonpath=${last}`];
    expect(await installation.kubectl(pods)).toContain(DISTRUST);
  });

  test("an operator that may not trust the server is not ready, and says why in its log", async () => {
    await trust(server.stranger);
    await failingUpgrade({
      database: {
        operator: { existingSecret: "operator-database" },
        job: { existingSecret: "job-database", urlKey: "uri" },
        migrations: { enabled: false },
        tls: TLS,
      },
    });
    const logs = ["logs", "--selector=attempt=failing", "--container=operator", "--tail=-1"];
    await eventually("it is reported", async () => (await installation.kubectl(logs)).includes(DISTRUST) || undefined);
  });

  test("with the right authority again the upgrade comes about", async () => {
    await trust(server.authority);
    await installation.install({ values: { commonLabels: { attempt: "good" } } });
    expect(await ready()).toBe("2");
  });
});
