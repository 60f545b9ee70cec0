// How far two arrays of results are apart, by the measure that their index is compared with.
import { CLIPPED_AT } from "../../job/indices/standardizedIndex.ts";
import type { Measure } from "./comparisons.ts";

/** Below this a value is compared in absolute terms: relative digits of what is nearly zero mean nothing. */
const NEARLY_ZERO = 1e-3;

export interface Difference {
  readonly cases: number;
  readonly largest: number;
  readonly passed: boolean;
}

/**
 * The largest difference of two arrays; one of them NaN alone counts as infinite.
 *
 * equal, absolute: |a - b|; relative: |a - b| / |b|, in absolute terms below 0.001; clipped: |a - b| after both are cut to
 * ±3.09, where NaN means outside the distribution's support (xclim) and agrees with ±3.09; common: |a - b| where ours is
 * compared, without the other years; share: the share of values that differ at all.
 */
export function measureDifference(
  ours: Float64Array,
  theirs: Float64Array,
  measure: Measure,
  tolerance: number,
): Difference {
  if (ours.length !== theirs.length) throw new Error(`expected ${ours.length} values, found ${theirs.length}`);
  let largest = 0;
  let cases = 0;
  let differing = 0;
  for (let i = 0; i < ours.length; i++) {
    const a = ours[i]!;
    const b = theirs[i]!;
    if (Number.isNaN(a) && (Number.isNaN(b) || measure === "common")) continue;
    cases++;
    const difference = differenceOf(a, b, measure);
    if (difference > 0) differing++;
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  const measured = measure === "share" && Number.isFinite(largest) ? differing / cases : largest;
  return { cases, largest: measured, passed: cases > 0 && measured <= tolerance };
}

function differenceOf(a: number, b: number, measure: Measure): number {
  if (measure === "clipped" && Number.isNaN(b)) return CLIPPED_AT - Math.abs(a);
  if (measure === "clipped") return Math.abs(clip(a) - clip(b));
  if (measure === "relative") return Math.abs(a - b) / Math.max(Math.abs(b), NEARLY_ZERO);
  return Math.abs(a - b);
}

function clip(value: number): number {
  return Math.min(Math.max(value, -CLIPPED_AT), CLIPPED_AT);
}
