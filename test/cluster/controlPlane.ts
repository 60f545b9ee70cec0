// What every control plane here has in common: certificates, kubeconfigs, the words that etcd and the API server start
// with, and waiting for readiness. Who keeps the processes (a test, or pid files) is the caller's.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { run, waitUntil } from "./processes.ts";

const READY_PATIENCE_MS = 90_000;
/** Below the ports that systems give to outgoing connections, so that no one takes one while its server is down. */
const PORTS = { first: 20_000, count: 12_000 };

export interface ControlPlane {
  /** Programs of binaries.ts. */
  readonly binaries: string;
  /** Holds certificates, kubeconfigs and data. */
  readonly folder: string;
  /** Holds etcd's sockets; their path must be short. */
  readonly sockets: string;
  readonly address: string;
  readonly port: number;
}

export type Identity = "admin" | "node" | "proxy";

export function apiUrl({ address, port }: ControlPlane): string {
  return `https://${address}:${port}`;
}

export function certificate(plane: ControlPlane, name: string): string {
  return join(plane.folder, "certificates", name);
}

export async function writeCertificates(plane: ControlPlane, addresses: readonly string[]): Promise<void> {
  const folder = join(plane.folder, "certificates");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await run(join(plane.binaries, "certificates"), [folder, plane.address, "localhost", ...addresses]);
}

/** Whole in itself: it may be copied anywhere on this machine. */
export async function writeKubeconfig(plane: ControlPlane, identity: Identity, file: string): Promise<string> {
  const encoded = async (name: string) => (await readFile(certificate(plane, name))).toString("base64");
  const name = "climatebatch-test";
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: apiUrl(plane), "certificate-authority-data": await encoded("ca.crt") } }],
    users: [
      {
        name: identity,
        user: {
          "client-certificate-data": await encoded(`${identity}.crt`),
          "client-key-data": await encoded(`${identity}.key`),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: identity } }],
    "current-context": name,
  };
  // JSON is YAML.
  await writeFile(file, `${JSON.stringify(kubeconfig, null, 2)}\n`, { mode: 0o600 });
  return file;
}

export function etcdWords(plane: ControlPlane): [string, ...string[]] {
  // A cluster of one advertises no address, but must name one with a port.
  const nowhere = "http://localhost:1";
  return [
    join(plane.binaries, "etcd"),
    `--data-dir=${join(plane.folder, "etcd")}`,
    `--listen-client-urls=${etcdUrl(plane, "client")}`,
    `--advertise-client-urls=${nowhere}`,
    `--listen-peer-urls=${etcdUrl(plane, "peer")}`,
    `--initial-advertise-peer-urls=${nowhere}`,
    `--initial-cluster=default=${nowhere}`,
    // The data need not survive the machine.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

function etcdUrl(plane: ControlPlane, name: string): string {
  return `unix://${join(plane.sockets, `etcd-${name}.sock`)}`;
}

export function apiServerWords(plane: ControlPlane, more: readonly string[]): [string, ...string[]] {
  const serviceAccounts = certificate(plane, "service-accounts.key");
  return [
    join(plane.binaries, "kube-apiserver"),
    `--etcd-servers=${etcdUrl(plane, "client")}`,
    `--bind-address=${plane.address}`,
    `--secure-port=${plane.port}`,
    `--tls-cert-file=${certificate(plane, "apiserver.crt")}`,
    `--tls-private-key-file=${certificate(plane, "apiserver.key")}`,
    `--client-ca-file=${certificate(plane, "ca.crt")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${serviceAccounts}`,
    `--service-account-signing-key-file=${serviceAccounts}`,
    "--authorization-mode=Node,RBAC",
    "--service-cluster-ip-range=10.96.0.0/16",
    ...more,
  ];
}

/** `assertAlive` throws when waiting makes no sense any more. */
export async function waitForApiServer(plane: ControlPlane, assertAlive: () => void): Promise<void> {
  const [ca, cert, key] = await Promise.all(
    ["ca.crt", "admin.crt", "admin.key"].map((name) => readFile(certificate(plane, name))),
  );
  const isReady = () =>
    new Promise<true | undefined>((done) => {
      const probe = request(`${apiUrl(plane)}/readyz`, { ca, cert, key, agent: false, timeout: 2000 }, (answer) => {
        answer.resume();
        done(answer.statusCode === 200 || undefined);
      });
      probe.on("error", () => done(undefined)).on("timeout", () => probe.destroy(new Error("silent")));
      probe.end();
    });
  await waitUntil(`${apiUrl(plane)}/readyz says that the API server is ready`, READY_PATIENCE_MS, () => {
    assertAlive();
    return isReady();
  });
}

/** Free at this moment; random, so that several at once rarely meet. */
export async function freePort(address: string): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(address, port)) return port;
  }
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(false));
    probe.listen(port, address, () => probe.close(() => done(true)));
  });
}
