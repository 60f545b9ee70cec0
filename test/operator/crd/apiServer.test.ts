// What a real API server makes of ClimateBatches: what it refuses and in which words, what it accepts and fills in.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ApiException,
  BatchV1Api,
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  loadYaml,
} from "@kubernetes/client-node";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BATCH_REQUEST } from "../../../model/batchRequest.ts";
import {
  CLIMATE_BATCH,
  type ClimateBatch,
  type ClimateBatchSpec,
  requestOfSpec,
  WIRE_CALCULATIONS,
  WIRE_METHODS,
  WIRE_RISKS,
} from "../../../model/climateBatch.ts";
import { buildJob } from "../../../operator/objects/job.ts";
import { kubectlProgram } from "../../cluster/binaries.ts";
import { run } from "../../cluster/processes.ts";
import { type ApiServer, describeOnApiServer, startApiServer } from "../../support/apiServer.ts";
import { climateBatch, DEFAULTS } from "../../support/climateBatch.ts";
import { SEED } from "../../support/random.ts";
import { FEW_FIELDS } from "../../support/requestExamples.ts";
import { ACCEPTED, CHANGES, REFUSED } from "./manifests.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SAMPLES = join(ROOT, "docs/samples");
const WHERE = { group: CLIMATE_BATCH.group, version: CLIMATE_BATCH.version, plural: CLIMATE_BATCH.plural };

describeOnApiServer("ClimateBatches on a real API server", () => {
  let api: ApiServer;
  let objects: CustomObjectsApi;
  let generic: KubernetesObjectApi;
  let jobs: BatchV1Api;
  const kubectl = (...words: string[]) => run(kubectlProgram(), ["--kubeconfig", api.kubeconfig, ...words]);

  beforeAll(async () => {
    api = await startApiServer();
    await kubectl("apply", "--filename", join(ROOT, "crds/climatebatches.yaml"));
    await kubectl("wait", "--for=condition=Established", "crd/climatebatches.climate.aiops.dev", "--timeout=60s");
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(api.kubeconfig);
    objects = kubeConfig.makeApiClient(CustomObjectsApi);
    jobs = kubeConfig.makeApiClient(BatchV1Api);
    generic = KubernetesObjectApi.makeApiClient(kubeConfig);
  });
  afterAll(() => api?.stop());

  const write = (spec: unknown, name = "batch", dryRun?: string): Promise<ClimateBatch> =>
    inItsWords(
      objects.createNamespacedCustomObject({
        ...WHERE,
        namespace: "default",
        ...(dryRun !== undefined && { dryRun }),
        fieldValidation: "Strict",
        body: { apiVersion: CLIMATE_BATCH.apiVersion, kind: CLIMATE_BATCH.kind, metadata: { name }, spec },
      }),
    );

  test.each(REFUSED)("refuses $what", async ({ spec, name, message }) => {
    await expect(write(spec, name, "All")).rejects.toThrow(message);
  });

  test("accepts the requests that the schema accepts, and they mean the same", async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(FEW_FIELDS, async (example) => {
        // The API server takes null for absent.
        const request = Object.fromEntries(Object.entries(example).filter(([, value]) => value !== null));
        const parsed = BATCH_REQUEST.safeParse(request);
        const stored = await write(inWireWords(request), "example", "All").catch(({ message }: Error) => message);
        const isStored = typeof stored !== "string";
        expect(isStored, `schema: ${parsed.error?.message}\nAPI server: ${stored}`).toBe(parsed.success);
        if (!parsed.success || !isStored) return;
        accepted++;
        expect(requestOfSpec(stored.spec)).toEqual({ ...requestOfSpec(DEFAULTS), ...parsed.data });
      }),
      { numRuns: 300, seed: Number(SEED) },
    );
    expect(accepted).toBeGreaterThan(60);
  }, 300_000);

  test.each(ACCEPTED)("accepts $what", async ({ spec, name }) => {
    const { metadata } = await write(spec, name, "All");
    expect(metadata.uid).toMatch(/-/);
  });

  test.each(readdirSync(SAMPLES).filter((name) => name.endsWith(".yaml")))("accepts docs/samples/%s", async (file) => {
    const sample = loadYaml<KubernetesObject>(readFileSync(join(SAMPLES, file), "utf8"));
    const { kind } = await generic.create(
      { ...sample, metadata: { ...sample.metadata, namespace: "default" } },
      undefined,
      "All",
    );
    expect(kind).toBe("ClimateBatch");
  });

  test("fills in the defaults", async () => {
    const { spec } = await write({ calculation: "All" }, "defaults", "All");
    expect(spec).toEqual({ ...DEFAULTS, calculation: "All" });
  });

  test.each(CHANGES)("$verdict a change of $what", async ({ before, after, verdict, message }) => {
    const name = `change-${CHANGES.findIndex((change) => change.before === before && change.after === after)}`;
    const { spec, metadata } = await write({ calculation: "Probability", ...before }, name);
    const { kind, apiVersion } = CLIMATE_BATCH;
    const changed = Object.entries({ ...spec, ...after }).filter(([, value]) => value !== undefined);
    const replaced = inItsWords(
      objects.replaceNamespacedCustomObject({
        ...WHERE,
        namespace: "default",
        name,
        body: {
          kind,
          apiVersion,
          metadata: { name, resourceVersion: metadata.resourceVersion },
          spec: Object.fromEntries(changed),
        },
      }),
    );
    if (verdict === "refuses") await expect(replaced).rejects.toThrow(message);
    else expect((await replaced).metadata.generation).toBe(2);
  });

  test("keeps what the operator does not read, and drops unknown fields", async () => {
    const template = { affinity: { nodeAffinity: { any: [1] } }, tolerations: [{ key: "a", effect: "NoSchedule" }] };
    const { spec } = await write({ calculation: "All", template }, "kept", "All");
    expect(spec.template).toEqual(template);
  });

  test("keeps status apart from spec", async () => {
    const created = await write({ calculation: "All" }, "status");
    expect(created.status).toBeUndefined();
    await kubectl(
      "patch",
      "cb",
      "status",
      "--subresource=status",
      "--type=merge",
      "--patch",
      JSON.stringify({ status: { progress: "1/2" }, spec: { suspend: true } }),
    );
    const stored = JSON.parse(await kubectl("get", "cb", "status", "--output=json")) as ClimateBatch;
    expect(stored).toMatchObject({
      spec: { suspend: false },
      status: { progress: "1/2" },
      metadata: { generation: 1 },
    });
  });

  test("stores the status that the operator writes, and shows it in its columns", async () => {
    await write({ calculation: "Hazard" }, "shown");
    const { status } = climateBatch("spi")
      .calculation("Hazard")
      .completed("0-4")
      .failed("6-7")
      .job()
      .recorded()
      .object();
    await kubectl(
      "patch",
      "cb",
      "shown",
      "--subresource=status",
      "--type=merge",
      "--patch",
      JSON.stringify({ status }),
    );
    const [head, line] = (await kubectl("get", "climate", "shown")).trim().split("\n");
    expect(head!.split(/\s+/)).toEqual(["NAME", "CALCULATION", "STATUS", "DONE", "FAILED", "PUBLISHED", "AGE"]);
    expect(line!.split(/\s+/).slice(0, 6)).toEqual(["shown", "Hazard", "Running", "5/12", "6-7", "False"]);
    const wide = await kubectl("get", "cb", "shown", "--output=wide");
    expect(wide).toContain("Job spi-73706900-1 computes 12 shards, at most 4 at a time.");
    await kubectl("wait", "--for=condition=Planned", "cb/shown", "--timeout=5s");
  });

  test("explains every field", async () => {
    const openApi = JSON.parse(await kubectl("get", "--raw", `/openapi/v3/apis/${CLIMATE_BATCH.apiVersion}`));
    const { spec, status } = openApi.components.schemas["dev.aiops.climate.v1alpha1.ClimateBatch"].properties;
    const mute: string[] = [];
    const walk = (field: Explained, path: string) => {
      if ((field.description ?? "").length < 10) mute.push(path);
      for (const [name, child] of Object.entries(field.properties ?? {})) walk(child, `${path}.${name}`);
      if (field.items !== undefined) walk(field.items, `${path}[]`);
    };
    walk(spec, "spec");
    walk(status, "status");
    expect(mute).toEqual([]);
    expect(await kubectl("explain", "climatebatch.spec.retries")).toMatch(
      /a new\s+Job\s+over\s+its\s+failed shards only/,
    );
    expect(await kubectl("explain", "cb.status.conditions")).toContain("ShardStuck");
  });

  test.each<[string, Partial<ClimateBatchSpec>]>([
    ["with nothing requested", {}],
    [
      "with everything requested",
      {
        maxFailedShards: 2,
        activeDeadlineSeconds: 60,
        suspend: true,
        template: {
          labels: { team: "a" },
          tolerations: [{ key: "batch", operator: "Exists" }],
          env: [{ name: "TZ", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
          volumes: [{ name: "scratch", emptyDir: {} }],
          volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
          resources: { requests: { cpu: "500m", memory: "512Mi" }, limits: { memory: "1Gi" } },
        },
      },
    ],
  ])("accepts the Job of a batch %s", async (_, spec) => {
    const settings = { image: "climatebatch-job:1", runAsUser: 10_001, terminationGracePeriodSeconds: 20 };
    const job = buildJob(
      climateBatch("x".repeat(40)).spec(spec).object(),
      { batchId: "17", attempt: 101, completions: 10_000 },
      settings,
    );
    const body = { ...job, metadata: { ...job.metadata, namespace: "default" } };
    const created = await jobs.createNamespacedJob({
      namespace: "default",
      body,
      dryRun: "All",
      fieldValidation: "Strict",
    });
    expect(created.spec!.podFailurePolicy!.rules).toHaveLength(3);
  });
});

/** An error says what the API server said, not how the client shows it. */
function inItsWords<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: ApiException<string>) => {
    throw new Error(JSON.parse(error.body).message, { cause: error });
  });
}

interface Explained {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Explained>>;
  readonly items?: Explained;
}

/** A request, good or bad, in the spelling of the object; what has no such spelling stays as it is. */
function inWireWords(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const words = Object.entries({ ...WIRE_CALCULATIONS, ...WIRE_METHODS, ...WIRE_RISKS });
  const toWire = (value: unknown) => words.find(([, word]) => word === value)?.[0] ?? value;
  const each = (value: unknown, change: (item: unknown) => unknown) =>
    Array.isArray(value) ? value.map(change) : value;
  const period = (value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    const names: Readonly<Record<string, string>> = { firstYear: "startYear", lastYear: "endYear" };
    return Object.fromEntries(Object.entries(value).map(([name, year]) => [names[name] ?? name, year]));
  };
  const changes: Readonly<Record<string, (value: unknown) => unknown>> = {
    calculation: toWire,
    methods: toWire,
    risks: (value) => each(value, toWire),
    basePeriod: period,
    periods: (value) => each(value, period),
  };
  return Object.fromEntries(Object.entries(request).map(([field, value]) => [field, changes[field]?.(value) ?? value]));
}
