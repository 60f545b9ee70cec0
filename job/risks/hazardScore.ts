// From a period's yearly values to the mean that is scored, its interval, and the scores.
import { ANCHOR_SCORES } from "../../model/methodSet.ts";
import { piecewiseLinear } from "../numerics/piecewiseLinear.ts";
import { NORMAL_90 } from "./binStatistics.ts";

/** Score 0..100 of a value through its six anchors, which may ascend or descend. */
export function scoreOf(value: number, anchors: readonly number[]): number {
  return piecewiseLinear(value, anchors, ANCHOR_SCORES);
}

/** Scores of a value and of its interval's ends, the lower score first also where low values are the bad ones. */
export function scoresOf(
  value: number,
  low: number,
  high: number,
  anchors: readonly number[],
): { score: number; scoreLow: number; scoreHigh: number } {
  const atLow = scoreOf(low, anchors);
  const atHigh = scoreOf(high, anchors);
  return {
    score: scoreOf(value, anchors),
    scoreLow: Math.min(atLow, atHigh),
    scoreHigh: Math.max(atLow, atHigh),
  };
}

/**
 * Mean of a period's yearly values with its 90 % interval.
 *
 * Inputs: values [any unit] Float64Array, without NaN in [0, n); floor, same unit: no value can be lower.
 * Output: value, low, high in the unit of the values.
 * Definition: mean +- 1.645 sd / sqrt(n), sd with n - 1, the lower end held at `floor`. Years are taken as independent.
 * Missing data: none in the slice; n = 0 gives NaN, n = 1 an interval of NaN.
 */
export function meanWithInterval(
  values: Float64Array,
  n: number,
  floor: number,
): { value: number; low: number; high: number } {
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]!;
  mean /= n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  const half = (NORMAL_90 * Math.sqrt(squares / (n - 1))) / Math.sqrt(n);
  return { value: mean, low: Math.max(floor, mean - half), high: mean + half };
}
