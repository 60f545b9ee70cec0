// The numbers of the method set published, and what a definition says of a risk's numbers.
import { type ProbabilityMethods, type RiskMethods, readMethodSet } from "../../model/methodSet.ts";
import type { Risk } from "../../model/risks.ts";
import type { RiskDefinition } from "./riskDefinition.ts";

export type { RiskMethods } from "../../model/methodSet.ts";

/** What a risk is, in a few sentences, and the papers behind it. */
export interface Explanation {
  /** The yearly intensity, how years become probabilities, and what is scored. */
  readonly definition: string;
  readonly references: readonly string[];
}

/** A risk by the method set published, with its own numbers. */
export interface PublishedRisk extends RiskDefinition {
  readonly numbers: RiskMethods;
  readonly explanation: Explanation;
  /** The same risk by a user's numbers. */
  withNumbers(numbers: RiskMethods): RiskDefinition;
}

/** A risk with the numbers and the explanation of its data file, checked. */
export function publishRisk(
  risk: Risk,
  { definition, references, ...numbers }: Explanation,
  make: (numbers: RiskMethods) => RiskDefinition,
): PublishedRisk {
  const set = readMethodSet({ methodSet: "published", risks: { [risk]: numbers } }, `The data file of ${risk}`);
  const checked = set.risks[risk]!;
  return { ...make(checked), numbers: checked, explanation: { definition, references }, withNumbers: make };
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
