// Points on a cluster: a ClimateBatch computed by pods, struck in the middle, helped as a person would, by raising `retries`.
import { setTimeout as sleep } from "node:timers/promises";
import { findCondition } from "../../model/climateBatch.ts";
import { digestExports } from "../support/batches.ts";
import { eventually } from "../support/cli.ts";
import type { TestCluster } from "../support/cluster.ts";
import { createDatabaseUsers } from "../support/databaseUsers.ts";
import { type OperatorImages, type OperatorPods, openOperatorPods, processesOf } from "../support/operatorPods.ts";
import {
  type Arena,
  databaseStrikes,
  dropPauses,
  expectNothingLeft,
  openArena,
  pauseAtMoment,
  strike,
  watchResults,
} from "./arena.ts";
import { CELLS_PER_SHARD, type Point } from "./points.ts";

const JOB_PROGRAM = "job/main.ts";
const REPLICAS = 2;
const MOST_RETRIES = 3;
/** Backoff of pods, a lease, servers that come back: of a batch that gets nowhere. */
const PATIENCE_SECONDS = 400;
const OPERATOR_SESSIONS = "^climatebatch (operator|listener)";

export interface ClusterArena extends Arena {
  readonly cluster: TestCluster;
  readonly space: OperatorPods;
}

export async function openClusterArena(cluster: TestCluster, images: OperatorImages): Promise<ClusterArena> {
  await using opening = new AsyncDisposableStack();
  const arena = opening.use(await openArena(cluster.nodeAddress));
  const space = opening.use(await openOperatorPods(cluster, images, await createUsers(arena)));
  await space.scale(REPLICAS);
  const closing = opening.move();
  return { ...arena, cluster, space, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

/** The database as pods name it, each with a user of its own. */
async function createUsers({ url, use }: Arena): Promise<OperatorPods["urls"]> {
  return use(async (client) => {
    const end = async () => undefined;
    const users = await createDatabaseUsers({ url, client, drop: end, [Symbol.asyncDispose]: end }, [
      "operator",
      "job",
    ]);
    return { operator: users.urlOf("operator"), job: users.urlOf("job") };
  });
}

export async function runClusterPoint(arena: ClusterArena, point: Point): Promise<string> {
  const { space, cluster } = arena;
  const name = `point-${point.number}`;
  if (point.faults.includes("failover")) await arena.pair.follow();
  const readers = watchResults(arena);
  let outcome: string;
  try {
    await using pause = await pauseAtMoment(arena, point.moment);
    await space.apply(name, { calculation: "All", cellsPerShard: CELLS_PER_SHARD, parallelism: 2 });
    await pause.reached();
    await strike(point, {
      ...databaseStrikes(arena, point),
      shard: await aimAtShardPod(arena, name),
      leader: await aimAtLeader(space),
      async apiServer() {
        await cluster.stopApiServer();
        await sleep(point.awayMs);
        await cluster.startApiServer();
      },
      async kubelet() {
        await cluster.pauseKubelet();
        await sleep(point.awayMs);
        await cluster.resumeKubelet();
      },
    });
    await pause.release();
    outcome = await helpToTheEnd(space, name);
  } finally {
    await dropPauses(arena);
  }
  const answers = await readers.stop();
  if (answers === 0) throw new Error("no reader got an answer");
  const digests = await arena.use(digestExports);
  if (JSON.stringify(digests) !== JSON.stringify(arena.reference)) throw new Error("the published bytes differ");
  await expectJobsEnded(space, name);
  await expectNothingLeft(arena, OPERATOR_SESSIONS);
  return outcome;
}

/** Kills every shard process of the batch that runs now. */
async function aimAtShardPod({ space }: ClusterArena, name: string): Promise<() => Promise<void>> {
  const selector = `--selector=climate.aiops.dev/batch=${name}`;
  const { items } = JSON.parse(await space.namespace.kubectl(["get", "pods", selector, "--output=json"]));
  const uids = (items as { metadata: { uid: string } }[]).map(({ metadata }) => metadata.uid);
  return async () => {
    for (const pid of uids.flatMap((uid) => processesOf(uid, JOB_PROGRAM))) process.kill(pid, "SIGKILL");
  };
}

async function aimAtLeader(space: OperatorPods): Promise<() => Promise<void>> {
  const pids = await space.processesIn(await space.leader());
  return async () => {
    for (const pid of pids) process.kill(pid, "SIGKILL");
  };
}

/** Until the batch is published; a batch that failed has said why, and is retried. */
async function helpToTheEnd(space: OperatorPods, name: string): Promise<string> {
  const steps: string[] = [];
  for (let retries = 0; ; retries++) {
    const { status } = await eventually(
      `${name} has ended`,
      async () => {
        // The API server may be on its way back.
        const batch = await space.read(name).catch(() => undefined);
        const ends = (["Published", "Failed"] as const).map((type) => findCondition(batch?.status, type));
        const isOver = ends.some((condition) => condition?.status === "True");
        return isOver && (batch!.status!.attempt ?? 1) === retries + 1 ? batch : undefined;
      },
      PATIENCE_SECONDS * 1000,
    );
    if (findCondition(status, "Published")?.status === "True") return [...steps, "published"].join(", ");
    const { reason, message } = findCondition(status, "Failed")!;
    if (!reason || !message) throw new Error(`${name} failed without a reason`);
    steps.push(`failed (${reason}), retried`);
    if (retries === MOST_RETRIES) throw new Error(`not published after ${steps.join(", ")}`);
    await space.patch(name, { retries: retries + 1 });
  }
}

/** No pod of the batch runs, and its Jobs go with it. */
async function expectJobsEnded({ namespace }: OperatorPods, name: string): Promise<void> {
  const selector = `--selector=climate.aiops.dev/batch=${name}`;
  const list = (kind: string, ...words: string[]) =>
    namespace.kubectl(["get", kind, selector, "--output=name", ...words]).then((names) => names.trim());
  await eventually("no pod of the batch runs", async () => {
    return (await list("pods", "--field-selector=status.phase=Running")) === "" || undefined;
  });
  await namespace.kubectl(["delete", "climatebatch", name, "--wait=false"]);
  await eventually("its Jobs and pods are gone", async () => {
    return ((await list("jobs")) === "" && (await list("pods")) === "") || undefined;
  });
}
