// How much of its value a flooded place loses at a depth: the table of the Joint Research Centre for Asia, and the expected
// yearly loss under any law of depth. Which thresholds a place has is each flood risk's.
import { z } from "zod";
import { GAUSS_NODES, gaussLegendre } from "../numerics/gaussLegendre.ts";
import jrcAsia from "./jrcAsia.json" with { type: "json" };

const share = z.number().min(0).max(1);
const ascending = (values: readonly number[]) => values.every((value, at) => at === 0 || value >= values[at - 1]!);

const table = z
  .strictObject({
    source: z.string().min(1),
    unit: z.literal("m"),
    depths: z.array(z.number().min(0)).refine((depths) => depths[0] === 0 && new Set(depths).size === depths.length),
    classes: z.record(z.string(), z.array(share).refine(ascending, "expected damage that grows with depth")),
  })
  .refine(({ depths }) => ascending(depths), "expected ascending depths")
  .refine(
    ({ classes, depths }) => Object.values(classes).every((damage) => damage.length === depths.length),
    "expected a damage for each depth",
  );

export const JRC_ASIA = table.parse(jrcAsia);

/** The classes that make up the default curve, each as much as the others. */
const BUILDINGS = ["residential", "commercial", "industrial"] as const;

/** Damage [1] over depth [m], linear between the depths, 0 at none and below `sill`, as at the last depth beyond it. */
export interface DamageCurve {
  readonly depths: readonly number[];
  readonly damage: readonly number[];
  /** m; shallower water does no damage, deeper water all that the curve says */
  readonly sill: number;
}

/** The curve behind a rate set: one class, or "buildings", the mean of the three; null where the table knows none. */
export function curveOf(rateSet: string, sill: number): DamageCurve | null {
  const { classes, depths } = JRC_ASIA;
  if (rateSet !== "buildings") {
    const damage = classes[rateSet];
    return damage === undefined ? null : { depths, damage, sill };
  }
  const damage = depths.map(
    (_, at) => BUILDINGS.reduce((sum, name) => sum + classes[name]![at]!, 0) / BUILDINGS.length,
  );
  return { depths, damage, sill };
}

/** Damage [1] at a depth [m], whatever the sill. */
export function damageAt({ damage, depths }: DamageCurve, depth: number): number {
  if (!(depth > 0)) return depth <= 0 ? 0 : Number.NaN;
  for (let at = 1; at < depths.length; at++) {
    if (depth > depths[at]!) continue;
    const along = (depth - depths[at - 1]!) / (depths[at]! - depths[at - 1]!);
    return damage[at - 1]! + along * (damage[at]! - damage[at - 1]!);
  }
  return damage.at(-1)!;
}

/** A stretch of depth over which the damage grows evenly. */
interface Piece {
  /** m */
  readonly from: number;
  readonly to: number;
  /** m-1 */
  readonly slope: number;
}

/** Depths at which the probability of more water is evaluated, and the weight of each; rewritten for every cell. */
export interface DamageNodes {
  readonly pieces: readonly Piece[];
  /** Damage [1] that begins at once, at a sill. */
  readonly jump: { readonly depth: number; readonly damage: number } | null;
  /** [count] m */
  readonly depths: Float64Array;
  /** [count] damage [1] that probability 1 of more water than `depths` would add */
  readonly weights: Float64Array;
  count: number;
}

/** Nodes for a curve up to `cap` [m], which no depth exceeds. `edges` [m] are depths that further cut its pieces. */
export function makeDamageNodes(curve: DamageCurve, cap: number, edges: readonly number[]): DamageNodes {
  const { depths, sill } = curve;
  const within = (depth: number) => depth >= sill && depth <= Math.min(cap, depths.at(-1)!);
  const cuts = [...new Set([...depths, ...edges, sill, cap])].filter(within).sort((a, b) => a - b);
  const pieces = cuts.slice(1).map((to, at) => {
    const from = cuts[at]!;
    return { from, to, slope: (damageAt(curve, to) - damageAt(curve, from)) / (to - from) };
  });
  const growing = pieces.filter(({ slope }) => slope > 0);
  // One piece may be cut by a kink; the jump has a node of its own.
  const most = (growing.length + 1) * GAUSS_NODES + 1;
  const jump = sill > 0 ? { depth: sill, damage: damageAt(curve, sill) } : null;
  return { pieces: growing, jump, depths: new Float64Array(most), weights: new Float64Array(most), count: 0 };
}

/**
 * The nodes of the expected yearly damage.
 *
 * Inputs: nodes; kink [m], a depth at which the law of depth has a kink (what protects holds up to there), or 0.
 * Output: nodes: the expected damage is the sum of weight times P(depth > node).
 * Definition: E D = D(sill) P(d > sill) + integral from sill to cap of D'(x) P(d > x) dx, by four Gauss-Legendre nodes on
 *   each piece of D, cut at the bins' edges, at kink and cap. Four nodes on the table's own half metres would err by 0.2 %
 *   where the probability of ponding falls a hundredfold in one of them.
 * Missing data: NaN counts as no kink.
 */
export function placeDamageNodes(nodes: DamageNodes, kink: number): void {
  const { jump, pieces } = nodes;
  nodes.count = 0;
  if (jump !== null) {
    nodes.depths[0] = jump.depth;
    nodes.weights[0] = jump.damage;
    nodes.count = 1;
  }
  for (const { from, slope, to } of pieces) {
    if (kink > from && kink < to) {
      addPiece(from, kink, slope, nodes);
      addPiece(kink, to, slope, nodes);
    } else addPiece(from, to, slope, nodes);
  }
}

function addPiece(from: number, to: number, slope: number, nodes: DamageNodes): void {
  const first = nodes.count;
  gaussLegendre(from, to, first, nodes.depths, nodes.weights);
  nodes.count = first + GAUSS_NODES;
  for (let at = first; at < nodes.count; at++) nodes.weights[at] = nodes.weights[at]! * slope;
}
