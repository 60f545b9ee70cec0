// `climatebatch explain`: what a risk is computed from, how, and the source of each number; what a reason or flag means and
// what to do about it.
import { binRanges } from "../database/riskDescriptions.ts";
import type { Explanation } from "../job/risks/methodSet.ts";
import { PREDECESSOR, PREDECESSOR_EXPLANATION } from "../job/risks/predecessor/predecessorRisk.ts";
import { definitionsOf, RISK_DEFINITIONS } from "../job/risks/registry.ts";
import type { RiskDefinition } from "../job/risks/riskDefinition.ts";
import { METHODS, type Methods } from "../model/calculations.ts";
import { RejectedError } from "../model/errors.ts";
import { ANCHOR_SCORES, type MethodSet, type ProbabilityMethods, type RiskMethods } from "../model/methodSet.ts";
import { FLAGS, NULL_REASONS } from "../model/reasons.ts";
import { waysOf } from "../model/riskInputs.ts";
import { RISKS, type Risk } from "../model/risks.ts";
import { REMEDIES } from "../report/page/remedies.ts";
import { defineCommand } from "./command.ts";
import { methodsFileOption, readGivenMethods } from "./methodsFile.ts";
import { jsonOption, text } from "./options.ts";
import { formatTable, printFacts, screenWidth, wrap } from "./printing.ts";

const LINE = 110;

export const explainCommand = defineCommand(
  {
    arguments: {
      word: {
        ...text,
        value: "RISK|REASON|FLAG",
        parse: checkWord,
        required: true,
        describe: `a risk (${RISKS.join(", ")}), or a reason or flag of a result, such as noInput`,
      },
    },
    options: {
      methods: { ...text, choices: METHODS, default: "published", describe: "method set" },
      ...methodsFileOption,
      ...jsonOption,
    },
    examples: [
      ["explain wildfire", "what it is computed from"],
      ["explain baseSpliced", "what the flag means, and what to do"],
      ["explain wildfire --json", "the same for programs; its `methods` are an entry for --methods-file"],
    ],
  },
  async (argv) => {
    const { word, methods } = argv;
    if (!isRisk(word)) return printFacts(argv, explainReason(word), describeReason);
    printFacts(argv, explain(word, methods, await readGivenMethods(argv)), describeRisk);
  },
);

const MEANINGS: Readonly<Record<string, string>> = { ...NULL_REASONS, ...FLAGS };

function isRisk(word: string): word is Risk {
  return (RISKS as readonly string[]).includes(word);
}

function checkWord(word: string): string {
  if (isRisk(word) || Object.hasOwn(MEANINGS, word)) return word;
  throw new RejectedError(
    "InvalidOption",
    `There is no risk, reason or flag "${word}". Risks: ${RISKS.join(", ")}. Reasons: ${Object.keys(NULL_REASONS).join(", ")}. Flags: ${Object.keys(FLAGS).join(", ")}.`,
  );
}

function explainReason(word: string) {
  const kind = Object.hasOwn(NULL_REASONS, word) ? "reason" : "flag";
  return { word, kind, meaning: MEANINGS[word]!, remedy: REMEDIES[word as keyof typeof REMEDIES] };
}

function describeReason({ word, kind, meaning, remedy }: ReturnType<typeof explainReason>): string {
  const effect = kind === "reason" ? "a result without numbers carries it" : "a result with numbers carries it";
  return [`${word} (${kind}: ${effect})`, paragraph(meaning), paragraph(remedy)].join("\n");
}

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

function describeRisk(one: ExplainedRisk): string {
  const { edges, rateSets, defaultRateSet } = one.methods;
  const ranges = edges.ranges ?? binRanges(edges.values);
  const sets = Object.entries(rateSets);
  const rates = ranges.map((range, bin) => [range, ...sets.map(([, { values }]) => values[bin]!)]);
  return [
    `${one.longName} (${one.risk}), methods ${one.methodSet}`,
    "",
    paragraph(one.definition),
    "",
    "Inputs, best first; a result row names the one it used",
    ...one.inputs.map((input) => `  ${input}`),
    "",
    `Bins of ${one.intensity} [${edges.unit}] and base damage rates [1 a year]; default ${defaultRateSet}`,
    indent(formatTable(["bin", ...sets.map(([name]) => name)], rates)),
    paragraph(`Bins: ${describeSource(edges)}`),
    ...sets.map(([name, set]) => paragraph(`${name} (${set.impactType}, ${set.sector}): ${describeSource(set)}`)),
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
    paragraph(`Anchors: ${describeSource(anchors)}`),
  ];
}

function describeSource({ judgement, source }: { readonly judgement: boolean; readonly source: string }): string {
  return `${source}${judgement ? " [judgement]" : ""}`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}

/** Continued lines begin with two blanks. */
function paragraph(text: string): string {
  return wrap(text, screenWidth(LINE) - 2).join("\n  ");
}
