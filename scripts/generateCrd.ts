// The risks in crds/climatebatches.yaml, from the model, and the chart's copy of that file: `npm run crd` writes both.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WIRE_RISKS } from "../model/climateBatch.ts";

const ROOT = join(import.meta.dirname, "..");
export const CRD = join(ROOT, "crds/climatebatches.yaml");
export const CHART_CRD = join(ROOT, "charts/climatebatch/files/climatebatches.yaml");

/** What follows the key `risks` of the spec, up to its next sibling. */
const RISKS_OF_SPEC = /^( {16})risks:\n(?: {17,}.*\n)+/m;

/** The text of a CRD with the risks of the model: their enum, default and count. */
export function insertRisks(crd: string): string {
  if (!RISKS_OF_SPEC.test(crd)) throw new Error("crds/climatebatches.yaml: expected the property risks of the spec");
  return crd.replace(RISKS_OF_SPEC, (_, indent: string) =>
    describeRisks()
      .map((line) => `${indent}${line}\n`)
      .join(""),
  );
}

function describeRisks(): string[] {
  const names = Object.keys(WIRE_RISKS);
  return [
    "risks:",
    "  type: array",
    "  minItems: 1",
    `  maxItems: ${names.length}`,
    "  x-kubernetes-list-type: set",
    "  default:",
    ...names.map((name) => `    - ${name}`),
    "  description: >-",
    "    Which risks to compute, each once. Defaults to all. A batch with fewer risks than are published now does not",
    "    replace the published results (Published=False, reason Incomplete). Immutable.",
    "  items:",
    "    type: string",
    "    maxLength: 20",
    "    description: A climate risk.",
    "    enum:",
    ...names.map((name) => `      - ${name}`),
  ];
}

if (import.meta.main) {
  const crd = insertRisks(readFileSync(CRD, "utf8"));
  for (const file of [CRD, CHART_CRD]) writeFileSync(file, crd);
}
