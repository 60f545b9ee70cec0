// A method set's numbers: bin edges, base damage rates and score anchors of each risk, read from JSON and checked.
import { z } from "zod";
import { RejectedError } from "./errors.ts";
import { RISK_INPUTS } from "./riskInputs.ts";
import { RISKS, type Risk } from "./risks.ts";

/** Scores that the anchors belong to. */
export const ANCHOR_SCORES = [0, 20, 40, 60, 80, 100] as const;

const provenance = { source: z.string().min(1), judgement: z.boolean() };

const strictlyMonotonic = (values: readonly number[]) => increasing(values) || increasing(values.map((x) => -x));

const edges = z.strictObject({
  values: z.array(z.number()).min(1).refine(increasing, "expected strictly increasing edges"),
  unit: z.string().min(1),
  /** What the bins are called where the edges alone do not say it. */
  ranges: z.array(z.string().min(1)).optional(),
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

const binsAndRates = { edges, defaultRateSet: z.string(), rateSets: z.record(z.string(), rateSet) };

const riskMethods = z
  .strictObject({
    ...binsAndRates,
    anchors,
    /** Anchors of the values reported beside the score's own, by indicator. */
    companions: z.record(z.string(), z.strictObject({ anchors })).default({}),
  })
  .superRefine(checkRates);

/** What probability alone needs. */
const probabilityMethods = z.strictObject(binsAndRates).superRefine(checkRates);

const setOf = <Methods extends z.ZodType>(methods: Methods) =>
  z.strictObject({ methodSet: z.string().min(1), risks: z.partialRecord(z.enum(RISKS), methods) });

const methodSet = setOf(riskMethods).superRefine(checkUnits);
const probabilityMethodSet = setOf(probabilityMethods);

export type RiskMethods = z.infer<typeof riskMethods>;
export type MethodSet = z.infer<typeof methodSet>;
export type ProbabilityMethods = z.infer<typeof probabilityMethods>;
export type ProbabilityMethodSet = z.infer<typeof probabilityMethodSet>;

/** The text of a user's file, such as one that a ConfigMap holds. */
export function parseMethodSet(text: string, origin: string): MethodSet {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RejectedError("InvalidMethodSet", `${origin} is no JSON: ${(error as Error).message}`, { cause: error });
  }
  return readMethodSet(json, origin);
}

/** A method set from parsed JSON; `origin` is what the user calls the place it was read from. */
export function readMethodSet(json: unknown, origin: string): MethodSet {
  return parseSet(methodSet, json, origin);
}

/** The same of a set that computes no hazard. */
export function readProbabilityMethodSet(json: unknown, origin: string): ProbabilityMethodSet {
  return parseSet(probabilityMethodSet, json, origin);
}

function parseSet<Set>(schema: z.ZodType<Set>, json: unknown, origin: string): Set {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw new RejectedError("InvalidMethodSet", `${origin} is no method set:\n${problems.join("\n")}`);
}

function increasing(values: readonly number[]): boolean {
  return values.every((value, at) => at === 0 || value > values[at - 1]!);
}

function checkUnits({ risks }: { readonly risks: Partial<Record<Risk, RiskMethods>> }, context: z.RefinementCtx): void {
  for (const [risk, methods] of Object.entries(risks)) {
    const { unit } = RISK_INPUTS.published[risk as Risk];
    for (const part of ["edges", "anchors"] as const) {
      const found = methods[part].unit;
      if (found === unit) continue;
      const message = `expected "${unit}", in which ${risk} is computed, but found "${found}". See climatebatch explain ${risk} --json`;
      context.addIssue({ code: "custom", path: ["risks", risk, part, "unit"], message });
    }
  }
}

function checkRates(methods: z.input<typeof probabilityMethods>, context: z.RefinementCtx): void {
  const bins = methods.edges.values.length + 1;
  for (const [name, set] of Object.entries(methods.rateSets)) {
    if (set.values.length === bins) continue;
    context.addIssue({
      code: "custom",
      path: ["rateSets", name, "values"],
      message: `expected ${bins} rates, one per bin of ${bins - 1} edges, but found ${set.values.length}`,
    });
  }
  const { ranges } = methods.edges;
  if (ranges !== undefined && ranges.length !== bins) {
    context.addIssue({
      code: "custom",
      path: ["edges", "ranges"],
      message: `expected ${bins} names, one per bin of ${bins - 1} edges, but found ${ranges.length}`,
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
