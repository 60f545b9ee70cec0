// A method set's numbers: bin edges, base damage rates and score anchors of each risk, read from JSON and checked at load.
// What the numbers are used for stands with each risk.
import { z } from "zod";
import { RejectedError } from "../../model/errors.ts";
import { RISKS, type Risk } from "../../model/risks.ts";
import published from "./published.json" with { type: "json" };

/** Scores that the anchors stand for. */
export const ANCHOR_SCORES = [0, 20, 40, 60, 80, 100] as const;

const provenance = { source: z.string().min(1), judgement: z.boolean() };

const strictlyMonotonic = (values: readonly number[]) => increasing(values) || increasing(values.map((x) => -x));

const edges = z.strictObject({
  values: z.array(z.number()).min(1).refine(increasing, "expected strictly increasing edges"),
  unit: z.string().min(1),
  ...provenance,
});

const anchors = z.strictObject({
  values: z
    .array(z.number())
    .length(ANCHOR_SCORES.length)
    .refine(strictlyMonotonic, "expected anchors that strictly increase or strictly decrease"),
  unit: z.string().min(1),
  ...provenance,
});

const rateSet = z.strictObject({
  values: z.array(z.number().min(0).max(1)),
  impactType: z.enum(["damage", "disruption"]),
  sector: z.string().min(1),
  ...provenance,
});

const riskMethods = z
  .strictObject({
    edges,
    defaultRateSet: z.string(),
    rateSets: z.record(z.string(), rateSet),
    anchors,
    /** Anchors of the values told beside the score's own, by companion. */
    companions: z.record(z.string(), z.strictObject({ anchors })).default({}),
  })
  .superRefine(checkRates);

const methodSet = z.strictObject({
  methodSet: z.string().min(1),
  risks: z.partialRecord(z.enum(RISKS), riskMethods),
});

export type RiskMethods = z.infer<typeof riskMethods>;
export type MethodSet = z.infer<typeof methodSet>;

/** A method set from parsed JSON; `origin` is what the user calls the place it was read from. */
export function readMethodSet(json: unknown, origin: string): MethodSet {
  const parsed = methodSet.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw new RejectedError("InvalidMethodSet", `${origin} is no method set:\n${problems.join("\n")}`);
}

/** The numbers of one risk; a method set need not hold all nine. */
export function methodsOf(set: MethodSet, risk: Risk): RiskMethods {
  const methods = set.risks[risk];
  if (methods === undefined) {
    throw new RejectedError("InvalidMethodSet", `Method set "${set.methodSet}" has no entry for ${risk}.`);
  }
  return methods;
}

/** What a definition says of its bins, rates and anchors. */
export function describeMethods(methods: RiskMethods) {
  const rateSets: Record<string, readonly number[]> = {};
  for (const [name, set] of Object.entries(methods.rateSets)) rateSets[name] = set.values;
  return {
    edges: methods.edges.values,
    rateSets,
    impactType: methods.rateSets[methods.defaultRateSet]!.impactType,
    anchors: methods.anchors.values,
  };
}

export const PUBLISHED: MethodSet = readMethodSet(published, "published.json");

function increasing(values: readonly number[]): boolean {
  return values.every((value, at) => at === 0 || value > values[at - 1]!);
}

function checkRates(methods: z.input<typeof riskMethods>, context: z.RefinementCtx): void {
  const bins = methods.edges.values.length + 1;
  for (const [name, set] of Object.entries(methods.rateSets)) {
    if (set.values.length === bins) continue;
    context.addIssue({
      code: "custom",
      path: ["rateSets", name, "values"],
      message: `expected ${bins} rates, one per bin of ${bins - 1} edges, but found ${set.values.length}`,
    });
  }
  if (Object.hasOwn(methods.rateSets, methods.defaultRateSet)) return;
  const names = Object.keys(methods.rateSets).join(", ");
  context.addIssue({
    code: "custom",
    path: ["defaultRateSet"],
    message: `expected the name of a rate set (${names}), but found "${methods.defaultRateSet}"`,
  });
}
