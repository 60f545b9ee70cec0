// What a risk is computed from and how, as `climatebatch explain RISK --json` returns it. The program that starts the explorer
// gives the function: methods belong to the job.
import { z } from "zod";
import type { Methods } from "../../model/calculations.ts";
import type { MethodSet } from "../../model/methodSet.ts";
import { RISKS, type Risk } from "../../model/risks.ts";

export const EXPLAINED_RISK = z.strictObject({
  risk: z.enum(RISKS),
  longName: z.string(),
  methodSet: z.string(),
  definition: z.string(),
  references: z.array(z.string()),
  intensity: z.string(),
  inputs: z.array(z.string()).describe("best first; a result names the one it used"),
  companions: z.array(z.looseObject({ name: z.string(), unit: z.string() })).describe("indicators beside the score"),
  returnLevelOf: z.string(),
  methods: z.looseObject({}).describe("bins, damage rates and anchors with their sources"),
});

export type ExplainRisk = (
  risk: Risk,
  methods: Methods,
  overrides: MethodSet | undefined,
) => Promise<z.input<typeof EXPLAINED_RISK> | unknown>;
