// docs/api.md from crds/climatebatches.yaml and the lists of the operator: `npm run api-docs`. A test compares the two.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadYaml, type V1CustomResourceDefinition, type V1JSONSchemaProps } from "@kubernetes/client-node";
import { REASONS } from "../operator/resources/conditions.ts";
import { KUEUE_QUEUE_LABEL, LABELS } from "../operator/resources/labels.ts";

const ROOT = join(import.meta.dirname, "..");
export const API_DOCS = join(ROOT, "docs/api.md");

export function readCrd(): V1CustomResourceDefinition {
  return loadYaml(readFileSync(join(ROOT, "crds/climatebatches.yaml"), "utf8"));
}

/** The schema of the one version there is. */
export function schemaOf(crd: V1CustomResourceDefinition): V1JSONSchemaProps {
  return crd.spec.versions[0]!.schema!.openAPIV3Schema!;
}

export interface Field {
  /** As one writes it in a manifest: spec.periods[].startYear */
  readonly path: string;
  readonly schema: V1JSONSchemaProps;
  readonly isRequired: boolean;
}

/** Every field below a schema, parents first. */
export function listFields(schema: V1JSONSchemaProps, path: string): Field[] {
  const fields: Field[] = [];
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const at = path === "" ? name : `${path}.${name}`;
    fields.push({ path: at, schema: child, isRequired: schema.required?.includes(name) ?? false });
    fields.push(...listFields(child, at));
  }
  if (schema.items !== undefined) fields.push(...listFields(schema.items as V1JSONSchemaProps, `${path}[]`));
  return fields;
}

export function buildApiDocs(crd: V1CustomResourceDefinition): string {
  const { group, names, versions } = crd.spec;
  const schema = schemaOf(crd);
  const { spec, status } = schema.properties!;
  const columns = versions[0]!.additionalPrinterColumns!;
  return `# ClimateBatch

\`${group}/${versions[0]!.name}\`, kind \`${names.kind}\`, short name \`${names.shortNames!.join(", ")}\`, category \`${names.categories!.join(", ")}\`. Generated from
\`crds/climatebatches.yaml\` by \`npm run api-docs\`; \`kubectl explain ${names.singular}.spec\` says the same. Samples: [docs/samples](samples).

${schema.description}

${listRules(schema)}
## spec

${spec!.description}

${buildTable(listFields(spec!, "spec"))}

Rules over several fields, beside those in the table:

${listRules(spec!)}
## status

${status!.description}

${buildTable(listFields(status!, "status"))}

## What kubectl get shows

| column | holds |
| --- | --- |
${columns.map(({ name, description, priority }) => `| ${name}${priority ? " (`-o wide`)" : ""} | ${description} |`).join("\n")}

## Reasons

Conditions give one of these, or what the database or the API server said when it refused something.

| reason | means |
| --- | --- |
${Object.entries(REASONS)
  .map(([reason, means]) => `| \`${reason}\` | ${means} |`)
  .join("\n")}

## Labels of Jobs and pods

${Object.values(LABELS)
  .map((key) => `\`${key}\``)
  .join(", ")}. The label \`${KUEUE_QUEUE_LABEL}\` of a ClimateBatch, and others of Kueue, are passed to its Jobs.
`;
}

function buildTable(fields: readonly Field[]): string {
  const rows = fields.map(({ path, schema, isRequired }) => {
    const name = `\`${path}\`${isRequired ? " *" : ""}`;
    return `| ${name} | ${describeType(schema)} | ${(schema.description ?? "").replaceAll("|", "\\|")} |`;
  });
  return `| field (* required) | type | meaning |\n| --- | --- | --- |\n${rows.join("\n")}`;
}

function describeType(schema: V1JSONSchemaProps): string {
  const { type, _enum, minimum, maximum, minItems, maxItems, maxLength } = schema;
  const words = [type ?? "quantity"];
  if (type === "array") words.push(`of ${(schema.items as V1JSONSchemaProps).type}`);
  if (schema.additionalProperties !== undefined) words[0] = "map";
  if (_enum !== undefined) words.push(`(${_enum.join(", ")})`);
  if (minimum !== undefined && maximum !== undefined) words.push(`${minimum} to ${maximum}`);
  if (maxItems !== undefined) words.push(`(${minItems ?? 0} to ${maxItems})`);
  if (maxLength !== undefined && _enum === undefined) words.push(`of at most ${maxLength} characters`);
  if (schema._default !== undefined) words.push(`= \`${JSON.stringify(schema._default)}\``);
  return words.join(" ");
}

function listRules(schema: V1JSONSchemaProps): string {
  return (schema.x_kubernetes_validations ?? []).map(({ message }) => `- ${message}\n`).join("");
}

if (import.meta.main) writeFileSync(API_DOCS, buildApiDocs(readCrd()));
