// JSON schemas in kubeconform's layout of all that an API server knows, made of its OpenAPI 3: Kubernetes' own kinds and those of
// definitions. kubeconform's own converter (a Python script) reads definitions only and leaves `metadata` open.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
}

interface GroupVersion {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** `api/v1` and `apis/GROUP/VERSION`; the other documents have no kinds. */
const GROUP_VERSION = /^apis?\/(?:([^/]+)\/)?(v[0-9][^/]*)$/;

/** Of the version as `-kubernetes-version` has it; `get` reads a path of the API server. */
export async function writeJsonSchemas(folder: string, version: string, get: (path: string) => Promise<string>) {
  const kinds = join(folder, `v${version}-standalone-strict`);
  await mkdir(kinds, { recursive: true });
  const { paths } = JSON.parse(await get("/openapi/v3")) as { paths: Record<string, unknown> };
  for (const path of Object.keys(paths)) {
    const [, group = "", groupVersion] = GROUP_VERSION.exec(path) ?? [];
    if (groupVersion === undefined) continue;
    const { components } = JSON.parse(await get(`/openapi/v3/${path}`)) as GroupVersion;
    const schemas = Object.fromEntries(Object.entries(components.schemas).map(([name, one]) => [name, close(one)]));
    const document = `${path.replaceAll("/", "-")}.json`;
    await writeFile(join(folder, document), JSON.stringify({ components: { schemas } }));
    for (const [name, schema] of Object.entries(components.schemas)) {
      for (const of of schema["x-kubernetes-group-version-kind"] ?? []) {
        if (of.group !== group || of.version !== groupVersion) continue;
        const words = [of.kind.toLowerCase(), ...(group === "" ? [] : [group.split(".")[0]]), groupVersion];
        const reference = { $ref: `../${document}#/components/schemas/${name}` };
        await writeFile(join(kinds, `${words.join("-")}.json`), JSON.stringify(reference));
      }
    }
  }
}

/** Refuses fields that are not named, as the API server does when requested to be strict. Not within allOf and its kin, which say only
 * a part: what they refer to is closed by itself. */
function close(schema: Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  const isOpen = properties === undefined || schema["x-kubernetes-preserve-unknown-fields"];
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, close(one)])),
    }),
    ...(items && { items: close(items) }),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: close(additionalProperties) }
      : !isOpen && { additionalProperties: false }),
  };
}
