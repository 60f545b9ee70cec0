// `climatebatch explain RISK`: what a risk is computed from, how, and where each of its numbers comes from.
import type { Argv } from "yargs";
import { binRanges } from "../database/riskDescriptions.ts";
import type { Explanation } from "../job/risks/methodSet.ts";
import { PREDECESSOR, PREDECESSOR_EXPLANATION } from "../job/risks/predecessor/predecessorRisk.ts";
import { definitionsOf, RISK_DEFINITIONS } from "../job/risks/registry.ts";
import type { RiskDefinition } from "../job/risks/riskDefinition.ts";
import { METHODS, type Methods } from "../model/calculations.ts";
import { ANCHOR_SCORES, type MethodSet, type ProbabilityMethods, type RiskMethods } from "../model/methodSet.ts";
import { waysOf } from "../model/riskInputs.ts";
import { RISKS, type Risk } from "../model/risks.ts";
import { type CommandOf, formatTable, jsonOption, printFacts } from "./command.ts";
import { methodsFileOption, readGivenMethods } from "./methodsFile.ts";

const LINE = 110;

function buildOptions(yargs: Argv) {
  return yargs
    .positional("risk", { choices: RISKS, demandOption: true, describe: "which risk" })
    .options({
      methods: { choices: METHODS, default: "published" as Methods, describe: "method set" },
      ...methodsFileOption,
      ...jsonOption,
    })
    .example("$0 explain wildfire", "what it is made of")
    .example("$0 explain wildfire --json", "the same for programs; its `methods` are an entry for --methods-file");
}

export const explainCommand: CommandOf<typeof buildOptions> = {
  command: "explain <risk>",
  describe: "tell what a risk is computed from, its bins, rates and anchors, and their sources",
  builder: buildOptions,
  handler: async (argv) => {
    const overrides = await readGivenMethods(argv);
    const told = explain(argv.risk, argv.methods, overrides);
    printFacts(argv, told, tell);
  },
};

export interface ExplainedRisk extends Explanation {
  readonly risk: Risk;
  readonly longName: string;
  readonly methodSet: string;
  readonly intensity: string;
  readonly inputs: readonly string[];
  readonly companions: RiskDefinition["companions"];
  readonly returnLevelOf: string;
  /** As an entry of a file for --methods-file. */
  readonly methods: RiskMethods | ProbabilityMethods;
}

export function explain(risk: Risk, methods: Methods, overrides: MethodSet | undefined): ExplainedRisk {
  const own = methods === "published" ? overrides?.risks[risk] : undefined;
  const definition = definitionsOf({ methods, ...(own !== undefined && overrides !== undefined && { overrides }) })[
    risk
  ];
  const numbers = methods === "predecessor" ? PREDECESSOR.risks[risk]! : (own ?? RISK_DEFINITIONS[risk].numbers);
  return {
    risk,
    longName: definition!.longName,
    methodSet: own === undefined ? methods : `${methods} with ${overrides!.methodSet}`,
    ...(methods === "predecessor" ? PREDECESSOR_EXPLANATION : RISK_DEFINITIONS[risk].explanation),
    intensity: definition!.intensity,
    inputs: waysOf(methods, risk).map(({ text }) => text),
    companions: definition!.companions,
    returnLevelOf: definition!.returnLevelOf,
    methods: numbers,
  };
}

function tell(one: ExplainedRisk): string {
  const { edges, rateSets, defaultRateSet } = one.methods;
  const ranges = edges.ranges ?? binRanges(edges.values);
  const sets = Object.entries(rateSets);
  const rates = ranges.map((range, bin) => [range, ...sets.map(([, { values }]) => values[bin]!)]);
  return [
    `${one.longName} (${one.risk}), methods ${one.methodSet}`,
    "",
    wrap(one.definition),
    "",
    "Inputs, best first; a result row names the one it used",
    ...one.inputs.map((input) => `  ${input}`),
    "",
    `Bins of ${one.intensity} [${edges.unit}] and base damage rates [1 a year]; default ${defaultRateSet}`,
    indent(formatTable(["bin", ...sets.map(([name]) => name)], rates)),
    wrap(`Bins: ${describeSource(edges)}`),
    ...sets.map(([name, set]) => wrap(`${name} (${set.impactType}, ${set.sector}): ${describeSource(set)}`)),
    ...("anchors" in one.methods
      ? describeAnchors(one.methods)
      : ["", "No score: this method set computes probability only."]),
    "",
    ...(one.companions.length === 0
      ? []
      : [`Beside the score: ${one.companions.map(({ name, unit }) => `${name} [${unit}]`).join(", ")}`]),
    ...("anchors" in one.methods ? [`Return levels of: ${one.returnLevelOf}`] : []),
    ...(one.references.length === 0 ? [] : ["", "Papers", ...one.references.map((reference) => `  ${reference}`)]),
  ].join("\n");
}

function describeAnchors({ anchors }: RiskMethods): string[] {
  const scores = ANCHOR_SCORES.map((score, at) => [score, anchors.values[at]!]);
  return [
    "",
    `Score anchors [${anchors.unit}], linear between them`,
    indent(formatTable(["score", "value"], scores)),
    wrap(`Anchors: ${describeSource(anchors)}`),
  ];
}

function describeSource({ judgement, source }: { readonly judgement: boolean; readonly source: string }): string {
  return `${source}${judgement ? " [judgement]" : ""}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

/** Broken at blanks, continued with two. */
function wrap(text: string): string {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + word.length < LINE) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`  ${word}`);
  }
  return lines.join("\n");
}
