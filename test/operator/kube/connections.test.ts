// Sockets over TLS: reused between calls, and opened again when the CA or the credentials behind them change.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../model/clock.ts";
import { isRetryable } from "../../../operator/kube/apiError.ts";
import { Transport } from "../../../operator/kube/transport.ts";

const run = promisify(execFile);
let folder: string;

/** A server whose certificate is its own authority, in files NAME.crt and NAME.key. */
async function makeCertificate(name: string): Promise<{ cert: Buffer; key: Buffer }> {
  const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test";
  await run("openssl", [...words.split(" "), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert]);
  return { cert: await readFile(cert), key: await readFile(key) };
}

async function openServer() {
  const server = createServer(await makeCertificate("first"), (_, answer) => answer.end("{}"));
  const seen = { connections: 0 };
  server.on("secureConnection", () => seen.connections++);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const kubeConfig = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  const caFile = join(folder, "ca.crt");
  await writeFile(caFile, await readFile(join(folder, "first.crt")));
  const address = { server: `https://127.0.0.1:${port}`, caFile, skipTLSVerify: false };
  kubeConfig.loadFromClusterAndUser({ name: "test", ...address }, { name: "test", token: "x" });
  const rate = { qps: 1_000, burst: 1_000, timeoutMs: 5_000 };
  const transport = new Transport({ ...rate, kubeConfig, clock: systemClock, random: Math.random });
  const close = async () => {
    transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { server, seen, caFile, transport, [Symbol.asyncDispose]: close };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "climatebatch-tls-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a hundred calls, one after the other, use one connection", async () => {
  await using opened = await openServer();
  for (let at = 0; at < 100; at++) await opened.transport.call({ method: "GET", path: "/version" });
  expect(opened.seen.connections).toBe(1);
});

test("a rotated CA is picked up without a restart", async () => {
  await using opened = await openServer();
  const { server, seen, caFile, transport } = opened;
  await transport.call({ method: "GET", path: "/version" });
  const second = await makeCertificate("second");
  server.setSecureContext(second);
  server.closeAllConnections();
  const refused = await transport.call({ method: "GET", path: "/version" }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ status: 0, reason: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  // It does not pass by itself: a person must provide the right CA.
  expect(isRetryable(refused)).toBe(false);
  await writeFile(caFile, second.cert);
  await transport.call({ method: "GET", path: "/version" });
  expect(seen.connections).toBe(2);
});
