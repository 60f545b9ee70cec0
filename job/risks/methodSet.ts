// The numbers of the method set published, and what a definition says of a risk's numbers.
// Their form, and the checks of a user's own, stand in model/methodSet.ts.
import { RejectedError } from "../../model/errors.ts";
import { type MethodSet, type ProbabilityMethods, type RiskMethods, readMethodSet } from "../../model/methodSet.ts";
import type { Risk } from "../../model/risks.ts";
import published from "./published.json" with { type: "json" };

export type { RiskMethods } from "../../model/methodSet.ts";

export const PUBLISHED: MethodSet = readMethodSet(published, "published.json");

/** The numbers of one risk; a method set need not hold all nine. */
export function methodsOf(set: MethodSet, risk: Risk): RiskMethods {
  const methods = set.risks[risk];
  if (methods === undefined) {
    throw new RejectedError("InvalidMethodSet", `Method set "${set.methodSet}" has no entry for ${risk}.`);
  }
  return methods;
}

/** Refuses numbers in another unit than the risk computes in: they would be compared with values they do not mean. */
export function checkOverrides(overrides: MethodSet): void {
  for (const [risk, methods] of Object.entries(overrides.risks)) {
    const ours = methodsOf(PUBLISHED, risk as Risk);
    for (const part of ["edges", "anchors"] as const) {
      if (methods[part].unit === ours[part].unit) continue;
      throw new RejectedError(
        "InvalidMethodSet",
        `Method set "${overrides.methodSet}": risks.${risk}.${part}.unit: expected "${ours[part].unit}", in which ${risk} is computed, but found "${methods[part].unit}". See climatebatch explain ${risk} --json.`,
      );
    }
  }
}

/** What a definition says of its bins, rates and anchors. */
export function describeMethods(methods: RiskMethods) {
  return { ...describeBins(methods), anchors: methods.anchors.values };
}

/** The same without anchors. */
export function describeBins({ defaultRateSet, edges, rateSets: sets }: ProbabilityMethods) {
  const rateSets: Record<string, readonly number[]> = {};
  for (const [name, set] of Object.entries(sets)) rateSets[name] = set.values;
  return {
    edges: edges.values,
    ranges: edges.ranges,
    rateSets,
    impactType: sets[defaultRateSet]!.impactType,
  };
}
