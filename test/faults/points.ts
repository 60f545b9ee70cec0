// The points of the crash matrix: which programs fail, alone and in pairs, at which moment of a batch; drawn from a seed.
import type { Calculation } from "../../model/calculations.ts";
import { makeRandom } from "../support/random.ts";

/** What a batch is computed by: `climatebatch run`, `climatebatch serve`, or the operator and pods. */
export type Stage = "run" | "serve" | "cluster";

/** `crash` stops PostgreSQL immediately and starts it again; `failover` stops it and promotes its standby. */
export type Fault = "shard" | "runner" | "serve" | "leader" | "crash" | "failover" | "apiServer" | "kubelet";

const FAULTS: Readonly<Record<Stage, readonly Fault[]>> = {
  run: ["shard", "runner", "crash", "failover"],
  serve: ["shard", "serve", "crash", "failover"],
  cluster: ["shard", "leader", "crash", "failover", "apiServer", "kubelet"],
};

export const CELLS = 12;
export const CELLS_PER_SHARD = 4;

/** Before the first result row of a cell, or before a shard is marked done. */
export type Moment = { readonly calculation: Calculation; readonly cell: number } | { readonly finishOf: number };

export interface Point {
  readonly number: number;
  readonly stage: Stage;
  /** In the order in which they begin. */
  readonly faults: readonly Fault[];
  readonly moment: Moment;
  /** How long a server stays away [ms]. */
  readonly awayMs: number;
  /** From the beginning of the first fault to that of the second [ms]. */
  readonly gapMs: number;
}

const MOST_AWAY_MS = 11_000;
const MOST_GAP_MS = 3_000;

type Kind = Pick<Point, "stage" | "faults">;

/** Every fault of every stage alone, and every pair. */
export const KINDS: readonly Kind[] = (Object.keys(FAULTS) as Stage[]).flatMap((stage) =>
  FAULTS[stage].flatMap((one, at) => [
    { stage, faults: [one] },
    ...FAULTS[stage].slice(at + 1).map((other) => ({ stage, faults: [one, other] })),
  ]),
);

/** So many, each kind once before any comes twice; the first ones are the same whatever their number. */
export function drawPoints(seed: number, count: number): Point[] {
  const random = makeRandom(`faults ${seed}`);
  const below = (end: number) => Math.floor(random() * end);
  const points: Point[] = [];
  let left: Kind[] = [];
  while (points.length < count) {
    if (left.length === 0) left = [...KINDS];
    const { stage, faults } = left.splice(below(left.length), 1)[0]!;
    points.push({
      number: points.length + 1,
      stage,
      faults: random() < 0.5 ? faults : faults.toReversed(),
      moment: drawMoment(below),
      awayMs: below(MOST_AWAY_MS),
      gapMs: below(MOST_GAP_MS),
    });
  }
  return points;
}

function drawMoment(below: (end: number) => number): Moment {
  const place = below(CELLS + CELLS / CELLS_PER_SHARD);
  return place < CELLS ? { calculation: "probability", cell: place } : { finishOf: place - CELLS };
}

export function shardOf(moment: Moment, cellsPerShard: number): number {
  return "cell" in moment ? Math.floor(moment.cell / cellsPerShard) : moment.finishOf;
}

export function describePoint({ number, stage, faults, moment, awayMs, gapMs }: Point): string {
  const place =
    "cell" in moment ? `before the rows of cell ${moment.cell}` : `before the end of shard ${moment.finishOf}`;
  const gap = faults.length > 1 ? `, ${(gapMs / 1000).toFixed(1)} s apart` : "";
  return `point ${number}: ${stage}: ${faults.join(" and ")}${gap}, ${place}, servers away for ${(awayMs / 1000).toFixed(1)} s`;
}
