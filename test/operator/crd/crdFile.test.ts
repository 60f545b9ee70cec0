// The CRD against the types, the words of the model and the generated page.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CALCULATION_REQUESTS, METHODS } from "../../../model/calculations.ts";
import {
  BATCH_NAME_MAX_LENGTH,
  CLIMATE_BATCH,
  type ClimateBatchSpec,
  type ClimateBatchStatus,
  CONCURRENCY_POLICIES,
  CONDITION_TYPES,
  type Condition,
  type PodOverrides,
  requestOfSpec,
  type ShardCounts,
  WIRE_CALCULATIONS,
  WIRE_METHODS,
  WIRE_RISKS,
} from "../../../model/climateBatch.ts";
import { DEFAULT_BASE_PERIOD, LONGEST_PERIOD_YEARS, SHORTEST_PERIOD_YEARS } from "../../../model/periods.ts";
import { POD_ENV } from "../../../model/podContract.ts";
import {
  API_DOCS,
  buildApiDocs,
  listFields,
  readCrd,
  type Schema,
  schemaOf,
} from "../../../scripts/generateApiDocs.ts";
import { CHART_CRD, insertRisks } from "../../../scripts/generateCrd.ts";
import { climateBatch } from "../../support/climateBatch.ts";

const crd = readCrd();
const schema = schemaOf(crd);
const { spec, status } = schema.properties! as { spec: Schema; status: Schema };
const text = readFileSync(join(import.meta.dirname, "../../../crds/climatebatches.yaml"), "utf8");

/** The compiler refuses a list of names that is not the type's. */
type Names<T> = Record<keyof Required<T>, true>;
const SPEC: Names<ClimateBatchSpec> = {
  calculation: true,
  methods: true,
  grid: true,
  risks: true,
  scenarios: true,
  basePeriod: true,
  periods: true,
  cellsPerShard: true,
  parallelism: true,
  backoffLimitPerShard: true,
  maxFailedShards: true,
  maxRejectedCells: true,
  activeDeadlineSeconds: true,
  ttlSecondsAfterFinished: true,
  suspend: true,
  retries: true,
  publish: true,
  concurrencyPolicy: true,
  requestKey: true,
  template: true,
};
const TEMPLATE: Names<PodOverrides> = {
  labels: true,
  annotations: true,
  resources: true,
  nodeSelector: true,
  tolerations: true,
  affinity: true,
  topologySpreadConstraints: true,
  priorityClassName: true,
  runtimeClassName: true,
  serviceAccountName: true,
  imagePullSecrets: true,
  env: true,
  volumes: true,
  volumeMounts: true,
};
const STATUS: Names<ClimateBatchStatus> = {
  observedGeneration: true,
  conditions: true,
  batchId: true,
  jobName: true,
  attempt: true,
  retriesUsed: true,
  cells: true,
  shards: true,
  progress: true,
  failedShards: true,
  rejectedCells: true,
  rowsWritten: true,
  startTime: true,
  completionTime: true,
  publishedTime: true,
};
const SHARDS: Names<ShardCounts> = { total: true, pending: true, running: true, done: true, failed: true };
const CONDITION: Names<Condition> = {
  type: true,
  status: true,
  observedGeneration: true,
  lastTransitionTime: true,
  reason: true,
  message: true,
};

test.each([
  ["spec", spec, SPEC],
  ["spec.template", spec.properties!.template!, TEMPLATE],
  ["status", status, STATUS],
  ["status.shards", status.properties!.shards!, SHARDS],
  ["status.conditions[]", status.properties!.conditions!.items!, CONDITION],
])("%s has the fields of its type, and no others", (_, described, names) => {
  expect(Object.keys(described.properties!).sort()).toEqual(Object.keys(names).sort());
});

test("what the types require is required or has a default", () => {
  const optional = Object.entries(spec.properties!).filter(
    ([name, { default: byDefault }]) => byDefault === undefined && !spec.required!.includes(name),
  );
  expect(optional.map(([name]) => name).sort()).toEqual([
    "activeDeadlineSeconds",
    "cellsPerShard",
    "grid",
    "maxFailedShards",
    "maxRejectedCells",
    "periods",
    "requestKey",
    "scenarios",
    "ttlSecondsAfterFinished",
  ]);
});

test("its words are the model's, in CamelCase", () => {
  const { calculation, methods, risks, concurrencyPolicy, basePeriod } = spec.properties!;
  expect(calculation!.enum).toEqual(Object.keys(WIRE_CALCULATIONS));
  expect(methods!.enum).toEqual(Object.keys(WIRE_METHODS));
  expect(risks!.items!.enum).toEqual(Object.keys(WIRE_RISKS));
  expect(risks!.default).toEqual(Object.keys(WIRE_RISKS));
  expect(concurrencyPolicy!.enum).toEqual([...CONCURRENCY_POLICIES]);
  expect(Object.values(WIRE_CALCULATIONS)).toEqual([...CALCULATION_REQUESTS]);
  expect(Object.values(WIRE_METHODS)).toEqual([...METHODS]);
  expect(WIRE_RISKS).toMatchObject({ CoastalFlood: "coastal_flood", Typhoon: "typhoon" });
  const { firstYear, lastYear } = DEFAULT_BASE_PERIOD;
  expect(basePeriod!.default).toEqual({ startYear: firstYear, endYear: lastYear });
});

test("its numbers are the model's", () => {
  expect(schema["x-kubernetes-validations"]![0]!.rule).toBe(`self.metadata.name.size() <= ${BATCH_NAME_MAX_LENGTH}`);
  const years = `self.endYear - self.startYear >= ${SHORTEST_PERIOD_YEARS - 1} && self.endYear - self.startYear <= ${LONGEST_PERIOD_YEARS - 1}`;
  expect(text.split(years)).toHaveLength(3);
  for (const name of Object.values(POD_ENV)) expect(name).toMatch(/^(CLIMATEBATCH_.*|JOB_COMPLETION_INDEX)$/);
});

test("its names are the model's", () => {
  const { group, names, scope, versions } = crd.spec;
  expect({ group, version: versions[0]!.name, kind: names.kind, plural: names.plural }).toEqual({
    group: CLIMATE_BATCH.group,
    version: CLIMATE_BATCH.version,
    kind: CLIMATE_BATCH.kind,
    plural: CLIMATE_BATCH.plural,
  });
  expect(`${group}/${versions[0]!.name}`).toBe(CLIMATE_BATCH.apiVersion);
  expect(names).toMatchObject({ shortNames: ["cb"], categories: ["climate"], singular: "climatebatch" });
  expect(scope).toBe("Namespaced");
  expect(versions[0]!.subresources).toEqual({ status: {} });
  for (const type of CONDITION_TYPES) expect(status.properties!.conditions!.description).toContain(`${type}:`);
});

describe("every field", () => {
  const fields = [...listFields(spec, "spec"), ...listFields(status, "status")];

  test("has a description that ends as a sentence", () => {
    expect(fields.length).toBeGreaterThan(70);
    const items = fields.flatMap(({ path, schema: { items, additionalProperties } }) =>
      [items, additionalProperties].flatMap((one) => (one === undefined ? [] : [{ path: `${path}[]`, schema: one }])),
    );
    const dumb = [...fields, ...items].filter(
      ({ schema: { description } }) => !/^.{10}[\s\S]*\.$/.test(description ?? ""),
    );
    expect(dumb.map(({ path }) => path)).toEqual([]);
  });

  test("of the spec says what happens when it is unset, and whether it may change", () => {
    const own = fields.filter(({ path }) => /^spec\.[^.[]+$/.test(path));
    const silent = own.filter(({ schema: { description } }) => !/(Default|Unset|Required)/.test(description!));
    const unsure = own.filter(
      ({ schema: { description } }) => !/(Immutable|May change|May only grow)/.test(description!),
    );
    expect([...silent, ...unsure].map(({ path }) => path)).toEqual([]);
  });

  test("is no float, and no list is without bounds", () => {
    expect(fields.filter(({ schema: { type } }) => type === "number").map(({ path }) => path)).toEqual([]);
    const unbounded = fields.filter(({ schema: { type, maxItems } }) => type === "array" && maxItems === undefined);
    expect(unbounded.map(({ path }) => path)).toEqual([]);
    expect(fields.filter(({ path }) => /phase/i.test(path))).toEqual([]);
  });
});

test("it stays small enough for client-side apply, which keeps a copy in an annotation", () => {
  expect(statSync(join(import.meta.dirname, "../../../crds/climatebatches.yaml")).size).toBeLessThan(100_000);
  expect(JSON.stringify(crd).length).toBeLessThan(100_000);
});

test("its risks, and the chart's copy, are what npm run crd makes", () => {
  expect(text).toBe(insertRisks(text));
  expect(readFileSync(CHART_CRD, "utf8")).toBe(text);
});

test("docs/api.md says what the CRD says (npm run api-docs)", () => {
  expect(readFileSync(API_DOCS, "utf8")).toBe(buildApiDocs(crd));
});

test("a spec becomes what planning takes", () => {
  const { spec: requested } = climateBatch("spi")
    .spec({ grid: "korea", risks: ["Wildfire", "CoastalFlood"], periods: [{ startYear: 2041, endYear: 2060 }] })
    .object();
  expect(requestOfSpec(requested)).toEqual({
    calculation: "probability",
    methods: "published",
    grid: "korea",
    parallelism: 4,
    risks: ["wildfire", "coastal_flood"],
    periods: [{ firstYear: 2041, lastYear: 2060 }],
    basePeriod: { firstYear: 1991, lastYear: 2020 },
  });
});
