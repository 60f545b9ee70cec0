// `climatebatch serve` as a process of its own: its settings, its log line by line, its answers.
import { once } from "node:events";
import { createServer } from "node:net";
import type { Client } from "pg";
import { eventually, type Program, startCli } from "./cli.ts";

export interface LogLine extends Readonly<Record<string, unknown>> {
  readonly event: string;
  readonly message?: string;
}

export interface Serving extends Program {
  readonly probeUrl: string;
  readonly exploreUrl: string;
  lines(): LogLine[];
  /** Waits until it has logged the event so often. */
  logged(event: string, times?: number): Promise<LogLine>;
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

/** Does not wait for anything. */
export async function startServe(
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
): Promise<Serving> {
  const [port, explorePort] = [await freePort(), await freePort()];
  const ports = { PROBE_PORT: String(port), EXPLORE_PORT: String(explorePort) };
  const surroundings = { env: { ...ports, ...env }, ...(cwd !== undefined && { cwd }) };
  const program = startCli(["serve", ...(databaseUrl === "" ? [] : ["--database", databaseUrl])], surroundings);
  const lines = () =>
    program
      .written()
      .split("\n")
      .filter((line) => line.endsWith("}"))
      .map((line) => JSON.parse(line) as LogLine);
  return Object.assign(program, {
    probeUrl: `http://127.0.0.1:${port}`,
    exploreUrl: `http://127.0.0.1:${explorePort}`,
    lines,
    logged: (event: string, times = 1) =>
      eventually(`serve logs ${event}`, async () => {
        const found = lines().filter((line) => line.event === event);
        if (program.child.exitCode !== null) {
          const { stdout, stderr } = await program.ended;
          throw new Error(`serve ended before it logged ${event}: ${stderr}\n${stdout}`);
        }
        return found[times - 1];
      }),
  });
}

/** Waits until it listens and leads. */
export async function serving(databaseUrl: string, env: Readonly<Record<string, string>> = {}): Promise<Serving> {
  const program = await startServe(databaseUrl, env);
  await Promise.all([program.logged("leading"), program.logged("listenerConnected")]);
  return program;
}

export interface BatchOfRequest {
  readonly batch_id: string;
  readonly calculation: string;
  readonly state: string;
}

export async function readBatches(client: Client): Promise<BatchOfRequest[]> {
  const { rows } = await client.query(
    "SELECT batch_id, calculation, state FROM climatebatch.batches ORDER BY batch_id",
  );
  return rows;
}

/** Waits until nothing waits, nothing runs and so many batches are there. */
export function settled(client: Client, batches: number): Promise<BatchOfRequest[]> {
  return eventually(`${batches} batches have ended`, async () => {
    const { rows } = await client.query("SELECT FROM climatebatch.batch_requests WHERE state <> 'finished'");
    const all = await readBatches(client);
    const isOver = rows.length === 0 && all.length === batches && all.every(({ state }) => state !== "running");
    return isOver ? all : undefined;
  });
}
