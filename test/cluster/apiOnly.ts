// etcd and an API server without nodes or controllers, ready in seconds, several at once: for tests of what talks to the API.
// Nothing acts on the objects (no pods run, a deleted namespace stays); a whole cluster is localCluster.ts.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureBinaries } from "./binaries.ts";
import {
  apiServerWords,
  apiUrl,
  type ControlPlane,
  etcdWords,
  freePort,
  waitForApiServer,
  writeCertificates,
  writeKubeconfig,
} from "./controlPlane.ts";
import { type Child, startChild } from "./processes.ts";

const ADDRESS = "127.0.0.1";
const START_ATTEMPTS = 3;

export interface ApiServer extends AsyncDisposable {
  /** Path of a kubeconfig with all rights. */
  readonly kubeconfig: string;
  readonly url: string;
  /** What the API server and etcd wrote. */
  readonly logFiles: readonly string[];
  /** Stopped in its tracks: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Killed, away for a while (connections are refused), started on the same port and data; resolves when it is ready. */
  restart(downMs?: number): Promise<void>;
  /** Ends both and removes their files. */
  stop(): Promise<void>;
}

export async function startApiOnly(): Promise<ApiServer> {
  const binaries = await ensureBinaries();
  const folder = await mkdtemp(join(tmpdir(), "climatebatch-api-"));
  const logs = { etcd: join(folder, "etcd.log"), apiServer: join(folder, "kube-apiserver.log") };
  const plane = { binaries, folder, sockets: folder, address: ADDRESS };
  await mkdir(join(folder, "etcd"), { mode: 0o700 });
  await writeCertificates({ ...plane, port: 0 }, []);
  const [program, ...words] = etcdWords({ ...plane, port: 0 });
  const etcd = startChild(program, words, logs.etcd);
  try {
    const started = await startOnFreePort(plane, etcd, logs.apiServer);
    const { port } = started;
    let { server } = started;
    const kubeconfig = await writeKubeconfig({ ...plane, port }, "admin", join(folder, "kubeconfig"));
    const stop = async () => {
      // Killed: an open watch would delay a graceful stop for a minute.
      await server.stop("SIGKILL");
      await etcd.stop("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    };
    return {
      kubeconfig,
      url: apiUrl({ ...plane, port }),
      logFiles: Object.values(logs),
      pause: () => server.kill("SIGSTOP"),
      resume: () => server.kill("SIGCONT"),
      async restart(downMs = 0) {
        await server.stop("SIGKILL");
        await sleep(downMs);
        server = await startServer({ ...plane, port }, etcd, logs.apiServer);
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await etcd.stop("SIGKILL");
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

type PlaneWithoutPort = Omit<ControlPlane, "port">;

async function startOnFreePort(
  plane: PlaneWithoutPort,
  etcd: Child,
  logFile: string,
): Promise<{ port: number; server: Child }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(ADDRESS);
    try {
      return { port, server: await startServer({ ...plane, port }, etcd, logFile) };
    } catch (error) {
      const isPortTaken = String(error).includes("address already in use");
      if (!isPortTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function startServer(plane: ControlPlane, etcd: Child, logFile: string): Promise<Child> {
  const [program, ...words] = apiServerWords(plane, [
    // Nothing creates service accounts here, and only this machine may reach this server.
    "--disable-admission-plugins=ServiceAccount",
    "--endpoint-reconciler-type=none",
  ]);
  const server = startChild(program, words, logFile);
  try {
    await waitForApiServer(plane, () => {
      const end = etcd.ended() ?? server.ended();
      if (end !== undefined) throw new Error(end);
    });
  } catch (error) {
    await server.stop("SIGKILL");
    throw error;
  }
  return server;
}
