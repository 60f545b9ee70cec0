// The crash matrix: at each point programs or servers fail in the middle of a batch. It completes, or reports truthfully why
// not; its bytes are those of a run without faults; readers see one batch at a time; nothing is left behind.
import { appendFileSync } from "node:fs";
import { afterAll, beforeAll, describe, test } from "vitest";
import { describeOnCluster, useCluster } from "../support/cluster.ts";
import { prepareOperator } from "../support/operatorPods.ts";
import { isLong, SEED } from "../support/random.ts";
import { type Arena, openArena } from "./arena.ts";
import { type ClusterArena, openClusterArena, runClusterPoint } from "./cluster.ts";
import { runMachinePoint } from "./machine.ts";
import { describePoint, drawPoints, type Point } from "./points.ts";

/** Set by `npm run test:faults`. */
const { FAULTS_SEED, FAULTS_POINTS, FAULTS_OUTCOMES } = process.env;
const seed = Number(FAULTS_SEED ?? SEED);
const points = drawPoints(seed, Number(FAULTS_POINTS ?? (isLong ? 200 : 20)));
const POINT_PATIENCE_MS = 600_000;

async function record(point: Point, work: () => Promise<string>): Promise<void> {
  const started = performance.now();
  const write = (outcome: string) => {
    const seconds = Math.round((performance.now() - started) / 1000);
    if (FAULTS_OUTCOMES) appendFileSync(FAULTS_OUTCOMES, `${JSON.stringify({ ...point, outcome, seconds })}\n`);
  };
  try {
    write(await work());
  } catch (error) {
    write(`BROKEN: ${(error as Error).message}`);
    throw error;
  }
}

const named = (stages: readonly Point["stage"][]) =>
  points.filter(({ stage }) => stages.includes(stage)).map((point) => ({ point, name: describePoint(point) }));

describe(`faults on one machine (seed ${seed})`, () => {
  let arena: Arena;
  beforeAll(async () => {
    arena = await openArena();
  });
  afterAll(() => arena?.[Symbol.asyncDispose]());

  test.each(named(["run", "serve"]))("$name", { timeout: POINT_PATIENCE_MS }, ({ point }) =>
    record(point, () => runMachinePoint(arena, point)),
  );
});

describeOnCluster(`faults on a cluster (seed ${seed})`, () => {
  let arena: ClusterArena;
  beforeAll(async () => {
    const cluster = await useCluster();
    arena = await openClusterArena(cluster, await prepareOperator(cluster));
  });
  afterAll(() => arena?.[Symbol.asyncDispose]());

  test.each(named(["cluster"]))("$name", { timeout: 2 * POINT_PATIENCE_MS }, ({ point }) =>
    record(point, () => runClusterPoint(arena, point)),
  );
});
