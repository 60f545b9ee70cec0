// What the chart says about its values, from values.yaml: the table in its README, values.schema.json, and files/defaults.yaml, by
// which its templates take null for the default.
// `npm run chart-docs` writes them, a test compares them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadYaml } from "@kubernetes/client-node";

const ROOT = join(import.meta.dirname, "..");
export const CHART = join(ROOT, "charts/climatebatch");
const TABLE = /(<!-- values -->\n)[\s\S]*(<!-- end of values -->)/;
/** Set by the schedule itself, or unknown before the batch exists. */
const NOT_OF_A_SCHEDULE = ["calculation", "requestKey", "retries"];

type Schema = Readonly<Record<string, unknown>>;

const OBJECT_NAME = "[a-z0-9]([-a-z0-9.]*[a-z0-9])?";
const QUALIFIED_NAME = { pattern: "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$" };
/** As Kubernetes writes them; null removes a default. */
const QUANTITIES = {
  type: ["object", "null"],
  additionalProperties: {
    type: ["string", "number", "null"],
    pattern: "^[0-9]+(\\.[0-9]+)?(m|[kMGTPE]i?|[eE][0-9]+)?$",
    minimum: 0,
  },
};
/** What `{"$is": NAME}` in a comment means: the names and values that Kubernetes accepts, so that Helm refuses others. */
const SHAPES: Readonly<Record<string, Schema>> = {
  prefix: { pattern: "^([a-z]([-a-z0-9]*[a-z0-9])?)?$", maxLength: 40 },
  objectName: { type: "string", pattern: `^${OBJECT_NAME}$`, maxLength: 253 },
  optionalObjectName: { pattern: `^(${OBJECT_NAME})?$`, maxLength: 253 },
  allowedName: { type: "string", pattern: `^(\\*|${OBJECT_NAME})$`, maxLength: 253 },
  key: { pattern: "^[-._a-zA-Z0-9]*$", maxLength: 253 },
  repository: { pattern: "^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?$" },
  tag: { pattern: "^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$", maxLength: 128 },
  ports: { minItems: 1, items: { type: "integer", minimum: 1, maximum: 65_535 } },
  labels: {
    propertyNames: QUALIFIED_NAME,
    additionalProperties: { type: "string", pattern: "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$", maxLength: 63 },
  },
  annotations: { propertyNames: QUALIFIED_NAME, additionalProperties: { type: "string" } },
  resources: { additionalProperties: false, properties: { requests: QUANTITIES, limits: QUANTITIES } },
};

/** The schema with its shapes in place of their names. */
function resolveShapes(schema: Schema): Schema {
  const { $is, ...own } = schema;
  if ($is !== undefined) {
    const shape = SHAPES[String($is)];
    if (shape === undefined) throw new Error(`values.yaml: expected one of ${Object.keys(SHAPES)}, found $is "${$is}"`);
    return { ...shape, ...own };
  }
  return isMapping(own.items) ? { ...own, items: resolveShapes(own.items) } : own;
}

interface Comment {
  readonly description: string;
  readonly schema: Schema;
}

/** Path, as a.b.c → what the comment above the key says. */
function readComments(text: string): ReadonlyMap<string, Comment> {
  const comments = new Map<string, Comment>();
  const path: { readonly indent: number; readonly key: string }[] = [];
  let description: string | undefined;
  let schema: Schema = {};
  for (const line of text.split("\n")) {
    const said = /^ *# -- (.*)$/.exec(line)?.[1];
    const annotated = /^ *# @schema (.*)$/.exec(line)?.[1];
    const key = /^( *)([A-Za-z]+):/.exec(line);
    if (said !== undefined) description = said;
    if (annotated !== undefined) schema = JSON.parse(annotated);
    if (key === null) continue;
    const indent = key[1]!.length;
    while (path.length > 0 && path.at(-1)!.indent >= indent) path.pop();
    path.push({ indent, key: key[2]! });
    if (description !== undefined) comments.set(path.map((step) => step.key).join("."), { description, schema });
    description = undefined;
    schema = {};
  }
  return comments;
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return "integer";
  return typeof value;
}

export interface ChartDocs {
  readonly table: string;
  readonly schema: string;
  readonly defaults: string;
}

export function renderChartDocs(): ChartDocs {
  const text = readFileSync(join(CHART, "values.yaml"), "utf8");
  const comments = readComments(text);
  const crd = loadYaml(readFileSync(join(ROOT, "crds/climatebatches.yaml"), "utf8")) as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: { spec: { properties: object } } } } }[] };
  };
  const fields = Object.keys(crd.spec.versions[0]!.schema.openAPIV3Schema.properties.spec.properties);
  const batch = {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      fields.filter((name) => !NOT_OF_A_SCHEDULE.includes(name)).map((name) => [name, {}]),
    ),
  };
  const rows: string[] = [];
  const defaults: { readonly path: readonly string[]; readonly default: unknown }[] = [];

  function describe(path: string, value: unknown): Schema {
    const comment = comments.get(path);
    if (comment === undefined) {
      if (!isMapping(value)) throw new Error(`values.yaml: expected a comment "# -- …" above ${path}, found none`);
      const properties = Object.entries(value).map(([key, one]) => [key, describe(path ? `${path}.${key}` : key, one)]);
      return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties) };
    }
    const { description, schema } = comment;
    rows.push(`| \`${path}\` | \`${JSON.stringify(value)}\` | ${description.replaceAll("|", "\\|")} |`);
    defaults.push({ path: path.split("."), default: value });
    const source = "$batch" in schema ? batch : resolveShapes(schema);
    return { type: typeOf(value), ...source, description };
  }

  const described = describe("", loadYaml(text)) as { properties: object };
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    ...described,
    // Helm gives it to every chart that is part of another.
    properties: { ...described.properties, global: { type: "object" } },
  };
  return {
    table: ["| value | default | meaning |", "| --- | --- | --- |", ...rows, ""].join("\n"),
    schema: `${JSON.stringify(schema, undefined, 2)}\n`,
    defaults: defaults.map((one) => `- ${JSON.stringify(one)}\n`).join(""),
  };
}

/** The README with the table as it should be. */
export function insertTable(readme: string, table: string): string {
  if (!TABLE.test(readme)) throw new Error("README.md: expected the lines <!-- values --> and <!-- end of values -->");
  return readme.replace(TABLE, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`);
}

if (import.meta.main) {
  const { table, schema, defaults } = renderChartDocs();
  const readme = join(CHART, "README.md");
  writeFileSync(join(CHART, "files/defaults.yaml"), defaults);
  writeFileSync(join(CHART, "values.schema.json"), schema);
  writeFileSync(readme, insertTable(readFileSync(readme, "utf8"), table));
}
