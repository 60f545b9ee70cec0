// What a batch computes, fully spelled out. Two batches with equal keys compute the same results.
import type { BatchRequest } from "./batchRequest.ts";
import type { MethodSet } from "./methodSet.ts";
import { type Period, samePeriod } from "./periods.ts";

type RequestedResults = Omit<BatchRequest, "cellsPerShard" | "maxRejectedCells" | "parallelism">;

/** A request with nothing left open; its periods begin with the base period. */
export type BatchSpecification = Required<RequestedResults> & {
  /** Of the method set that every shard must compute by; absent in batches of before there were versions: 1. */
  readonly methodsVersion?: number;
  /** A user's own bins, rates and anchors of some risks, whole, so that every shard computes with the same. */
  readonly overrides?: MethodSet;
};

/** Results a batch has per cell and calculation. */
export function resultsPerCell({ risks, scenarios, periods }: BatchSpecification): number {
  return risks.length * scenarios.length * periods.length;
}

/** The base period first, then the others in time, none twice. */
export function orderPeriods(basePeriod: Period, periods: readonly Period[]): Period[] {
  const others = periods
    .filter((period, at) => !samePeriod(period, basePeriod) && periods.findIndex((p) => samePeriod(p, period)) === at)
    .sort((a, b) => a.firstYear - b.firstYear || a.lastYear - b.lastYear);
  return [basePeriod, ...others];
}

export function specificationKey(specification: BatchSpecification): string {
  const { calculation, methods, grid, risks, scenarios, basePeriod, periods, overrides, methodsVersion } =
    specification;
  return JSON.stringify([
    ...[calculation, methods, methodsVersion, grid, risks, scenarios, basePeriod, periods],
    ...(overrides === undefined ? [] : [overrides]),
  ]);
}
