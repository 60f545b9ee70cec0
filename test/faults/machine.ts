// Points on one machine: `climatebatch run`, or `serve` with a NOTIFY, struck in the middle of a batch and helped as a person
// would, by starting the same command again or by `retry`.
import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_TRIGGER_CHANNEL } from "../../model/requests.ts";
import { type BatchRow, digestExports, readLatestBatch, readShards, workerPid } from "../support/batches.ts";
import { type Ended, eventually, isAlive, type Program, startCli } from "../support/cli.ts";
import { type Serving, startServe } from "../support/serve.ts";
import {
  type Arena,
  databaseStrikes,
  dropPauses,
  expectNothingLeft,
  pauseAtMoment,
  RUN_ALL,
  strike,
  watchResults,
} from "./arena.ts";
import { CELLS_PER_SHARD, type Point, shardOf } from "./points.ts";

const CUT = [...RUN_ALL, "--cells-per-shard", String(CELLS_PER_SHARD), "--workers", "2"];
const MOST_ATTEMPTS = 5;
/** A batch that failed is left to `serve` for so long before a person retries it. */
const SELF_HELP_MS = 5_000;

/** What it took until the batch was published. Throws when a promise was broken. */
export async function runMachinePoint(arena: Arena, point: Point): Promise<string> {
  if (point.faults.includes("failover")) await arena.pair.follow();
  const readers = watchResults(arena);
  let outcome: string;
  try {
    outcome = await (point.stage === "run" ? strikeRun(arena, point) : strikeServe(arena, point));
  } finally {
    await dropPauses(arena);
  }
  const answers = await readers.stop();
  if (answers === 0) throw new Error("no reader got an answer");
  const digests = await arena.use(digestExports);
  if (JSON.stringify(digests) !== JSON.stringify(arena.reference)) throw new Error("the published bytes differ");
  await expectNothingLeft(arena);
  return outcome;
}

/** Kills the process that computes the shard now. */
async function aimAtShard(arena: Arena, batchId: string, shard: number): Promise<() => Promise<void>> {
  const rows = await arena.use((client) => readShards(client, batchId));
  const pid = workerPid(rows.find((row) => row.shard === shard)!);
  return async () => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  };
}

/** The batch that is not the one of before, as soon as there is one. */
function newBatch(arena: Arena, before: string): Promise<BatchRow> {
  return eventually("a new batch is planned", async () => {
    const batch = await arena.use(readLatestBatch);
    return batch?.batch_id === before ? undefined : batch;
  });
}

async function isPublished(arena: Arena, batchId: string): Promise<boolean> {
  const rows = await arena.use(
    async (client) => (await client.query("SELECT FROM climatebatch.publications WHERE batch_id = $1", [batchId])).rows,
  );
  return rows.length > 0;
}

async function strikeRun(arena: Arena, point: Point): Promise<string> {
  const before = (await arena.use(readLatestBatch))!.batch_id;
  await using pause = await pauseAtMoment(arena, point.moment);
  const start = (words: readonly string[]) =>
    startCli([...words, "--database", arena.url], { env: { TMPDIR: arena.spool } });
  await using run = start(CUT);
  const { batch_id: batchId } = await newBatch(arena, before);
  await pause.reached();
  await strike(point, {
    ...databaseStrikes(arena, point),
    shard: await aimAtShard(arena, batchId, shardOf(point.moment, CELLS_PER_SHARD)),
    runner: async () => run.kill("SIGKILL"),
  });
  await pause.release();

  const steps = [describeEnd(await run.ended)];
  while (!(await isPublished(arena, batchId))) {
    if (steps.length > MOST_ATTEMPTS) throw new Error(`not published after ${steps.join(", ")}`);
    const { state } = (await arena.use(readLatestBatch))!;
    await using again = start(state === "failed" ? ["retry", batchId] : CUT);
    steps.push(`${state === "failed" ? "retry" : "run again"}: ${describeEnd(await again.ended)}`);
  }
  return steps.join(", ");
}

/** A program that ends by itself without success must have reported why. */
function describeEnd({ code, signal, stdout, stderr }: Ended): string {
  if (signal !== null) return `killed by ${signal}`;
  if (code === 0) return "published";
  const lines = `${stdout}\n${stderr}`.split("\n");
  const reason = lines.findLast((line) => /failed|Cannot reach|does not answer|database|terminat|running/i.test(line));
  if (reason === undefined) throw new Error(`ended with ${code} and no reason: ${stdout}${stderr}`);
  return `ended with ${code}`;
}

async function strikeServe(arena: Arena, point: Point): Promise<string> {
  const before = (await arena.use(readLatestBatch))!.batch_id;
  await using pause = await pauseAtMoment(arena, point.moment);
  const env = { BATCH_SIZE: String(CELLS_PER_SHARD), PARALLEL_WORKERS: "2", TMPDIR: arena.spool };
  await using stack = new AsyncDisposableStack();
  const start = async () => stack.use(await startServe(arena.url, env));
  let serve: Serving = await start();
  await Promise.all([serve.logged("leading"), serve.logged("listenerConnected")]);
  await arena.use((client) => client.query("SELECT pg_notify($1, 'probability')", [DEFAULT_TRIGGER_CHANNEL]));
  const { batch_id: batchId } = await newBatch(arena, before);
  await pause.reached();
  await strike(point, {
    ...databaseStrikes(arena, point),
    shard: await aimAtShard(arena, batchId, shardOf(point.moment, CELLS_PER_SHARD)),
    serve: async () => serve.kill("SIGKILL"),
  });
  await pause.release();

  const steps: string[] = [];
  if (point.faults.includes("serve")) {
    await serve.exited;
    serve = await start();
    steps.push("serve started again");
  }
  await eventually("the batch is published", async () => {
    if (serve.child.exitCode !== null) throw new Error(`serve ended by itself: ${serve.written()}`);
    if (await isPublished(arena, batchId)) return true;
    const { state, reason } = (await arena.use(readLatestBatch))!;
    if (state !== "failed") return undefined;
    if (reason === null) throw new Error(`batch ${batchId} failed without a reason`);
    await sleep(SELF_HELP_MS);
    if ((await arena.use(readLatestBatch))!.state !== "failed") return undefined;
    if (steps.length > MOST_ATTEMPTS) throw new Error(`not published after ${steps.join(", ")}`);
    await using retry: Program = startCli(["retry", batchId, "--database", arena.url]);
    steps.push(`failed (${reason}), retry: ${describeEnd(await retry.ended)}`);
    return undefined;
  });
  await eventually("no request is open", async () => {
    const { rows } = await arena.use((client) =>
      client.query("SELECT FROM climatebatch.batch_requests WHERE state <> 'finished'"),
    );
    return rows.length === 0 || undefined;
  });
  serve.kill("SIGTERM");
  const { code } = await serve.ended;
  if (code !== 0) throw new Error(`serve ended with ${code} after SIGTERM`);
  return [...steps, "published"].join(", ");
}
