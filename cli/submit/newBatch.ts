// From words on a command line, or a file, to the ClimateBatch that is created. What its fields may be, the API server
// judges by the definition; here only what it could not know.
import { createHash } from "node:crypto";
import { loadAllYaml } from "@kubernetes/client-node";
import type { RequestOptions } from "../../model/batchRequest.ts";
import type { CalculationRequest } from "../../model/calculations.ts";
import { BATCH_NAME_MAX_LENGTH, CLIMATE_BATCH, type NewClimateBatchSpec } from "../../model/climateBatch.ts";
import { coerceError, RejectedError } from "../../model/errors.ts";
import { buildSpec, type NewClimateBatch } from "../../operator/objects/requestedBatch.ts";

/** What a file gives: a whole ClimateBatch, or the fields of a spec alone. */
export interface GivenBatch {
  readonly metadata: NewClimateBatch["metadata"];
  readonly spec: Partial<NewClimateBatchSpec>;
}

type Fields = Readonly<Record<string, unknown>>;

/** `name` is for messages. */
export function readManifest(text: string, name: string): GivenBatch {
  let documents: unknown[];
  try {
    documents = loadAllYaml(text).filter((one: unknown) => one !== null && one !== undefined);
  } catch (thrown) {
    const cause = coerceError(thrown);
    throw new RejectedError("InvalidManifest", `${name} is neither YAML nor JSON: ${cause.message}`, { cause });
  }
  const [manifest, ...others] = documents;
  if (others.length > 0 || !isMapping(manifest)) {
    throw new RejectedError(
      "InvalidManifest",
      `${name} expects one ClimateBatch, or the fields of its spec, but holds ${describe(documents)}.`,
    );
  }
  if (manifest.kind === undefined && manifest.apiVersion === undefined && manifest.spec === undefined)
    return { metadata: {}, spec: manifest as Partial<NewClimateBatchSpec> };
  const { apiVersion, kind } = CLIMATE_BATCH;
  if (manifest.kind !== kind || manifest.apiVersion !== apiVersion) {
    throw new RejectedError(
      "InvalidManifest",
      `${name} expects apiVersion ${apiVersion} and kind ${kind}, but has ${manifest.apiVersion} and ${manifest.kind}.`,
    );
  }
  const { metadata = {}, spec = {} } = manifest;
  if (!isMapping(metadata) || !isMapping(spec))
    throw new RejectedError("InvalidManifest", `${name} expects mappings under metadata and spec.`);
  return { metadata, spec: spec as Partial<NewClimateBatchSpec> };
}

export interface Wanted {
  readonly calculation: CalculationRequest;
  readonly options: RequestOptions;
  /** Fields of the spec that only a cluster has. */
  readonly more: Partial<NewClimateBatchSpec>;
  readonly name: string | undefined;
}

/** The command line wins over the file; a batch without a name is named for its key, else by the API server. */
export function buildNewBatch({ calculation, options, more, name }: Wanted, given: GivenBatch): NewClimateBatch {
  const requested = buildSpec({ calculation, ...options });
  const contradiction = given.spec.calculation;
  if (contradiction !== undefined && contradiction !== requested.calculation) {
    throw new RejectedError(
      "InvalidManifest",
      `The file requests calculation ${contradiction}, the command line ${requested.calculation}. Make them agree.`,
    );
  }
  const spec = { ...given.spec, ...requested, ...more };
  const named =
    name ?? given.metadata.name ?? (spec.requestKey === undefined ? undefined : nameForKey(spec.requestKey));
  const { name: _, generateName = `${calculation}-`, namespace: __, ...metadata } = given.metadata;
  return {
    apiVersion: CLIMATE_BATCH.apiVersion,
    kind: CLIMATE_BATCH.kind,
    metadata: { ...metadata, ...(named === undefined ? { generateName } : { name: named }) },
    spec,
  };
}

const HASH_DIGITS = 8;

/** A function of the key, so that a second submission of it collides with the first: yearly-probability-2028. */
export function nameForKey(requestKey: string): string {
  const plain = requestKey.replaceAll("/", "-");
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(plain) && plain.length <= BATCH_NAME_MAX_LENGTH) return plain;
  const hash = createHash("sha256").update(requestKey).digest("hex").slice(0, HASH_DIGITS);
  const words = plain
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, BATCH_NAME_MAX_LENGTH - HASH_DIGITS - 1);
  return `${words.replace(/^-+|-+$/g, "") || "request"}-${hash}`;
}

function isMapping(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describe(documents: readonly unknown[]): string {
  if (documents.length === 0) return "nothing";
  if (documents.length > 1) return `${documents.length} documents`;
  return Array.isArray(documents[0]) ? "a list" : JSON.stringify(documents[0]);
}
