// docs/api.md from crds/climatebatches.yaml and the lists of the operator: `npm run api-docs`. A test compares the two.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";
import { REASONS } from "../operator/objects/conditions.ts";
import { KUEUE_QUEUE_LABEL, LABELS } from "../operator/objects/labels.ts";

const ROOT = join(import.meta.dirname, "..");
export const API_DOCS = join(ROOT, "docs/api.md");

export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly "x-kubernetes-validations"?: readonly { readonly rule: string; readonly message: string }[];
}

interface Column {
  readonly name: string;
  readonly description: string;
  readonly priority?: number;
}

export interface Crd {
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: {
      readonly kind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames: readonly string[];
      readonly categories: readonly string[];
    };
    readonly versions: readonly {
      readonly name: string;
      readonly subresources: unknown;
      readonly additionalPrinterColumns: readonly Column[];
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

export function readCrd(): Crd {
  const text = readFileSync(join(ROOT, "crds/climatebatches.yaml"), "utf8");
  // client-node's model of a CRD renames keys and ends at lists; a kind it does not know it leaves as it is.
  return loadYaml(text.replace("kind: CustomResourceDefinition", "kind: Unmodelled"));
}

/** The schema of the one version there is. */
export function schemaOf(crd: Crd): Schema {
  return crd.spec.versions[0]!.schema.openAPIV3Schema;
}

export interface Field {
  /** As one writes it in a manifest: spec.periods[].startYear */
  readonly path: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

/** Every field below a schema, parents first. */
export function listFields(schema: Schema, path: string): Field[] {
  const fields: Field[] = [];
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const at = path === "" ? name : `${path}.${name}`;
    fields.push({ path: at, schema: child, isRequired: schema.required?.includes(name) ?? false });
    fields.push(...listFields(child, at));
  }
  if (schema.items !== undefined) fields.push(...listFields(schema.items, `${path}[]`));
  return fields;
}

export function buildApiDocs(crd: Crd): string {
  const { group, names, versions } = crd.spec;
  const schema = schemaOf(crd);
  const { spec, status } = schema.properties!;
  const columns = versions[0]!.additionalPrinterColumns;
  const page = `# ClimateBatch

\`${group}/${versions[0]!.name}\`, kind \`${names.kind}\`, short name \`${names.shortNames.join(", ")}\`, category \`${names.categories.join(", ")}\`.
Generated from \`crds/climatebatches.yaml\` by \`npm run api-docs\`; \`kubectl explain ${names.singular}.spec\` shows the same.
Samples: [docs/samples](samples).

${schema.description}

${listRules(schema)}
## spec

${spec!.description}

${buildList(listFields(spec!, "spec"))}

Further rules:

${listRules(spec!)}
## status

${status!.description}

${buildList(listFields(status!, "status"))}

## Columns of kubectl get

| column | content |
| --- | --- |
${columns.map(({ name, description, priority }) => `| ${name}${priority ? " (`-o wide`)" : ""} | ${description} |`).join("\n")}

## Reasons

A condition has one of these reasons, or a reason of the database or the API server.

| reason | meaning |
| --- | --- |
${Object.entries(REASONS)
  .map(([reason, means]) => `| \`${reason}\` | ${means} |`)
  .join("\n")}

## Labels of Jobs and pods

${Object.values(LABELS)
  .map((key) => `\`${key}\``)
  .join(", ")}. The label \`${KUEUE_QUEUE_LABEL}\` and other labels of Kueue are passed from a ClimateBatch to its Jobs.
`;
  return page.split("\n").map(wrap).join("\n");
}

function buildList(fields: readonly Field[]): string {
  return fields
    .map(({ path, schema, isRequired }) => {
      const required = isRequired ? ", required" : "";
      return `- **\`${path}\`** (${describeType(schema)}${required}): ${schema.description ?? ""}`;
    })
    .join("\n");
}

/** A line of prose in lines of at most 140 characters; tables stay as they are. */
function wrap(line: string): string {
  if (line.startsWith("|")) return line;
  const indent = line.startsWith("- ") ? "  " : "";
  const lines = [""];
  for (const word of line.split(" ")) {
    const longer = lines.at(-1) === "" ? word : `${lines.at(-1)} ${word}`;
    if (longer.length <= 140 || lines.at(-1) === "") lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines.join("\n");
}

function describeType(schema: Schema): string {
  const { type, enum: allowed, minimum, maximum, minItems, maxItems, maxLength } = schema;
  const words = [type ?? "quantity"];
  if (type === "array") words.push(`of ${schema.items!.type}`);
  if (schema.additionalProperties !== undefined) words[0] = "map";
  if (allowed !== undefined) words.push(`(${allowed.join(", ")})`);
  if (minimum !== undefined && maximum !== undefined) words.push(`${minimum} to ${maximum}`);
  if (maxItems !== undefined) words.push(`(${minItems ?? 0} to ${maxItems})`);
  if (maxLength !== undefined && allowed === undefined) words.push(`of at most ${maxLength} characters`);
  if (schema.default !== undefined) words.push(`= \`${JSON.stringify(schema.default)}\``);
  return words.join(" ");
}

function listRules(schema: Schema): string {
  return (schema["x-kubernetes-validations"] ?? []).map(({ message }) => `- ${message}\n`).join("");
}

if (import.meta.main) writeFileSync(API_DOCS, buildApiDocs(readCrd()));
