// Where shard pods find the database, and with which TLS: from the operator's own environment.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readOperatorConfig } from "../../../operator/config.ts";

const KUBECONFIG = `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: u, user: { token: t } }]
contexts: [{ name: x, context: { cluster: c, user: u, namespace: n } }]
current-context: x
`;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-config-"));
  await writeFile(join(folder, "kubeconfig"), KUBECONFIG);
});
afterAll(() => rm(folder, { recursive: true }));

const URL_OF_PODS = { name: "DATABASE_URL", value: "postgres://job@db/risks" };
const MODE = { name: "DATABASE_SSLMODE", value: "verify-full" };
const from = (value: string) => ({ name: "DATABASE_SSLROOTCERT", value });

test.each([
  {
    what: "a Secret with parts",
    given: { JOB_DATABASE_SECRET: "job" },
    databaseEnvFrom: [{ secretRef: { name: "job" } }],
    databaseEnv: [],
  },
  {
    what: "a Secret with the URL, and TLS",
    given: { JOB_DATABASE_SECRET: "job", JOB_DATABASE_URL_KEY: "uri", DATABASE_SSLMODE: "verify-full" },
    databaseEnv: [{ name: "DATABASE_URL", valueFrom: { secretKeyRef: { name: "job", key: "uri" } } }, MODE],
  },
  {
    what: "an address, and standbys to read from",
    given: { JOB_DATABASE_URL: URL_OF_PODS.value, DATABASE_READ_HOSTS: "db-1, db-2:5433" },
    databaseEnv: [
      URL_OF_PODS,
      { name: "DATABASE_READ_HOSTS", value: "db-1,db-2:5433" },
      { name: "DATABASE_READ_WAIT_SECONDS", value: "30" },
    ],
  },
  {
    what: "an address, and TLS with authorities of the image",
    given: {
      JOB_DATABASE_URL: URL_OF_PODS.value,
      DATABASE_SSLMODE: "verify-full",
      DATABASE_SSLROOTCERT: "/etc/ssl/ca.pem",
    },
    databaseEnv: [URL_OF_PODS, MODE, from("/etc/ssl/ca.pem")],
  },
  {
    what: "an address, and TLS with authorities of a Secret, from an operator outside the cluster",
    given: {
      JOB_DATABASE_URL: URL_OF_PODS.value,
      DATABASE_SSLROOTCERT: "/home/me/ca.crt",
      JOB_CERTIFICATES_SECRET: "ca",
    },
    databaseEnv: [URL_OF_PODS, from("/etc/climatebatch/ca.crt")],
  },
])("$what", ({ given, databaseEnv, databaseEnvFrom }) => {
  const needed: Record<string, string> = {
    KUBECONFIG: join(folder, "kubeconfig"),
    CLIMATEBATCH_INSTALLATION: "i",
    JOB_IMAGE: "job",
  };
  const { pods } = readOperatorConfig({ ...needed, ...given }, "me");
  expect({ databaseEnv: pods.databaseEnv, databaseEnvFrom: pods.databaseEnvFrom }).toEqual({
    databaseEnv,
    databaseEnvFrom,
  });
});
