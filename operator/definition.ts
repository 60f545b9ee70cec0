// Compares the definition that the API server serves with crds/climatebatches.yaml of this version. Fields that an older one
// lacks are silently dropped from every status and refused in every spec.
import { readFile } from "node:fs/promises";
import { loadYaml } from "@kubernetes/client-node";
import { CLIMATE_BATCH } from "../model/climateBatch.ts";

/** Readable for every authenticated user. */
export const SCHEMA_PATH = `/openapi/v3/apis/${CLIMATE_BATCH.apiVersion}`;
const OWN = new URL("../crds/climatebatches.yaml", import.meta.url);

/** The part of an OpenAPI schema that is compared. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

/** The answer at SCHEMA_PATH. */
export interface ServedSchemas {
  readonly components: {
    readonly schemas: Readonly<
      Record<string, Schema & { readonly "x-kubernetes-group-version-kind"?: readonly { readonly kind: string }[] }>
    >;
  };
}

/** Fields that this version writes or reads and the API server does not know, such as spec.publish. */
export async function findMissingFields({ components }: ServedSchemas): Promise<string[]> {
  const served = Object.values(components.schemas).find((schema) =>
    schema["x-kubernetes-group-version-kind"]?.some(({ kind }) => kind === CLIMATE_BATCH.kind),
  );
  // Not published yet.
  if (served === undefined) return [];
  const { spec } = loadYaml(await readFile(OWN, "utf8")) as {
    spec: { versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
  };
  const own = spec.versions.find(({ name }) => name === CLIMATE_BATCH.version)!.schema.openAPIV3Schema;
  const known = new Set(fieldsOf(served));
  return fieldsOf(own).filter((field) => !known.has(field));
}

function fieldsOf(schema: Schema, path = ""): string[] {
  const { properties = {}, items, additionalProperties } = schema;
  const inside = [items, additionalProperties].filter((one) => typeof one === "object");
  return [
    ...Object.entries(properties).flatMap(([name, field]) => {
      const here = path === "" ? name : `${path}.${name}`;
      return [here, ...fieldsOf(field, here)];
    }),
    ...inside.flatMap((one) => fieldsOf(one, `${path}[]`)),
  ];
}
